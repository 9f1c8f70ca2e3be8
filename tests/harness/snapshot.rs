//! A record of a tree (metadata, content hashes), and how two records differ.

mod content;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use content::Content;

/// One name in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    kind: &'static str,
    mode: u32,
    owner: (u32, u32),
    inode: u64,
    links: u64,
    modified: (i64, i64),
    content: Arc<Content>,
    attributes: BTreeMap<String, String>,
}

/// The state of a tree at one moment, by path below its top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    entries: BTreeMap<PathBuf, Entry>,
}

/// The properties that a comparison covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// Everything: nothing may have been touched.
    Everything,
    /// All but inodes, link counts and times: the same tree made twice.
    SameTree,
}

impl Snapshot {
    /// The tree beneath `top`, `top` itself included. It may be a single file.
    #[must_use]
    pub fn of(top: &Path) -> Self {
        let mut entries = BTreeMap::new();
        let mut todo = vec![PathBuf::new()];
        while let Some(inside) = todo.pop() {
            let path = if inside.as_os_str().is_empty() { top.to_owned() } else { top.join(&inside) };
            let entry = Entry::of(&path);
            if entry.kind == "directory" {
                let names = std::fs::read_dir(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                todo.extend(names.map(|name| inside.join(name.unwrap().file_name())));
            }
            entries.insert(inside, entry);
        }
        Self { entries }
    }

    /// Removes everything at or below `paths`.
    #[must_use]
    pub fn without(mut self, paths: &[&str]) -> Self {
        let left_out = |path: &Path| paths.iter().any(|out| path.starts_with(out.trim_start_matches('/')));
        self.entries.retain(|path, _| !left_out(path));
        self
    }

    /// Only the one path, as the root's own system would name it.
    #[must_use]
    pub fn only(mut self, path: &Path) -> Self {
        self.entries.retain(|other, _| Path::new("/").join(other) == path);
        self
    }

    /// Removes the paths below the top for which `left_out` returns true.
    #[must_use]
    pub fn without_matching(mut self, left_out: impl Fn(&Path) -> bool) -> Self {
        self.entries.retain(|path, _| !left_out(path));
        self
    }

    /// The paths, as the root's own system would name them.
    pub fn paths(&self) -> impl Iterator<Item = PathBuf> {
        self.entries.keys().map(|path| Path::new("/").join(path))
    }

    /// Returns the differences to `after`, one per line; empty if there are none.
    #[must_use]
    pub fn difference(&self, after: &Self, compare: Compare) -> String {
        let mut lines = String::new();
        let mut paths: Vec<_> = self.entries.keys().chain(after.entries.keys()).collect();
        paths.sort();
        paths.dedup();
        for path in paths {
            let shown = Path::new("/").join(path);
            let shown = shown.display();
            match (self.entries.get(path), after.entries.get(path)) {
                (Some(entry), None) => writeln!(lines, "- {shown} ({})", entry.in_short()),
                (None, Some(entry)) => writeln!(lines, "+ {shown} ({})", entry.in_short()),
                (Some(one), Some(other)) => {
                    one.changes(other, compare).iter().try_for_each(|change| writeln!(lines, "~ {shown}: {change}"))
                }
                (None, None) => Ok(()),
            }
            .unwrap();
        }
        lines
    }

    /// Returns the differences to `after` without values, one per line, so that a test can list all expected ones.
    #[must_use]
    pub fn outline(&self, after: &Self) -> Vec<String> {
        let difference = self.difference(after, Compare::SameTree);
        let in_short = |line: &str| match line.strip_prefix("~ ").and_then(|line| line.split_once(": ")) {
            Some((path, change)) if change.starts_with("content ") => Some(format!("~ {path} content")),
            // The first line that differs, which follows on its content.
            Some((_, change)) if change.starts_with("line ") || change.contains(" lines → ") => None,
            _ => Some(line.to_owned()),
        };
        difference.lines().filter_map(in_short).collect()
    }

    /// Fails the test, showing the difference, unless nothing was touched since.
    #[track_caller]
    pub fn expect_untouched(&self, after: &Self) {
        let difference = self.difference(after, Compare::Everything);
        assert!(difference.is_empty(), "the tree was touched:\n{difference}");
    }
}

impl Entry {
    fn of(path: &Path) -> Self {
        let found = std::fs::symlink_metadata(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let kind = match found.mode() & 0o170_000 {
            0o040_000 => "directory",
            0o100_000 => "file",
            0o120_000 => "link",
            0o010_000 => "fifo",
            0o140_000 => "socket",
            0o020_000 => "character device",
            _ => "block device",
        };
        let content = match kind {
            "file" => Content::of_file(path, &found),
            "link" => Content::of(std::fs::read_link(path).unwrap().display().to_string()),
            "character device" | "block device" => Content::of(format!("{:x}", found.rdev())),
            _ => Content::of(String::new()),
        };
        Self {
            kind,
            mode: found.mode() & 0o7777,
            owner: (found.uid(), found.gid()),
            inode: found.ino(),
            links: found.nlink(),
            modified: (found.mtime(), found.mtime_nsec()),
            content,
            attributes: attributes(path),
        }
    }

    fn in_short(&self) -> String {
        let (uid, gid) = self.owner;
        format!("{} {:o} {uid}:{gid}", self.kind, self.mode)
    }

    fn changes(&self, other: &Self, compare: Compare) -> Vec<String> {
        let mut changes = Vec::new();
        let mut note = |what: &str, one: String, other: String| {
            if one != other {
                changes.push(format!("{what} {one} → {other}"));
            }
        };
        note("type", self.kind.into(), other.kind.into());
        note("mode", format!("{:o}", self.mode), format!("{:o}", other.mode));
        let owner = |entry: &Self| format!("{}:{}", entry.owner.0, entry.owner.1);
        note("owner", owner(self), owner(other));
        note("content", self.content.summary.clone(), other.content.summary.clone());
        note("attributes", format!("{:?}", self.attributes), format!("{:?}", other.attributes));
        if compare == Compare::Everything {
            note("inode", self.inode.to_string(), other.inode.to_string());
            note("links", self.links.to_string(), other.links.to_string());
            let modified = |entry: &Self| format!("{}.{:09}", entry.modified.0, entry.modified.1);
            note("modified", modified(self), modified(other));
        }
        if let (Some(one), Some(other)) = (&self.content.text, &other.content.text)
            && one != other
        {
            changes.push(first_difference(one, other));
        }
        changes
    }
}

fn attributes(path: &Path) -> BTreeMap<String, String> {
    let Ok(names) = xattr::list(path) else { return BTreeMap::new() };
    names
        .map(|name| {
            let value = xattr::get(path, &name).ok().flatten().unwrap_or_default();
            (name.to_string_lossy().into_owned(), std::ffi::OsStr::from_bytes(&value).to_string_lossy().into_owned())
        })
        .collect()
}

fn first_difference(one: &str, other: &str) -> String {
    let mut numbered = one.split_inclusive('\n').zip(other.split_inclusive('\n')).enumerate();
    match numbered.find(|(_, (one, other))| one != other) {
        Some((number, (one, other))) => format!("line {} {one:?} → {other:?}", number + 1),
        None => {
            let (before, after) = (one.lines().count(), other.lines().count());
            let more = if one.len() < other.len() { &other[one.len()..] } else { &one[other.len()..] };
            format!("{before} lines → {after} lines: {:?}", more.chars().take(200).collect::<String>())
        }
    }
}
