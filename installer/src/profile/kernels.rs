//! The lines of a table of kernels: which the agent supports, and how it watches each.

use host::system::distribution::{Distribution, Major};
use host::system::kernel::compare_releases;
use serde::{Deserialize, Deserializer};
use std::cmp::Ordering;

/// The way in which the agent watches files and the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Monitors {
    /// Through eBPF programs, which need BTF or headers.
    Ebpf,
    /// Through its own kernel modules.
    Modules,
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KernelRule {
    /// Families of distributions that it is about, as `host/distributions.toml` calls them.
    #[serde(deserialize_with = "known_families")]
    pub families: Vec<String>,
    /// Only these distributions of the family (`ID` of os-release); all if empty.
    #[serde(default)]
    pub ids: Vec<String>,
    /// And not these.
    #[serde(default)]
    pub not_ids: Vec<String>,
    /// The distribution's first major version.
    pub from: Option<u32>,
    /// The first major version that is not included.
    pub before: Option<u32>,
    /// Only kernels with this text in their release; other entries do not apply to them.
    pub release_contains: Option<String>,
    /// The oldest supported kernel.
    #[serde(deserialize_with = "kernel_version")]
    pub kernel_from: String,
    /// The first unsupported kernel; `None` for no limit.
    #[serde(default, deserialize_with = "optional_kernel_version")]
    pub kernel_before: Option<String>,
    /// The way in which the agent watches such a kernel.
    pub monitors: Monitors,
}

/// The result for a kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Support {
    /// It is supported.
    Supported(Monitors),
    /// It is not.
    Unsupported {
        /// The ranges that would be, for people.
        supported: Vec<String>,
        /// The way in which the agent watches the supported ones, if it is the same for all.
        monitors: Option<Monitors>,
    },
    /// The table does not say: it has no line for this distribution, or only lines for versions of a relative, and the version
    /// of this one is not known.
    NotListed,
}

impl Support {
    /// Looks the kernel `release` of `distribution` up in `table`.
    #[must_use]
    pub fn of(table: &[KernelRule], distribution: &Distribution, release: &str) -> Self {
        let here: Vec<_> = table.iter().filter(|rule| rule.is_about(distribution, release)).collect();
        let is_known = distribution.major(release) != Major::Unknown;
        let named = |rule: &&&KernelRule| rule.release_contains.as_ref().is_some_and(|part| release.contains(part));
        let mut rules: Vec<_> = here.iter().filter(named).collect();
        if rules.is_empty() {
            rules = here.iter().filter(|rule| rule.release_contains.is_none()).collect();
        }
        let Some(first) = rules.first() else { return Self::NotListed };
        match rules.iter().find(|rule| rule.supports(release)) {
            Some(rule) => Self::Supported(rule.monitors),
            // Bounds of versions were not applied. Only a line about relatives can speak against a kernel then.
            None if !is_known && rules.iter().any(|rule| rule.not_ids.is_empty()) => Self::NotListed,
            None => Self::Unsupported {
                supported: rules.iter().map(|rule| rule.range()).collect(),
                monitors: rules.iter().all(|rule| rule.monitors == first.monitors).then_some(first.monitors),
            },
        }
    }

    /// Returns how this kernel is monitored, or would be.
    #[must_use]
    pub fn monitors(&self) -> Option<Monitors> {
        match self {
            Self::Supported(monitors) => Some(*monitors),
            Self::Unsupported { monitors, .. } => *monitors,
            Self::NotListed => None,
        }
    }
}

impl KernelRule {
    /// Returns why the line is about no kernel: it would speak against each.
    pub(super) fn problem(&self) -> Option<String> {
        let Self { from, before, kernel_from, kernel_before, .. } = self;
        if self.families.is_empty() {
            return Some("`families` is empty: name at least one".into());
        }
        if self.release_contains.as_ref().is_some_and(String::is_empty) {
            return Some("`release_contains` is empty: leave it out".into());
        }
        if let (Some(from), Some(before)) = (from, before)
            && from >= before
        {
            return Some(format!("no version is from {from} on and before {before}"));
        }
        if let Some(before) = kernel_before
            && compare_releases(kernel_from, before) != Ordering::Less
        {
            return Some(format!("no kernel is from {kernel_from} on and before {before}"));
        }
        None
    }

    fn is_about(&self, distribution: &Distribution, release: &str) -> bool {
        let id =
            (self.ids.is_empty() || self.ids.contains(&distribution.id)) && !self.not_ids.contains(&distribution.id);
        let version = match distribution.major(release) {
            // A rolling release is newer than any number.
            Major::Rolling => self.before.is_none(),
            Major::Known(major) => {
                self.from.is_none_or(|from| major >= from) && self.before.is_none_or(|before| major < before)
            }
            Major::Unknown => true,
        };
        id && version && self.families.iter().any(|family| family == distribution.family())
    }

    fn supports(&self, release: &str) -> bool {
        compare_releases(release, &self.kernel_from) != Ordering::Less
            && self.kernel_before.as_ref().is_none_or(|before| compare_releases(release, before) == Ordering::Less)
    }

    fn range(&self) -> String {
        match &self.kernel_before {
            Some(before) => format!("{} and later, before {before}", self.kernel_from),
            None => format!("{} and later", self.kernel_from),
        }
    }
}

fn known_families<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let families = Vec::<String>::deserialize(from)?;
    match families.iter().find(|family| !Distribution::families().any(|known| known == family.as_str())) {
        Some(family) => Err(serde::de::Error::custom(format!("unknown distribution family {family:?}"))),
        None => Ok(families),
    }
}

fn kernel_version<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._+~-".contains(c);
    // What is before a `-` or `+` is numbers: `5.x` would be compared as 5.
    let mut numbers = text.split(['-', '+', '~', '_']).next().unwrap_or_default().split('.');
    if numbers.all(|number| number.parse::<u32>().is_ok()) && text.chars().all(is_plain) {
        return Ok(text);
    }
    Err(serde::de::Error::custom(format!("{text:?} is not a kernel version")))
}

fn optional_kernel_version<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    kernel_version(from).map(Some)
}
