//! What the tests of several modules need.

use std::path::Path;

use host::Root;

/// An alternate root at `path` with these files.
pub(crate) fn root_with(path: &Path, files: &[(&str, &[u8])]) -> Root {
    nix::unistd::mkdir(&path.join("etc"), nix::sys::stat::Mode::from_bits_truncate(0o755)).ok();
    let root = Root::alternate(path).unwrap();
    for (inside, content) in files {
        root.replace(inside, content, 0o644).unwrap();
    }
    root
}
