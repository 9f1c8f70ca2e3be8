//! BTF, the description of a kernel's own types.

use std::cmp::Ordering;
use std::io::Read;

use crate::Root;
use crate::error::{FileError, ReadError};
use crate::fs::InRoot;
use crate::system::kernel::release::{compare_releases, is_enterprise_linux};

/// The file in which a running kernel shows its BTF.
pub const FILE: &str = "/sys/kernel/btf/vmlinux";
/// The option by which a kernel is built with it.
pub const OPTION: &str = "CONFIG_DEBUG_INFO_BTF";
/// The first kernel that shows it (commit 341dfcf8d78e, "btf: expose BTF info through sysfs"). The option came with 5.2.
const FIRST: &str = "5.4";
const CONFIG_LIMIT: u64 = 4 * 1024 * 1024;

/// Whether a kernel has BTF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Btf {
    /// It has; the file that shows it.
    Present(InRoot),
    /// It has not.
    Absent(Absence),
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
    /// There is no configuration of this kernel.
    NoConfiguration,
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
    for path in [format!("/boot/config-{release}"), format!("/lib/modules/{release}/config")] {
        if let Some(text) = root.read_text_if_there(&path)? {
            return Ok(judge_config(&text, path.as_str().into(), release));
        }
    }
    const PROC_CONFIG: &str = "/proc/config.gz";
    if running && root.exists(PROC_CONFIG) {
        let file = root.open(PROC_CONFIG)?;
        let mut text = String::new();
        flate2::read::GzDecoder::new(file)
            .take(CONFIG_LIMIT)
            .read_to_string(&mut text)
            .map_err(|e| FileError::new("unpack", root.host_path(PROC_CONFIG), e))?;
        return Ok(judge_config(&text, PROC_CONFIG.into(), release));
    }
    Ok(Btf::Absent(Absence::NoConfiguration))
}

fn judge_config(text: &str, path: InRoot, release: &str) -> Btf {
    if !has_option(text) {
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

/// Returns whether a kernel configuration turns BTF on.
#[must_use]
pub fn has_option(config: &str) -> bool {
    config.lines().any(|line| line.trim().strip_prefix(OPTION).is_some_and(|rest| rest == "=y"))
}

#[cfg(test)]
mod tests;
