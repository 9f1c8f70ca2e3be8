//! Which compiled policy a transaction wrote, and whether it is the one that the system loads.
//!
//! `semodule` writes `policy.N`, where N is the newest version that its libsepol knows. The tools of the machine that builds
//! an image may write another N than the image's own: the image then loads the old policy, and the new file is of no use.

use std::fmt;
use std::io::Read;

use host::fs::{FileId, InRoot};
use host::{FileError, Root};
use serde::{Deserialize, Serialize};

use crate::policy_file::{PolicyFile, directory, version};
use crate::sepol;
use crate::store::Store;

/// The compiled policies in `/etc/selinux/TYPE/policy` before a transaction.
#[derive(Debug)]
pub struct PolicyFiles {
    policy_type: String,
    files: Vec<(InRoot, State)>,
    /// The version of the policy that the store was last built to, if the directory has none.
    built: Option<u32>,
}

/// What changes where a file is written.
type State = (FileId, i64, i64, i64);

/// A transaction that wrote a policy which the system does not load, or not for certain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrongVersion {
    /// What it wrote.
    pub wrote: InRoot,
    /// What the system loads, or may load, instead.
    pub loads: Vec<InRoot>,
    /// Whether the file was removed again: it was not there before.
    pub is_removed: bool,
}

impl PolicyFiles {
    /// Notes what is there.
    ///
    /// # Errors
    /// [`FileError`] if the directory cannot be read.
    pub fn of(root: &Root, policy_type: &str) -> Result<Self, FileError> {
        let files = found(root, policy_type)?;
        let built = if files.is_empty() { built_version(root, policy_type) } else { None };
        Ok(Self { policy_type: policy_type.to_owned(), files, built })
    }

    /// Compares what is there now. Removes what the transaction wrote if the system, an alternate root, does not load it and
    /// did not have it before.
    ///
    /// # Errors
    /// [`FileError`] if the directory cannot be read, or the file cannot be removed.
    pub fn compare(&self, root: &Root) -> Result<Option<WrongVersion>, FileError> {
        let now = found(root, &self.policy_type)?;
        let Some((wrote, _)) = now.iter().find(|file| !self.files.contains(file)) else { return Ok(None) };
        let known = if root.is_alternate() { sepol::newest_version(root) } else { None };
        let mut loads = match self.written_by_own_tools().filter(|_| root.is_alternate() && known.is_none()) {
            Some(path) => vec![path],
            None => PolicyFile::loadable(root, &self.policy_type).unwrap_or_default(),
        };
        if loads.iter().all(|path| path == wrote) {
            // There is no other, and the system does not know this one.
            match known.filter(|known| version_of(wrote) > Some(*known)) {
                Some(known) => loads.push(directory(&self.policy_type).join(format!("policy.{known}"))),
                None => return Ok(None),
            }
        }
        // Also one that an earlier transaction of this machine's left behind.
        let is_new = !self.files.iter().any(|(path, _)| path == wrote);
        let is_foreign = is_new && !loads.contains(wrote) || known.is_some_and(|known| version_of(wrote) > Some(known));
        let is_removed = root.is_alternate() && is_foreign;
        if is_removed {
            let (parent, name) = root.parent(wrote)?;
            parent.unlink(name)?;
        }
        loads.retain(|path| path != wrote);
        Ok(Some(WrongVersion { wrote: wrote.clone(), loads, is_removed }))
    }
}

impl PolicyFiles {
    /// Returns the policy that the system's own tools wrote, as far as the files tell: the highest version that was there
    /// before, else the version of the store's own copy.
    fn written_by_own_tools(&self) -> Option<InRoot> {
        let highest = self.files.iter().map(|(path, _)| path).max_by_key(|path| version_of(path));
        let built = || self.built.map(|built| directory(&self.policy_type).join(format!("policy.{built}")));
        highest.cloned().or_else(built)
    }
}

impl fmt::Display for WrongVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wrote, loads, is_removed } = self;
        let removed = if *is_removed { " (removed again)" } else { "" };
        // The highest version that is known is loaded; which that is depends on the kernel.
        let is_certain = *is_removed || loads.iter().all(|path| version_of(path) > version_of(wrote));
        let verb = if is_certain { "loads" } else { "may load" };
        let loads: Vec<String> = loads.iter().map(ToString::to_string).collect();
        let wrote = wrote.file_name().unwrap_or_default().to_string_lossy();
        write!(f, "semodule wrote {wrote}{removed}, but this system {verb} {}", loads.join(" or "))
    }
}

fn found(root: &Root, policy_type: &str) -> Result<Vec<(InRoot, State)>, FileError> {
    let directory = directory(policy_type);
    let names = root.names(&directory)?.into_iter().filter(|name| version(name).is_some());
    let file = |name| {
        let path = directory.join(name);
        let found = root.stat(&path)?;
        Ok(found.map(|found| (path, (FileId::of(&found), found.st_size, found.st_mtime, found.st_mtime_nsec))))
    };
    names.filter_map(|name| file(name).transpose()).collect()
}

/// Returns the version of the store's own copy of the compiled policy (`semanage_store.c`).
fn built_version(root: &Root, policy_type: &str) -> Option<u32> {
    let store = Store::locate(root, policy_type).ok()??;
    let mut start = Vec::new();
    root.open(store.path().join("active/policy.kern")).ok()?.take(64).read_to_end(&mut start).ok()?;
    let number = |at: usize| Some(u32::from_le_bytes(*start.get(at..)?.first_chunk()?));
    // A magic number, the length of the target's name, that name, the version (`policydb_read` in libsepol).
    number(8_usize.checked_add(number(4)? as usize)?)
}

fn version_of(path: &InRoot) -> Option<u32> {
    version(path.file_name()?)
}

#[cfg(test)]
mod tests;
