//! What details and remedies are made of.

use std::path::Path;
use std::time::Duration;

use host::process::quoted;
use jiff::SignedDuration;

use crate::catalogue;
use crate::id::FaultId;

/// As many files as a detail names.
const NAMED: usize = 3;

/// `4m 32s`: whole seconds, or milliseconds where it is less than one.
pub(super) fn length(time: Duration) -> String {
    let (seconds, millis) = (time.as_secs(), time.subsec_millis().into());
    let shown = if seconds == 0 { Duration::from_millis(millis) } else { Duration::from_secs(seconds) };
    SignedDuration::try_from(shown).map_or_else(|_| format!("{seconds}s"), |shown| format!("{shown:#}"))
}

/// A path in quotes. Whoever named the file may be who is looked for: what a terminal would obey is escaped.
pub(super) fn path(path: &Path) -> String {
    format!("{path:?}")
}

/// The first of the files, and how many more there are.
pub(super) fn paths(files: &[impl AsRef<Path>]) -> String {
    let mut named: Vec<_> = files.iter().take(NAMED).map(|file| path(file.as_ref())).collect();
    if files.len() > NAMED {
        named.push(format!("{} more", files.len() - NAMED));
    }
    if named.is_empty() { "no file named".into() } else { named.join(", ") }
}

/// The command that shows the end of the log files of a fault.
pub(super) fn logs(id: FaultId) -> String {
    let logs = catalogue::find(id).map_or(&[][..], |entry| &entry.logs);
    let words: Vec<_> = logs.iter().map(|log| quoted(&log.to_string_lossy())).collect();
    format!("tail -n 100 {}", words.join(" "))
}
