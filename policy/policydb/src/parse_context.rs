//! Contexts from their text.

use std::collections::BTreeMap;

use crate::context::Context;
use crate::error::ContextError;
use crate::mls::{Level, Range};
use crate::policy::Policy;
use crate::symbols::{entry, number_of};

impl Policy<'_> {
    /// Returns the context of type `name`, of which nothing else is known. Aliases are resolved. Returns `None` if the policy
    /// has no such type.
    #[must_use]
    pub fn context_of_type(&self, name: &str) -> Option<Context> {
        let type_number = self.symbols.type_number(name)?;
        Some(Context { type_number, user: None, role: None, range: None })
    }

    /// Parses a whole context, such as `system_u:system_r:init_t:s0`. Without MLS, a policy's contexts have no range.
    ///
    /// # Errors
    /// [`ContextError`] names the part that the policy does not have.
    pub fn context(&self, text: &str) -> Result<Context, ContextError> {
        let mut parts = text.splitn(4, ':');
        let mut part = || parts.next().ok_or(ContextError::Incomplete);
        let (user, role, type_name) = (part()?, part()?, part()?);
        let unknown = |name: &str| ContextError::Unknown(name.to_owned());
        let symbols = &self.symbols;
        let user_number = number_of(&symbols.users, |known| known.name == user).ok_or_else(|| unknown(user))?;
        let role_number = number_of(&symbols.roles, |known| known.name == role).ok_or_else(|| unknown(role))?;
        let type_number = symbols.type_number(type_name).ok_or_else(|| unknown(type_name))?;
        let range = match part() {
            Ok(range) if self.has_mls() => self.range(range).ok_or_else(|| unknown(range))?,
            Err(_) if !self.has_mls() => Range::default(),
            _ => return Err(ContextError::Incomplete),
        };
        Ok(Context { type_number, user: Some(user_number), role: Some(role_number), range: Some(range) })
    }

    fn range(&self, text: &str) -> Option<Range> {
        let (low, high) = text.split_once('-').unwrap_or((text, text));
        Some(Range { low: self.level(low)?, high: self.level(high)? })
    }

    fn level(&self, text: &str) -> Option<Level> {
        let (sensitivity, categories) = text.split_once(':').unwrap_or((text, ""));
        let sensitivity = self.symbols.sensitivities.get(sensitivity)?.sensitivity;
        let category = |name: &str| self.symbols.category(name).map(|number| number - 1);
        let mut bits = BTreeMap::<u32, u64>::new();
        for part in categories.split(',').filter(|part| !part.is_empty()) {
            let (first, last) = part.split_once('.').unwrap_or((part, part));
            for bit in category(first)?..=category(last)? {
                *bits.entry(bit - bit % 64).or_default() |= 1 << (bit % 64);
            }
        }
        Some(Level { sensitivity, categories: bits.into_iter().collect() })
    }

    /// Returns the name of a context's type.
    #[must_use]
    pub fn type_name(&self, context: &Context) -> Option<&str> {
        entry(&self.symbols.types, context.type_number).map(|found| found.name)
    }
}
