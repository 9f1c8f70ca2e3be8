//! Security contexts as text: `user:role:type`, with levels after a third colon if the policy has them.

use std::fmt;

/// A security context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Context {
    pub user: String,
    pub role: String,
    pub the_type: String,
    /// `LOW-HIGH` or one level; `None` in a policy without levels.
    pub range: Option<String>,
}

impl Context {
    /// Parses `text`. Returns `None` if it is not a context, such as the bare name of an initial context.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, ':').map(str::to_owned);
        let parsed = Self { user: parts.next()?, role: parts.next()?, the_type: parts.next()?, range: parts.next() };
        let complete = [&parsed.user, &parsed.role, &parsed.the_type].iter().all(|part| !part.is_empty());
        (complete && parsed.range.as_deref() != Some("")).then_some(parsed)
    }

    /// Returns this context with another role and type, and the low level of its range. systemd gives a service its own
    /// user, and a transition keeps the low level unless the policy defines another; type rules ignore ranges.
    pub fn service(&self, role: &str, the_type: &str) -> Self {
        let low = self.range.as_ref().map(|range| range.split('-').next().unwrap_or_default().to_owned());
        Self { user: self.user.clone(), role: role.to_owned(), the_type: the_type.to_owned(), range: low }
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.user, self.role, self.the_type)?;
        self.range.as_ref().map_or(Ok(()), |range| write!(f, ":{range}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_of_real_hosts() {
        for (init, service) in [
            ("system_u:system_r:init_t:s0", "system_u:system_r:agent_t:s0"),
            ("system_u:system_r:init_t:s0-s0:c0.c1023", "system_u:system_r:agent_t:s0"),
            ("system_u:system_r:init_t:s1:c1,c3-s15:c0.c1023", "system_u:system_r:agent_t:s1:c1,c3"),
            ("system_u:system_r:init_t", "system_u:system_r:agent_t"),
        ] {
            let parsed = Context::parse(init).unwrap();
            assert_eq!(parsed.to_string(), init);
            assert_eq!(parsed.service("system_r", "agent_t").to_string(), service);
        }
    }

    #[test]
    fn texts_that_are_not_contexts() {
        for bad in ["kernel", "", "a:b", "::", "a:b:", "a:b:c:", "unconfined"] {
            assert_eq!(Context::parse(bad), None, "{bad:?}");
        }
    }
}
