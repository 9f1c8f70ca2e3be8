//! The mount points of this process's namespace.

use std::path::PathBuf;

use host::Root;

/// Returns the mount points (`proc_pid_mountinfo(5)`), as this process sees them; none where `/proc` is not mounted.
pub(in crate::steps) fn mount_points() -> Vec<PathBuf> {
    let text = Root::system().ok().and_then(|root| root.read_text("/proc/self/mountinfo").ok()).unwrap_or_default();
    text.lines().filter_map(|line| Some(unescape(line.split(' ').nth(4)?).into())).collect()
}

/// Space, tab, newline and backslash stand there as octal escapes.
fn unescape(field: &str) -> String {
    field.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
}
