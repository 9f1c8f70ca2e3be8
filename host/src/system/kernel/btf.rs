//! BTF, the description of a kernel's own types.

use std::cmp::Ordering;

use crate::Root;
use crate::error::ReadError;
use crate::fs::InRoot;
use crate::system::kernel::release::{compare_releases, is_enterprise_linux};
use crate::system::kernel_config::{KernelConfig, Setting};

/// The file in which a running kernel shows its BTF.
pub const FILE: &str = "/sys/kernel/btf/vmlinux";
/// The option by which a kernel is built with it, without `CONFIG_`.
const OPTION: &str = "DEBUG_INFO_BTF";
/// The first kernel that shows it (commit 341dfcf8d78e, "btf: expose BTF info through sysfs"). The option came with 5.2.
const FIRST: &str = "5.4";

/// The type information of a kernel, or what shows that it has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Btf {
    /// It has; the file that shows it.
    Present(InRoot),
    /// It has not.
    Absent(Absence),
    /// It may have it; it does not show it, and no configuration of it was found.
    Unknown,
}

/// What shows that a kernel has no BTF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absence {
    /// The running kernel does not show the file.
    NoFile,
    /// This configuration lacks the option.
    NoOption(InRoot),
    /// This configuration has the option, and the kernel is too old to show what it builds.
    TooOld(InRoot),
    /// Kernels of its version have none, however they are built.
    BeforeBtf,
}

/// Looks for BTF of the kernel `release`. `running` is whether it is the running kernel, which shows it itself if sysfs is there.
///
/// # Errors
/// [`ReadError`] if a configuration exists and cannot be read.
pub fn btf(root: &Root, release: &str, running: bool) -> Result<Btf, ReadError> {
    if running && root.exists("/sys/kernel") {
        let found = root.exists(FILE);
        return Ok(if found { Btf::Present(FILE.into()) } else { Btf::Absent(Absence::NoFile) });
    }
    if let Some(config) = KernelConfig::find(root, release, running)? {
        return Ok(judge_config(&config, release));
    }
    Ok(if shows_what_it_has(release) { Btf::Unknown } else { Btf::Absent(Absence::BeforeBtf) })
}

fn judge_config(config: &KernelConfig, release: &str) -> Btf {
    let path = config.path().clone();
    if config.setting(OPTION) != Setting::On {
        Btf::Absent(Absence::NoOption(path))
    } else if shows_what_it_has(release) {
        Btf::Present(path)
    } else {
        Btf::Absent(Absence::TooOld(path))
    }
}

/// Returns whether a kernel that is built with BTF also shows it. Enterprise Linux has the file in its older kernels.
fn shows_what_it_has(release: &str) -> bool {
    compare_releases(release, FIRST) != Ordering::Less || is_enterprise_linux(release)
}

#[cfg(test)]
mod tests;
