//! The managed directories: root:root and of the profile's mode, opened without following a link and changed through the
//! descriptor (design, section 3).

use std::path::PathBuf;

use faults::Reason;
use host::Root;
use host::process::quoted;
use host::root::{is_dir, is_link, mode_of};
use nix::sys::stat::FileStat;

use super::Look;
use crate::Error;
use crate::action::Action;
use crate::context::Context;
use crate::outcome::{Finding, Verdict};
use crate::place::place;
use crate::profile::ManagedDirectory;

pub(super) fn observe(cx: &Context) -> Result<Look, Error> {
    let mut plan = Vec::new();
    let mut wrong = Vec::new();
    let mounts = mount_points();
    for directory in &cx.profile.directories {
        match state(cx, directory, &mounts)? {
            State::Right | State::NotOurs => {}
            State::Missing => {
                plan.push(Action::MakeDirectory { path: directory.path.clone(), mode: directory.mode });
                let detail = format!("{} is missing", shown(cx, directory));
                wrong.push(Finding { reason: Reason::DirectoryMissing, detail, remedy: vec![cx.repair_command()] });
            }
            State::Adjustable { mode, gid } => {
                plan.push(Action::AdjustDirectory {
                    path: directory.path.clone(),
                    mode: (mode != directory.mode).then_some((mode, directory.mode)),
                    gid: (gid != 0).then_some(gid),
                });
                wrong.push(mode_finding(cx, directory, mode, gid));
            }
            State::Foreign(finding) => wrong.push(finding),
        }
    }
    let verdict = match merge(wrong) {
        Some(finding) => Verdict::Faulty(finding),
        None => Verdict::Right(summary(cx)),
    };
    Ok(Look { verdict, plan })
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

fn state(cx: &Context, directory: &ManagedDirectory, mounts: &[PathBuf]) -> Result<State, Error> {
    let path = shown(cx, directory);
    let word = quoted(&path);
    let foreign = |reason, detail: String, remedy: &[String]| {
        State::Foreign(Finding { reason, detail, remedy: [remedy, &[cx.repair_command()]].concat() })
    };
    let found = match look_at(cx, directory)? {
        Found::Nothing if directory.create => return Ok(State::Missing),
        Found::Nothing => return Ok(State::NotOurs),
        Found::Link(at) => {
            let target = cx.root.link_target(&at).map_or_else(String::new, |to| format!(" to {}", to.display()));
            let at = cx.root.shown(at).display().to_string();
            let detail = format!("{at} is a symbolic link{target}, which is not followed");
            let aside = quoted(&format!("{at}.aside"));
            return Ok(foreign(Reason::DirectorySymlink, detail, &[format!("mv -T {} {aside}", quoted(&at))]));
        }
        Found::Other(at) => {
            let at = cx.root.shown(at).display().to_string();
            let aside = quoted(&format!("{at}.aside"));
            let detail = format!("{at} is no directory");
            return Ok(foreign(Reason::DirectoryMissing, detail, &[format!("mv {} {aside}", quoted(&at))]));
        }
        Found::Directory(stat) => stat,
    };
    let (mode, uid, gid) = (mode_of(&found), found.st_uid, found.st_gid);
    if uid == 0 && gid == 0 && mode == directory.mode {
        return Ok(State::Right);
    }
    if uid != 0 {
        let detail = format!("{path} belongs to uid {uid}, expected root");
        let remedy = [format!("chown root:root {word}"), format!("chmod {:04o} {word}", directory.mode)];
        return Ok(foreign(Reason::DirectoryOwner, detail, &remedy));
    }
    if mounts.contains(&cx.root.shown(&directory.path)) {
        let detail = format!(
            "{path} is a mount from elsewhere, root:{gid} and {mode:04o}, expected root:root and {:04o}",
            directory.mode
        );
        let remedy = [format!("chown root:root {word}"), format!("chmod {:04o} {word}", directory.mode)];
        return Ok(foreign(Reason::DirectoryMount, detail, &remedy));
    }
    Ok(State::Adjustable { mode, gid })
}

enum Found {
    Nothing,
    Directory(FileStat),
    Link(PathBuf),
    /// Something else, such as a file.
    Other(PathBuf),
}

/// Walks down from the parent of the topmost managed directory; nothing from there on may be a link.
fn look_at(cx: &Context, directory: &ManagedDirectory) -> Result<Found, Error> {
    let (mut dir, mut names) = match place(cx.root, &directory.path) {
        Ok(place) => place,
        Err(e) if e.is_missing() => return Ok(Found::Nothing),
        Err(e) => return Err(e.into()),
    };
    let mut at = directory.path.clone();
    for _ in &names {
        at.pop();
    }
    while !names.is_empty() {
        let name = names.remove(0);
        at.push(&name);
        match dir.stat(&name)? {
            None => return Ok(Found::Nothing),
            Some(stat) if is_link(&stat) => return Ok(Found::Link(at)),
            Some(stat) if !is_dir(&stat) => return Ok(Found::Other(at)),
            Some(stat) if names.is_empty() => return Ok(Found::Directory(stat)),
            Some(_) => dir = dir.dir(&name)?,
        }
    }
    Ok(Found::Nothing)
}

fn mode_finding(cx: &Context, directory: &ManagedDirectory, mode: u32, gid: u32) -> Finding {
    let path = shown(cx, directory);
    let mut detail = format!("{path} is {mode:04o}, expected {:04o}", directory.mode);
    if gid != 0 {
        detail = format!("{path} is root:{gid} and {mode:04o}, expected root:root and {:04o}", directory.mode);
    }
    let word = quoted(&path);
    let mut remedy = Vec::new();
    if gid != 0 {
        remedy.push(format!("chgrp root {word}"));
    }
    if mode != directory.mode {
        remedy.push(format!("chmod {:04o} {word}", directory.mode));
    }
    Finding { reason: Reason::DirectoryMode, detail, remedy }
}

fn merge(findings: Vec<Finding>) -> Option<Finding> {
    let mut findings = findings.into_iter();
    let mut merged = findings.next()?;
    for finding in findings {
        // One link stands in the way of every directory below it.
        if merged.detail.contains(&finding.detail) {
            continue;
        }
        merged.detail = format!("{}; {}", merged.detail, finding.detail);
        merged.remedy.retain(|command| !finding.remedy.contains(command));
        merged.remedy.extend(finding.remedy);
    }
    Some(merged)
}

fn summary(cx: &Context) -> String {
    let there = |directory: &&ManagedDirectory| cx.root.exists(&directory.path);
    let one = |directory: &ManagedDirectory| format!("{} {:04o}", directory.path.display(), directory.mode);
    let all: Vec<String> = cx.profile.directories.iter().filter(there).map(one).collect();
    if all.is_empty() { "none is there yet".into() } else { format!("root:root, {}", all.join(", ")) }
}

fn shown(cx: &Context, directory: &ManagedDirectory) -> String {
    cx.root.shown(&directory.path).display().to_string()
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
