//! The managed directories: root:root and of the profile's mode, opened without following a link and changed through the
//! descriptor (design, section 3).

mod change;

use std::path::PathBuf;

use faults::{FaultId, Reason, Remedy};
use host::Root;
use host::fs::{DirLookup, InRoot, mode_of};

pub(super) use self::change::failure;
use self::change::{AdjustDirectory, CreateDirectory};
use crate::Error;
use crate::model::action::Action;
use crate::model::host_context::HostContext;
use crate::model::receipt::Receipt;
use crate::model::report::Finding;
use crate::model::step::{Observation, Phase, Removal, Step, Verdict};
use crate::model::step_id::StepId;
use crate::profile::ManagedDirectory;

/// The step.
pub struct Directories;

impl Step for Directories {
    fn id(&self) -> StepId {
        StepId("directories")
    }

    fn fault(&self) -> FaultId {
        FaultId::SCAN_USER
    }

    fn doc(&self) -> &'static str {
        "owner, group and mode of the managed directories"
    }

    fn phases(&self) -> &'static [Phase] {
        &[Phase::AfterInstall]
    }

    fn observe(&self, cx: &HostContext) -> Result<Observation, Error> {
        observe(cx)
    }

    fn undo(&self, _cx: &HostContext, receipt: &Receipt) -> Removal {
        change::plan_removal(receipt)
    }
}

fn observe(cx: &HostContext) -> Result<Observation, Error> {
    let mut plan: Vec<Box<dyn Action>> = Vec::new();
    let mut wrong = Vec::new();
    let mounts = mount_points();
    for directory in &cx.profile.directories {
        match state(cx, directory, &mounts)? {
            State::Right | State::NotOurs => {}
            State::Missing => {
                plan.push(Box::new(CreateDirectory { path: directory.path.clone(), mode: directory.mode }));
                let detail = format!("{} is missing", directory.path.display());
                wrong.push(Finding { reason: Reason::DirectoryMissing, detail, remedy: vec![repair()] });
            }
            State::Adjustable { mode, gid } => {
                plan.push(Box::new(AdjustDirectory {
                    path: directory.path.clone(),
                    mode: (mode != directory.mode).then_some((mode, directory.mode)),
                    gid: (gid != 0).then_some(gid),
                }));
                wrong.push(mode_finding(cx, directory, mode, gid));
            }
            State::Foreign(finding) => wrong.push(finding),
        }
    }
    let verdict = if wrong.is_empty() { Verdict::Satisfied(summary(cx)) } else { Verdict::Fault(wrong) };
    Ok(Observation { verdict, plan })
}

enum State {
    Right,
    /// Missing, and not for us to make.
    NotOurs,
    Missing,
    Adjustable {
        mode: u32,
        gid: u32,
    },
    /// Wrong, and not for us to change.
    Foreign(Finding),
}

fn state(cx: &HostContext, directory: &ManagedDirectory, mounts: &[PathBuf]) -> Result<State, Error> {
    let path = directory.path.display().to_string();
    let foreign = |reason, detail: String, mut remedy: Vec<Remedy>| {
        remedy.push(repair());
        State::Foreign(Finding { reason, detail, remedy })
    };
    let found = match cx.root.look_up_dir(&directory.path)? {
        DirLookup::Missing if directory.create => return Ok(State::Missing),
        DirLookup::Missing => return Ok(State::NotOurs),
        DirLookup::Symlink(at) => {
            let target = cx.root.link_target(&at).map_or_else(String::new, |to| format!(" to {}", to.display()));
            let detail = format!("{} is a symbolic link{target}, which is not followed", at.display());
            let remedy = cx.remedy_on(&["mv", "-T"], &[&at, &aside(&at)]);
            return Ok(foreign(Reason::DirectorySymlink, detail, vec![remedy]));
        }
        DirLookup::Other(at) => {
            let detail = format!("{} is not a directory", at.display());
            let remedy = cx.remedy_on(&["mv"], &[&at, &aside(&at)]);
            return Ok(foreign(Reason::DirectoryMissing, detail, vec![remedy]));
        }
        DirLookup::Directory(stat) => stat,
    };
    let (mode, uid, gid) = (mode_of(&found), found.st_uid, found.st_gid);
    if uid == 0 && gid == 0 && mode == directory.mode {
        return Ok(State::Right);
    }
    if uid != 0 {
        let detail = format!("{path} belongs to uid {uid}, expected root");
        return Ok(foreign(Reason::DirectoryOwner, detail, own_and_mode(cx, directory)));
    }
    if mounts.contains(&cx.root.host_path(&directory.path)) {
        let detail = format!(
            "{path} is a mount point, root:{gid} and {mode:04o}, expected root:root and {:04o}",
            directory.mode
        );
        return Ok(foreign(Reason::DirectoryMount, detail, own_and_mode(cx, directory)));
    }
    Ok(State::Adjustable { mode, gid })
}

fn repair() -> Remedy {
    Remedy::hostprep(["repair"])
}

fn own_and_mode(cx: &HostContext, directory: &ManagedDirectory) -> Vec<Remedy> {
    let (path, mode) = (&directory.path, format!("{:04o}", directory.mode));
    vec![cx.remedy_on(&["chown", "root:root"], &[path]), cx.remedy_on(&["chmod", &mode], &[path])]
}

/// A free name next to `path`.
fn aside(path: &InRoot) -> InRoot {
    let mut name = path.as_path().as_os_str().to_owned();
    name.push(".aside");
    InRoot::from_top(name)
}

fn mode_finding(cx: &HostContext, directory: &ManagedDirectory, mode: u32, gid: u32) -> Finding {
    let path = directory.path.display().to_string();
    let mut detail = format!("{path} is {mode:04o}, expected {:04o}", directory.mode);
    if gid != 0 {
        detail = format!("{path} is root:{gid} and {mode:04o}, expected root:root and {:04o}", directory.mode);
    }
    let mut remedy = Vec::new();
    if gid != 0 {
        remedy.push(cx.remedy_on(&["chgrp", "root"], &[&directory.path]));
    }
    if mode != directory.mode {
        remedy.push(cx.remedy_on(&["chmod", &format!("{:04o}", directory.mode)], &[&directory.path]));
    }
    Finding { reason: Reason::DirectoryMode, detail, remedy }
}

fn summary(cx: &HostContext) -> String {
    let there = |directory: &&ManagedDirectory| cx.root.exists(&directory.path);
    let one = |directory: &ManagedDirectory| format!("{} {:04o}", directory.path.display(), directory.mode);
    let all: Vec<String> = cx.profile.directories.iter().filter(there).map(one).collect();
    if all.is_empty() { "none exists yet".into() } else { format!("root:root, {}", all.join(", ")) }
}

/// The mount points of this process's namespace (`proc_pid_mountinfo(5)`); none where `/proc` is not mounted.
fn mount_points() -> Vec<PathBuf> {
    let text = Root::system().ok().and_then(|root| root.read_text("/proc/self/mountinfo").ok()).unwrap_or_default();
    text.lines().filter_map(|line| Some(unescape(line.split(' ').nth(4)?).into())).collect()
}

/// Space, tab, newline and backslash stand there as octal escapes.
fn unescape(field: &str) -> String {
    field.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
}
