//! Reads little-endian values from a byte slice. Every access is checked against its end.

use crate::error::ParseError;

/// A position in the file.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    data: &'a [u8],
    at: usize,
    /// The offset of `data` in the file.
    base: usize,
    /// How many bytes of the file follow `data`.
    beyond: usize,
    /// Whether something failed only because it is beyond `data`.
    pub is_starved: bool,
    /// The part of the policy that is being read, for errors.
    pub part: &'static str,
}

impl<'a> Cursor<'a> {
    pub fn new(data: &'a [u8], part: &'static str) -> Self {
        Self::window(data, part, 0, 0)
    }

    /// A part of a file, at the offset `base`; `beyond` bytes follow it.
    pub fn window(data: &'a [u8], part: &'static str, base: usize, beyond: usize) -> Self {
        Self { data, at: 0, base, beyond, is_starved: false, part }
    }

    /// Returns how many bytes were read.
    pub fn position(&self) -> usize {
        self.at
    }

    #[cold]
    fn truncated(&self) -> ParseError {
        ParseError::Truncated { at: self.base + self.at, part: self.part }
    }

    /// Returns the error that `what` at this position is invalid.
    pub fn invalid(&self, what: &'static str) -> ParseError {
        ParseError::Invalid { at: self.base + self.at, what }
    }

    pub fn is_at_end(&self) -> bool {
        self.at >= self.data.len()
    }

    #[inline]
    pub fn bytes(&mut self, length: usize) -> Result<&'a [u8], ParseError> {
        let rest = self.data.get(self.at..).unwrap_or_default();
        let Some(taken) = rest.get(..length) else {
            self.is_starved = length - rest.len() <= self.beyond;
            return Err(self.truncated());
        };
        self.at += length;
        Ok(taken)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], ParseError> {
        self.bytes(N)?.try_into().map_err(|_| self.truncated())
    }

    #[inline]
    pub fn u32(&mut self) -> Result<u32, ParseError> {
        self.array().map(u32::from_le_bytes)
    }

    /// Reads as many numbers at once: policies have tens of thousands.
    #[inline]
    pub fn words<const N: usize>(&mut self) -> Result<[u32; N], ParseError> {
        let bytes = self.bytes(N * 4)?;
        let (words, _) = bytes.as_chunks();
        words.first_chunk::<N>().map(|words| words.map(u32::from_le_bytes)).ok_or_else(|| self.truncated())
    }

    /// Reads the number of elements that follow. An element has at least `least` bytes, so that a number that is too large
    /// for the file is an error before memory is reserved for it.
    pub fn count(&mut self, least: usize) -> Result<usize, ParseError> {
        let start = self.at;
        let count = usize::try_from(self.u32()?).unwrap_or(usize::MAX);
        match count.checked_mul(least) {
            Some(bytes) if bytes <= self.data.len() - self.at + self.beyond => Ok(count),
            _ => Err(ParseError::Truncated { at: self.base + start, part: self.part }),
        }
    }

    /// Reads a name of `length` bytes.
    pub fn name(&mut self, length: u32) -> Result<&'a str, ParseError> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length == 0 {
            return Err(self.invalid("empty name"));
        }
        let name = self.bytes(length)?;
        std::str::from_utf8(name).map_err(|_| self.invalid("name that is not UTF-8"))
    }

    /// Reads the length of a name, then the name.
    pub fn sized_name(&mut self) -> Result<&'a str, ParseError> {
        let length = self.u32()?;
        self.name(length)
    }

    /// Runs `read` and returns the bytes that it read.
    pub fn span(&mut self, read: impl FnOnce(&mut Self) -> Result<(), ParseError>) -> Result<&'a [u8], ParseError> {
        let from = self.at;
        read(self)?;
        Ok(&self.data[from..self.at])
    }
}
