//! Users and groups: through NSS on the running system, LDAP and SSSD included; from `etc/passwd` and `etc/group` of an
//! alternate root.

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
            return self.local_user(name);
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
            return self.local_group(name);
        }
        let found = found(unistd::Group::from_name(name))
            .map_err(|e| FileError::new("look up a group through NSS and", GROUP, e))?;
        Ok(found.map(|group| Group { name: group.name, gid: group.gid.as_raw() }))
    }

    /// Looks up a user in the local file only. `usermod` and `userdel` can change such a user.
    ///
    /// # Errors
    /// [`ReadError`] if the file cannot be read or parsed.
    pub fn local_user(&self, name: &str) -> Result<Option<User>, ReadError> {
        self.find(PASSWD, name, |fields| {
            let [name, _password, uid, gid, _gecos, home, shell] = fields else { return None };
            Some(User {
                name: (*name).to_owned(),
                uid: uid.parse().ok()?,
                gid: gid.parse().ok()?,
                home: home.into(),
                shell: shell.into(),
            })
        })
    }

    /// Looks up a group in the local file only.
    ///
    /// # Errors
    /// As [`Accounts::local_user`].
    pub fn local_group(&self, name: &str) -> Result<Option<Group>, ReadError> {
        self.find(GROUP, name, |fields| {
            let [name, _password, gid, _members] = fields else { return None };
            Some(Group { name: (*name).to_owned(), gid: gid.parse().ok()? })
        })
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

    fn find<T>(&self, file: &str, name: &str, parse: impl Fn(&[&str]) -> Option<T>) -> Result<Option<T>, ReadError> {
        // Other lines may hold anything (GECOS in Latin-1); only the line of this account must be well formed.
        let bytes = match self.root.read(file, crate::fs::TEXT_LIMIT) {
            Ok(bytes) => bytes,
            Err(e) if e.is_missing() => return Ok(None),
            Err(e) => return Err(e.into()),
        };
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

/// Some services return these errors for a name that does not exist (`getpwnam(3)`).
fn found<T>(answer: nix::Result<Option<T>>) -> nix::Result<Option<T>> {
    match answer {
        Err(Errno::ENOENT | Errno::ESRCH | Errno::EBADF | Errno::EPERM) => Ok(None),
        answer => answer,
    }
}

#[cfg(test)]
mod tests;
