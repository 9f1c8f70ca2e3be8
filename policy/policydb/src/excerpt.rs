//! Reads a policy through a window, and keeps what answers about a few classes depend on.
//!
//! Most of a policy is rules of other classes, transitions by file name and contexts of files. A real policy has 2 to 12 MB; its
//! excerpt has a fraction of that.

use std::io::{self, Read};

use thiserror::Error;

use crate::conditional::{self, Conditional};
use crate::cursor::Cursor;
use crate::error::ParseError;
use crate::policy::Head;
use crate::rest;
use crate::rules;
use crate::symbols::{Class, entry};

/// How much is read at once, in bytes. At first it is a fifth of the file: the names, a sixth of real policies, have to be in
/// memory together.
const CHUNK: usize = 64 * 1024;

/// Why no excerpt can be made.
#[derive(Debug, Error)]
pub enum ExcerptError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// It is not a usable policy.
    #[error(transparent)]
    Parse(#[from] ParseError),
}

/// Reads a policy of `length` bytes and returns a smaller one, which [`crate::Policy::parse`] reads. It has all names, attributes,
/// booleans and constraints, and the rules of `classes`: what it answers about these classes is what the whole policy
/// answers. It has no rules of other classes.
///
/// The whole file is checked. A damaged one has the error that [`crate::Policy::parse`] has for it. Bytes after `length`
/// are not read; a file that ends before is truncated.
///
/// # Errors
/// [`ExcerptError`].
pub fn excerpt(mut source: impl Read, length: usize, classes: &[&str]) -> Result<Vec<u8>, ExcerptError> {
    excerpt_by([CHUNK.max(length / 5), CHUNK], &mut source, length, classes)
}

/// Is not generic, so that it is compiled with this crate's optimization.
fn excerpt_by(
    [first, chunk]: [usize; 2],
    source: &mut dyn Read,
    length: usize,
    classes: &[&str],
) -> Result<Vec<u8>, ExcerptError> {
    let mut file = Window { source, chunk: first, buffer: Vec::new(), at: 0, base: 0, beyond: length, part: "header" };
    let (shape, mut kept) = file.take(|file| {
        let Head { version, symbols, .. } = Head::read(file)?;
        let is_wanted = |class: &Option<Class>| class.as_ref().is_some_and(|class| classes.contains(&class.name));
        let wanted = symbols.classes.iter().map(is_wanted).collect();
        let booleans = (0..=symbols.booleans.len())
            .map(|number| u32::try_from(number).is_ok_and(|number| entry(&symbols.booleans, number).is_some()));
        Ok(Shape { version, types: symbols.types.len(), wanted, booleans: booleans.collect() })
    })?;
    file.chunk = chunk;
    file.part = "rules";
    if file.rules(&shape, true, &mut kept)? == 0 {
        return Err(file.invalid("number of rules").into());
    }
    file.part = "conditional rules";
    let count = file.keep(&mut kept, |file| file.count(conditional::LEAST))?;
    for _ in 0..count {
        let is_boolean = |number: u32| shape.booleans.get(number as usize).is_some_and(|there| *there);
        file.keep(&mut kept, |file| Conditional::expression(file, is_boolean))?;
        file.rules(&shape, false, &mut kept)?;
        file.rules(&shape, false, &mut kept)?;
    }
    let none = |kept: &mut Vec<u8>| kept.extend(0_u32.to_le_bytes());
    file.item(|file| rest::role_transitions(file, shape.version))?;
    none(&mut kept);
    file.keep(&mut kept, rest::role_allows)?;
    if let Some(least) = rest::least_filename_transition(shape.version) {
        file.part = rest::FILENAME_TRANSITIONS_PART;
        file.each(least, |file| rest::filename_transition(file, shape.version))?;
        none(&mut kept);
    }
    file.part = rest::OBJECT_CONTEXTS_PART;
    for list in 0..rest::object_context_lists(shape.version) {
        file.each(rest::LEAST_OBJECT_CONTEXT, |file| rest::object_context(file, list))?;
        none(&mut kept);
    }
    file.part = rest::FILE_SYSTEMS_PART;
    file.each(rest::LEAST_FILE_SYSTEM, rest::file_system)?;
    none(&mut kept);
    file.part = rest::RANGE_TRANSITIONS_PART;
    file.each(rest::LEAST_RANGE_TRANSITION, rest::range_transition)?;
    none(&mut kept);
    file.part = rest::ATTRIBUTES_PART;
    for _ in 0..shape.types {
        file.keep(&mut kept, |file| rest::attributes_of_type(file, shape.types).map(drop))?;
    }
    Ok(kept)
}

/// What the rest of the file is checked against.
struct Shape {
    version: u32,
    types: usize,
    /// For each class, number 1 first, whether its rules are kept.
    wanted: Vec<bool>,
    /// Whether there is a boolean of this number.
    booleans: Vec<bool>,
}

/// The part of the file that is in memory.
struct Window<'s> {
    source: &'s mut dyn Read,
    /// How much is read at once, in bytes.
    chunk: usize,
    buffer: Vec<u8>,
    /// What was read already, of `buffer`.
    at: usize,
    /// The offset of `buffer` in the file.
    base: usize,
    /// How many bytes of the file follow `buffer`.
    beyond: usize,
    part: &'static str,
}

impl Window<'_> {
    fn cursor(&self) -> Cursor<'_> {
        Cursor::window(&self.buffer[self.at..], self.part, self.base + self.at, self.beyond)
    }

    fn invalid(&self, what: &'static str) -> ParseError {
        self.cursor().invalid(what)
    }

    /// Reads the next item. What it needs is in memory as a whole.
    fn item<T>(&mut self, read: impl Fn(&mut Cursor) -> Result<T, ParseError>) -> Result<T, ExcerptError> {
        self.located(read).map(|(item, _)| item)
    }

    /// Reads the next item, and returns also where it is in the buffer.
    fn located<T>(
        &mut self,
        read: impl Fn(&mut Cursor) -> Result<T, ParseError>,
    ) -> Result<(T, std::ops::Range<usize>), ExcerptError> {
        loop {
            let mut cursor = self.cursor();
            let item = read(&mut cursor);
            let (position, is_starved, part) = (cursor.position(), cursor.is_starved, cursor.part);
            match item {
                Ok(item) => {
                    let from = self.at;
                    self.at += position;
                    self.part = part;
                    return Ok((item, from..self.at));
                }
                Err(_) if is_starved => self.fill()?,
                Err(e) => return Err(e.into()),
            }
        }
    }

    /// Reads the next item, and adds its bytes to `kept`.
    fn keep<T>(
        &mut self,
        kept: &mut Vec<u8>,
        read: impl Fn(&mut Cursor) -> Result<T, ParseError>,
    ) -> Result<T, ExcerptError> {
        let (item, range) = self.located(read)?;
        kept.extend_from_slice(&self.buffer[range]);
        Ok(item)
    }

    /// Reads the first item, and returns its bytes.
    fn take<T>(&mut self, read: impl Fn(&mut Cursor) -> Result<T, ParseError>) -> Result<(T, Vec<u8>), ExcerptError> {
        let (item, range) = self.located(read)?;
        let rest = self.buffer.split_off(range.end);
        self.base += range.end;
        self.at = 0;
        Ok((item, std::mem::replace(&mut self.buffer, rest)))
    }

    /// Reads the number of items and the items. None is kept.
    fn each(&mut self, least: usize, read: impl Fn(&mut Cursor) -> Result<(), ParseError>) -> Result<(), ExcerptError> {
        let count = self.item(|file| file.count(least))?;
        (0..count).try_for_each(|_| self.item(&read))
    }

    /// Reads a list of rules and keeps those of the wanted classes, and the first: a policy without rules is none. Returns how
    /// many there are.
    fn rules(&mut self, shape: &Shape, keeps_first: bool, kept: &mut Vec<u8>) -> Result<usize, ExcerptError> {
        let count = self.item(|file| file.count(rules::LEAST))?;
        let at = kept.len();
        let mut number = 0_u32;
        kept.extend(number.to_le_bytes());
        let mut left = count;
        while left > 0 {
            let is_first = keeps_first && left == count;
            let plain = if is_first { 0 } else { self.plain_rules(left, shape, &mut number, kept) };
            left -= plain;
            if plain == 0 {
                let (rule, range) =
                    self.located(|file| rules::checked(file, shape.version, shape.types, shape.wanted.len()))?;
                if is_first || shape.wanted[rule.class as usize - 1] {
                    number += 1;
                    kept.extend_from_slice(&self.buffer[range]);
                }
                left -= 1;
            }
        }
        kept[at..at + 4].copy_from_slice(&number.to_le_bytes());
        Ok(count)
    }

    /// Passes over the rules in the buffer that are plain, at most `most`, and keeps those of the wanted classes. Returns how many
    /// there were. There are a hundred thousand in a policy.
    fn plain_rules(&mut self, most: usize, shape: &Shape, number: &mut u32, kept: &mut Vec<u8>) -> usize {
        let types = u32::try_from(shape.types).unwrap_or(u32::MAX);
        let (rules, _) = self.buffer[self.at..].as_chunks::<{ rules::LEAST }>();
        let mut passed = 0;
        for rule in rules.iter().take(most) {
            let class = rules::plain_class(*rule, types);
            // 0 wraps to more than any.
            match class.and_then(|class| shape.wanted.get(usize::from(class).wrapping_sub(1))) {
                None => break,
                Some(false) => {}
                Some(true) => {
                    *number += 1;
                    kept.extend_from_slice(rule);
                }
            }
            passed += 1;
        }
        self.at += passed * rules::LEAST;
        passed
    }

    /// Brings more of the file into memory, at least as much as is there and not read yet.
    fn fill(&mut self) -> Result<(), ExcerptError> {
        self.buffer.drain(..self.at);
        self.base += self.at;
        self.at = 0;
        let wanted = self.chunk.max(self.buffer.len()).min(self.beyond);
        self.buffer.reserve_exact(wanted);
        let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
        let read = (&mut *self.source).take(wanted).read_to_end(&mut self.buffer)?;
        // A file that became shorter in between is a truncated one.
        self.beyond = if read as u64 == wanted { self.beyond - read } else { 0 };
        Ok(())
    }
}

#[cfg(test)]
mod tests;
