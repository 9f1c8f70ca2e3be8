//! A file or directory that does not belong to hostprep and must not change.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use harness::Snapshot;

/// A bystander, and its state before the test.
#[derive(Debug)]
pub struct BystanderFile {
    path: PathBuf,
    before: Looks,
}

#[derive(Debug, PartialEq)]
struct Looks {
    kind: bool,
    mode: u32,
    owner: (u32, u32),
    modified: (i64, i64),
    /// A file's content, or everything below a directory.
    content: Content,
}

#[derive(Debug, PartialEq)]
enum Content {
    File(Vec<u8>),
    Directory(String),
}

/// No mode and group that we would give.
const MODE: u32 = 0o604;
const GROUP: u32 = 1234;

impl BystanderFile {
    /// Creates a file of root with this content: root as the owner does not make a file ours.
    pub fn file(path: &Path, content: &[u8]) -> Self {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        Self::adorned(path)
    }

    /// A directory of root's with `names` in it, which we would know.
    pub fn directory(path: &Path, names: &[&str]) -> Self {
        fs::create_dir_all(path).unwrap();
        for name in names {
            match name.strip_suffix('/') {
                Some(directory) => fs::create_dir_all(path.join(directory)).unwrap(),
                None => fs::write(path.join(name), "precious\n").unwrap(),
            }
        }
        Self::adorned(path)
    }

    fn adorned(path: &Path) -> Self {
        chown(path, None, Some(GROUP)).unwrap();
        // The tests run as root, so this mode hides no change from them.
        fs::set_permissions(path, Permissions::from_mode(MODE)).unwrap();
        let past = std::time::UNIX_EPOCH + std::time::Duration::new(1_709_210_096, 123_456_789);
        fs::File::open(path).unwrap().set_modified(past).unwrap();
        Self { path: path.to_owned(), before: Looks::of(path) }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Fails the test unless the bystander is unchanged.
    #[track_caller]
    pub fn expect_untouched(&self, what: &str) {
        let now = Looks::of(&self.path);
        assert_eq!(self.before, now, "{what}: {} was touched", self.path.display());
    }
}

impl Looks {
    fn of(path: &Path) -> Self {
        let found = fs::symlink_metadata(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let content = if found.is_dir() {
            let below = Snapshot::of(path);
            Content::Directory(format!("{below:?}"))
        } else {
            Content::File(fs::read(path).unwrap())
        };
        Self {
            kind: found.is_dir(),
            mode: found.mode() & 0o7777,
            owner: (found.uid(), found.gid()),
            modified: (found.mtime(), found.mtime_nsec()),
            content,
        }
    }
}
