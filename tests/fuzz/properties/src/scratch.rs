//! A root directory of one input. It is where `TMPDIR` says: on a memory file system syncing costs nothing.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use harness::ScratchRoot;
use host::Root;

/// A root with an `etc`, next to a file that must not be reached.
pub struct Scratch(ScratchRoot);

/// The observable properties of one name in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    inode: u64,
    mode: u32,
    times: (i64, i64),
    /// The content of a file.
    pub content: Option<Vec<u8>>,
}

impl Scratch {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self(ScratchRoot::empty())
    }

    /// The root, as one that does not run.
    #[must_use]
    pub fn root(&self) -> Root {
        Root::alternate(&self.at("/")).unwrap()
    }

    /// The root in the place of the running system's.
    #[must_use]
    pub fn system(&self) -> Root {
        Root::for_test(&self.at("/")).unwrap()
    }

    /// `inside` as this process names it.
    #[must_use]
    pub fn at(&self, inside: &str) -> PathBuf {
        self.0.at(inside)
    }

    /// Makes a file and the directories above it; nothing for `None`.
    pub fn file(&self, inside: &str, content: Option<&[u8]>) {
        if let Some(content) = content {
            self.0.file(inside, content);
        }
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

    /// Fails where something outside the root was touched.
    pub fn expect_inside(&self) {
        self.0.expect_nothing_outside();
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
