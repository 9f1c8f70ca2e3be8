//! The text of a login.defs: read as shadow reads it, changed to say yes, and put back to the byte.

use std::collections::BTreeMap;

use ::login_defs::text::{KEY, PatchRecord, Settings, patch, unpatch};

use crate::input::parts;

/// A text, and the text of an editor that changes it inside the window.
pub fn check(data: &[u8]) {
    let [text, theirs] = parts::<2>(data).map(Option::unwrap_or_default);
    let by_the_book = by_the_book(text);
    match Settings::parse(text) {
        Ok(settings) => {
            for (key, value) in &by_the_book {
                if let Ok(key) = std::str::from_utf8(key) {
                    assert_eq!(settings.get(key), Some(value.as_slice()), "{key}");
                    // No id is below zero; a negative number is refused.
                    let number = strtol(value).filter(|_| !value.starts_with(b"-"));
                    assert_eq!(settings.number(key).map(i128::from), number, "{key} {value:?}");
                }
            }
            assert_eq!(settings.get(KEY).is_some(), by_the_book.contains_key(KEY.as_bytes()));
            let _ = (settings.uid_min(), settings.sys_uid_min(), settings.sys_uid_max());
        }
        Err(refused) => {
            let first_nul = text.iter().position(|&byte| byte == 0).unwrap();
            let line = 1 + text[..first_nul].iter().filter(|&&byte| byte == b'\n').count();
            assert_eq!(refused.line, line);
        }
    }

    let patched = patch(text);
    assert!(says_yes(&patched.content) == Some(true), "{:?}", patched.record);
    assert_eq!(patched.record == PatchRecord::Nothing, says_yes(text) == Some(true));
    assert_eq!(unpatch(&patched.content, &patched.record), text, "{:?}", patched.record);
    let json = serde_json::to_vec(&patched.record).unwrap();
    assert_eq!(serde_json::from_slice::<PatchRecord>(&json).unwrap(), patched.record);

    other_lines_survive(text, theirs, &patched.record);
    only_our_line_goes(theirs, &patched.record);
}

/// `def_load` of shadow's `lib/getdef.c` once more: `fgets` into 1024 bytes, trimmed, the last assignment wins.
fn by_the_book(text: &[u8]) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut values = BTreeMap::new();
    let mut rest = text;
    while !rest.is_empty() {
        let room = rest.len().min(1023);
        let end = rest[..room].iter().position(|&byte| byte == b'\n').map_or(room, |feed| feed + 1);
        let (line, after) = rest.split_at(end);
        rest = after;
        let line = trim_end(line, b" \t\n\x0b\x0c\r");
        let line = trim_start(line, b" \t");
        if let Some(end) = line.iter().position(|byte| b" \t".contains(byte))
            && !line.starts_with(b"#")
        {
            let value = trim_start(&line[end..], b" \t\"");
            let value = value.split(|&byte| byte == b'"').next().unwrap_or_default();
            values.insert(line[..end].to_vec(), value.to_vec());
        }
    }
    values
}

/// `strtol(3)` with base 0 of a whole text that fits an id.
fn strtol(text: &[u8]) -> Option<i128> {
    let unsigned = text.strip_prefix(b"+").or(text.strip_prefix(b"-")).unwrap_or(text);
    let (radix, digits) = match unsigned {
        [b'0', b'x' | b'X', digits @ ..] => (16, digits),
        [b'0', ..] => (8, unsigned),
        _ => (10, unsigned),
    };
    let digit = |byte: &u8| (*byte as char).to_digit(radix).map(i128::from);
    let add = |sum: i128, byte| Some(sum.saturating_mul(radix.into()).saturating_add(digit(byte)?));
    let number = digits.iter().try_fold(0, add)?;
    (!digits.is_empty() && number <= u32::MAX.into()).then_some(number)
}

fn trim_start<'t>(text: &'t [u8], of: &[u8]) -> &'t [u8] {
    &text[text.iter().take_while(|byte| of.contains(byte)).count()..]
}

fn trim_end<'t>(text: &'t [u8], of: &[u8]) -> &'t [u8] {
    &text[..text.len() - text.iter().rev().take_while(|byte| of.contains(byte)).count()]
}

/// Returns the value of the key in a text; `None` if the key is missing.
pub(crate) fn says_yes(text: &[u8]) -> Option<bool> {
    by_the_book(text).get(KEY.as_bytes()).map(|value| value.eq_ignore_ascii_case(b"yes"))
}

/// A line that an editor adds above ours stays where it is.
fn other_lines_survive(text: &[u8], theirs: &[u8], record: &PatchRecord) {
    let added = theirs.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let ours = match record {
        PatchRecord::Nothing => return,
        PatchRecord::Replaced { to, .. } => to,
        PatchRecord::Appended { text, .. } => text,
    };
    if added.strip_prefix(ours.as_slice()).is_some_and(|rest| matches!(rest, b"" | b"\r")) {
        return;
    }
    let added = [added, b"\n"].concat();
    let (patched, before) = (lines(&patch(text).content), lines(text));
    let shared = patched.iter().zip(&before).take_while(|(one, other)| one == other).count();
    let at = theirs.len() % (shared + 1);
    let with = |mut lines: Vec<Vec<u8>>| {
        lines.insert(at, added.clone());
        lines.concat()
    };
    assert_eq!(unpatch(&with(patched), record), with(before), "{record:?}");
}

fn lines(text: &[u8]) -> Vec<Vec<u8>> {
    text.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect()
}

/// In an unrelated text at most one line changes, and only one that reads like ours.
fn only_our_line_goes(theirs: &[u8], record: &PatchRecord) {
    let left = unpatch(theirs, record);
    if left == theirs {
        return;
    }
    let (ours, most_ends, instead) = match record {
        PatchRecord::Nothing => panic!("there was nothing to undo"),
        PatchRecord::Replaced { from, to, .. } => (to, 0, from.len()),
        PatchRecord::Appended { before, text, after, .. } => (text, before.len() + after.len(), 0),
    };
    let same = |(one, other): &(&u8, &u8)| one == other;
    let above = theirs.iter().zip(&left).take_while(same).count();
    let below = theirs.iter().rev().zip(left.iter().rev()).take_while(same).count();
    let changed = theirs.len().saturating_sub(above + below);
    assert!(theirs.windows(ours.len()).any(|window| window == ours.as_slice()), "{ours:?} is not in it");
    assert!(changed <= ours.len() + most_ends, "{changed} bytes for {record:?}");
    assert!(left.len() + ours.len() + most_ends >= theirs.len() + instead, "more went than our line");
}
