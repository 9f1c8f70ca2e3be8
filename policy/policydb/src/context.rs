//! Security contexts, as far as they are known.

use crate::mls::Range;

/// A security context of one policy: a type, and the user, role and range where they are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    pub(crate) type_number: u32,
    pub(crate) user: Option<u32>,
    pub(crate) role: Option<u32>,
    pub(crate) range: Option<Range>,
}

/// The contexts of one access.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair<'c> {
    pub source: &'c Context,
    pub target: &'c Context,
    /// Both are the same context: what is not known of one is the same in the other.
    pub is_same: bool,
}

impl<'c> Pair<'c> {
    /// `target` is `None` if it is the source itself.
    pub fn new(source: &'c Context, target: Option<&'c Context>) -> Self {
        Self { source, target: target.unwrap_or(source), is_same: target.is_none() }
    }
}
