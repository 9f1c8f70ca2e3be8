//! Power that fails: what was not synced is lost, or is there by half.
//!
//! While the program works, what a sync makes last is taken down: the content of a file by `fsync` of it, the names of a directory
//! by `fsync` of that (`fsync(2)` promises no more). When power fails, the disk is put in a state in which it may come up.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::libc;

use super::injection_point::{self, InjectionPoint};
use super::judge::{self, Amid, Events, Outcome};
use super::scenario::Scenario;
use super::tracee::{self, Call, Stops, Then};
use super::worker_root::WorkerRoot;
use super::workers::{Tally, Tried, try_all};
use crate::Snapshot;
use crate::snapshot::Compare;

/// Files that other tools write without syncing them; they are kept.
const OF_OTHERS: [&str; 2] = ["var/lib/selinux", "etc/selinux"];

/// May be lost: the log, and locks.
const NOT_SYNCED: [&str; 3] = ["/var/log", "/run", "/var/lib/cisco/faults/faults.lock"];

/// The calls that [`Disk::follow`] looks at.
const FOLLOWED: [i64; 8] = [
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_unlink,
    libc::SYS_rmdir,
    libc::SYS_unlinkat,
    libc::SYS_rename,
    libc::SYS_renameat,
    libc::SYS_renameat2,
];

/// In which of its states the disk comes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lost {
    /// Contents that were not synced; all names are there. A new file is empty: ext4 allocates late.
    Contents,
    /// Contents and names that were not synced.
    ContentsAndNames,
}

struct Failure {
    point: InjectionPoint,
    lost: Lost,
    /// Whether the command has ended, so that its result must be there.
    at_the_end: bool,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lost = match self.lost {
            Lost::Contents => "contents",
            Lost::ContentsAndNames => "contents and names",
        };
        write!(f, "power failed, unsynced {lost} lost, before {}", self.point)
    }
}

/// Lets power fail at each call of `scenario`'s command that changes a file, and after its end.
#[must_use]
pub fn everywhere(scenario: &Scenario) -> Tally {
    let points = injection_point::all(scenario);
    let last = points.iter().rev().find(|point| point.is_ours()).cloned();
    let core = |point: &InjectionPoint| point.changes() && (point.is_ours() || point.is_of_account_tool());
    let amid = points.into_iter().filter(core).map(|point| (point, false));
    let failures: Vec<Failure> = amid
        .chain(last.map(|point| (point, true)))
        .flat_map(|(point, at_the_end)| {
            [Lost::Contents, Lost::ContentsAndNames].map(|lost| Failure { point: point.clone(), lost, at_the_end })
        })
        .collect();
    try_all(scenario, &failures, |worker_root, expected, failure| fail(worker_root, scenario, expected, failure))
}

fn fail(worker_root: &WorkerRoot, scenario: &Scenario, expected: &Outcome, failure: &Failure) -> Tried {
    let before = worker_root.renew();
    let root = worker_root.root();
    let mut disk = Disk::of(&root, &worker_root.sibling("kept"));
    let mut reached = false;
    let mut stops = FOLLOWED.to_vec();
    stops.extend(Some(failure.point.which).filter(|which| !FOLLOWED.contains(which)));
    let (command, said) = (worker_root.command(scenario.command), worker_root.sibling("said"));
    tracee::run(&command, &said, Stops::At(&stops), |call| {
        if failure.point.is(call) {
            reached = true;
            return Then::KillAll;
        }
        disk.follow(call);
        Then::Go
    });
    let done = Snapshot::of(&root).without(&NOT_SYNCED);
    disk.fail(failure.lost);
    let mut wrong = judge::at_once(&root, &before, false);
    if failure.at_the_end {
        let difference = done.difference(&Snapshot::of(&root).without(&NOT_SYNCED), Compare::SameTree);
        wrong.extend(difference.lines().map(|line| format!("after its end: {line}")));
    }
    let amid = Amid::of(&root, &before);
    let (outcome, also) = Outcome::after_next(worker_root, scenario, &before);
    wrong.extend(also);
    wrong.extend(expected.difference(&outcome, Events::Same));
    Tried { reached, amid, wrong }
}

/// The files that a power failure would leave.
struct Disk {
    root: PathBuf,
    /// A directory for files that lost their name.
    kept: PathBuf,
    /// Synced content of regular files, by inode.
    contents: HashMap<u64, Vec<u8>>,
    /// Synced names of directories, by inode: the inode of each name.
    names: HashMap<u64, BTreeMap<OsString, u64>>,
}

impl Disk {
    /// Everything that is there now is synced.
    fn of(root: &Path, kept: &Path) -> Self {
        if kept.exists() {
            fs::remove_dir_all(kept).unwrap();
        }
        fs::create_dir(kept).unwrap();
        let mut disk =
            Self { root: root.to_owned(), kept: kept.to_owned(), contents: HashMap::new(), names: HashMap::new() };
        for path in tree(root) {
            disk.sync(&path);
        }
        disk
    }

    fn is_followed(&self, path: &Path) -> bool {
        path.strip_prefix(&self.root).is_ok_and(|inside| !OF_OTHERS.iter().any(|other| inside.starts_with(other)))
    }

    fn sync(&mut self, path: &Path) {
        let Ok(found) = path.symlink_metadata() else { return };
        if found.is_dir() {
            let names = fs::read_dir(path).unwrap().map(|entry| entry.unwrap());
            let names =
                names.filter_map(|entry| Some((entry.file_name(), entry.path().symlink_metadata().ok()?.ino())));
            self.names.insert(found.ino(), names.collect());
        } else if found.is_file() {
            self.contents.insert(found.ino(), fs::read(path).unwrap());
        }
    }

    fn follow(&mut self, call: &Call) {
        match (call.which, call.result) {
            (libc::SYS_fsync | libc::SYS_fdatasync, Some(0)) => {
                let Some(path) = call.descriptor(call.args[0]) else { return };
                // A file without a name is gone after a power failure.
                if self.is_followed(&path) {
                    self.sync(&path);
                }
            }
            (libc::SYS_unlink | libc::SYS_rmdir, None) => self.keep(call, None, call.args[0]),
            (libc::SYS_unlinkat, None) => self.keep(call, Some(call.args[0]), call.args[1]),
            (libc::SYS_rename, None) => self.keep(call, None, call.args[1]),
            (libc::SYS_renameat | libc::SYS_renameat2, None) => self.keep(call, Some(call.args[2]), call.args[3]),
            _ => {}
        }
    }

    /// Keeps the file that is about to lose its name, since the disk may still have it.
    fn keep(&self, call: &Call, dir: Option<u64>, name: u64) {
        let at = u64::from(libc::AT_FDCWD.cast_unsigned());
        let (Some(dir), Some(name)) = (call.descriptor(dir.unwrap_or(at)), call.string(name)) else { return };
        let path = dir.join(name);
        let Ok(found) = path.symlink_metadata() else { return };
        if self.is_followed(&path) && found.is_file() {
            let _ = fs::hard_link(&path, self.kept.join(found.ino().to_string()));
        }
    }

    /// Puts the tree into the state.
    fn fail(&self, lost: Lost) {
        if lost == Lost::ContentsAndNames {
            self.fail_names(&self.root);
        }
        for path in tree(&self.root) {
            let found = path.symlink_metadata().unwrap();
            if !found.is_file() || !self.is_followed(&path) {
                continue;
            }
            let synced = self.contents.get(&found.ino()).cloned().unwrap_or_default();
            if fs::read(&path).unwrap() != synced {
                let times = fs::FileTimes::new().set_modified(found.modified().unwrap());
                fs::write(&path, synced).unwrap();
                fs::File::options().append(true).open(&path).unwrap().set_times(times).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(found.mode() & 0o7777)).unwrap();
            }
        }
    }

    fn fail_names(&self, dir: &Path) {
        if !self.is_followed(dir) {
            return;
        }
        let inode = dir.symlink_metadata().unwrap().ino();
        // A directory that was made and never synced has nothing in it.
        let synced = self.names.get(&inode).cloned().unwrap_or_default();
        let mut now = BTreeMap::new();
        for entry in fs::read_dir(dir).unwrap() {
            let entry = entry.unwrap();
            let found = entry.path().symlink_metadata().unwrap();
            now.insert(entry.file_name(), (found.ino(), found.is_dir()));
        }
        for (name, (inode, is_dir)) in &now {
            if synced.get(name) != Some(inode) && self.is_followed(&dir.join(name)) {
                let path = dir.join(name);
                if *is_dir {
                    fs::remove_dir_all(path).unwrap();
                } else {
                    // It may have another name that was synced.
                    let _ = fs::hard_link(&path, self.kept.join(inode.to_string()));
                    fs::remove_file(path).unwrap();
                }
            }
        }
        for (name, inode) in &synced {
            let path = dir.join(name);
            if path.symlink_metadata().is_ok() {
                continue;
            }
            let elsewhere = now.iter().find(|(other, (found, _))| found == inode && dir.join(other).exists());
            match elsewhere {
                Some((other, _)) => fs::hard_link(dir.join(other), &path).unwrap(),
                // A removed directory is not kept: hostprep removes only empty ones.
                None if !self.kept.join(inode.to_string()).exists() => fs::create_dir(&path).unwrap(),
                None => fs::hard_link(self.kept.join(inode.to_string()), &path).unwrap(),
            }
        }
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.symlink_metadata().unwrap().is_dir() {
                self.fail_names(&path);
            }
        }
        if dir == self.root {
            // Links that are only there for this.
            fs::remove_dir_all(&self.kept).unwrap();
            fs::create_dir(&self.kept).unwrap();
        }
    }
}

fn tree(top: &Path) -> Vec<PathBuf> {
    let (mut paths, mut todo) = (Vec::new(), vec![top.to_owned()]);
    while let Some(path) = todo.pop() {
        if path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
            todo.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        paths.push(path);
    }
    paths
}
