//! What of the host is ours to undo. An entry is on disk before the thing is made, so that nothing we made is ever
//! taken for somebody else's.

use std::path::PathBuf;

use host::account::{Accounts, GROUP, GSHADOW, PASSWD, SHADOW};
use host::{FileError, ReadError, Root};
use serde::{Deserialize, Serialize};

use crate::context::Context;

/// The format this version writes.
pub const SCHEMA: u32 = 1;

/// Something that was not there before us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Made {
    /// A user of the local files.
    User {
        /// Its name.
        name: String,
        /// Its uid, once it was made: another of that name is somebody else's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uid: Option<u32>,
    },
    /// A group of the local files.
    Group {
        /// Its name.
        name: String,
        /// Its gid, once it was made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gid: Option<u32>,
    },
    /// A directory.
    Directory {
        /// As the prepared host sees it.
        path: PathBuf,
    },
    /// A policy module.
    Module {
        /// Its name.
        name: String,
        /// `SELINUXTYPE` of its store.
        policy_type: String,
        /// Its priority.
        priority: u16,
    },
}

impl Made {
    /// Whether both are about the same thing, made or about to be.
    fn is_about(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::User { name, .. }, Self::User { name: other, .. })
            | (Self::Group { name, .. }, Self::Group { name: other, .. }) => name == other,
            _ => self == other,
        }
    }

    /// What of it is on the host now: with its ids, `None` where it is not there.
    fn found(&self, root: &Root) -> Result<Option<Self>, ReadError> {
        let accounts = Accounts::of(root);
        Ok(match self {
            Self::User { name, .. } => {
                accounts.local_user(name)?.map(|user| Self::User { name: name.clone(), uid: Some(user.uid) })
            }
            Self::Group { name, .. } => {
                accounts.local_group(name)?.map(|group| Self::Group { name: name.clone(), gid: Some(group.gid) })
            }
            Self::Directory { path } => root.stat(path)?.map(|_| self.clone()),
            Self::Module { .. } => Some(self.clone()),
        })
    }

    /// Whether a user or group has a line in the file of passwords too; `None` where that cannot be seen, and of what has none.
    fn is_shadowed(&self, root: &Root) -> Option<bool> {
        let accounts = Accounts::of(root);
        match self {
            Self::User { name, .. } => accounts.is_shadowed(SHADOW, name),
            Self::Group { name, .. } => accounts.is_shadowed(GSHADOW, name),
            Self::Directory { .. } | Self::Module { .. } => None,
        }
    }

    /// Whether only its line in the file of passwords is left, and no directory service has one of that name: a tool was killed
    /// between the two files.
    ///
    /// # Errors
    /// [`ReadError`] where the host cannot be looked at: without a file of users nobody knows whether one is gone.
    pub fn is_rest(&self, root: &Root) -> Result<bool, ReadError> {
        if self.is_shadowed(root) != Some(true) {
            return Ok(false);
        }
        let accounts = Accounts::of(root);
        Ok(match self {
            Self::User { name, .. } => {
                root.open(PASSWD)?;
                self.found(root)?.is_none() && accounts.user(name)?.is_none()
            }
            Self::Group { name, .. } => {
                root.open(GROUP)?;
                self.found(root)?.is_none() && accounts.group(name)?.is_none()
            }
            Self::Directory { .. } | Self::Module { .. } => false,
        })
    }

    fn is_certain(&self) -> bool {
        !matches!(self, Self::User { uid: None, .. } | Self::Group { gid: None, .. })
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct File {
    schema: u32,
    made: Vec<Made>,
}

/// The list of what we made in one root.
#[derive(Debug)]
pub struct Journal<'a> {
    root: &'a Root,
    path: PathBuf,
    made: Vec<Made>,
    /// Why the file on disk could not be used; it is kept under another name before the first write.
    unusable: Option<String>,
}

impl<'a> Journal<'a> {
    /// The journal of `cx`. One that is absent, damaged or of another version is empty: repair and removal work without.
    #[must_use]
    pub fn of(cx: &Context<'a>) -> Self {
        Self::read(cx.root, cx.journal_path())
    }

    /// The journal at `path` of `root`, as [`Journal::of`].
    #[must_use]
    pub fn read(root: &'a Root, path: PathBuf) -> Self {
        let (made, unusable) = match root.read_own_text(&path) {
            Ok(None) => (Vec::new(), None),
            Ok(Some(text)) => match parse(&text) {
                Ok(made) => (made, None),
                Err(problem) => (Vec::new(), Some(format!("{}: {problem}", root.shown(&path).display()))),
            },
            Err(e) => (Vec::new(), Some(e.to_string())),
        };
        Self { root, path, made, unusable }
    }

    /// Why the file on disk is not used, for a warning.
    #[must_use]
    pub fn unusable(&self) -> Option<&str> {
        self.unusable.as_deref()
    }

    /// What we made, oldest first.
    #[must_use]
    pub fn made(&self) -> &[Made] {
        &self.made
    }

    /// Whether of each entry it is known what came of it.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.made.iter().all(Made::is_certain)
    }

    /// The entries of things that were about to be made and are there by half.
    pub fn halves(&self) -> impl Iterator<Item = &Made> {
        let is_half = |made: &&Made| {
            !made.is_certain()
                && made.is_shadowed(self.root) == Some(false)
                && made.found(self.root).is_ok_and(|found| found.is_some())
        };
        self.made.iter().filter(is_half)
    }

    /// Takes those of the halves that `is_mended` says as whole: where the tool that adds the line has done so and there is none,
    /// this host keeps it elsewhere, or nowhere.
    ///
    /// # Errors
    /// As [`Journal::settle`].
    pub fn settle_mended(&mut self, is_mended: impl Fn(&Made) -> bool) -> Result<(), ReadError> {
        let halves: Vec<Made> = self.halves().filter(|made| is_mended(made)).cloned().collect();
        for half in halves {
            if let Some(found) = half.found(self.root)? {
                self.record(found)?;
            }
        }
        Ok(())
    }

    /// Records `made` before it is made.
    ///
    /// # Errors
    /// [`FileError`]; it must then not be made.
    pub fn record(&mut self, made: Made) -> Result<(), FileError> {
        if self.made.contains(&made) {
            return Ok(());
        }
        let before = self.made.clone();
        self.made.retain(|other| !other.is_about(&made));
        self.made.push(made);
        self.write().inspect_err(|_| self.made = before)
    }

    /// Sees what came of entries that were recorded before the thing was made: it has its ids now, or it was not made. One
    /// that is there by half stays as it is, until the half is mended.
    ///
    /// # Errors
    /// [`ReadError`] where the host cannot be looked at or the file not be written.
    pub fn settle(&mut self) -> Result<(), ReadError> {
        for made in self.made.clone().iter().filter(|made| !made.is_certain()) {
            match made.found(self.root)? {
                Some(found) if found.is_shadowed(self.root) != Some(false) => self.record(found)?,
                None if !made.is_rest(self.root)? => self.forget(made)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether the host still has exactly what this entry says that we made.
    ///
    /// # Errors
    /// [`ReadError`] where the host cannot be looked at: without a file of users nobody knows whether one is gone.
    pub fn still_ours(&self, made: &Made) -> Result<bool, ReadError> {
        let file = match made {
            Made::User { .. } => Some(PASSWD),
            Made::Group { .. } => Some(GROUP),
            _ => None,
        };
        if let Some(file) = file {
            self.root.open(file)?;
        }
        Ok(made.found(self.root)?.is_some_and(|found| !made.is_certain() || found == *made))
    }

    /// Takes `made` back, since it was not made after all or is undone.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn forget(&mut self, made: &Made) -> Result<(), FileError> {
        let before = self.made.len();
        self.made.retain(|other| !other.is_about(made));
        if self.made.len() == before { Ok(()) } else { self.write() }
    }

    fn write(&mut self) -> Result<(), FileError> {
        let (dir, name) = {
            let parent = self.path.parent().unwrap_or(std::path::Path::new("/"));
            (self.root.make_own_dir(parent)?, self.path.file_name().unwrap_or_default().to_owned())
        };
        if self.unusable.take().is_some() {
            let mut kept = name.clone();
            kept.push(".unusable");
            dir.rename(&name, &kept)?;
        }
        if self.made.is_empty() {
            return dir.unlink_replaced(&name);
        }
        let file = File { schema: SCHEMA, made: self.made.clone() };
        let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
        text.push('\n');
        dir.replace(&name, text.as_bytes(), 0o644)
    }
}

fn parse(text: &str) -> Result<Vec<Made>, String> {
    #[derive(Deserialize)]
    struct Version {
        schema: u32,
    }
    let version: Version = serde_json::from_str(text).map_err(|e| e.to_string())?;
    if version.schema != SCHEMA {
        return Err(format!("schema {} is not one this version reads ({SCHEMA})", version.schema));
    }
    let file: File = serde_json::from_str(text).map_err(|e| e.to_string())?;
    Ok(file.made)
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
