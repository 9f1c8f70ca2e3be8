//! The text of a `login.defs`: what it says, and the one line that the window changes.
//!
//! The rules are those of `def_load` in shadow's `lib/getdef.c` (see also `login.defs(5)`): keys are case-sensitive,
//! the last assignment wins, `#` starts a comment only at the start of a line, a value may stand in quotes, and a
//! line is read in pieces of 1023 bytes. Everything works on bytes: somebody's Latin-1 comment is none of our business.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The key that decides whether `useradd` makes the user's own group.
pub const KEY: &str = "USERGROUPS_ENAB";

/// The line that is added where no assignment can be changed.
const LINE: &[u8] = b"USERGROUPS_ENAB yes";

/// `char buf[1024]` of `def_load`, less the terminating NUL.
const PIECE: usize = 1023;

/// Why a text cannot be a `login.defs`.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("line {line}: {problem}")]
pub struct NotText {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: &'static str,
}

/// What one file, or several merged, say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    values: HashMap<Vec<u8>, Vec<u8>>,
}

impl Settings {
    /// Reads one file's content.
    ///
    /// # Errors
    /// [`NotText`] with the first line that holds a NUL byte: shadow would silently skip the rest of it.
    pub fn parse(content: &[u8]) -> Result<Self, NotText> {
        if let Some(at) = content.iter().position(|&byte| byte == 0) {
            let line = 1 + content[..at].iter().filter(|&&byte| byte == b'\n').count();
            return Err(NotText { line, problem: "a NUL byte, so this is not text" });
        }
        let mut settings = Self::default();
        for piece in pieces(content) {
            if let Some(assignment) = assignment(piece.bytes) {
                settings.values.insert(assignment.key.to_vec(), assignment.value.to_vec());
            }
        }
        Ok(settings)
    }

    /// Lets `later` override what is known so far, as a drop-in does.
    pub fn merge(&mut self, later: Self) {
        self.values.extend(later.values);
    }

    /// The effective value of `key`; `None` where it is not assigned.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&[u8]> {
        self.values.get(key.as_bytes()).map(Vec::as_slice)
    }

    /// Whether `key` is `yes`, in any case, as `getdef_bool` has it.
    #[must_use]
    pub fn is_yes(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| value.eq_ignore_ascii_case(b"yes"))
    }

    /// Whether `useradd` makes a group for each user.
    #[must_use]
    pub fn usergroups_enab(&self) -> bool {
        self.is_yes(KEY)
    }

    /// The number assigned to `key`, decimal, octal or hexadecimal; `None` where there is none that shadow accepts.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<u32> {
        let text = std::str::from_utf8(self.get(key)?).ok()?;
        let text = text.strip_prefix('+').unwrap_or(text);
        let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            Some(digits) => (digits, 16),
            None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
            None => (text, 10),
        };
        // `strtol` takes a sign in front of the base alone.
        if digits.starts_with('+') { None } else { u32::from_str_radix(digits, radix).ok() }
    }

    /// `UID_MIN`, the first uid of ordinary users.
    #[must_use]
    pub fn uid_min(&self) -> u32 {
        self.number("UID_MIN").unwrap_or(1000)
    }

    /// `SYS_UID_MIN`, the first uid that `useradd --system` gives.
    #[must_use]
    pub fn sys_uid_min(&self) -> u32 {
        self.number("SYS_UID_MIN").unwrap_or(101)
    }

    /// `SYS_UID_MAX`, the last uid that `useradd --system` gives.
    #[must_use]
    pub fn sys_uid_max(&self) -> u32 {
        self.number("SYS_UID_MAX").unwrap_or_else(|| self.uid_min().saturating_sub(1))
    }
}

/// One line as shadow reads it: a line of the file, or a piece of one that is too long for its buffer.
struct Piece<'a> {
    /// Where it starts in the content.
    start: usize,
    /// The line's number, counted from 1.
    line: usize,
    /// Without the line feed.
    bytes: &'a [u8],
    /// Whether it is a whole line.
    whole: bool,
}

fn pieces(content: &[u8]) -> impl Iterator<Item = Piece<'_>> {
    let mut start = 0;
    content.split_inclusive(|&byte| byte == b'\n').enumerate().flat_map(move |(index, line)| {
        let line_start = start;
        start += line.len();
        let whole = line.len() <= PIECE;
        line.chunks(PIECE).enumerate().map(move |(number, chunk)| Piece {
            start: line_start + number * PIECE,
            line: index + 1,
            bytes: chunk.strip_suffix(b"\n").unwrap_or(chunk),
            whole,
        })
    })
}

struct Assignment<'a> {
    key: &'a [u8],
    value: &'a [u8],
    /// Where the value starts in the piece.
    at: usize,
}

fn assignment(piece: &[u8]) -> Option<Assignment<'_>> {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    // isspace(3) in the C locale.
    let space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let end = piece.iter().rposition(|byte| !space(byte))? + 1;
    let text = &piece[..end];
    let key_start = text.iter().position(|byte| !blank(byte))?;
    if text[key_start] == b'#' {
        return None;
    }
    let key_end = key_start + text[key_start..].iter().position(blank)?;
    let at = key_end + text[key_end..].iter().position(|byte| !blank(byte) && *byte != b'"').unwrap_or(end - key_end);
    let value_end = text[at..].iter().position(|&byte| byte == b'"').map_or(end, |length| at + length);
    Some(Assignment { key: &text[key_start..key_end], value: &text[at..value_end], at })
}

/// What [`patch`] did, enough to undo it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PatchRecord {
    /// The text said yes already.
    Nothing,
    /// A line got another value.
    Replaced {
        /// The line, counted from 1.
        line: usize,
        /// Injected many lines above it read the same.
        above: usize,
        /// The line as it was, without its line feed.
        #[serde(with = "crate::bytes")]
        from: Vec<u8>,
        /// The line as it is now.
        #[serde(with = "crate::bytes")]
        to: Vec<u8>,
    },
    /// A line was added at the end.
    Appended {
        /// The line, counted from 1.
        line: usize,
        /// Injected many lines above it read the same.
        above: usize,
        /// Added before it, where the last line had no end.
        #[serde(with = "crate::bytes")]
        before: Vec<u8>,
        /// The line.
        #[serde(with = "crate::bytes")]
        text: Vec<u8>,
        /// Its end.
        #[serde(with = "crate::bytes")]
        after: Vec<u8>,
    },
}

/// A text that says yes, and how it differs from the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// The new text.
    pub content: Vec<u8>,
    /// What was done.
    pub record: PatchRecord,
}

/// Makes `content` say `USERGROUPS_ENAB yes`. The last assignment gets the value, with its blanks, quotes and line
/// end; without one, or where it is empty, a line is added, ended as the others are.
///
/// What follows the value without quotes (`no # comment`) is part of it for shadow, so it goes for the time.
#[must_use]
pub fn patch(content: &[u8]) -> Patch {
    let mut last = None;
    for piece in pieces(content) {
        if let Some(found) = assignment(piece.bytes).filter(|found| found.key == KEY.as_bytes()) {
            last = Some((found.at, found.value, piece));
        }
    }
    match last {
        Some((_, value, _)) if value.eq_ignore_ascii_case(b"yes") => {
            Patch { content: content.to_vec(), record: PatchRecord::Nothing }
        }
        Some((at, value, piece)) if piece.whole && !value.is_empty() => {
            let to = [&piece.bytes[..at], b"yes", &piece.bytes[at + value.len()..]].concat();
            // A value longer than `yes` may shrink, a shorter one grow past shadow's buffer.
            if to.len() >= PIECE {
                return append(content);
            }
            let rest = piece.start + piece.bytes.len();
            let patched = [&content[..piece.start], &to, &content[rest..]].concat();
            let above = same_lines(&content[..piece.start], &to);
            let record = PatchRecord::Replaced { line: piece.line, above, from: piece.bytes.to_vec(), to };
            Patch { content: patched, record }
        }
        _ => append(content),
    }
}

fn append(content: &[u8]) -> Patch {
    let first_end = content.iter().position(|&byte| byte == b'\n');
    let crlf = first_end.is_some_and(|at| at > 0 && content[at - 1] == b'\r');
    let end: &[u8] = if crlf { b"\r\n" } else { b"\n" };
    let open = !content.is_empty() && !content.ends_with(b"\n");
    let (before, after): (&[u8], &[u8]) = if open { (end, b"") } else { (b"", end) };
    let line = 1 + usize::from(open) + content.iter().filter(|&&byte| byte == b'\n').count();
    let above = same_lines(content, LINE);
    Patch {
        content: [content, before, LINE, after].concat(),
        record: PatchRecord::Appended { line, above, before: before.into(), text: LINE.into(), after: after.into() },
    }
}

fn same_lines(content: &[u8], wanted: &[u8]) -> usize {
    content.split(|&byte| byte == b'\n').filter(|line| reads(line, wanted)).count()
}

/// A line that an editor gave another end still reads the same.
fn reads(line: &[u8], wanted: &[u8]) -> bool {
    line.strip_prefix(wanted).is_some_and(|rest| matches!(rest, b"" | b"\r"))
}

/// Takes our line out of `current` again, and nothing else.
///
/// Somebody may have changed the text meanwhile and our line may stand elsewhere; if it is there no more, that is
/// their wish and `current` stays.
#[must_use]
pub fn unpatch(current: &[u8], record: &PatchRecord) -> Vec<u8> {
    match record {
        PatchRecord::Nothing => current.to_vec(),
        PatchRecord::Replaced { above, from, to, .. } => match find(current, *above, to) {
            Some((start, end)) => [&current[..start], from, &current[end..]].concat(),
            None => current.to_vec(),
        },
        PatchRecord::Appended { above, before, text, after, .. } => match find(current, *above, text) {
            Some((start, end)) => {
                // The line ends that came with it go with it, where they are still there.
                let start = if current[..start].ends_with(before) { start - before.len() } else { start };
                let end = if current[end..].starts_with(after) { end + after.len() } else { end };
                [&current[..start], &current[end..]].concat()
            }
            None => current.to_vec(),
        },
    }
}

/// Where the line `wanted` stands, without its line feed: below `above` others that read the same, else the last.
fn find(content: &[u8], above: usize, wanted: &[u8]) -> Option<(usize, usize)> {
    let mut start = 0;
    let mut found = None;
    let mut seen = 0;
    for line in content.split(|&byte| byte == b'\n') {
        if reads(line, wanted) && seen <= above {
            found = Some((start, start + wanted.len()));
            seen += 1;
        }
        start += line.len() + 1;
    }
    found
}
