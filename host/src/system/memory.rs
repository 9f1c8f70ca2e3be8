//! The amount of memory.

use crate::Root;
use crate::error::ReadError;

/// Bytes that are set aside for a crash kernel, as kdump wants them (`Documentation/ABI/testing/sysfs-kernel-kexec`).
const CRASH_SIZE: &str = "/sys/kernel/kexec_crash_size";

/// The memory of a machine, in KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// What the kernel manages (`MemTotal` of `proc_meminfo(5)`).
    pub managed: u64,
    /// What is set aside for a crash kernel.
    pub crash_kernel: u64,
}

impl Memory {
    /// Reads the memory of the running system. Returns `None` if `/proc/meminfo` does not have it.
    ///
    /// # Errors
    /// [`ReadError`] if a file exists and cannot be read.
    pub fn of(root: &Root) -> Result<Option<Self>, ReadError> {
        let Some(managed) = root.read_text_if_there("/proc/meminfo")?.and_then(|text| total_in(&text)) else {
            return Ok(None);
        };
        // Kernels without kexec have no such file.
        let reserved = root.read_text_if_there(CRASH_SIZE)?.and_then(|text| text.trim().parse::<u64>().ok());
        Ok(Some(Self { managed, crash_kernel: reserved.unwrap_or(0) / 1024 }))
    }

    /// Returns all of it, in KiB.
    #[must_use]
    pub fn total(self) -> u64 {
        self.managed.saturating_add(self.crash_kernel)
    }
}

/// Memory of the machine, in KiB: all of it, and what a new program can have without swapping.
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

    #[test]
    fn what_a_crash_kernel_waits_in_is_memory_of_the_machine() {
        // EL 9 with kdump on a machine of 1 GiB: crashkernel=192M.
        const MEMINFO: &[u8] = b"MemTotal:         788480 kB\n";
        for (crash_size, total) in
            [(Some(&b"201326592\n"[..]), 985_088), (Some(b"0\n"), 788_480), (Some(b"x"), 788_480), (None, 788_480)]
        {
            let mut files = vec![("/proc/meminfo", MEMINFO)];
            files.extend(crash_size.map(|text| (CRASH_SIZE, text)));
            let (_dir, root) = crate::testing::with(&files);
            assert_eq!(Memory::of(&root).unwrap().unwrap().total(), total, "{crash_size:?}");
        }
    }
}
