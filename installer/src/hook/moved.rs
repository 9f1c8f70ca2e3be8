//! Where the configuration moved state, faults and log to, for the `purge` of Debian's package: it runs when the program and the
//! configuration are gone.

use host::fs::InRoot;
use host::{FileError, Root};

use crate::profile::{Paths, Profile};

/// The record in the state directory that the package knows.
pub const NAME: &str = "moved-paths";

/// The first line, with the version of the format. The `purge` of another version reads no other.
const FORMAT: &str = "hostprep-moved-paths 1\n";

const MODE: u32 = 0o644;

/// Writes where `used` has what `packaged`, the profile of the package, has elsewhere; removes the record where nothing is moved.
///
/// # Errors
/// [`FileError`] if the record cannot be written or removed.
pub fn record(root: &Root, packaged: &Profile, used: &Profile) -> Result<(), FileError> {
    let text = text(&packaged.paths, &used.paths);
    if text.is_empty() && root.stat(packaged.paths.state.join(NAME))?.is_none() {
        return Ok(());
    }
    let dir = root.create_private_dir(&packaged.paths.state)?;
    match text.is_empty() {
        true => dir.unlink(NAME),
        false => dir.replace(NAME, text.as_bytes(), MODE),
    }
}

/// The format, then a line for each path: what it is, and where. Empty if all are where the package has them.
fn text(packaged: &Paths, used: &Paths) -> String {
    let moved = |kind: &str, from: &InRoot, to: &InRoot| (from != to).then(|| format!("{kind} {to}\n"));
    let lines = [
        moved("state", &packaged.state, &used.state),
        moved("faults", &packaged.faults, &used.faults),
        moved("log", &packaged.log, &used.log),
    ];
    let lines: String = lines.into_iter().flatten().collect();
    if lines.is_empty() { lines } else { FORMAT.to_owned() + &lines }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_elsewhere_is_written() {
        let ours = Profile::built_in().paths;
        assert_eq!(text(&ours, &ours), "");
        let moved = Paths { state: "/data/x/state".into(), ..ours.clone() };
        assert_eq!(text(&ours, &moved), include_str!("../../../tests/fixtures/moved-paths/1"));
    }
}
