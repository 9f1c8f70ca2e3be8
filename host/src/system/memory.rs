//! The amount of memory.

use crate::Root;
use crate::error::ReadError;

/// Returns the usable memory in KiB (`MemTotal` of `proc_meminfo(5)`), or `None` if `/proc/meminfo` does not have it.
///
/// # Errors
/// [`ReadError`] if it exists and cannot be read.
pub fn total_kib(root: &Root) -> Result<Option<u64>, ReadError> {
    Ok(root.read_text_if_there("/proc/meminfo")?.and_then(|text| total_in(&text)))
}

/// How much memory there is, and how much of it a new program can have, in KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// `MemTotal`
    pub total_kib: u64,
    /// `MemAvailable`
    pub available_kib: u64,
}

/// Returns how much memory is in use, or `None` if `/proc/meminfo` does not have it.
///
/// # Errors
/// [`ReadError`] if it exists and cannot be read.
pub fn usage(root: &Root) -> Result<Option<Usage>, ReadError> {
    Ok(root.read_text_if_there("/proc/meminfo")?.and_then(|text| usage_in(&text)))
}

fn usage_in(meminfo: &str) -> Option<Usage> {
    Some(Usage { total_kib: total_in(meminfo)?, available_kib: value_of(meminfo, "MemAvailable:")? })
}

fn total_in(meminfo: &str) -> Option<u64> {
    value_of(meminfo, "MemTotal:")
}

fn value_of(meminfo: &str, key: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_of_the_kernel_is_parsed() {
        let text = "MemFree:          123456 kB\nMemTotal:        1014780 kB\nMemAvailable:     800000 kB\n";
        assert_eq!(total_in(text), Some(1_014_780));
        assert_eq!(usage_in(text), Some(Usage { total_kib: 1_014_780, available_kib: 800_000 }));
        assert_eq!(usage_in("MemTotal: 1 kB\n"), None);
        assert_eq!(total_in("MemFree: 1 kB\n"), None);
        assert_eq!(total_in("MemTotal: many kB\n"), None);
    }
}
