//! Which files count in a root, and their effective settings.
//!
//! Plain shadow reads only `/etc/login.defs`. With libeconf, as on SUSE, shadow reads `/usr/etc/login.defs` if that is
//! missing, then the drop-ins `*.defs` of `/usr/etc/login.defs.d` and `/etc/login.defs.d`. Later ones override earlier
//! ones: by directory in older libeconf, by name in newer. The files do not show which of them a host uses, so `yes`
//! here means `yes` for each.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use host::fs::InRoot;
use host::{MalformedFile, ReadError, Root};

use crate::files::FileAt;
use crate::text::{KEY, Settings};

/// The file that counts if it exists.
pub(crate) const MAIN: &str = "/etc/login.defs";
/// The vendor's file, masked by [`MAIN`].
pub(crate) const VENDOR: &str = "/usr/etc/login.defs";
/// The vendor's drop-ins.
const VENDOR_DROP_INS: &str = "/usr/etc/login.defs.d";
/// The administrator's drop-ins. They mask the vendor's of the same name.
pub(crate) const DROP_INS: &str = "/etc/login.defs.d";

/// The drop-in in which an administrator overrides a vendor's setting.
const KEY_DROP_IN: &str = "zz-local.defs";

/// The settings that `useradd` uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveSettings {
    /// Whether `useradd` creates a group for each user, in every way in which shadow reads these files.
    pub usergroups_enab: bool,
    /// `SYS_UID_MIN`.
    pub sys_uid_min: u32,
    /// `SYS_UID_MAX`.
    pub sys_uid_max: u32,
    /// `UID_MIN`.
    pub uid_min: u32,
    /// `SYS_GID_MIN`.
    pub sys_gid_min: u32,
    /// `SYS_GID_MAX`.
    pub sys_gid_max: u32,
    /// `GID_MIN`.
    pub gid_min: u32,
    /// The file with the effective assignment of `USERGROUPS_ENAB`, as the host sees it. `None` if no file assigns it.
    pub decided_by: Option<InRoot>,
}

/// Reads the effective settings.
///
/// # Errors
/// [`ReadError`] if a file cannot be read, is not a regular file, is larger than 8 MiB or contains NUL bytes.
pub fn read(root: &Root) -> Result<EffectiveSettings, ReadError> {
    Ok(Sources::of(root)?.effective())
}

/// The file in which an administrator sets a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    /// The file, as the host sees it. It may have to be created.
    pub path: InRoot,
    /// Set if the file assigns the key, and no other file's assignment counts before it.
    pub assigns: bool,
}

/// Returns the file in which an administrator sets `key`. It is never a vendor's, which the next update of its package replaces.
///
/// # Errors
/// As [`read`].
pub fn file_for(root: &Root, key: &str) -> Result<KeyFile, ReadError> {
    let sources = Sources::of(root)?;
    let ordered = || sources.base().into_iter().chain(sources.by_name());
    let assigning = ordered().rfind(|source| source.settings.get(key).is_some());
    let is_administrators = |source: &&Source| source.path.starts_with("/etc");
    Ok(match (assigning.filter(is_administrators), assigning) {
        (Some(source), _) => KeyFile { path: source.path.clone(), assigns: true },
        (None, None) if sources.vendor.is_none() => KeyFile { path: MAIN.into(), assigns: false },
        _ => KeyFile { path: InRoot::from(DROP_INS).join(KEY_DROP_IN), assigns: false },
    })
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// The path as the host names it.
    pub path: InRoot,
    /// The path after following links.
    pub real: InRoot,
    pub content: Vec<u8>,
    pub settings: Settings,
    /// Why the file can be neither changed nor replaced.
    pub blocked: Option<&'static str>,
}

impl Source {
    fn of(root: &Root, path: &InRoot) -> Result<Option<Self>, ReadError> {
        let target = match FileAt::resolved(root, path) {
            Err(e) if e.is_missing() => return Ok(None),
            target => target?,
        };
        let Some(loaded) = target.load()? else { return Ok(None) };
        let settings = Settings::parse(&loaded.content).map_err(|e| MalformedFile {
            path: root.host_path(path),
            line: Some(e.line),
            problem: e.problem.into(),
            hint: "fix that line, or restore the file from its package; no account was changed".into(),
        })?;
        let blocked = loaded.blocked();
        Ok(Some(Self { path: path.to_owned(), real: target.path, content: loaded.content, settings, blocked }))
    }
}

/// All files that count.
#[derive(Debug)]
pub(crate) struct Sources {
    pub main: Option<Source>,
    pub vendor: Option<Source>,
    /// The vendor's that are not masked, then the administrator's, each sorted by name.
    drop_ins: Vec<Source>,
    /// All names in [`DROP_INS`]. `None` if the directory does not exist.
    pub names: Option<Vec<OsString>>,
}

impl Sources {
    pub fn of(root: &Root) -> Result<Self, ReadError> {
        let main = Source::of(root, &MAIN.into())?;
        let vendor = if main.is_none() { Source::of(root, &VENDOR.into())? } else { None };
        let names = match root.dir(DROP_INS) {
            Ok(dir) => Some(dir.names()?),
            Err(e) if e.is_missing() => None,
            Err(e) => return Err(e.into()),
        };
        let masking = names.clone().unwrap_or_default();
        let mut drop_ins = Vec::new();
        for (directory, names) in [(VENDOR_DROP_INS, root.names(VENDOR_DROP_INS)?), (DROP_INS, masking.clone())] {
            for name in names.iter().filter(|name| name.as_bytes().ends_with(b".defs")) {
                let path = InRoot::from(directory).join(name);
                let masked = directory == VENDOR_DROP_INS && masking.contains(name);
                // The usual way to mask a drop-in. Other devices are refused.
                let nothing = root.link_target(&path).is_some_and(|target| target == Path::new("/dev/null"));
                if !masked && !nothing {
                    drop_ins.extend(Source::of(root, &path)?);
                }
            }
        }
        Ok(Self { main, vendor, drop_ins, names })
    }

    /// Returns the file that drop-ins override.
    pub fn base(&self) -> Option<&Source> {
        self.main.as_ref().or(self.vendor.as_ref())
    }

    /// Returns whether the drop-ins, in either order, result in yes on top of a base with the value `base`.
    pub fn merged_yes(&self, base: bool) -> bool {
        let yes = |ordered: &[&Source]| {
            let last = ordered.iter().rev().find(|source| source.settings.get(KEY).is_some());
            last.map_or(base, |source| source.settings.usergroups_enab())
        };
        let by_directory: Vec<_> = self.drop_ins.iter().collect();
        yes(&by_directory) && yes(&self.by_name())
    }

    /// Returns the drop-in that sets another value than yes.
    pub fn against(&self) -> Option<&Source> {
        self.drop_ins
            .iter()
            .rev()
            .find(|source| source.settings.get(KEY).is_some_and(|_| !source.settings.usergroups_enab()))
    }

    fn by_name(&self) -> Vec<&Source> {
        // The administrator's drop-in masks the vendor's, so each name occurs once.
        let sorted: BTreeMap<_, _> = self.drop_ins.iter().map(|source| (source.path.file_name(), source)).collect();
        sorted.into_values().collect()
    }

    /// Returns whether [`MAIN`] must be changed or created.
    pub fn main_needs_change(&self) -> bool {
        match (&self.main, self.base()) {
            (Some(main), _) => !main.settings.usergroups_enab(),
            (None, base) => !self.merged_yes(base.is_some_and(|source| source.settings.usergroups_enab())),
        }
    }

    /// Returns whether a drop-in must override the others.
    pub fn drop_in_needed(&self) -> bool {
        !self.merged_yes(true)
    }

    fn effective(&self) -> EffectiveSettings {
        let mut settings = Settings::default();
        let mut decided_by = None;
        for source in self.base().into_iter().chain(self.by_name()) {
            if source.settings.get(KEY).is_some() {
                decided_by = Some(source.path.clone());
            }
            settings.merge(source.settings.clone());
        }
        EffectiveSettings {
            usergroups_enab: !self.main_needs_change() && !self.drop_in_needed(),
            sys_uid_min: settings.sys_uid_min(),
            sys_uid_max: settings.sys_uid_max(),
            uid_min: settings.uid_min(),
            sys_gid_min: settings.sys_gid_min(),
            sys_gid_max: settings.sys_gid_max(),
            gid_min: settings.gid_min(),
            decided_by,
        }
    }
}
