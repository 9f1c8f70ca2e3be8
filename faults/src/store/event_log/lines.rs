//! Lines of a file, from its start or from its end, that keep no more of a line than any event needs.

use std::fs::File;
use std::io::{self, BufRead};
use std::os::unix::fs::FileExt;

use host::fs::TEXT_LIMIT;

/// No event is longer: `faults.json`, which would contain the same text, is limited to this size.
const MAX_LINE: u64 = TEXT_LIMIT;

/// In the place of what was not kept; no JSON has it.
const OVERSIZED: u8 = 0;

const BLOCK: u64 = 8 * 1024;

/// Reads a line as [`BufRead::read_until`] does and returns its length, of which no more is kept than may be.
pub(crate) fn read_line(reader: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<u64> {
    let mut size = 0;
    loop {
        let block = reader.fill_buf()?;
        let newline = block.iter().position(|&byte| byte == b'\n');
        let used = newline.map_or(block.len(), |at| at + 1);
        if size + used as u64 <= MAX_LINE {
            line.extend_from_slice(&block[..used]);
        } else {
            line.truncate(0);
            line.push(OVERSIZED);
            line.extend(newline.map(|_| b'\n'));
        }
        size += used as u64;
        reader.consume(used);
        if used == 0 || newline.is_some() {
            return Ok(size);
        }
    }
}

/// A line and where it begins.
pub(crate) struct Line {
    /// Bytes before it in the file.
    pub start: u64,
    /// Its bytes, the line feed included where it has one; of a line longer than any event its ends alone.
    pub bytes: Vec<u8>,
}

/// Lines from the end. Only the last one can lack a line feed.
pub(crate) struct ReverseLines<'f> {
    file: &'f File,
    /// The offset of `unread` in the file.
    start: u64,
    /// Bytes that were read but not returned yet.
    unread: Vec<u8>,
}

impl<'f> ReverseLines<'f> {
    /// The lines in the first `length` bytes of `file`.
    pub(crate) fn new(file: &'f File, length: u64) -> Self {
        Self { file, start: length, unread: Vec::new() }
    }

    /// The line before the last one given.
    ///
    /// # Errors
    /// The system's; `UnexpectedEof` where the file has become shorter meanwhile.
    pub(crate) fn next_line(&mut self) -> io::Result<Option<Line>> {
        loop {
            let without_last = self.unread.split_last().map_or(&[][..], |(_, rest)| rest);
            if let Some(newline) = without_last.iter().rposition(|&byte| byte == b'\n') {
                let bytes = self.unread.split_off(newline + 1);
                return Ok(Some(Line { start: self.start + self.unread.len() as u64, bytes }));
            }
            if self.start == 0 {
                let bytes = std::mem::take(&mut self.unread);
                return Ok((!bytes.is_empty()).then_some(Line { start: 0, bytes }));
            }
            self.read_block()?;
        }
    }

    fn read_block(&mut self) -> io::Result<()> {
        // As much again as there is, so that a very long line is not copied very often.
        let size = BLOCK.max(self.unread.len() as u64).min(self.start);
        let start = self.start - size;
        let mut block = vec![0; usize::try_from(size).map_err(io::Error::other)?];
        self.file.read_exact_at(&mut block, start)?;
        block.append(&mut self.unread);
        (self.unread, self.start) = (block, start);
        // Too long for an event: only its end has to be in memory.
        if self.unread.len() as u64 > MAX_LINE
            && let Some((&last, rest)) = self.unread.split_last()
            && !rest.contains(&b'\n')
        {
            self.unread = vec![OVERSIZED, last];
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
