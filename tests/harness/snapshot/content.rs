//! The content of a file, which is read once for as long as a record has it and the file's times stay the same.

use std::collections::HashMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

/// Text of up to this many bytes is kept, so that a difference can be shown.
const TEXT_KEPT: usize = 64 * 1024;

/// A file that was changed less long ago is read again: the kernel's clock may not have moved on between two changes.
const SETTLED: Duration = Duration::from_secs(1);

/// What one name in a tree holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Content {
    /// Size and SHA-256 of a file; target of a link; number of a device.
    pub(super) summary: String,
    /// A short file's text.
    pub(super) text: Option<String>,
}

/// What tells two states of a file apart. write(2), truncate(2) and utimensat(2) set `changed` to the kernel's clock, and no call sets
/// it to another time. A write through a shared mapping (mmap(2)) need not set it, and does not on tmpfs: such a change is missed.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Version {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Version {
    /// `None` if the next change might leave all of it as it is.
    fn of(found: &Metadata) -> Option<Self> {
        let changed = Duration::new(found.ctime().try_into().ok()?, found.ctime_nsec().try_into().ok()?);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        (changed + SETTLED < now).then(|| Self {
            device: found.dev(),
            inode: found.ino(),
            size: found.size(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        })
    }
}

/// What the records of this process have. A record that goes takes its contents with it.
static KNOWN: LazyLock<Mutex<HashMap<Version, Weak<Content>>>> = LazyLock::new(Mutex::default);

impl Content {
    pub(super) fn of(summary: String) -> Arc<Self> {
        Arc::new(Self { summary, text: None })
    }

    /// The content of the file at `path`, of which `found` was found right before.
    pub(super) fn of_file(path: &Path, found: &Metadata) -> Arc<Self> {
        let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(version) = Version::of(found) else { return Self::read(path) };
        if let Some(content) = known().get(&version).and_then(Weak::upgrade) {
            return content;
        }
        let content = Self::read(path);
        let mut known = known();
        if known.len() == known.capacity() {
            known.retain(|_, content| content.strong_count() > 0);
        }
        known.insert(version, Arc::downgrade(&content));
        content
    }

    fn read(path: &Path) -> Arc<Self> {
        let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let size = bytes.len();
        let text = (size <= TEXT_KEPT).then(|| String::from_utf8(bytes).ok()).flatten();
        Arc::new(Self { summary: format!("{size} bytes, sha256 {hash}"), text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As long as a record holds the content, it is not read again; a change is seen even if size and time are put back.
    #[test]
    fn an_unchanged_file_is_read_once() {
        let place = crate::setup::open_tempdir();
        let path = place.path().join("file");
        std::fs::write(&path, "one\n").unwrap();
        let found = || path.symlink_metadata().unwrap();
        let modified = found().modified().unwrap();
        let fresh = Content::of_file(&path, &found());
        assert!(!Arc::ptr_eq(&fresh, &Content::of_file(&path, &found())), "it may still change within one moment");

        crate::wait_until("the file is settled", || Version::of(&found()));
        let settled = Content::of_file(&path, &found());
        assert!(Arc::ptr_eq(&settled, &Content::of_file(&path, &found())));
        assert_eq!(settled, fresh);

        std::fs::write(&path, "two\n").unwrap();
        std::fs::File::options().append(true).open(&path).unwrap().set_modified(modified).unwrap();
        crate::wait_until("the file is settled again", || Version::of(&found()));
        let changed = Content::of_file(&path, &found());
        assert_eq!((&settled.text, &changed.text), (&Some("one\n".into()), &Some("two\n".into())));
    }
}
