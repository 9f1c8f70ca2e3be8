//! `login.defs` as a disturbed program found it, for comparing with what it left.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Every file that says what `login.defs` says.
const SOURCES: [&str; 3] = ["etc/login.defs", "usr/etc/login.defs", "etc/login.defs.d/50-site.defs"];

/// The state of `login.defs`, including the inode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginDefs {
    sources: BTreeMap<&'static str, Source>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Source {
    content: Vec<u8>,
    inode: u64,
    mode: u32,
    owner: (u32, u32),
    modified: (i64, i64),
    attribute: Option<Vec<u8>>,
}

impl LoginDefs {
    /// Reads the state in `root`.
    #[must_use]
    pub fn of(root: &Path) -> Self {
        let sources = SOURCES.into_iter().filter_map(|path| Some((path, Source::of(&root.join(path))?))).collect();
        Self { sources }
    }

    /// Returns how it differs from `before`; empty if it does not.
    #[must_use]
    pub fn difference(&self, before: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        for path in SOURCES {
            let (was, is) = (before.sources.get(path), self.sources.get(path));
            match (was, is) {
                (Some(was), Some(is)) if was != is => lines.push(format!("{path}: {}", was.changes(is))),
                (Some(_), None) => lines.push(format!("{path} is gone")),
                (None, Some(_)) => lines.push(format!("{path} was not there")),
                _ => {}
            }
        }
        lines
    }

    /// Checks that each file is complete: unchanged, or with `USERGROUPS_ENAB yes` as in the window.
    pub(super) fn torn(&self, before: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        for (path, was) in &before.sources {
            let patched = String::from_utf8_lossy(&was.content).replace("USERGROUPS_ENAB no", "USERGROUPS_ENAB yes");
            match self.sources.get(path) {
                None => lines.push(format!("{path} is gone")),
                Some(is) if is.content != was.content && is.content != patched.as_bytes() => {
                    lines.push(format!("{path} is torn, {} bytes of {}", is.content.len(), was.content.len()));
                }
                Some(is) if (is.mode, is.owner) != (was.mode, was.owner) => {
                    lines.push(format!("{path}: {}", was.changes(is)));
                }
                Some(_) => {}
            }
        }
        lines
    }
}

impl Source {
    fn of(path: &Path) -> Option<Self> {
        let found = fs::symlink_metadata(path).ok()?;
        Some(Self {
            content: fs::read(path).unwrap_or_default(),
            inode: found.ino(),
            mode: found.mode(),
            owner: (found.uid(), found.gid()),
            modified: (found.mtime(), found.mtime_nsec()),
            attribute: xattr::get(path, "user.hostprep-test").ok().flatten(),
        })
    }

    fn changes(&self, now: &Self) -> String {
        let mut changes = Vec::new();
        let mut note = |what: &str, differs: bool| {
            if differs {
                changes.push(what.to_owned());
            }
        };
        note("content", self.content != now.content);
        note("inode", self.inode != now.inode);
        note("mode", self.mode != now.mode);
        note("owner", self.owner != now.owner);
        note("modification time", self.modified != now.modified);
        note("attribute", self.attribute != now.attribute);
        format!("differs in {}", changes.join(", "))
    }
}
