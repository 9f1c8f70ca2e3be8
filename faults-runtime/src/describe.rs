//! Parts of details and remedies.

use std::path::Path;
use std::time::Duration;

use faults::{FaultId, Remedy, catalogue};
use jiff::SignedDuration;

/// The most files that a detail names.
const MAX_NAMED: usize = 3;

/// Formats a duration as `4m 32s`: in whole seconds, or in milliseconds below one second.
pub(crate) fn duration(time: Duration) -> String {
    let (seconds, millis) = (time.as_secs(), time.subsec_millis().into());
    let shown = if seconds == 0 { Duration::from_millis(millis) } else { Duration::from_secs(seconds) };
    SignedDuration::try_from(shown).map_or_else(|_| format!("{seconds}s"), |shown| format!("{shown:#}"))
}

/// Formats a path in quotes. A hostile file may name itself with terminal control sequences: they are escaped.
pub(crate) fn path(path: &Path) -> String {
    format!("{path:?}")
}

/// Formats the first files, and how many more there are.
pub(crate) fn paths(files: &[impl AsRef<Path>]) -> String {
    let mut named: Vec<_> = files.iter().take(MAX_NAMED).map(|file| path(file.as_ref())).collect();
    if files.len() > MAX_NAMED {
        named.push(format!("{} more", files.len() - MAX_NAMED));
    }
    if named.is_empty() { "no file named".into() } else { named.join(", ") }
}

/// Returns the command that shows the ends of a fault's log files.
pub(crate) fn tail_logs(id: FaultId) -> Remedy {
    let logs = catalogue::find(id).map_or(&[][..], |entry| &entry.logs);
    let words = ["tail", "-n", "100"].map(str::to_owned).into_iter();
    Remedy::run_here(words.chain(logs.iter().map(ToString::to_string)))
}
