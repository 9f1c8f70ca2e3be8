//! A link, directory or fifo that another program put where hostprep writes.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use harness::ScratchRoot;
use tempfile::TempDir;

use crate::bystander_file::BystanderFile;

/// The kinds of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A symbolic link to something outside the root.
    LinkOut,
    /// A link to another file in the root.
    LinkIn,
    /// One to a name outside that is not taken.
    Dangling,
    /// A second name of another file.
    HardLink,
    /// A directory with something in it.
    Directory,
    /// A fifo without a reader or writer.
    Fifo,
}

/// One such thing in its place.
#[derive(Debug)]
pub struct PlantedEntry {
    kind: Kind,
    at: PathBuf,
    bystander: Option<BystanderFile>,
    /// The target of a dangling link.
    nowhere: PathBuf,
    /// The path of the displaced original.
    aside: Option<PathBuf>,
    _outside: TempDir,
}

impl PlantedEntry {
    /// Puts one at `inside` of `root`. `was` is what an undisturbed run leaves there: a file's content, or `None` for a
    /// directory. A bystander gets the same, so that following a link is not noticed by what is in it.
    pub fn put(root: &ScratchRoot, kind: Kind, inside: &Path, was: Option<&[u8]>) -> Self {
        let at = root.at(inside.to_str().unwrap());
        // On the same file system as the root, for hard links.
        let outside = outside_dir(root);
        let aside = fs::symlink_metadata(&at).ok().map(|_| outside.path().join("aside"));
        if let Some(aside) = &aside {
            fs::rename(&at, aside).unwrap();
        }
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        let nowhere = outside.path().join("nowhere");
        let bystander_at = match kind {
            Kind::LinkIn => root.at("/srv/not-ours/bystander"),
            _ => outside.path().join("bystander"),
        };
        let bystander = || match was {
            Some(content) => BystanderFile::file(&bystander_at, content),
            None => BystanderFile::directory(&bystander_at, KNOWN_NAMES),
        };
        let bystander = match kind {
            Kind::LinkOut => {
                symlink(&bystander_at, &at).unwrap();
                Some(bystander())
            }
            Kind::LinkIn => {
                // As the root's own system reads it.
                symlink("/srv/not-ours/bystander", &at).unwrap();
                Some(bystander())
            }
            Kind::Dangling => {
                symlink(&nowhere, &at).unwrap();
                None
            }
            Kind::HardLink => {
                fs::create_dir_all(outside.path()).unwrap();
                fs::write(&bystander_at, was.unwrap_or(b"precious\n")).unwrap();
                fs::hard_link(&bystander_at, &at).unwrap();
                Some(BystanderFile::file(&bystander_at, was.unwrap_or(b"precious\n")))
            }
            Kind::Directory => {
                fs::create_dir_all(at.join("something")).unwrap();
                None
            }
            Kind::Fifo => {
                nix::unistd::mkfifo(&at, nix::sys::stat::Mode::from_bits_truncate(0o600)).unwrap();
                None
            }
        };
        Self { kind, at, bystander, nowhere, aside, _outside: outside }
    }

    /// Fails the test where anything but the place itself was touched.
    #[track_caller]
    pub fn expect_nothing_touched(&self, what: &str) {
        if let Some(bystander) = &self.bystander {
            bystander.expect_untouched(what);
        }
        assert!(fs::symlink_metadata(&self.nowhere).is_err(), "{what}: made through a dangling link");
    }

    /// Removes the entry if it is still there, and restores the original.
    pub fn remove(&self) {
        let found = fs::symlink_metadata(&self.at);
        let is_there = match (&found, &self.bystander) {
            (Err(_), _) => false,
            (Ok(found), _) if found.is_symlink() => true,
            (Ok(_), Some(bystander)) if self.kind == Kind::HardLink => {
                std::os::unix::fs::MetadataExt::ino(&fs::metadata(bystander.path()).unwrap())
                    == std::os::unix::fs::MetadataExt::ino(found.as_ref().unwrap())
            }
            (Ok(_), None) if self.kind == Kind::Directory => self.at.join("something").exists(),
            (Ok(found), None) => !found.is_file() && !found.is_dir(),
            (Ok(_), Some(_)) => false,
        };
        if is_there {
            let is_dir = found.unwrap().is_dir();
            if is_dir { fs::remove_dir_all(&self.at) } else { fs::remove_file(&self.at) }.unwrap();
            if let Some(aside) = &self.aside {
                fs::rename(aside, &self.at).unwrap();
            }
        }
    }
}

/// A temporary place on the same file system.
pub fn outside_dir(root: &ScratchRoot) -> TempDir {
    tempfile::Builder::new().prefix("hostprep-bystander-").tempdir_in(root.path().parent().unwrap()).unwrap()
}

/// Names in a directory that hostprep would use if it followed a link there.
const KNOWN_NAMES: &[&str] = &[
    "faults/",
    "hostprep/",
    "hostprep/policy/",
    "amp/",
    "amp/bin/",
    "hostprep.lock",
    "hostprep.log",
    "faults.lock",
    "events.jsonl",
];
