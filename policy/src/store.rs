//! The module store, read from its own files.
//!
//! `semodule -l` is never run: it creates a store that does not exist. The layout is that of libsemanage
//! (`semanage_store.c`, since 2.4): `active/modules/PRIORITY/NAME/{cil,hll,lang_ext}` and
//! `active/modules/disabled/NAME`.

use std::fmt;
use std::io::Read;

use bzip2::read::MultiBzDecoder;
use host::fs::{InRoot, TEXT_LIMIT, is_dir};
use host::{FileError, ReadError, Root};

use crate::config::is_component;
use crate::rules::Rules;
use crate::spec::is_identifier;

/// libsemanage's configuration file.
pub const SEMANAGE_CONF: &str = "/etc/selinux/semanage.conf";

/// libsemanage's default: `/var/lib/selinux`; `/etc/selinux` in the packages of EL7 and Amazon Linux 2.
const DEFAULT_STORE_ROOTS: [&str; 2] = ["/var/lib/selinux", "/etc/selinux"];

/// Where an image keeps the policy that it was delivered with. SELinux userspace that knows it reads the modules there
/// while the store root has none, and builds its own from them (SELinuxProject/selinux issue 33).
const READ_ONLY_BASE: &str = "/usr/lib/selinux";

/// In bytes. Modules of this crate have a few hundred.
const LARGEST_MODULE: u64 = 1024 * 1024;

/// A module in the store at one priority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Its priority.
    pub priority: u16,
    /// `pp` or `cil`: the language that it was installed in.
    pub language: String,
    /// Its meaning.
    pub content: Content,
}

/// The meaning of a module in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Its rules.
    Rules(Rules),
    /// Its file cannot be parsed, and why.
    Unreadable(String),
}

impl Content {
    /// Reports whether the module means exactly `rules`.
    #[must_use]
    pub fn is(&self, rules: &Rules) -> bool {
        matches!(self, Self::Rules(found) if found == rules)
    }
}

/// One module in a store, at every priority.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredModule {
    /// Each priority that it is installed at, highest first.
    pub installed: Vec<Installed>,
    /// Whether it is disabled (`semodule -d`), which applies to all priorities.
    pub disabled: bool,
}

impl StoredModule {
    /// Returns the one that takes effect: the one at the highest priority.
    #[must_use]
    pub fn effective(&self) -> Option<&Installed> {
        self.installed.first()
    }
}

/// The store of one policy type.
#[derive(Debug)]
pub struct Store<'r> {
    root: &'r Root,
    policy_type: String,
    path: InRoot,
}

impl<'r> Store<'r> {
    /// Finds the store. Returns `None` if it does not exist; it is not created.
    ///
    /// # Errors
    /// [`ReadError`] if `semanage.conf` cannot be read or the directories cannot be searched.
    pub fn locate(root: &'r Root, policy_type: &str) -> Result<Option<Self>, ReadError> {
        for path in candidates(root, policy_type)? {
            if root.stat_followed(path.join("active/modules"))?.as_ref().is_some_and(is_dir) {
                return Ok(Some(Self { root, policy_type: policy_type.to_owned(), path }));
            }
        }
        Ok(None)
    }

    /// Returns the store's directory, inside the root.
    #[must_use]
    pub fn path(&self) -> &InRoot {
        &self.path
    }

    /// Returns the policy type that the store belongs to.
    #[must_use]
    pub fn policy_type(&self) -> &str {
        &self.policy_type
    }

    /// Returns a module at every priority that it is installed at, highest first.
    ///
    /// # Errors
    /// [`ReadError`] if the store cannot be read (only root can).
    pub fn installed(&self, name: &str) -> Result<Vec<Installed>, ReadError> {
        let mut found = Vec::new();
        if !is_identifier(name) {
            return Ok(found);
        }
        let modules = self.path.join("active/modules");
        for entry in self.root.names(&modules)? {
            let Some(priority) = entry.to_str().and_then(priority_of) else { continue };
            let module = modules.join(&entry).join(name);
            if self.root.stat(&module)?.as_ref().is_some_and(is_dir) {
                found.push(self.read_module(priority, &module)?);
            }
        }
        found.sort_by_key(|installed| std::cmp::Reverse(installed.priority));
        Ok(found)
    }

    /// Returns the module that takes effect: the one at the highest priority.
    ///
    /// # Errors
    /// As [`Store::installed`].
    pub fn effective(&self, name: &str) -> Result<Option<Installed>, ReadError> {
        Ok(self.installed(name)?.into_iter().next())
    }

    /// Reports whether a module is disabled (`semodule -d`), which applies to all priorities.
    ///
    /// # Errors
    /// [`ReadError`] if the store cannot be read.
    pub fn disabled(&self, name: &str) -> Result<bool, ReadError> {
        Ok(is_identifier(name) && self.root.stat(self.path.join("active/modules/disabled").join(name))?.is_some())
    }

    /// Returns a module at every priority that it is installed at, and whether it is disabled.
    ///
    /// # Errors
    /// [`ReadError`] if the store cannot be read (only root can).
    pub fn module(&self, name: &str) -> Result<StoredModule, ReadError> {
        Ok(StoredModule { installed: self.installed(name)?, disabled: self.disabled(name)? })
    }

    fn read_module(&self, priority: u16, module: &InRoot) -> Result<Installed, ReadError> {
        // The `hll` of an earlier package may be left in the directory: `lang_ext` names the language in use.
        let language = match self.root.read(module.join("lang_ext"), 64) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).trim().to_owned(),
            Err(e) if e.is_denied() => return Err(e.into()),
            Err(_) => String::new(),
        };
        // Compiled from the package at commit; the module itself if it was installed as CIL.
        let content = match self.root.read(module.join("cil"), LARGEST_MODULE) {
            Ok(bytes) => content_of(&bytes),
            Err(e) if e.is_denied() => return Err(e.into()),
            Err(e) => Content::Unreadable(e.to_string()),
        };
        Ok(Installed { priority, language, content })
    }
}

/// A store of libsemanage before 2.4, which has neither priorities nor CIL. Its files are not read or changed.
///
/// The layout is that of libsemanage 2.1.10 (`semanage_store.c`): `/etc/selinux/TYPE/modules/active/base.pp` and
/// `…/active/modules/NAME.pp`; there is no `store-root` in its `semanage.conf`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsupportedStore {
    path: InRoot,
}

impl UnsupportedStore {
    /// Finds such a store of `policy_type`. Returns `None` if there is also one of the newer libsemanage, which leaves
    /// the older one behind when it migrates (`semanage_migrate_store`).
    ///
    /// # Errors
    /// [`ReadError`] if the directories cannot be searched.
    pub fn find(root: &Root, policy_type: &str) -> Result<Option<Self>, ReadError> {
        let is_directory = |path: &InRoot| Ok::<_, ReadError>(root.stat_followed(path)?.as_ref().is_some_and(is_dir));
        for store in candidates(root, policy_type)? {
            // Without `active`, its last transaction was interrupted: see `crate::interrupted`.
            if is_directory(&store.join("active/modules"))? || is_directory(&store.join("previous/modules"))? {
                return Ok(None);
            }
        }
        let path = InRoot::from("/etc/selinux").join(policy_type).join("modules/active");
        let is_store = is_directory(&path.join("modules"))? || root.stat(path.join("base.pp"))?.is_some();
        Ok(is_store.then_some(Self { path }))
    }

    /// Returns the store's directory, inside the root.
    #[must_use]
    pub fn path(&self) -> &InRoot {
        &self.path
    }

    /// What it is, and what to do.
    pub const REASON: &str = "policy store of SELinux userspace older than 2.4, as on EL 7.0 to 7.2: update policycoreutils, \
                              libsemanage and selinux-policy to EL 7.3 or later";
}

impl fmt::Display for UnsupportedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not supported: {}", self.path, Self::REASON)
    }
}

/// Returns the possible directories of the store of `policy_type`.
pub(crate) fn candidates(root: &Root, policy_type: &str) -> Result<Vec<InRoot>, ReadError> {
    Ok(store_roots(root)?.into_iter().map(|root| root.join(policy_type)).collect())
}

/// Returns the directories that have a store for each policy type, the first that has one counts.
fn store_roots(root: &Root) -> Result<Vec<InRoot>, FileError> {
    let mut roots = match semanage_conf(root)?.as_deref().and_then(store_root) {
        Some(path) => vec![path],
        None => DEFAULT_STORE_ROOTS.map(InRoot::from).to_vec(),
    };
    roots.push(READ_ONLY_BASE.into());
    Ok(roots)
}

/// Returns each policy type with the module `name` in its store, for a system with a configuration that does not say which
/// type counts. The read-only base is not looked in: nothing was added to it.
///
/// # Errors
/// [`ReadError`] if a store cannot be read.
pub fn policy_types_with(root: &Root, name: &str) -> Result<Vec<String>, ReadError> {
    let mut found = Vec::new();
    for store_root in store_roots(root)?.into_iter().filter(|path| *path != READ_ONLY_BASE) {
        for policy_type in root.names(&store_root)? {
            let Some(policy_type) = policy_type.to_str().filter(|name| is_component(name)) else { continue };
            if let Some(store) = Store::locate(root, policy_type)?
                && !store.installed(name)?.is_empty()
                && !found.iter().any(|other| other == policy_type)
            {
                found.push(policy_type.to_owned());
            }
        }
    }
    Ok(found)
}

/// Reads the file that libsemanage uses (`semanage_conf_path`): in the root, else on the system that runs `semodule`.
fn semanage_conf(root: &Root) -> Result<Option<String>, FileError> {
    match conf_in(root)? {
        None if root.is_alternate() => conf_in(&Root::system()?),
        found => Ok(found),
    }
}

/// libsemanage reads bytes: a comment in another encoding changes nothing.
fn conf_in(root: &Root) -> Result<Option<String>, FileError> {
    match root.read(SEMANAGE_CONF, TEXT_LIMIT) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(e) if e.is_missing() => Ok(None),
        Err(e) => Err(e),
    }
}

/// Returns `store-root` of a `semanage.conf(5)`. The last one counts. The value may be in quotes (libsemanage, `conf-scan.l`).
fn store_root(conf: &str) -> Option<InRoot> {
    let value = |line: &str| {
        let (key, value) = line.trim_start().split_once('=')?;
        let value = value.trim();
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        (key.trim_end() == "store-root" && value.starts_with('/')).then(|| InRoot::from(value))
    };
    conf.lines().filter_map(value).next_back()
}

pub(crate) fn priority_of(name: &str) -> Option<u16> {
    name.parse().ok().filter(|priority| (1..=999).contains(priority))
}

/// libsemanage compresses modules unless `bzip-blocksize` is 0 (as on Debian), and knows them by their first bytes.
fn content_of(bytes: &[u8]) -> Content {
    let unreadable = |e: &dyn fmt::Display| Content::Unreadable(e.to_string());
    let mut plain = Vec::new();
    let plain = if bytes.starts_with(b"BZh") {
        match MultiBzDecoder::new(bytes).take(LARGEST_MODULE + 1).read_to_end(&mut plain) {
            Ok(_) if plain.len() as u64 > LARGEST_MODULE => return unreadable(&"larger than 1 MiB"),
            Ok(_) => &plain,
            Err(e) => return unreadable(&e),
        }
    } else {
        bytes
    };
    match std::str::from_utf8(plain).map(Rules::of_cil) {
        Ok(Ok(rules)) => Content::Rules(rules),
        Ok(Err(e)) => unreadable(&e),
        Err(e) => unreadable(&e),
    }
}

#[cfg(test)]
mod tests;
