//! Which files count in a root and what they say together.
//!
//! Plain shadow reads `/etc/login.defs` and nothing else. Built with libeconf, as on SUSE, it takes
//! `/usr/etc/login.defs` where that is missing, then the drop-ins `*.defs` of `/usr/etc/login.defs.d` and
//! `/etc/login.defs.d`, the later over the earlier: by directory in older libeconf, by name in newer. Which of them a
//! host has cannot be seen in its files, so `yes` here means `yes` by each.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use host::{MalformedFile, ReadError, Root};

use crate::files::FileAt;
use crate::text::{KEY, Settings};

/// The file that counts where it is there.
pub(crate) const MAIN: &str = "/etc/login.defs";
/// The vendor's file, masked by [`MAIN`].
pub(crate) const VENDOR: &str = "/usr/etc/login.defs";
/// Drop-ins of the vendor.
const VENDOR_DROP_INS: &str = "/usr/etc/login.defs.d";
/// Drop-ins of the administrator; the same name masks the vendor's.
pub(crate) const DROP_INS: &str = "/etc/login.defs.d";

/// What `useradd` goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveSettings {
    /// Whether `useradd` makes a group for each user, by every way in which shadow reads these files.
    pub usergroups_enab: bool,
    /// `SYS_UID_MIN`.
    pub sys_uid_min: u32,
    /// `SYS_UID_MAX`.
    pub sys_uid_max: u32,
    /// `UID_MIN`.
    pub uid_min: u32,
    /// The file whose assignment of `USERGROUPS_ENAB` wins, as the host sees it; `None` where none assigns it.
    pub decided_by: Option<PathBuf>,
}

/// Reads them.
///
/// # Errors
/// [`ReadError`] where a file cannot be read, is no regular file, is larger than 8 MiB or holds NUL bytes.
pub fn read(root: &Root) -> Result<EffectiveSettings, ReadError> {
    Ok(Sources::of(root)?.effective())
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// As the host names it.
    pub path: PathBuf,
    /// Links resolved.
    pub real: PathBuf,
    pub content: Vec<u8>,
    pub settings: Settings,
    /// Why the file can be neither changed nor replaced.
    pub blocked: Option<&'static str>,
}

impl Source {
    fn of(root: &Root, path: &Path) -> Result<Option<Self>, ReadError> {
        let target = match FileAt::resolved(root, path) {
            Err(e) if e.is_missing() => return Ok(None),
            target => target?,
        };
        let Some(loaded) = target.load()? else { return Ok(None) };
        let settings = Settings::parse(&loaded.content).map_err(|e| MalformedFile {
            path: root.shown(path),
            line: Some(e.line),
            problem: e.problem.into(),
            hint: "mend that line or put the file back from its package; nothing was changed".into(),
        })?;
        let blocked = loaded.blocked();
        Ok(Some(Self { path: path.to_owned(), real: target.inside, content: loaded.content, settings, blocked }))
    }
}

/// All that count.
#[derive(Debug)]
pub(crate) struct Sources {
    pub main: Option<Source>,
    pub vendor: Option<Source>,
    /// Those of the vendor that are not masked, then those of the administrator, each sorted by name.
    drop_ins: Vec<Source>,
    /// All names in [`DROP_INS`]; `None` where there is no such directory.
    pub names: Option<Vec<OsString>>,
}

impl Sources {
    pub fn of(root: &Root) -> Result<Self, ReadError> {
        let main = Source::of(root, Path::new(MAIN))?;
        let vendor = if main.is_none() { Source::of(root, Path::new(VENDOR))? } else { None };
        let names = match root.dir(DROP_INS) {
            Ok(dir) => Some(dir.names()?),
            Err(e) if e.is_missing() => None,
            Err(e) => return Err(e.into()),
        };
        let masking = names.clone().unwrap_or_default();
        let mut drop_ins = Vec::new();
        for (directory, names) in [(VENDOR_DROP_INS, root.names(VENDOR_DROP_INS)?), (DROP_INS, masking.clone())] {
            for name in names.iter().filter(|name| name.as_bytes().ends_with(b".defs")) {
                let path = Path::new(directory).join(name);
                let masked = directory == VENDOR_DROP_INS && masking.contains(name);
                // The usual way to mask one; a device is refused otherwise.
                let nothing = root.link_target(&path).is_some_and(|target| target == Path::new("/dev/null"));
                if !masked && !nothing {
                    drop_ins.extend(Source::of(root, &path)?);
                }
            }
        }
        Ok(Self { main, vendor, drop_ins, names })
    }

    /// The settings that drop-ins change.
    pub fn base(&self) -> Option<&Source> {
        self.main.as_ref().or(self.vendor.as_ref())
    }

    /// Whether all drop-ins together leave a base that says `base`, or change it, to yes in either order.
    pub fn merged_yes(&self, base: bool) -> bool {
        let yes = |ordered: &[&Source]| {
            let last = ordered.iter().rev().find(|source| source.settings.get(KEY).is_some());
            last.map_or(base, |source| source.settings.usergroups_enab())
        };
        let by_directory: Vec<_> = self.drop_ins.iter().collect();
        yes(&by_directory) && yes(&self.by_name())
    }

    /// The drop-in that decides against yes.
    pub fn against(&self) -> Option<&Source> {
        self.drop_ins
            .iter()
            .rev()
            .find(|source| source.settings.get(KEY).is_some_and(|_| !source.settings.usergroups_enab()))
    }

    fn by_name(&self) -> Vec<&Source> {
        // The administrator's masks the vendor's, so a name is there once.
        let sorted: BTreeMap<_, _> = self.drop_ins.iter().map(|source| (source.path.file_name(), source)).collect();
        sorted.into_values().collect()
    }

    /// Whether [`MAIN`] must be changed or made.
    pub fn main_needs_change(&self) -> bool {
        match (&self.main, self.base()) {
            (Some(main), _) => !main.settings.usergroups_enab(),
            (None, base) => !self.merged_yes(base.is_some_and(|source| source.settings.usergroups_enab())),
        }
    }

    /// Whether a drop-in must come over the others.
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
            decided_by,
        }
    }
}
