//! Plans the changes that a window makes.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use host::fs::InRoot;
use host::{ReadError, Root};

use crate::create::MARKER;
use crate::error::WindowError;
use crate::files::FileAt;
use crate::guard::Guard;
use crate::sources::{DROP_INS, MAIN, Sources};
use crate::text::{Patch, PatchRecord, patch};

/// The name of our drop-in, unless another name sorts after it.
const DROP_IN: &str = "zz-hostprep.defs";

/// The changes that a window makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub(crate) main: Option<MainChange>,
    /// Our drop-in, as the host sees it.
    pub(crate) drop_in: Option<InRoot>,
    /// The root, for messages.
    root: PathBuf,
    /// The drop-in that sets another value than yes.
    against: Option<InRoot>,
    /// The window is only for a file to exist, with any settings.
    placeholder: bool,
}

/// The change of `/etc/login.defs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MainChange {
    /// The file exists; `real` is its path after following links.
    Patch { real: InRoot, original: Vec<u8>, patch: Patch, blocked: Option<&'static str> },
    /// The file is created, from the vendor's or from nothing.
    Create { vendor: Option<InRoot>, patch: Patch, blocked: Option<String> },
}

impl Plan {
    /// Plans again for the same purpose. Returns `None` if no window is needed any more.
    pub(crate) fn renew(&self, root: &Root) -> Result<Option<Self>, ReadError> {
        if self.placeholder { plan_placeholder(root) } else { plan(root) }
    }

    /// Returns which file can be neither changed nor replaced, and why, if that is visible without trying.
    #[must_use]
    pub fn blocked(&self) -> Option<String> {
        match &self.main {
            Some(MainChange::Patch { real, blocked: Some(why), .. }) => Some(format!("{} {why}", self.host_path(real))),
            Some(MainChange::Create { blocked: Some(why), .. }) => {
                Some(format!("{} {why}", self.host_path(&MAIN.into())))
            }
            _ => None,
        }
    }

    fn host_path(&self, path: &InRoot) -> String {
        self.root.join(path.as_path().strip_prefix("/").unwrap_or(path.as_path())).display().to_string()
    }

    /// Describes the exact changes for `--dry-run`, one per line, with `command` between opening and closing.
    #[must_use]
    pub fn describe(&self, command: &str) -> Vec<String> {
        let host_path = |path: &InRoot| self.host_path(path);
        let (mut lines, mut closing) = (Vec::new(), Vec::new());
        match &self.main {
            Some(MainChange::Patch { real, patch, .. }) => {
                let path = host_path(real);
                lines.extend(describe_patch(&patch.record, &path));
                let what = "content, mode, owner, times, attributes, inode";
                closing.push(format!("then {path} is restored: {what}"));
            }
            Some(MainChange::Create { vendor, patch, .. }) => {
                let path = host_path(&MAIN.into());
                match vendor {
                    Some(vendor) => {
                        lines.push(format!("{path} is created as a copy of {}", host_path(vendor)));
                        lines.extend(describe_patch(&patch.record, &path));
                    }
                    None if self.placeholder => lines.push(format!("{path} is created without settings")),
                    None => lines.push(format!("{path} is created with the line `USERGROUPS_ENAB yes`")),
                }
                closing.push(format!("then {path} is removed"));
            }
            None => {}
        }
        match (&self.drop_in, &self.against) {
            (Some(ours), Some(against)) => {
                let path = host_path(ours);
                let why = host_path(against);
                lines.push(format!(
                    "{path} is created with the line `USERGROUPS_ENAB yes`, because {why} overrides the others"
                ));
                closing.push(format!("then {path} is removed"));
            }
            (None, Some(against)) => lines.push(format!(
                "{} overrides the others and there is no {} to override it, so groupadd may have to create the group",
                host_path(against),
                host_path(&DROP_INS.into())
            )),
            (_, None) => {}
        }
        lines.push(command.to_owned());
        lines.extend(closing);
        lines
    }
}

fn describe_patch(record: &PatchRecord, path: &str) -> Option<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    match record {
        PatchRecord::Nothing => None,
        PatchRecord::Replaced { line, from, to, .. } => {
            Some(format!("{path}, line {line}: `{}` becomes `{}`", text(from), text(to)))
        }
        PatchRecord::Appended { line, text: added, .. } => {
            Some(format!("{path}, line {line}: `{}` is added at the end", text(added)))
        }
    }
}

/// Plans a window. Returns `None` if `USERGROUPS_ENAB` is `yes` already. Only reads.
///
/// # Errors
/// [`ReadError`], as from [`crate::read`].
pub fn plan(root: &Root) -> Result<Option<Plan>, ReadError> {
    let sources = Sources::of(root)?;
    let drop_in_needed = sources.drop_in_needed();
    let against = if drop_in_needed { sources.against().map(|source| source.path.clone()) } else { None };
    let drop_in = match &sources.names {
        Some(names) if drop_in_needed => Some(InRoot::from(DROP_INS).join(last_name(names))),
        _ => None,
    };
    if !sources.main_needs_change() && !drop_in_needed {
        return Ok(None);
    }
    let main = match (sources.main_needs_change(), sources.main, sources.vendor) {
        (false, ..) => None,
        (true, Some(main), _) => {
            let patch = patch(&main.content);
            Some(MainChange::Patch { real: main.real, original: main.content, patch, blocked: main.blocked })
        }
        (true, None, vendor) => {
            let patch = patch(vendor.as_ref().map_or(b"", |vendor| &vendor.content));
            Some(MainChange::Create { vendor: vendor.map(|vendor| vendor.path), patch, blocked: leads_nowhere(root) })
        }
    };
    Ok(Some(Plan { main, drop_in, root: root.path().to_owned(), against, placeholder: false }))
}

/// As [`plan`], by the file as it is without a window: waits while another agent's hostprep has one open.
///
/// # Errors
/// [`WindowError`] if the files cannot be read, or the window stays open for too long.
pub fn plan_undisturbed(root: &Root) -> Result<Option<Plan>, WindowError> {
    let _guard = Guard::wait(root)?;
    Ok(plan(root)?)
}

/// Plans a window in which a `login.defs` without settings exists. Returns `None` if the host has one. Only reads.
///
/// Account tools of old hosts exit if it is missing (`def_load` in `lib/getdef.c` of shadow 4.1.5.1), `userdel` after
/// it has taken its locks. Later tools treat a missing file like one without settings.
///
/// # Errors
/// [`ReadError`], as from [`crate::read`].
pub fn plan_placeholder(root: &Root) -> Result<Option<Plan>, ReadError> {
    if Sources::of(root)?.base().is_some() {
        return Ok(None);
    }
    let patch = Patch { content: Vec::new(), record: PatchRecord::Nothing };
    let main = Some(MainChange::Create { vendor: None, patch, blocked: leads_nowhere(root) });
    Ok(Some(Plan { main, drop_in: None, root: root.path().to_owned(), against: None, placeholder: true }))
}

/// Returns why [`MAIN`] cannot be created, if it is a link into a directory that is missing.
fn leads_nowhere(root: &Root) -> Option<String> {
    let target = root.link_target(MAIN)?;
    let is_missing = FileAt::resolved(root, &MAIN.into()).is_err_and(|e| e.is_missing());
    is_missing.then(|| format!("is a symbolic link to {}, the directory of which is missing", target.display()))
}

/// Returns a name that sorts after all of `names`.
fn last_name(names: &[OsString]) -> OsString {
    match names.iter().filter(|name| name.as_bytes().ends_with(b".defs")).max() {
        Some(last) if last.as_bytes() >= DROP_IN.as_bytes() => {
            // `z` sorts after the dot of `.defs`, so the longer name sorts after the shorter one.
            let stem = &last.as_bytes()[..last.len() - b".defs".len()];
            OsString::from_vec([stem, b"z-hostprep.defs"].concat())
        }
        _ => DROP_IN.into(),
    }
}

/// Returns whether a drop-in of that name may be ours. [`MARKER`] in its first line makes it certain.
pub(crate) fn may_be_ours(name: &[u8]) -> bool {
    debug_assert!(MARKER.starts_with(b"#"));
    name.ends_with(b"z-hostprep.defs")
}
