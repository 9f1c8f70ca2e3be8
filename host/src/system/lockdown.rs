//! Kernel lockdown (`kernel_lockdown(7)`): how far even root may reach into the kernel.

use std::cmp::Ordering;

use crate::Root;
use crate::error::FileError;
use crate::system::kernel::compare_releases;
use crate::system::kernel_config::{KernelConfig, Setting};
use crate::system::kernel_parameters;

/// The first kernel with the module (commit 000d388ed3bb, "security: Add a static lockdown policy LSM").
const FIRST: &str = "5.4";
const FILE: &str = "/sys/kernel/security/lockdown";
const FORCE_CONFIDENTIALITY: &str = "LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY";
const FORCE_INTEGRITY: &str = "LOCK_DOWN_KERNEL_FORCE_INTEGRITY";
/// The option with a command line that is built in.
const COMMAND_LINE: &str = "CMDLINE";

/// The parameter of the command line.
pub const PARAMETER: &str = "lockdown";

/// The level of lockdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lockdown {
    /// Off.
    None,
    /// The kernel cannot be changed. eBPF programs work.
    Integrity,
    /// Nor can its memory be read, so that the helpers by which eBPF programs read it fail.
    Confidentiality,
}

impl Lockdown {
    /// Returns its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Integrity => "integrity",
            Self::Confidentiality => "confidentiality",
        }
    }

    fn named(word: &str) -> Option<Self> {
        [Self::None, Self::Integrity, Self::Confidentiality].into_iter().find(|level| level.as_str() == word)
    }

    /// Returns the level of the running kernel, or `None` if it has no lockdown, or shows none: securityfs is not mounted.
    ///
    /// # Errors
    /// [`FileError`] if the file exists and cannot be read.
    pub fn of_running(root: &Root) -> Result<Option<Self>, FileError> {
        match root.read(FILE, 256) {
            Ok(bytes) => Ok(Self::chosen(&String::from_utf8_lossy(&bytes))),
            Err(e) if e.is_missing() => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Returns the level that the file marks: `none [integrity] confidentiality`.
    fn chosen(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once('[')?;
        Self::named(rest.split_once(']')?.0)
    }

    /// Returns the level at which the kernel `release` starts with this command line and configuration. Secure Boot is not considered: by
    /// itself it leads to [`Lockdown::Integrity`] (`CONFIG_LOCK_DOWN_IN_EFI_SECURE_BOOT` of distributions).
    #[must_use]
    pub fn at_start(release: &str, command_line: &str, config: Option<&KernelConfig>) -> Self {
        let setting = |option| config.map_or(Setting::Absent, |config| config.setting(option));
        let set = |option| setting(option) == Setting::On;
        let early = set("SECURITY_LOCKDOWN_LSM_EARLY");
        let has_module = match setting("SECURITY_LOCKDOWN_LSM") {
            Setting::On => true,
            Setting::Off => false,
            // The configuration says nothing, or is not there.
            Setting::Absent => compare_releases(release, FIRST) != Ordering::Less,
        };
        // Without the early module, lockdown works only as one of the stacked ones (`lsm=`, CONFIG_LSM).
        let stacked = kernel_parameters::last(command_line, "lsm").or_else(|| config?.text("LSM"));
        let is_stacked = stacked.is_none_or(|modules| modules.split(',').any(|module| module.trim() == PARAMETER));
        if !has_module || !early && !is_stacked {
            return Self::None;
        }
        let forced = [(FORCE_CONFIDENTIALITY, Self::Confidentiality), (FORCE_INTEGRITY, Self::Integrity)];
        let forced = forced.into_iter().filter(|(option, _)| set(option)).map(|(_, level)| level);
        let built_in = config.and_then(KernelConfig::built_in_command_line).unwrap_or_default();
        let asked = kernel_parameters::parameters(built_in)
            .chain(kernel_parameters::parameters(command_line))
            .filter(|(name, _)| *name == PARAMETER)
            .filter_map(|(_, value)| Self::named(value?));
        // A level is never lowered again (`lock_kernel_down`).
        forced.chain(asked).max().unwrap_or(Self::None)
    }

    /// Returns the option, without `CONFIG_`, by which a kernel with this configuration starts at [`Lockdown::Confidentiality`]
    /// whatever the boot loader says.
    #[must_use]
    pub fn compiled_in(config: &KernelConfig) -> Option<&'static str> {
        if config.setting(FORCE_CONFIDENTIALITY) == Setting::On {
            return Some(FORCE_CONFIDENTIALITY);
        }
        let built_in = config.built_in_command_line()?;
        kernel_parameters::has(built_in, PARAMETER, Self::Confidentiality.as_str()).then_some(COMMAND_LINE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_is_the_one_in_brackets() {
        for (text, expected) in [
            ("[none] integrity confidentiality\n", Some(Lockdown::None)),
            ("none [integrity] confidentiality\n", Some(Lockdown::Integrity)),
            ("none integrity [confidentiality]\n", Some(Lockdown::Confidentiality)),
            ("none integrity confidentiality [new]\n", None),
            ("none integrity confidentiality", None),
            ("]none[", None),
            ("", None),
        ] {
            assert_eq!(Lockdown::chosen(text), expected, "{text}");
        }
    }

    #[test]
    fn the_level_at_the_start_follows_from_command_line_and_configuration() {
        use Lockdown::{Confidentiality, Integrity, None as Off};
        const DEBIAN: &str =
            "CONFIG_SECURITY_LOCKDOWN_LSM=y\nCONFIG_SECURITY_LOCKDOWN_LSM_EARLY=y\nCONFIG_LSM=\"yama,bpf\"\n";
        const LATE: &str = "CONFIG_SECURITY_LOCKDOWN_LSM=y\nCONFIG_LSM=\"lockdown,yama,integrity,bpf\"\n";
        const FORCED: &str = "CONFIG_SECURITY_LOCKDOWN_LSM=y\nCONFIG_SECURITY_LOCKDOWN_LSM_EARLY=y\nCONFIG_LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY=y\n";
        const BUILT_IN: &str = "CONFIG_SECURITY_LOCKDOWN_LSM=y\nCONFIG_SECURITY_LOCKDOWN_LSM_EARLY=y\nCONFIG_CMDLINE_BOOL=y\nCONFIG_CMDLINE=\"quiet lockdown=confidentiality\"\n";
        const WITHOUT: &str = "# CONFIG_SECURITY_LOCKDOWN_LSM is not set\nCONFIG_BPF_SYSCALL=y\n";
        for (line, config, expected) in [
            ("ro lockdown=confidentiality", None, Confidentiality),
            ("ro lockdown=integrity", None, Integrity),
            ("ro", None, Off),
            ("lockdown=confidentiality lockdown=integrity", None, Confidentiality),
            ("lockdown=strict", None, Off),
            ("lockdown", None, Off),
            ("lockdown=confidentiality", Some(DEBIAN), Confidentiality),
            ("lockdown=confidentiality lsm=yama", Some(DEBIAN), Confidentiality),
            ("lockdown=confidentiality", Some(LATE), Confidentiality),
            ("lockdown=confidentiality lsm=yama,selinux", Some(LATE), Off),
            ("lockdown=confidentiality", Some(WITHOUT), Off),
            ("lockdown=integrity", Some(FORCED), Confidentiality),
            ("", Some(FORCED), Confidentiality),
            ("", Some(BUILT_IN), Confidentiality),
            ("lockdown=integrity", Some(BUILT_IN), Confidentiality),
            ("", Some(DEBIAN), Off),
        ] {
            let config = config.map(|text| KernelConfig::parse(text, "/boot/config-test"));
            assert_eq!(Lockdown::at_start("6.1.0", line, config.as_ref()), expected, "{line} {config:?}");
        }
        for (text, option) in [
            (FORCED, Some("LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY")),
            (BUILT_IN, Some("CMDLINE")),
            // On arm64, it counts only where the boot loader gives none.
            ("CONFIG_CMDLINE=\"lockdown=confidentiality\"\n", None),
            ("CONFIG_CMDLINE=\"lockdown=confidentiality\"\nCONFIG_CMDLINE_FORCE=y\n", Some("CMDLINE")),
            ("CONFIG_CMDLINE_BOOL=y\nCONFIG_CMDLINE=\"lockdown=integrity\"\n", None),
            (DEBIAN, None),
        ] {
            assert_eq!(Lockdown::compiled_in(&KernelConfig::parse(text, "/boot/config-test")), option, "{text}");
        }
        let silent = KernelConfig::parse("CONFIG_BPF_SYSCALL=y\n", "/boot/config-test");
        for (release, expected) in [("6.1.0", Confidentiality), ("4.18.0-80.el8.x86_64", Off)] {
            for config in [None, Some(&silent)] {
                assert_eq!(Lockdown::at_start(release, "lockdown=confidentiality", config), expected, "{release}");
            }
        }
    }
}
