//! The module store, read from its own files.
//!
//! `semodule -l` is never run: it creates a store that does not exist. The layout is that of libsemanage
//! (`semanage_store.c`, since 2.4): `active/modules/PRIORITY/NAME/{cil,hll,lang_ext}` and
//! `active/modules/disabled/NAME`.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ffi::OsString;
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

/// In bytes. The largest module of a real policy has about 10 MB.
const LARGEST_SOURCE: u64 = 64 * 1024 * 1024;

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
    /// Finds the store. Returns `None` if it does not exist; it is not created. The empty directories that `semodule -l`
    /// makes where there is no store are none.
    ///
    /// # Errors
    /// [`ReadError`] if `semanage.conf` cannot be read or the directories cannot be searched.
    pub fn locate(root: &'r Root, policy_type: &str) -> Result<Option<Self>, ReadError> {
        let mut found = None;
        for path in candidates(root, policy_type)? {
            let contents = Contents::of(root, &path)?;
            if contents.is_store() {
                let is_whole = contents.is_whole();
                found.get_or_insert(path.clone());
                if is_whole {
                    found = Some(path);
                    break;
                }
            }
        }
        Ok(found.map(|path| Self { root, policy_type: policy_type.to_owned(), path }))
    }

    /// Returns the directory of the store that `semodule -p ROOT` of this machine works on, if that is another than this
    /// one. `None` for this system's own store, whose tools know where it is.
    ///
    /// # Errors
    /// [`FileError`] if `semanage.conf` cannot be read.
    pub fn elsewhere_for_tools(&self) -> Result<Option<InRoot>, FileError> {
        if !self.root.is_alternate() {
            return Ok(None);
        }
        let store_root = match semanage_conf(self.root)?.as_deref().and_then(store_root) {
            Some(configured) => InRoot::from(configured),
            None => Root::system().map_or(DEFAULT_STORE_ROOTS[0].into(), |machine| default_store_root(&machine)),
        };
        let path = store_root.join(&self.policy_type);
        // A link may lead from one place to the other.
        let real = |path: &InRoot| self.root.real_path(path).ok();
        let is_same = path == self.path || real(&path).is_some_and(|there| Some(there) == real(&self.path));
        Ok((!is_same).then_some(path))
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

    /// Returns each enabled module with the priority at which it takes effect, the highest priority first.
    ///
    /// # Errors
    /// [`ReadError`] if the store cannot be read.
    pub fn effective_modules(&self) -> Result<Vec<(u16, String)>, ReadError> {
        let modules = self.path.join("active/modules");
        let mut hidden: BTreeSet<OsString> = self.root.names(modules.join("disabled"))?.into_iter().collect();
        let mut priorities: Vec<u16> =
            self.root.names(&modules)?.iter().filter_map(|name| priority_of(name.to_str()?)).collect();
        priorities.sort_unstable_by_key(|priority| std::cmp::Reverse(*priority));
        let mut found = Vec::new();
        for priority in priorities {
            for name in self.root.names(modules.join(priority.to_string()))? {
                let text = name.to_string_lossy().into_owned();
                if hidden.insert(name) && is_identifier(&text) {
                    found.push((priority, text));
                }
            }
        }
        Ok(found)
    }

    /// Returns the CIL source of a module; `None` if it has none, or one that cannot be unpacked.
    ///
    /// # Errors
    /// [`ReadError`] if this user may not read it.
    pub fn source_of(&self, priority: u16, name: &str) -> Result<Option<String>, ReadError> {
        let file = self.path.join("active/modules").join(priority.to_string()).join(name).join("cil");
        match self.root.read(file, LARGEST_SOURCE) {
            Ok(bytes) => {
                Ok(unpacked(&bytes, LARGEST_SOURCE).ok().and_then(|plain| String::from_utf8(plain.into_owned()).ok()))
            }
            Err(e) if e.is_denied() => Err(e.into()),
            Err(_) => Ok(None),
        }
    }

    /// Returns the root directory that the store is in.
    #[must_use]
    pub fn root(&self) -> &'r Root {
        self.root
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

/// What is in a directory that may be a store.
#[derive(Debug, Clone, Copy)]
struct Contents {
    /// `active/modules`.
    has_modules: bool,
    /// libsemanage counts its commits in `active/commit_num`.
    has_commits: bool,
    /// The base policy, which `semodule(8)` puts at priority 100.
    has_base: bool,
}

impl Contents {
    fn of(root: &Root, path: &InRoot) -> Result<Self, FileError> {
        let modules = path.join("active/modules");
        if !root.stat_followed(&modules)?.as_ref().is_some_and(is_dir) {
            return Ok(Self { has_modules: false, has_commits: false, has_base: false });
        }
        Ok(Self {
            has_modules: true,
            has_commits: root.stat(path.join("active/commit_num"))?.is_some(),
            has_base: !root.names(modules.join("100"))?.is_empty(),
        })
    }

    fn is_store(self) -> bool {
        self.has_modules && (self.has_commits || self.has_base)
    }

    fn is_whole(self) -> bool {
        self.has_modules && self.has_commits && self.has_base
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
            if Contents::of(root, &store)?.is_store() || is_directory(&store.join("previous/modules"))? {
                return Ok(None);
            }
        }
        let stores = InRoot::from("/etc/selinux").join(policy_type).join("modules");
        // Without `active`, its last transaction was interrupted.
        for name in ["active", "previous"] {
            let path = stores.join(name);
            if is_directory(&path.join("modules"))? || root.stat(path.join("base.pp"))?.is_some() {
                return Ok(Some(Self { path }));
            }
        }
        Ok(None)
    }

    /// Returns the store's directory, inside the root.
    #[must_use]
    pub fn path(&self) -> &InRoot {
        &self.path
    }

    /// What it is, and what to do.
    pub const REASON: &str =
        "policy store of SELinux userspace older than 2.4; semanage_migrate_store of a later one converts it";
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

/// Returns where libsemanage of `machine` keeps its stores: in `/etc/selinux` if only that has one.
fn default_store_root(machine: &Root) -> InRoot {
    let has_store = |store_root: &str| {
        let names = machine.names(store_root).unwrap_or_default();
        let path = |name| InRoot::from(store_root).join(name);
        names.into_iter().any(|name| Contents::of(machine, &path(name)).is_ok_and(Contents::is_store))
    };
    let [usual, older] = DEFAULT_STORE_ROOTS;
    if !has_store(usual) && has_store(older) { older.into() } else { usual.into() }
}

/// Returns the directories that have a store for each policy type. The first that has a whole one counts, else the first that
/// has a part of one.
fn store_roots(root: &Root) -> Result<Vec<InRoot>, FileError> {
    let mut roots = match semanage_conf(root)?.as_deref().and_then(store_root) {
        // Another is part of a path that is outside of the root.
        Some(path) => Some(path).filter(|path| path.starts_with('/')).map(InRoot::from).into_iter().collect(),
        None => DEFAULT_STORE_ROOTS.map(InRoot::from).to_vec(),
    };
    roots.push(READ_ONLY_BASE.into());
    Ok(roots)
}

/// Returns where libsemanage looks for the stores of the system in `root`, as its `semanage.conf` has it, else its default.
#[must_use]
pub fn expected_root(root: &Root) -> String {
    let conf = semanage_conf(root).ok().flatten();
    conf.as_deref().and_then(store_root).unwrap_or(DEFAULT_STORE_ROOTS[0]).to_owned()
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

/// Returns `store-root` of a `semanage.conf(5)` as libsemanage reads it (`conf-scan.l`). The last one counts. A value is in quotes
/// if the line starts and ends with them; whatever else is in the line is part of it, a comment too.
fn store_root(conf: &str) -> Option<&str> {
    let value = |line| {
        let (key, value) = str::trim_start(line).split_once('=')?;
        let value = value.trim_start_matches([' ', '\t']);
        let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        (key.trim_end() == "store-root").then(|| quoted.unwrap_or_else(|| value.trim()))
    };
    conf.split('\n').filter_map(value).next_back()
}

pub(crate) fn priority_of(name: &str) -> Option<u16> {
    name.parse().ok().filter(|priority| (1..=999).contains(priority))
}

/// Unpacks a module. libsemanage compresses modules unless `bzip-blocksize` is 0 (as on Debian), and knows them by their first
/// bytes.
fn unpacked(bytes: &[u8], limit: u64) -> Result<Cow<'_, [u8]>, std::io::Error> {
    if !bytes.starts_with(b"BZh") {
        return Ok(bytes.into());
    }
    let mut plain = Vec::new();
    MultiBzDecoder::new(bytes).take(limit + 1).read_to_end(&mut plain)?;
    if plain.len() as u64 > limit {
        return Err(std::io::Error::other(format!("larger than {} MiB", limit / 1024 / 1024)));
    }
    Ok(plain.into())
}

fn content_of(bytes: &[u8]) -> Content {
    let unreadable = |e: &dyn fmt::Display| Content::Unreadable(e.to_string());
    match unpacked(bytes, LARGEST_MODULE) {
        Err(e) => unreadable(&e),
        Ok(plain) => match std::str::from_utf8(&plain).map(Rules::of_cil) {
            Ok(Ok(rules)) => Content::Rules(rules),
            Ok(Err(e)) => unreadable(&e),
            Err(e) => unreadable(&e),
        },
    }
}

#[cfg(test)]
mod tests;
