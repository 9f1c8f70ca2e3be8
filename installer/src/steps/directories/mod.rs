//! The managed directories: root:root and of the profile's mode, opened without following a link and changed through the
//! descriptor (design, section 3).

mod change;
mod symlink;

use std::path::PathBuf;

use faults::{FaultId, Reason, Remedy, Severity};
use host::fs::{DirLookup, InRoot, MAX_SYMLINKS, mode_of};
use nix::sys::stat::FileStat;

pub(super) use self::change::failure;
use self::change::{AdjustDirectory, CreateDirectory};
use self::symlink::Link;
use crate::Error;
use crate::model::action::Action;
use crate::model::host_context::HostContext;
use crate::model::receipt::Receipt;
use crate::model::report::Finding;
use crate::model::step::{Observation, Phase, Removal, Step, Verdict};
use crate::model::step_id::StepId;
use crate::profile::ManagedDirectory;
use crate::steps::mount_points::mount_points;

/// The mode of a directory that takes the place of a link and is not managed.
const NOT_MANAGED: u32 = 0o755;

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
    let mut moved: Vec<Finding> = Vec::new();
    let mounts = mount_points();
    for directory in &cx.profile.directories {
        let found = find(cx, directory)?;
        // The directories below a link are behind it too.
        for finding in &found.moved {
            if !moved.contains(finding) {
                moved.push(finding.clone());
            }
        }
        match found.state(cx, directory, &mounts) {
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
                wrong.push(mode_finding(cx, &directory.path, directory.mode, mode, gid));
            }
            State::Foreign(finding) => wrong.push(finding),
        }
    }
    let verdict = match (wrong.is_empty(), moved.is_empty()) {
        (true, true) => Verdict::Satisfied(summary(cx)),
        // The agent finds its files.
        (true, false) => Verdict::FaultOfSeverity(Severity::Minor, moved),
        (false, _) => {
            wrong.extend(moved);
            Verdict::Fault(wrong)
        }
    };
    Ok(Observation { verdict, plan })
}

/// A managed directory, as it was found.
struct Found {
    /// Where it is: the profile's path, or where links lead that only root can change.
    path: InRoot,
    /// What is there.
    lookup: Lookup,
    /// A finding for each of these links.
    moved: Vec<Finding>,
}

enum Lookup {
    Missing,
    Directory(FileStat),
    /// Something else.
    Foreign(Finding),
}

fn find(cx: &HostContext, directory: &ManagedDirectory) -> Result<Found, Error> {
    let mut path = directory.path.clone();
    let mut moved = Vec::new();
    loop {
        let lookup = match cx.root.look_up_dir(&path)? {
            DirLookup::Missing => Lookup::Missing,
            DirLookup::Directory(stat) => Lookup::Directory(stat),
            DirLookup::Other(at) => {
                let detail = format!("{} is not a directory", at.display());
                let remedy = vec![cx.remedy_on(&["mv"], &[&at, &aside(&at)]), repair()];
                Lookup::Foreign(Finding { reason: Reason::DirectoryMissing, detail, remedy })
            }
            DirLookup::Symlink(at) => {
                let rest: PathBuf = path.components().skip(at.components().count()).collect();
                let above = directory.path.ancestors().nth(rest.iter().count());
                let named = above.unwrap_or_else(|| directory.path.clone());
                let own_mode = cx.profile.directories.iter().find(|other| other.path == named);
                match symlink::judge(cx, &at, &named, own_mode.map_or(NOT_MANAGED, |own| own.mode))? {
                    Link::Foreign(finding) => Lookup::Foreign(finding),
                    Link::Moved { target, finding } if moved.len() < MAX_SYMLINKS => {
                        moved.push(finding);
                        path = if rest.as_os_str().is_empty() { target } else { target.join(rest) };
                        continue;
                    }
                    Link::Moved { finding, .. } => Lookup::Foreign(finding),
                }
            }
        };
        return Ok(Found { path, lookup, moved });
    }
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

impl Found {
    fn state(self, cx: &HostContext, directory: &ManagedDirectory, mounts: &[PathBuf]) -> State {
        let is_behind_link = !self.moved.is_empty();
        let at = &self.path;
        let path = at.display();
        let foreign = |reason, detail: String, mut remedy: Vec<Remedy>| {
            remedy.push(repair());
            State::Foreign(Finding { reason, detail, remedy })
        };
        let found = match self.lookup {
            Lookup::Foreign(finding) => return State::Foreign(finding),
            Lookup::Missing if !directory.create => return State::NotOurs,
            Lookup::Missing if is_behind_link => {
                let mkdir = cx.remedy_on(&["mkdir", "-p", "-m", &format!("{:04o}", directory.mode)], &[at]);
                return foreign(Reason::DirectoryMissing, format!("{path} is missing"), vec![mkdir]);
            }
            Lookup::Missing => return State::Missing,
            Lookup::Directory(stat) => stat,
        };
        let (mode, uid, gid) = (mode_of(&found), found.st_uid, found.st_gid);
        if uid == 0 && gid == 0 && mode == directory.mode {
            return State::Right;
        }
        if uid != 0 {
            let detail = format!("{path} belongs to uid {uid}, expected root");
            return foreign(Reason::DirectoryOwner, detail, own_and_mode(cx, at, directory.mode));
        }
        if is_behind_link {
            let finding = mode_finding(cx, at, directory.mode, mode, gid);
            return foreign(finding.reason, finding.detail, finding.remedy);
        }
        if mounts.contains(&cx.root.host_path(symlink::canonical(cx, at))) {
            let detail = format!(
                "{path} is a mount point, root:{gid} and {mode:04o}, expected root:root and {:04o}",
                directory.mode
            );
            return foreign(Reason::DirectoryMount, detail, own_and_mode(cx, at, directory.mode));
        }
        State::Adjustable { mode, gid }
    }
}

fn repair() -> Remedy {
    Remedy::hostprep(["repair"])
}

fn own_and_mode(cx: &HostContext, path: &InRoot, mode: u32) -> Vec<Remedy> {
    let mode = format!("{mode:04o}");
    vec![cx.remedy_on(&["chown", "root:root"], &[path]), cx.remedy_on(&["chmod", &mode], &[path])]
}

/// A free name next to `path`.
fn aside(path: &InRoot) -> InRoot {
    let mut name = path.as_path().as_os_str().to_owned();
    name.push(".aside");
    InRoot::from_top(name)
}

fn mode_finding(cx: &HostContext, at: &InRoot, expected: u32, mode: u32, gid: u32) -> Finding {
    let path = at.display();
    let mut detail = format!("{path} is {mode:04o}, expected {expected:04o}");
    if gid != 0 {
        detail = format!("{path} is root:{gid} and {mode:04o}, expected root:root and {expected:04o}");
    }
    let mut remedy = Vec::new();
    if gid != 0 {
        remedy.push(cx.remedy_on(&["chgrp", "root"], &[at]));
    }
    if mode != expected {
        remedy.push(cx.remedy_on(&["chmod", &format!("{expected:04o}")], &[at]));
    }
    Finding { reason: Reason::DirectoryMode, detail, remedy }
}

fn summary(cx: &HostContext) -> String {
    let there = |directory: &&ManagedDirectory| cx.root.exists(&directory.path);
    let one = |directory: &ManagedDirectory| format!("{} {:04o}", directory.path.display(), directory.mode);
    let all: Vec<String> = cx.profile.directories.iter().filter(there).map(one).collect();
    if all.is_empty() { "none exists yet".into() } else { format!("root:root, {}", all.join(", ")) }
}
