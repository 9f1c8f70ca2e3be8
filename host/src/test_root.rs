//! A root with files, for tests.

#![allow(clippy::disallowed_methods, reason = "tests make the files that the library is then given")]

use tempfile::TempDir;

use crate::Root;

/// A root that stands in for the running system's, with these files.
pub(crate) fn with(files: &[(&str, &[u8])]) -> (TempDir, Root) {
    let dir = tempfile::tempdir().unwrap();
    // A root has an etc.
    for (path, content) in [&[("/etc/os-release", &b""[..])], files].concat() {
        let path = dir.path().join(path.trim_start_matches('/'));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let root = Root::standing_in_for_system(dir.path()).unwrap();
    (dir, root)
}
