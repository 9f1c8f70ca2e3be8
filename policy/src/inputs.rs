//! What the outcome of a transaction depends on. Repeated with the same inputs, one that a rule of the policy or another
//! module made fail fails again.

use std::fmt;

use host::fs::InRoot;
use host::{Dir, FileError, ReadError, Root};
use serde::{Deserialize, Serialize};

use crate::assess::System;
use crate::policy_file::directory;
use crate::spec::ModuleSpec;
use crate::store::{SEMANAGE_CONF, Store};

/// What a transaction works on. Files count by name, size and time of change: reading a whole store takes seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// The policy type of the store.
    pub policy_type: String,
    /// How many transactions the store has seen: libsemanage's `commit_num`.
    pub commits: Option<String>,
    /// A digest of the store's modules and records.
    pub store: String,
    /// A digest of the compiled policies.
    pub policies: String,
    /// A digest of `semanage.conf`.
    pub configuration: String,
    /// A digest of the module as the profile defines it, and of the version of this library.
    pub module: String,
    /// A digest of this machine's `semodule`.
    pub tools: String,
}

impl Inputs {
    /// Reads them.
    ///
    /// # Errors
    /// [`ReadError`] if the store or the compiled policies cannot be read.
    pub fn of(system: &System<'_>, spec: &ModuleSpec, policy_type: &str) -> Result<Self, ReadError> {
        let root = system.root;
        let (commits, store) = match Store::locate(root, policy_type)? {
            Some(store) => (commits(root, store.path()), digest_of_store(root, store.path())?),
            None => (None, Digest::default()),
        };
        let mut policies = Digest::default();
        for name in root.names(directory(policy_type))? {
            let found = root.stat(directory(policy_type).join(&name))?;
            policies.file(name.as_encoded_bytes(), found.map(|it| [it.st_size, it.st_mtime, it.st_mtime_nsec]));
        }
        let mut configuration = Digest::default();
        let found = root.stat_followed(SEMANAGE_CONF)?;
        configuration.file(SEMANAGE_CONF.as_bytes(), found.map(|it| [it.st_size, it.st_mtime, it.st_mtime_nsec]));
        let mut module = Digest::default();
        module.text(&format!("{spec:?}"));
        module.text(env!("CARGO_PKG_VERSION"));
        let mut tools = Digest::default();
        if let Some(semodule) = system.runner.find("semodule") {
            let found = Root::system()?.stat_followed(InRoot::from_top(&semodule))?;
            let path = semodule.as_os_str().as_encoded_bytes();
            tools.file(path, found.map(|it| [it.st_size, it.st_mtime, it.st_mtime_nsec]));
        }
        let [store, policies, configuration, module, tools] =
            [store, policies, configuration, module, tools].map(|digest| digest.to_string());
        Ok(Self { policy_type: policy_type.to_owned(), commits, store, policies, configuration, module, tools })
    }
}

fn commits(root: &Root, store: &InRoot) -> Option<String> {
    let text = root.read(store.join("active/commit_num"), 64).ok()?;
    let is_end = |byte: &u8| *byte == 0 || byte.is_ascii_whitespace();
    let number = text.split(is_end).next().unwrap_or_default();
    Some(String::from_utf8_lossy(number).into_owned())
}

fn digest_of_store(root: &Root, store: &InRoot) -> Result<Digest, FileError> {
    let mut digest = Digest::default();
    // active/modules/PRIORITY/NAME/cil, active/modules/disabled/NAME, and the records in active.
    digest_directory(&root.dir(store.join("active"))?, 3, &mut digest)?;
    Ok(digest)
}

fn digest_directory(directory: &Dir, depth: u32, digest: &mut Digest) -> Result<(), FileError> {
    for name in directory.names()? {
        let found = directory.stat(&name)?;
        if depth > 0 && found.as_ref().is_some_and(host::fs::is_dir) {
            digest.bytes(name.as_encoded_bytes());
            digest_directory(&directory.dir(&name)?, depth - 1, digest)?;
        } else {
            digest.file(name.as_encoded_bytes(), found.map(|it| [it.st_size, it.st_mtime, it.st_mtime_nsec]));
        }
    }
    Ok(())
}

/// FNV-1a with 64 bits: it tells changes apart, and is no protection against a store that is made to look like another.
#[derive(Debug)]
struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// `found`: size, and time of the last change.
    fn file(&mut self, name: &[u8], found: Option<[i64; 3]>) {
        self.bytes(name);
        for number in found.into_iter().flatten() {
            self.bytes(&number.to_le_bytes());
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        // The length keeps what follows apart.
        for byte in bytes.len().to_le_bytes().iter().chain(bytes) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests;
