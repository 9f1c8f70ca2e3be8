//! Users and groups: through NSS on the running system, LDAP and SSSD included; from `etc/passwd` and `etc/group` of an
//! alternate root, and from the files that its NSS reads besides ([`sources`]).

mod sources;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use nix::errno::Errno;
use nix::unistd;

use crate::Root;
use crate::error::{FileError, MalformedFile, ReadError};

/// The user file (`passwd(5)`).
pub const PASSWD: &str = "/etc/passwd";
/// The group file (`group(5)`).
pub const GROUP: &str = "/etc/group";
/// The passwords of users (`shadow(5)`).
pub const SHADOW: &str = "/etc/shadow";
/// The passwords of groups (`gshadow(5)`).
pub const GSHADOW: &str = "/etc/gshadow";

/// A user, from NSS or `passwd(5)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Login name.
    pub name: String,
    /// User id.
    pub uid: u32,
    /// Primary group id.
    pub gid: u32,
    /// Home directory; may be empty.
    pub home: PathBuf,
    /// Login shell; empty means `/bin/sh`.
    pub shell: PathBuf,
}

/// A group, from NSS or `group(5)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Name.
    pub name: String,
    /// Group id.
    pub gid: u32,
}

/// Where an account is defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// In [`PASSWD`] or [`GROUP`], the files that the account tools change.
    Etc,
    /// In another file that NSS reads, such as `/usr/lib/passwd` of an operating system that comes as an image. No account
    /// tool changes it.
    OtherFile(&'static str),
    /// In no file: a directory service has it (LDAP, SSSD), or another service of NSS.
    Service,
}

/// The accounts of one root.
#[derive(Debug, Clone, Copy)]
pub struct Accounts<'a> {
    root: &'a Root,
}

impl<'a> Accounts<'a> {
    /// Returns the accounts of `root`.
    #[must_use]
    pub fn of(root: &'a Root) -> Self {
        Self { root }
    }

    /// Looks up a user by name.
    ///
    /// # Errors
    /// [`ReadError`] if NSS fails, or if a file cannot be read or parsed.
    pub fn user(&self, name: &str) -> Result<Option<User>, ReadError> {
        if self.root.is_alternate() {
            return match self.local_user(name)? {
                Some(user) => Ok(Some(user)),
                None => self.find_in(&self.other_files(PASSWD), name, user_of),
            };
        }
        let found = found(unistd::User::from_name(name))
            .map_err(|e| FileError::new("look up a user through NSS and", PASSWD, e))?;
        Ok(found.map(|user| User {
            name: user.name,
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
            home: user.dir,
            shell: user.shell,
        }))
    }

    /// Looks up a group by name.
    ///
    /// # Errors
    /// As [`Accounts::user`].
    pub fn group(&self, name: &str) -> Result<Option<Group>, ReadError> {
        if self.root.is_alternate() {
            return match self.local_group(name)? {
                Some(group) => Ok(Some(group)),
                None => self.find_in(&self.other_files(GROUP), name, group_of),
            };
        }
        let found = found(unistd::Group::from_name(name))
            .map_err(|e| FileError::new("look up a group through NSS and", GROUP, e))?;
        Ok(found.map(|group| Group { name: group.name, gid: group.gid.as_raw() }))
    }

    /// Looks up a user in [`PASSWD`] only. `usermod` and `userdel` can change such a user.
    ///
    /// # Errors
    /// [`ReadError`] if the file cannot be read or parsed.
    pub fn local_user(&self, name: &str) -> Result<Option<User>, ReadError> {
        self.find(PASSWD, name, user_of)
    }

    /// Looks up a group in [`GROUP`] only.
    ///
    /// # Errors
    /// As [`Accounts::local_user`].
    pub fn local_group(&self, name: &str) -> Result<Option<Group>, ReadError> {
        self.find(GROUP, name, group_of)
    }

    /// Returns where `user`, as [`Accounts::user`] returned it, is defined. A line of that name with another uid is not its: NSS
    /// may ask a directory service before the files.
    ///
    /// # Errors
    /// As [`Accounts::local_user`].
    pub fn origin_of_user(&self, user: &User) -> Result<Origin, ReadError> {
        self.origin(PASSWD, &user.name, user_of, |line| line.uid == user.uid)
    }

    /// Returns where `group`, as [`Accounts::group`] returned it, is defined.
    ///
    /// # Errors
    /// As [`Accounts::local_user`].
    pub fn origin_of_group(&self, group: &Group) -> Result<Origin, ReadError> {
        self.origin(GROUP, &group.name, group_of, |line| line.gid == group.gid)
    }

    fn origin<T>(
        &self,
        file: &str,
        name: &str,
        parse: Parse<T>,
        is_it: impl Fn(&T) -> bool,
    ) -> Result<Origin, ReadError> {
        if self.find(file, name, parse)?.is_some_and(|line| is_it(&line)) {
            return Ok(Origin::Etc);
        }
        for other in sources::OTHER.iter().map(|source| source.beside(file)) {
            if self.find(other, name, parse)?.is_some_and(|line| is_it(&line)) {
                return Ok(Origin::OtherFile(other));
            }
        }
        Ok(Origin::Service)
    }

    /// Returns the ids of `range` that have a line in `file`, which is [`PASSWD`] or [`GROUP`], or in a file that NSS reads
    /// besides. Lines without an id are passed over, as the account tools do.
    ///
    /// # Errors
    /// [`ReadError`] if a file cannot be read.
    pub fn ids_in_files(&self, file: &'static str, range: &RangeInclusive<u32>) -> Result<BTreeSet<u32>, ReadError> {
        let mut ids = BTreeSet::new();
        for file in std::iter::once(file).chain(self.other_files(file)) {
            let Some(bytes) = self.read(file)? else { continue };
            let id = |line: &[u8]| {
                let field = line.split(|&byte| byte == b':').nth(2)?;
                std::str::from_utf8(field).ok()?.parse().ok()
            };
            ids.extend(bytes.split(|&byte| byte == b'\n').filter_map(id).filter(|id| range.contains(id)));
        }
        Ok(ids)
    }

    /// Returns whether `file`, which is [`SHADOW`] or [`GSHADOW`], has a line for the account `name`. Returns `None` if the file
    /// does not exist or cannot be read. Of each line, only the name is read.
    #[must_use]
    pub fn is_shadowed(&self, file: &str, name: &str) -> Option<bool> {
        let bytes = self.root.read(file, crate::fs::TEXT_LIMIT).ok()?;
        Some(
            bytes
                .split(|&byte| byte == b'\n')
                .any(|line| line.split(|&byte| byte == b':').next() == Some(name.as_bytes())),
        )
    }

    /// Returns the files that NSS reads besides `file`, for [`PASSWD`] or [`GROUP`].
    fn other_files(&self, file: &str) -> Vec<&'static str> {
        sources::used(self.root, file).map(|source| source.beside(file)).collect()
    }

    fn find_in<T>(&self, files: &[&str], name: &str, parse: Parse<T>) -> Result<Option<T>, ReadError> {
        for file in files {
            if let Some(found) = self.find(file, name, parse)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn read(&self, file: &str) -> Result<Option<Vec<u8>>, ReadError> {
        match self.root.read(file, crate::fs::TEXT_LIMIT) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.is_missing() => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    fn find<T>(&self, file: &str, name: &str, parse: Parse<T>) -> Result<Option<T>, ReadError> {
        // Other lines may hold anything (GECOS in Latin-1); only the line of this account must be well formed.
        let Some(bytes) = self.read(file)? else { return Ok(None) };
        let content = String::from_utf8_lossy(&bytes);
        for (number, line) in content.lines().enumerate() {
            let fields: Vec<&str> = line.split(':').collect();
            if fields.first() != Some(&name) {
                continue;
            }
            return match parse(&fields) {
                Some(found) => Ok(Some(found)),
                None => Err(MalformedFile {
                    path: self.root.host_path(file),
                    line: Some(number + 1),
                    problem: format!("the entry of {name} is malformed"),
                    hint: "fix that line (vipw, vigr), then run again".into(),
                }
                .into()),
            };
        }
        Ok(None)
    }
}

/// Parses the fields of a line.
type Parse<T> = fn(&[&str]) -> Option<T>;

fn user_of(fields: &[&str]) -> Option<User> {
    let [name, _password, uid, gid, _gecos, home, shell] = fields else { return None };
    Some(User {
        name: (*name).to_owned(),
        uid: uid.parse().ok()?,
        gid: gid.parse().ok()?,
        home: home.into(),
        shell: shell.into(),
    })
}

fn group_of(fields: &[&str]) -> Option<Group> {
    let [name, _password, gid, _members] = fields else { return None };
    Some(Group { name: (*name).to_owned(), gid: gid.parse().ok()? })
}

/// Some services return these errors for a name that does not exist (`getpwnam(3)`).
fn found<T>(answer: nix::Result<Option<T>>) -> nix::Result<Option<T>> {
    match answer {
        Err(Errno::ENOENT | Errno::ESRCH | Errno::EBADF | Errno::EPERM) => Ok(None),
        answer => answer,
    }
}

#[cfg(test)]
mod tests;
