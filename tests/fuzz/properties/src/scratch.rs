//! A root directory of one input. It lies where `TMPDIR` says: on a memory file system syncing costs nothing.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use host::Root;
use tempfile::TempDir;

/// A root with an `etc`, and beside it something that is not to be reached.
pub struct Scratch {
    place: TempDir,
}

/// What can be known of one name in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    inode: u64,
    mode: u32,
    times: (i64, i64),
    /// Of a file.
    pub content: Option<Vec<u8>>,
}

const OUTSIDE: &[u8] = b"not in the root\n";

impl Scratch {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        let scratch = Self { place: tempfile::tempdir().unwrap() };
        fs::create_dir_all(scratch.at("/etc")).unwrap();
        fs::write(scratch.place.path().join("outside"), OUTSIDE).unwrap();
        scratch
    }

    /// The root, as one that does not run.
    #[must_use]
    pub fn root(&self) -> Root {
        Root::alternate(&self.at("/")).unwrap()
    }

    /// The root in the place of the running system's.
    #[must_use]
    pub fn system(&self) -> Root {
        Root::standing_in_for_system(&self.at("/")).unwrap()
    }

    /// `inside` as this process names it.
    #[must_use]
    pub fn at(&self, inside: &str) -> PathBuf {
        self.place.path().join("root").join(inside.trim_start_matches('/'))
    }

    /// Makes a file and the directories above it; nothing for `None`.
    pub fn file(&self, inside: &str, content: Option<&[u8]>) {
        let Some(content) = content else { return };
        let path = self.at(inside);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// The content of a file, where it is there.
    #[must_use]
    pub fn content(&self, inside: &str) -> Option<Vec<u8>> {
        fs::read(self.at(inside)).ok()
    }

    /// Everything in the root, by its path in there.
    #[must_use]
    pub fn tree(&self) -> BTreeMap<PathBuf, Seen> {
        let mut seen = BTreeMap::new();
        look(&self.at("/"), Path::new(""), &mut seen);
        seen
    }

    /// The files in the root and what is in them.
    #[must_use]
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        self.tree().into_iter().filter_map(|(path, seen)| Some((path, seen.content?))).collect()
    }

    /// Nothing was touched beside the root.
    pub fn expect_inside(&self) {
        let mut names: Vec<_> =
            fs::read_dir(self.place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["outside", "root"]);
        assert_eq!(fs::read(self.place.path().join("outside")).unwrap(), OUTSIDE);
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

fn look(top: &Path, inside: &Path, seen: &mut BTreeMap<PathBuf, Seen>) {
    for entry in fs::read_dir(top.join(inside)).unwrap() {
        let entry = entry.unwrap();
        let path = inside.join(entry.file_name());
        let found = entry.metadata().unwrap();
        let content = found.is_file().then(|| fs::read(entry.path()).unwrap());
        // A directory's own times follow from what is in it.
        let times = if content.is_some() { (found.mtime(), found.mtime_nsec()) } else { (0, 0) };
        let is_dir = found.is_dir();
        seen.insert(path.clone(), Seen { inode: found.ino(), mode: found.mode(), times, content });
        if is_dir {
            look(top, &path, seen);
        }
    }
}
