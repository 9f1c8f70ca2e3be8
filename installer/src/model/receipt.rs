//! The receipt: the things that hostprep created on a host, and so may remove. An entry is on disk before the thing is created, so
//! that nothing of another program is ever taken for ours. The file is `journal.json`, its first name.

use host::fs::InRoot;
use host::system::accounts::{Accounts, GROUP, GSHADOW, PASSWD, SHADOW};
use host::system::kind::SystemKind;
use host::{FileError, ReadError, Root};
use nix::errno::Errno;
use serde::{Deserialize, Serialize};

use self::in_image::InImage;
use super::host_context::HostContext;
use super::versioned;

mod in_image;

/// The format this version writes.
pub const SCHEMA: u32 = 1;

/// Something that was not there before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Created {
    /// A user of the local files.
    User {
        /// Its name.
        name: String,
        /// Its uid, once it exists: a user of that name with another uid is not ours.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uid: Option<u32>,
    },
    /// A group of the local files.
    Group {
        /// Its name.
        name: String,
        /// Its gid, once it exists.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gid: Option<u32>,
    },
    /// A directory.
    Directory {
        /// The path in the prepared root.
        path: InRoot,
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
    /// The label of the agent's program, with a domain of the agent's own.
    Label {
        /// The program.
        path: InRoot,
        /// Its label, as set.
        label: String,
        /// Its label before; `None` if it had none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<String>,
    },
}

impl Created {
    /// Returns whether both are about the same thing, created or about to be.
    fn is_about(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::User { name, .. }, Self::User { name: other, .. })
            | (Self::Group { name, .. }, Self::Group { name: other, .. }) => name == other,
            (Self::Label { path, .. }, Self::Label { path: other, .. }) => path == other,
            _ => self == other,
        }
    }

    /// Returns it with the ids that it has on the host now; `None` if it is not there.
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
            Self::Module { .. } | Self::Label { .. } => Some(self.clone()),
        })
    }

    /// Returns whether a user or group also has a line in its shadow file; `None` if that is unreadable or missing.
    fn is_shadowed(&self, root: &Root) -> Option<bool> {
        let accounts = Accounts::of(root);
        match self {
            Self::User { name, .. } => accounts.is_shadowed(SHADOW, name),
            Self::Group { name, .. } => accounts.is_shadowed(GSHADOW, name),
            Self::Directory { .. } | Self::Module { .. } | Self::Label { .. } => None,
        }
    }

    /// Returns whether only its line in the shadow file is left, and no directory service has one of that name: a tool was killed
    /// between the two files.
    ///
    /// # Errors
    /// [`ReadError`] if the account files cannot be read: without them it is not known whether the account is gone.
    pub fn is_orphaned_shadow_entry(&self, root: &Root) -> Result<bool, ReadError> {
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
            Self::Directory { .. } | Self::Module { .. } | Self::Label { .. } => false,
        })
    }

    fn is_certain(&self) -> bool {
        !matches!(self, Self::User { uid: None, .. } | Self::Group { gid: None, .. })
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct File {
    made: Vec<Created>,
    /// In a key of their own: a version that does not know labels ignores it, and still undoes the rest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    labels: Vec<Created>,
}

impl File {
    fn of(created: &[Created]) -> Self {
        let (labels, made) = created.iter().cloned().partition(|created| matches!(created, Created::Label { .. }));
        Self { made, labels }
    }
}

/// Returns the entries of a receipt's file, or why it cannot be used.
fn parse(root: &Root, path: &InRoot, text: &str) -> Result<Vec<Created>, String> {
    let File { mut made, labels } =
        versioned::parse(text, SCHEMA).map_err(|problem| format!("{}: {problem}", root.host_path(path).display()))?;
    made.extend(labels);
    Ok(made)
}

/// The receipt of one root.
#[derive(Debug)]
pub struct Receipt<'a> {
    root: &'a Root,
    path: InRoot,
    created: Vec<Created>,
    /// Why the file on disk cannot be used; it is kept under another name before the first write.
    unusable: Option<String>,
    /// The same of the receipt that an image has besides.
    unusable_image: Option<String>,
    /// Whether the host is prepared although its receipt lies on a read-only file system.
    may_be_read_only: bool,
    /// Why what was recorded is not on disk.
    not_written: Option<String>,
    /// The receipt that an image has besides.
    in_image: Option<InImage>,
}

impl<'a> Receipt<'a> {
    /// Reads the receipt of `cx`. One that is absent, damaged or of another version is empty: repair and removal work without.
    #[must_use]
    pub fn of(cx: &HostContext<'a>) -> Self {
        // rpm-ostree runs scriptlets where `/var` is read-only, and the system that boots has another one.
        let may_be_read_only = cx.kind == SystemKind::Offline;
        let in_image = InImage::of(cx);
        let mut receipt = Self { may_be_read_only, in_image, ..Self::read(cx.root, cx.receipt_path()) };
        let image = receipt.in_image.as_ref().map_or(Ok(None), |image| image.read(cx.root));
        match image.map_err(|e| e.to_string()).and_then(|found| match found {
            Some((text, path)) => parse(cx.root, &path, &text),
            None => Ok(Vec::new()),
        }) {
            Ok(created) => {
                for created in created {
                    if !receipt.created.iter().any(|other| other.is_about(&created)) {
                        receipt.created.push(created);
                    }
                }
            }
            Err(problem) => {
                if let Some(image) = &mut receipt.in_image {
                    image.is_unusable = true;
                }
                receipt.unusable_image = Some(problem);
            }
        }
        receipt
    }

    /// Reads the receipt at `path` in `root`, as [`Receipt::of`].
    #[must_use]
    pub fn read(root: &'a Root, path: InRoot) -> Self {
        let (created, unusable) = match root.read_private(&path) {
            Ok(None) => (Vec::new(), None),
            Ok(Some(text)) => match parse(root, &path, &text) {
                Ok(created) => (created, None),
                Err(problem) => (Vec::new(), Some(problem)),
            },
            Err(e) => (Vec::new(), Some(e.to_string())),
        };
        Self {
            root,
            path,
            created,
            unusable,
            unusable_image: None,
            may_be_read_only: false,
            not_written: None,
            in_image: None,
        }
    }

    /// Returns why the file on disk is not used, for a warning.
    #[must_use]
    pub fn unusable(&self) -> Option<&str> {
        self.unusable.as_deref().or(self.unusable_image.as_deref())
    }

    /// Returns why what was recorded is not on disk: the file system of an offline system is read-only. A removal will not know of
    /// it.
    #[must_use]
    pub fn not_written(&self) -> Option<&str> {
        self.not_written.as_deref()
    }

    /// Returns the entries, oldest first, and labels last.
    #[must_use]
    pub fn created(&self) -> &[Created] {
        &self.created
    }

    /// Returns whether the result of every entry is known, and the receipt is in its place.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.created.iter().all(Created::is_certain) && !self.is_left_by_image()
    }

    /// Returns whether the image that this system was booted from left its receipt.
    fn is_left_by_image(&self) -> bool {
        self.in_image.as_ref().is_some_and(|image| image.exists && !image.is_place)
    }

    /// Returns the entries whose account is in one of its two files only: an account tool was killed between them.
    pub fn partially_created(&self) -> impl Iterator<Item = &Created> {
        let is_partial = |created: &&Created| {
            !created.is_certain()
                && created.is_shadowed(self.root) == Some(false)
                && created.found(self.root).is_ok_and(|found| found.is_some())
        };
        self.created.iter().filter(is_partial)
    }

    /// Takes those of [`Receipt::partially_created`] for which `is_repaired` holds as complete: if the tool that adds the line
    /// succeeded and there is none, this host keeps it elsewhere, or nowhere.
    ///
    /// # Errors
    /// As [`Receipt::reconcile`].
    pub fn reconcile_repaired(&mut self, is_repaired: impl Fn(&Created) -> bool) -> Result<(), ReadError> {
        let partial: Vec<Created> = self.partially_created().filter(|created| is_repaired(created)).cloned().collect();
        for created in partial {
            if let Some(found) = created.found(self.root)? {
                self.record(found)?;
            }
        }
        Ok(())
    }

    /// Records `created` before it is created.
    ///
    /// # Errors
    /// [`FileError`]; it must then not be created.
    pub fn record(&mut self, created: Created) -> Result<(), FileError> {
        if self.created.contains(&created) {
            return Ok(());
        }
        let before = self.created.clone();
        self.created.retain(|other| !other.is_about(&created));
        self.created.push(created);
        // As the file has them.
        self.created.sort_by_key(|created| matches!(created, Created::Label { .. }));
        self.write().inspect_err(|_| self.created = before)
    }

    /// Brings entries that were recorded before the thing was created up to date: it has its ids now, or it was not created. An
    /// account that is in one of its files only stays as it is, until the other line is added.
    ///
    /// # Errors
    /// [`ReadError`] if the account files cannot be read, or the receipt cannot be written.
    pub fn reconcile(&mut self) -> Result<(), ReadError> {
        if self.is_left_by_image() {
            self.write()?;
        }
        for created in self.created.clone().iter().filter(|created| !created.is_certain()) {
            match created.found(self.root)? {
                Some(found) if found.is_shadowed(self.root) != Some(false) => self.record(found)?,
                None if !created.is_orphaned_shadow_entry(self.root)? => self.remove_entry(created)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Returns whether the host still has exactly what this entry says.
    ///
    /// # Errors
    /// [`ReadError`] if the account files cannot be read: without them it is not known whether an account is gone.
    pub fn is_unmodified(&self, created: &Created) -> Result<bool, ReadError> {
        let file = match created {
            Created::User { .. } => Some(PASSWD),
            Created::Group { .. } => Some(GROUP),
            _ => None,
        };
        if let Some(file) = file {
            self.root.open(file)?;
        }
        Ok(created.found(self.root)?.is_some_and(|found| !created.is_certain() || found == *created))
    }

    /// Removes the entry of `created`, because it was not created after all, or is undone.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn remove_entry(&mut self, created: &Created) -> Result<(), FileError> {
        let before = self.created.len();
        self.created.retain(|other| !other.is_about(created));
        if self.created.len() == before { Ok(()) } else { self.write() }
    }

    fn write(&mut self) -> Result<(), FileError> {
        let written = match self.write_file() {
            Err(e) if self.may_be_read_only && e.errno() == Some(Errno::EROFS) => Some(e),
            written => written.map(|()| None)?,
        };
        let text = self.text()?;
        let Some(image) = &mut self.in_image else {
            self.not_written = written.map(|e| e.to_string());
            return Ok(());
        };
        match (&written, text) {
            (None, _) if !image.is_place => image.remove(self.root)?,
            (_, None) => image.remove(self.root)?,
            (_, Some(text)) => match image.write(self.root, &text) {
                Err(e) if self.may_be_read_only && e.errno() == Some(Errno::EROFS) => {
                    self.not_written = Some(written.unwrap_or(e).to_string());
                }
                done => done?,
            },
        }
        Ok(())
    }

    /// Returns the content of the file; `None` if there is nothing to list.
    fn text(&self) -> Result<Option<String>, FileError> {
        if self.created.is_empty() {
            return Ok(None);
        }
        versioned::render(SCHEMA, &File::of(&self.created))
            .map(Some)
            .map_err(|e| FileError::new("write", self.root.host_path(&self.path), std::io::Error::other(e)))
    }

    fn write_file(&mut self) -> Result<(), FileError> {
        let (dir, name) = {
            let parent = self.path.parent().unwrap_or_else(InRoot::top);
            (self.root.create_private_dir(parent)?, self.path.file_name().unwrap_or_default().to_owned())
        };
        if self.unusable.is_some() {
            let mut kept = name.clone();
            kept.push(".unusable");
            dir.rename(&name, &kept)?;
            self.unusable = None;
        }
        match self.text()? {
            Some(text) => dir.replace(&name, text.as_bytes(), 0o644),
            None => dir.unlink_replaced(&name),
        }
    }
}

#[cfg(test)]
mod tests;
