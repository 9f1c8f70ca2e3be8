//! Which packages have the headers of a kernel.

use std::cmp::Ordering;

use super::architecture;
use super::data::{DebianArchitecture, Entry, ForeignKernel, KernelRule, data};
use super::glob;
use crate::system::kernel::{Parts, compare_releases, is_release};

/// Where a kernel comes from, and with it its headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KernelOrigin {
    /// From a package that is known.
    Packaged(KernelPackages),
    /// Not from the distribution: its packages have no headers for this kernel.
    Foreign(Foreign),
    /// Not known.
    Unknown,
}

/// The packages of a kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KernelPackages {
    /// The package with its headers.
    pub name: String,
    /// What installs the headers of exactly this kernel, arguments of the package manager.
    pub exact: Vec<String>,
    /// What installs the newest kernel of the same kind, and its headers. Empty if it is not known.
    pub newest: Vec<String>,
}

/// A kernel that the distribution did not build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// Who built it, if that is known.
    pub builder: Option<&'static str>,
    /// What an administrator does to boot the distribution's own kernel instead.
    pub boot: &'static str,
    /// What installs that kernel and its headers; nothing if that alone is of no use.
    pub own: Vec<String>,
}

/// What of a distribution decides about its kernels.
pub struct KernelRules<'a> {
    pub entry: Option<&'static Entry>,
    pub is_relative: bool,
    pub ubuntu_codename: &'a str,
    pub architecture: Option<&'static DebianArchitecture>,
}

impl KernelRules<'_> {
    /// Returns where the kernel `release` comes from.
    pub fn origin(&self, release: &str) -> KernelOrigin {
        if let Some(foreign) = self.foreign(release) {
            return foreign;
        }
        let Some(entry) = self.entry else { return KernelOrigin::Unknown };
        // What is no release becomes no part of a command.
        let rule = is_release(release).then(|| self.rules(entry).find(|rule| rule.is_about(release))).flatten();
        match rule {
            Some(rule) => KernelOrigin::Packaged(self.packages(rule, release)),
            None if self.is_relative => KernelOrigin::Unknown,
            None => KernelOrigin::Foreign(Foreign {
                builder: None,
                boot: "choose it in the boot loader's menu, or as the default there",
                own: self.own(Some(release)),
            }),
        }
    }

    /// Returns the packages of the distribution's own kernel and its headers; none if they are not known. The root tells its
    /// architecture, else the kernel `release` does.
    pub fn own(&self, release: Option<&str>) -> Vec<String> {
        const ARCHITECTURE: &str = "{architecture}";
        let Some(kernel) = self.entry.and_then(|entry| entry.kernel.as_ref()) else { return Vec::new() };
        let architecture = || self.architecture.or_else(|| release.and_then(architecture::of_release));
        match kernel.iter().any(|name| name.contains(ARCHITECTURE)).then(architecture) {
            None => kernel.to_vec(),
            Some(Some(known)) => kernel.iter().map(|name| name.replace(ARCHITECTURE, &known.kernel)).collect(),
            Some(None) => Vec::new(),
        }
    }

    fn foreign(&self, release: &str) -> Option<KernelOrigin> {
        let found: &'static ForeignKernel =
            data().foreign.iter().find(|foreign| glob::matches(&foreign.release, release))?;
        let own = if found.installs { self.own(Some(release)) } else { Vec::new() };
        Some(KernelOrigin::Foreign(Foreign { builder: Some(&found.builder), boot: &found.boot, own }))
    }

    fn rules(&self, entry: &'static Entry) -> impl Iterator<Item = &'static KernelRule> {
        let of_relatives = if self.is_relative { entry.relatives_kernels.as_slice() } else { &[] };
        entry.kernels.iter().chain(of_relatives).filter_map(|set| data().kernels.get(set)).flatten()
    }

    fn packages(&self, rule: &KernelRule, release: &str) -> KernelPackages {
        let Parts { version, flavour } = Parts::of(release);
        let flavour = rule.flavour(release).map_or(flavour, str::to_owned);
        let suffix = if flavour.is_empty() { String::new() } else { format!("-{flavour}") };
        let series: Vec<&str> = release.split(['.', '-']).take(2).collect();
        let series = series.join(".");
        let ubuntu = data().ubuntu.iter().find(|ubuntu| ubuntu.codename == self.ubuntu_codename);
        let enablement =
            ubuntu.filter(|ubuntu| ubuntu.kernel != series).map(|ubuntu| format!("-hwe-{}", ubuntu.version));
        let expand = |template: &String| {
            template
                .replace("{release}", release)
                .replace("{version}", &version)
                .replace("{flavour}", &flavour)
                .replace("{-flavour}", &suffix)
                .replace("{series}", &series)
                .replace("{-hwe}", enablement.as_deref().unwrap_or(""))
                .replace("{ubuntu}", ubuntu.map_or("", |ubuntu| &ubuntu.version))
        };
        KernelPackages {
            name: expand(&rule.package),
            exact: rule.exact.iter().map(expand).collect(),
            // Names with the version of Ubuntu, of which only the codename is known.
            newest: if ubuntu.is_none() && rule.newest.iter().any(|name| name.contains("{ubuntu}")) {
                Vec::new()
            } else {
                rule.newest.iter().map(expand).collect()
            },
        }
    }
}

impl KernelRule {
    fn is_about(&self, release: &str) -> bool {
        let early = |before: &String| compare_releases(release, before) == Ordering::Less;
        self.before.as_ref().is_none_or(early) && self.has_name(release)
    }

    fn has_name(&self, release: &str) -> bool {
        if self.versions.is_empty() { self.fits(release) } else { self.flavour(release).is_some() }
    }

    fn fits(&self, name: &str) -> bool {
        self.releases.iter().any(|pattern| glob::matches(pattern, name))
    }

    /// Returns the flavour of a release that has one of the forms of `versions`.
    fn flavour<'r>(&self, release: &'r str) -> Option<&'r str> {
        let mut parts = release.match_indices('-').map(|(at, _)| (&release[..at], &release[at + 1..]));
        let is_known = |version: &str| self.versions.iter().any(|form| glob::has_form(form, version));
        parts.find(|(version, flavour)| self.fits(flavour) && is_known(version)).map(|(_, flavour)| flavour)
    }
}
