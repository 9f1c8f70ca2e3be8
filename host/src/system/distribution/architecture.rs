//! The architecture of a root, as Debian names it: packages of Debian's own kernel are named after it.

use super::data::{DebianArchitecture, data};
use super::glob;
use crate::Root;
use crate::fs::TEXT_LIMIT;

/// The architectures of dpkg; the first is that of dpkg itself (`dpkg_arch_save_list` in its `lib/dpkg/arch.c`). It is there once
/// one was added, and where debootstrap made the root.
const DPKG_ARCHITECTURES: &str = "/var/lib/dpkg/arch";

/// Returns the architecture of `root`; `None` if it is not known.
pub fn of_root(root: &Root) -> Option<&'static DebianArchitecture> {
    let listed = root.read(DPKG_ARCHITECTURES, TEXT_LIMIT).ok();
    let listed = listed.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok());
    if let Some(native) = listed.and_then(|text| text.lines().next()) {
        return data().debian_architecture.iter().find(|known| known.name == native.trim());
    }
    let mut with_loader = data().debian_architecture.iter().filter(|known| root.exists(known.loader.as_str()));
    with_loader.next().filter(|_| with_loader.next().is_none())
}

/// Returns the architecture that a kernel release names.
pub fn of_release(release: &str) -> Option<&'static DebianArchitecture> {
    let fits = |known: &&DebianArchitecture| known.releases.iter().any(|pattern| glob::matches(pattern, release));
    data().debian_architecture.iter().find(fits)
}
