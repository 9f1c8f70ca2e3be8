//! A compiled policy.

use crate::bitmap::Bitmap;
use crate::conditional::{self, Conditional};
use crate::cursor::Cursor;
use crate::error::ParseError;
use crate::rest;
use crate::rules::Rules;
use crate::symbols::{Symbols, entry};

const MAGIC: u32 = 0xf97c_ff8c;
const TARGET: &[u8] = b"SE Linux";
/// Longest name of a target (`POLICYDB_STRING_MAX_LENGTH`).
const LONGEST_TARGET: usize = 32;
/// Commons, classes, roles, types, users, booleans, sensitivities, categories.
const SYMBOL_TABLES: u32 = 8;
/// The first version that lists domains of which no denial is audited.
const NEVERAUDIT: u32 = 35;

const MLS: u32 = 1;
const REJECT_UNKNOWN: u32 = 2;
const ALLOW_UNKNOWN: u32 = 4;

/// What a kernel does about classes and permissions that it knows and the policy does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownHandling {
    /// It denies them.
    Deny,
    /// It refuses to load the policy.
    Reject,
    /// It allows them.
    Allow,
}

/// What precedes the rules.
pub(crate) struct Head<'a> {
    pub version: u32,
    flags: u32,
    permissive: Bitmap<'a>,
    pub symbols: Symbols<'a>,
}

impl<'a> Head<'a> {
    pub fn read(file: &mut Cursor<'a>) -> Result<Self, ParseError> {
        let (version, flags) = header(file)?;
        let _capabilities = Bitmap::read(file)?;
        let permissive = Bitmap::read(file)?;
        if version >= NEVERAUDIT {
            Bitmap::read(file)?;
        }
        Ok(Self { version, flags, permissive, symbols: Symbols::read(file, version)? })
    }
}

/// A compiled policy, as the kernel loads it from `/etc/selinux/TYPE/policy/policy.N`, in the bytes of that file.
#[derive(Debug)]
pub struct Policy<'a> {
    version: u32,
    flags: u32,
    permissive: Bitmap<'a>,
    pub(crate) symbols: Symbols<'a>,
    pub(crate) rules: Rules<'a>,
    pub(crate) conditionals: Vec<Conditional<'a>>,
    pub(crate) role_allows: Vec<(u32, u32)>,
    attributes: Vec<Bitmap<'a>>,
}

impl<'a> Policy<'a> {
    /// Reads a whole policy. What follows it in `bytes` is ignored, as the kernel does.
    ///
    /// The policy refers to `bytes`; it needs little memory beyond them.
    ///
    /// # Errors
    /// [`ParseError`] if the kernel would refuse the file.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut file = Cursor::new(bytes, "header");
        let file = &mut file;
        let Head { version, flags, permissive, symbols } = Head::read(file)?;
        let (types, classes) = (symbols.types.len(), symbols.classes.len());
        file.part = "rules";
        let rules = Rules::read(file, version, types, classes)?;
        if rules.is_empty() {
            return Err(file.invalid("number of rules"));
        }
        file.part = "conditional rules";
        let count = file.count(conditional::LEAST)?;
        let is_boolean = |number| entry(&symbols.booleans, number).is_some();
        let conditional = |_| Conditional::read(file, version, is_boolean, types, classes);
        let conditionals = (0..count).map(conditional).collect::<Result<_, _>>()?;
        rest::role_transitions(file, version)?;
        let role_allows = rest::role_allows(file)?;
        rest::filename_transitions(file, version)?;
        rest::object_contexts(file, version)?;
        rest::range_transitions(file)?;
        let attributes = rest::attributes(file, types)?;
        Ok(Self { version, flags, permissive, symbols, rules, conditionals, role_allows, attributes })
    }

    /// Returns the version of the format, the N of `policy.N`.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Returns whether contexts have ranges.
    #[must_use]
    pub fn has_mls(&self) -> bool {
        self.flags & MLS != 0
    }

    /// Returns what the kernel does about classes and permissions that are not in this policy.
    #[must_use]
    pub fn unknown_handling(&self) -> UnknownHandling {
        match self.flags & (REJECT_UNKNOWN | ALLOW_UNKNOWN) {
            0 => UnknownHandling::Deny,
            ALLOW_UNKNOWN => UnknownHandling::Allow,
            _ => UnknownHandling::Reject,
        }
    }

    /// Returns whether the policy has a type or alias of this name. An attribute is not a type.
    #[must_use]
    pub fn knows_type(&self, name: &str) -> bool {
        self.symbols.type_number(name).is_some()
    }

    /// Returns whether the type or alias `name` has the attribute. `false` if the policy has one of the two no more: the compiler
    /// drops attributes that no rule needs.
    #[must_use]
    pub fn has_attribute(&self, name: &str, attribute: &str) -> bool {
        let Some(of) = self.symbols.type_number(name) else { return false };
        self.symbols.types.iter().zip(1..).any(|(known, number)| {
            known.as_ref().is_some_and(|known| known.is_attribute && known.name == attribute)
                && self.includes(number, of)
        })
    }

    /// Returns whether the policy has the class.
    #[must_use]
    pub fn knows_class(&self, name: &str) -> bool {
        self.symbols.class(name).is_some()
    }

    /// Returns whether the class has the permission, its own or inherited. `false` if the class is unknown.
    #[must_use]
    pub fn knows_permission(&self, class: &str, permission: &str) -> bool {
        self.symbols.class(class).is_some_and(|(_, class)| class.permission(permission).is_some())
    }

    /// Returns the names of all types, without aliases and attributes.
    pub fn types(&self) -> impl Iterator<Item = &'a str> {
        self.symbols.types.iter().flatten().filter(|known| !known.is_attribute).map(|known| known.name)
    }

    /// Returns the names of all classes.
    pub fn classes(&self) -> impl Iterator<Item = &'a str> {
        self.symbols.classes.iter().flatten().map(|class| class.name)
    }

    /// Returns the names of the permissions of a class, in the order of their bits in an access vector. Empty if the class is
    /// unknown.
    #[must_use]
    pub fn permissions(&self, class: &str) -> Vec<&'a str> {
        let class = self.symbols.class(class);
        class.map_or_else(Vec::new, |(_, class)| class.permissions.iter().map(|(name, _)| *name).collect())
    }

    /// Returns whether denials of a domain are only logged.
    pub(crate) fn is_permissive(&self, type_number: u32) -> bool {
        // Unlike in other bitmaps, the bit is the number of the type (`security_compute_av`).
        self.permissive.contains(type_number)
    }

    /// Returns for each type and attribute, number 1 first, whether it is the type `of` or an attribute of it.
    pub(crate) fn type_and_attributes(&self, of: u32) -> Vec<bool> {
        let mut numbers = vec![false; self.attributes.len()];
        let own = of as usize - 1;
        for (first, bits) in self.attributes.get(own).copied().unwrap_or_default().nodes() {
            for bit in (0..u64::BITS).filter(|bit| bits >> bit & 1 == 1) {
                if let Some(found) = numbers.get_mut((first + bit) as usize) {
                    *found = true;
                }
            }
        }
        if let Some(found) = numbers.get_mut(own) {
            *found = true;
        }
        numbers
    }

    /// Returns whether `number`, a type or attribute, is the type `of` or an attribute of it.
    pub(crate) fn includes(&self, number: u32, of: u32) -> bool {
        number == of || self.attributes.get(of as usize - 1).is_some_and(|attributes| attributes.contains(number - 1))
    }
}

/// Returns the version and the flags.
fn header(file: &mut Cursor) -> Result<(u32, u32), ParseError> {
    if file.u32() != Ok(MAGIC) {
        return Err(ParseError::NotAPolicy);
    }
    let length = file.count(1)?;
    if length == 0 || length > LONGEST_TARGET {
        return Err(file.invalid("length of the target's name"));
    }
    let target = file.bytes(length)?;
    if target != TARGET {
        return Err(ParseError::Target(String::from_utf8_lossy(target).escape_default().to_string()));
    }
    let version = file.u32()?;
    if !crate::VERSIONS.contains(&version) {
        return Err(ParseError::Version(version));
    }
    let flags = file.u32()?;
    if file.u32()? != SYMBOL_TABLES || file.u32()? != rest::object_context_lists(version) {
        return Err(file.invalid("number of tables"));
    }
    Ok((version, flags))
}
