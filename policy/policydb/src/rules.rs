//! Access vector and type rules: libsepol's `avtab`. They stay in the file; a query reads through them.

use crate::cursor::Cursor;
use crate::error::ParseError;

/// The first version with extended permissions.
const XPERMS: u32 = 30;
/// In version 34 and later, conditional rules may have extended permissions too.
const KINDS: u16 = 0x0001 | 0x0002 | 0x0004 | 0x0010 | 0x0020 | 0x0040 | 0x0100 | 0x0200 | 0x0400;
/// Set on conditional rules that are in force; the booleans say the same.
const ENABLED: u16 = 0x8000;

pub(crate) const ALLOW: u16 = 0x0001;
pub(crate) const TYPE_TRANSITION: u16 = 0x0010;
const EXTENDED: u16 = 0x0100 | 0x0200 | 0x0400;

/// The shortest rule: four numbers of two bytes, and the access vector or type.
pub(crate) const LEAST: usize = 12;

/// One rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rule {
    /// The number of a type or attribute.
    pub source: u32,
    /// As `source`.
    pub target: u32,
    pub class: u32,
    /// [`ALLOW`], [`TYPE_TRANSITION`] or another kind.
    pub kind: u16,
    /// The access vector, or the number of the new type. 0 for extended permissions.
    pub data: u32,
}

/// A list of rules.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rules<'a> {
    bytes: &'a [u8],
}

impl<'a> Rules<'a> {
    /// Reads the number of rules and the rules, and checks that their numbers are at most `types` and `classes`.
    pub fn read(file: &mut Cursor<'a>, version: u32, types: usize, classes: usize) -> Result<Self, ParseError> {
        let count = file.count(LEAST)?;
        let bytes = file.span(|file| (0..count).try_for_each(|_| checked(file, version, types, classes).map(drop)))?;
        Ok(Self { bytes })
    }

    pub fn is_empty(self) -> bool {
        self.bytes.is_empty()
    }

    /// Returns the rules, in the order of the file.
    pub fn iter(self) -> impl Iterator<Item = Rule> {
        let mut file = Cursor::new(self.bytes, "rules");
        // They were read once already, without an error.
        std::iter::from_fn(move || if file.is_at_end() { None } else { read(&mut file).ok() })
    }
}

/// Returns the class of a rule without extended permissions, whose types are at most `types`. Returns `None` for any other:
/// [`checked`] tells what is wrong with it, if anything. Of a hundred thousand rules, few are not of this form.
#[inline]
pub(crate) fn plain_class(bytes: [u8; LEAST], types: u32) -> Option<u16> {
    let half = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    // 0 wraps to more than any.
    let is_type = |number: u32| number.wrapping_sub(1) < types;
    let is_plain = match half(6) & !ENABLED {
        // Access vectors to allow, to audit and not to audit: they may be any number.
        0x0001 | 0x0002 | 0x0004 => true,
        0x0010 | 0x0020 | 0x0040 => is_type(u32::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11]])),
        _ => false,
    };
    (is_type(half(0).into()) & is_type(half(2).into()) & is_plain).then_some(half(4))
}

/// Reads a rule, and checks that its numbers are at most `types` and `classes`.
pub(crate) fn checked(file: &mut Cursor, version: u32, types: usize, classes: usize) -> Result<Rule, ParseError> {
    let is_in = |number: u32, most: usize| number >= 1 && usize::try_from(number).is_ok_and(|number| number <= most);
    let rule = read(file)?;
    if !is_in(rule.source, types) || !is_in(rule.target, types) || !is_in(rule.class, classes) {
        return Err(file.invalid("type or class of a rule"));
    }
    if rule.kind & !KINDS != 0 || !rule.kind.is_power_of_two() {
        return Err(file.invalid("kind of a rule"));
    }
    if rule.kind & EXTENDED != 0 && version < XPERMS {
        return Err(file.invalid("extended permissions, which this version does not have"));
    }
    if rule.kind & 0x0070 != 0 && !is_in(rule.data, types) {
        return Err(file.invalid("new type of a rule"));
    }
    Ok(rule)
}

/// Reads a rule. There are a hundred thousand: its bytes are taken at once.
fn read(file: &mut Cursor) -> Result<Rule, ParseError> {
    let bytes: [u8; LEAST] = file.array()?;
    let half = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let kind = half(6) & !ENABLED;
    let data = if kind & EXTENDED == 0 {
        u32::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11]])
    } else {
        // What they are about, the driver, and a bit for each of 256 functions: 34 bytes.
        file.bytes(42 - LEAST)?;
        0
    };
    Ok(Rule { source: half(0).into(), target: half(2).into(), class: half(4).into(), kind, data })
}
