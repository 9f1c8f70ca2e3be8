//! The text of a `login.defs`: its settings, and the one line that the window changes.
//!
//! The rules are those of `def_load` in shadow's `lib/getdef.c` (see also `login.defs(5)`): keys are case-sensitive,
//! the last assignment wins, `#` starts a comment only at the start of a line, a value may be quoted, and a line is
//! read in pieces of 1023 bytes. Everything works on bytes, so that a comment in Latin-1 is no problem.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The key that decides whether `useradd` creates the user's own group.
pub const KEY: &str = "USERGROUPS_ENAB";

/// The line that is added if no assignment can be changed.
const LINE: &[u8] = b"USERGROUPS_ENAB yes";

/// `char buf[1024]` of `def_load`, without the terminating NUL.
const PIECE: usize = 1023;

/// Why a text is not a valid `login.defs`.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("line {line}: {problem}")]
pub struct NotText {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: &'static str,
}

/// The settings of one file, or of several merged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    values: HashMap<Vec<u8>, Vec<u8>>,
}

impl Settings {
    /// Parses one file's content.
    ///
    /// # Errors
    /// [`NotText`] with the first line that contains a NUL byte: shadow would silently skip the rest of it.
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

    /// Overrides these settings with `later`, as a drop-in does.
    pub fn merge(&mut self, later: Self) {
        self.values.extend(later.values);
    }

    /// Returns the effective value of `key`; `None` if it is not assigned.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&[u8]> {
        self.values.get(key.as_bytes()).map(Vec::as_slice)
    }

    /// Returns whether `key` is `yes`, in any case (`getdef_bool`).
    #[must_use]
    pub fn is_yes(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| value.eq_ignore_ascii_case(b"yes"))
    }

    /// Returns whether `useradd` creates a group for each user.
    #[must_use]
    pub fn usergroups_enab(&self) -> bool {
        self.is_yes(KEY)
    }

    /// Returns the number assigned to `key`: decimal, octal or hexadecimal. `None` if shadow accepts none.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<u32> {
        let text = std::str::from_utf8(self.get(key)?).ok()?;
        let text = text.strip_prefix('+').unwrap_or(text);
        let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            Some(digits) => (digits, 16),
            None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
            None => (text, 10),
        };
        // `strtol` accepts a sign only before the base.
        if digits.starts_with('+') { None } else { u32::from_str_radix(digits, radix).ok() }
    }

    /// Returns `UID_MIN`, the first uid of ordinary users.
    #[must_use]
    pub fn uid_min(&self) -> u32 {
        self.number("UID_MIN").unwrap_or(1000)
    }

    /// Returns `SYS_UID_MIN`, the first uid for `useradd --system`.
    #[must_use]
    pub fn sys_uid_min(&self) -> u32 {
        self.number("SYS_UID_MIN").unwrap_or(101)
    }

    /// Returns `SYS_UID_MAX`, the last uid for `useradd --system`.
    #[must_use]
    pub fn sys_uid_max(&self) -> u32 {
        self.number("SYS_UID_MAX").unwrap_or_else(|| self.uid_min().saturating_sub(1))
    }

    /// Returns `GID_MIN`, the first gid of ordinary groups.
    #[must_use]
    pub fn gid_min(&self) -> u32 {
        self.number("GID_MIN").unwrap_or(1000)
    }

    /// Returns `SYS_GID_MIN`, the first gid for `groupadd --system`.
    #[must_use]
    pub fn sys_gid_min(&self) -> u32 {
        self.number("SYS_GID_MIN").unwrap_or(101)
    }

    /// Returns `SYS_GID_MAX`, the last gid for `groupadd --system`.
    #[must_use]
    pub fn sys_gid_max(&self) -> u32 {
        self.number("SYS_GID_MAX").unwrap_or_else(|| self.gid_min().saturating_sub(1))
    }
}

/// One line as shadow reads it: a line of the file, or a piece of one that is longer than its buffer.
struct Piece<'a> {
    /// Where it starts in the content.
    start: usize,
    /// The line's number, counted from 1.
    line: usize,
    /// Without the line feed.
    bytes: &'a [u8],
    /// Unset for a piece of a line that is longer than shadow's buffer.
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
    /// The text says yes already.
    Nothing,
    /// A line has a new value.
    Replaced {
        /// The line, counted from 1.
        line: usize,
        /// The number of identical lines above it.
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
        /// The number of identical lines above it.
        above: usize,
        /// Added before it, if the last line had no line end.
        #[serde(with = "crate::bytes")]
        before: Vec<u8>,
        /// The line.
        #[serde(with = "crate::bytes")]
        text: Vec<u8>,
        /// Its line end.
        #[serde(with = "crate::bytes")]
        after: Vec<u8>,
    },
}

/// A text that says yes, and its difference from the original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// The new text.
    pub content: Vec<u8>,
    /// The difference.
    pub record: PatchRecord,
}

/// Makes `content` say `USERGROUPS_ENAB yes`. Changes the value of the last assignment and keeps its blanks, quotes and
/// line end. If there is no assignment, or it is empty, adds a line that ends like the others.
///
/// Text after an unquoted value (`no # comment`) is part of the value for shadow, so it is removed too.
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
            // The new line may grow past shadow's buffer.
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

/// Compares a line; an editor may have changed its line end.
fn reads(line: &[u8], wanted: &[u8]) -> bool {
    line.strip_prefix(wanted).is_some_and(|rest| matches!(rest, b"" | b"\r"))
}

/// Removes our line from `current` and changes nothing else.
///
/// Another program may have edited the text, and our line may have moved. If the line is not there any more, `current`
/// stays as it is.
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
                // The line ends that were added with it are removed too, if they are still there.
                let start = if current[..start].ends_with(before) { start - before.len() } else { start };
                let end = if current[end..].starts_with(after) { end + after.len() } else { end };
                [&current[..start], &current[end..]].concat()
            }
            None => current.to_vec(),
        },
    }
}

/// Returns where the line `wanted` is, without its line feed: the one below `above` identical lines, otherwise the
/// last.
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
