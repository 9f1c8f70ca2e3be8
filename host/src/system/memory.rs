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

fn total_in(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_of_the_kernel_is_parsed() {
        let text = "MemFree:          123456 kB\nMemTotal:        1014780 kB\nMemAvailable:     800000 kB\n";
        assert_eq!(total_in(text), Some(1_014_780));
        assert_eq!(total_in("MemFree: 1 kB\n"), None);
        assert_eq!(total_in("MemTotal: many kB\n"), None);
    }
}
