//! Where an agent, and so hostprep, has its own files; everything else is the system's (`hier(7)`).

use std::path::{Path, PathBuf};

/// Below these an agent has its own; the directories themselves are the system's.
pub const ADDON_BASES: [&str; 8] =
    ["/opt", "/var/opt", "/etc/opt", "/var/lib", "/var/log", "/var/cache", "/run", "/usr/local"];

/// The directory of the system's below which `path` is an agent's: links down to it are the system's business (`/opt` on an
/// image-based host, `/var/run`), below it none is followed. `/` where `path` lies in none of [`ADDON_BASES`].
#[must_use]
pub fn base(path: &Path) -> PathBuf {
    let holding = |place: &&str| path.starts_with(place) && path != Path::new(place);
    let deepest = ADDON_BASES.into_iter().filter(holding).max_by_key(|place| place.len());
    deepest.unwrap_or("/").into()
}

/// Whether `path` is a directory below which an agent has its own, or one above such.
#[must_use]
pub fn is_system_dir(path: &Path) -> bool {
    ADDON_BASES.iter().any(|place| Path::new(place).starts_with(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_for_agents_is_no_agents() {
        for path in ["/opt", "/var/opt", "/run", "/var", "/"] {
            assert!(is_system_dir(Path::new(path)), "{path}");
        }
        assert!(!is_system_dir(Path::new("/opt/cisco")) && !is_system_dir(Path::new("/run/cisco")));
    }

    #[test]
    fn the_deepest_place_counts() {
        for (path, place) in [
            ("/opt/cisco/amp", "/opt"),
            ("/var/opt/cisco", "/var/opt"),
            ("/var/lib/cisco/faults", "/var/lib"),
            ("/run/cisco/hostprep.lock", "/run"),
            ("/srv/store", "/"),
            ("/opt", "/"),
            ("/optional/x", "/"),
        ] {
            assert_eq!(base(Path::new(path)), Path::new(place), "{path}");
        }
    }
}
