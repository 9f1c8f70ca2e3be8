//! The directories in which add-on software keeps its own files; all others are the system's (`hier(7)`).

use std::path::Path;

use crate::fs::InRoot;

/// The directories below which add-on software has its own. They themselves belong to the system.
pub const ADDON_BASES: [&str; 8] =
    ["/opt", "/var/opt", "/etc/opt", "/var/lib", "/var/log", "/var/cache", "/run", "/usr/local"];

/// Returns the member of [`ADDON_BASES`] that holds `path`, or `/`. Symbolic links down to it belong to the system (`/opt` on
/// an image-based host, `/var/run`) and are followed; below it, none is.
#[must_use]
pub fn base(path: &InRoot) -> InRoot {
    let holding = |place: &&str| path.starts_with(place) && path != *place;
    let deepest = ADDON_BASES.into_iter().filter(holding).max_by_key(|place| place.len());
    deepest.unwrap_or("/").into()
}

/// Returns whether `path` is one of [`ADDON_BASES`] or a directory above one.
#[must_use]
pub fn is_system_dir(path: &InRoot) -> bool {
    ADDON_BASES.iter().any(|place| Path::new(place).starts_with(path.as_path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_belongs_to_the_system() {
        for path in ["/opt", "/var/opt", "/run", "/var", "/"] {
            assert!(is_system_dir(&InRoot::from(path)), "{path}");
        }
        assert!(!is_system_dir(&"/opt/cisco".into()) && !is_system_dir(&"/run/cisco".into()));
    }

    #[test]
    fn the_deepest_base_counts() {
        for (path, place) in [
            ("/opt/cisco/amp", "/opt"),
            ("/var/opt/cisco", "/var/opt"),
            ("/var/lib/cisco/faults", "/var/lib"),
            ("/run/cisco/hostprep.lock", "/run"),
            ("/srv/store", "/"),
            ("/opt", "/"),
            ("/optional/x", "/"),
        ] {
            assert_eq!(base(&path.into()), place, "{path}");
        }
    }
}
