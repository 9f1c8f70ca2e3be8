//! The system calls of an undisturbed run.

use std::collections::HashMap;

use super::work::Work;
use crate::program::Run;
use crate::setup;

/// Calls by which a process changes what others see, or starts and awaits another.
const TELLING: [&str; 21] = [
    "linkat",
    "renameat",
    "renameat2",
    "unlinkat",
    "mkdirat",
    "write",
    "pwrite64",
    "fchmod",
    "fchown",
    "fsetxattr",
    "utimensat",
    "ftruncate",
    "fsync",
    "fdatasync",
    "flock",
    "clone3",
    "wait4",
    "waitid",
    "clock_nanosleep",
    "pipe2",
    "kill",
];

/// One call: the `when`-th of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// Its name.
    pub call: String,
    /// Counted from 1.
    pub when: usize,
    /// Whether the call changes something, or starts or awaits a process.
    pub relevant: bool,
    /// Whether the window's record is on disk.
    pub in_window: bool,
}

/// The calls of the main thread, in order.
#[must_use]
pub fn points(work: Work) -> Vec<Point> {
    let (root, _) = work.root();
    let place = setup::open_tempdir();
    let trace = place.path().join("trace");
    let mut in_window = root.at("/var/lib/cisco/hostprep/login-defs-window.json").exists();
    let run = Run::of(&mut work.traced(&root, &[], &trace));
    let text = String::from_utf8_lossy(&std::fs::read(&trace).unwrap()).into_owned();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let mut points = Vec::new();
    for line in text.lines() {
        let Some((call, rest)) = line.split_once('(') else { continue };
        // The first is strace's own, and the last never returns.
        if !call.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') || ["execve", "exit_group"].contains(&call) {
            continue;
        }
        let when = counts.entry(call).or_default();
        *when += 1;
        points.push(Point { call: call.to_owned(), when: *when, relevant: TELLING.contains(&call), in_window });
        if call.starts_with("rename") && rest.contains("\"login-defs-window.json\") = 0") {
            in_window = true;
        }
        if call == "unlinkat" && rest.contains("\".login.defs.hostprep-original\", 0) = 0") {
            in_window = false;
        }
    }
    assert!(points.len() > 100, "strace saw little: {run:?}\n{text}");
    points
}
