//! The memory of this host.

use crate::Root;
use crate::error::ReadError;

/// The memory that the kernel has for all, in KiB (`MemTotal` of `proc_meminfo(5)`); `None` where it is not told.
///
/// # Errors
/// [`ReadError`] where it cannot be read.
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
    fn the_kernels_own_form_is_read() {
        let text = "MemFree:          123456 kB\nMemTotal:        1014780 kB\nMemAvailable:     800000 kB\n";
        assert_eq!(total_in(text), Some(1_014_780));
        assert_eq!(total_in("MemFree: 1 kB\n"), None);
        assert_eq!(total_in("MemTotal: many kB\n"), None);
    }
}
