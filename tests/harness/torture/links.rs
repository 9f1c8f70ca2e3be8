//! A symbolic link at each path that the program makes or changes, to what is not its own.

use std::fmt;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::judge::Outcome;
use super::scenario::Scenario;
use super::worker_root::WorkerRoot;
use super::workers::{Tally, Tried, try_all};
use crate::Snapshot;
use crate::snapshot::Compare;

/// Paths that account tools and libsemanage must protect.
const OF_OTHERS: [&str; 2] = ["/etc/", "/var/lib/selinux"];

struct Link {
    path: PathBuf,
    to: To,
}

/// The target of the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum To {
    File,
    Directory,
    /// Another directory in the root, in which links are resolved.
    DirectoryInside,
}

/// Directories on our paths that belong to the system.
const THE_SYSTEMS: [&str; 5] = ["/opt", "/run", "/var", "/var/lib", "/var/log"];

/// The bystander's path inside the root.
const INSIDE: &str = "/srv/bystander";

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.to {
            To::File => "file elsewhere",
            To::Directory => "directory elsewhere",
            To::DirectoryInside => "directory in the root",
        };
        write!(f, "{} a link to a {what}", self.path.display())
    }
}

/// Puts a link at each path that `scenario`'s command makes or changes, one after the other.
#[must_use]
pub fn everywhere(scenario: &Scenario) -> Tally {
    let links: Vec<Link> = paths(scenario)
        .into_iter()
        .flat_map(|path| [To::File, To::Directory, To::DirectoryInside].map(|to| Link { path: path.clone(), to }))
        // hostprep follows a link between directories of the system: `/opt` on an image-based host.
        .filter(|link| link.to != To::DirectoryInside || !THE_SYSTEMS.iter().any(|path| link.path == Path::new(path)))
        .collect();
    try_all(scenario, &links, |worker_root, _, link| lead_astray(worker_root, scenario, link))
}

/// Returns the paths that the undisturbed command and the next one create or change, and those that a killed one leaves.
fn paths(scenario: &Scenario) -> Vec<PathBuf> {
    let work = || {
        let worker_root = WorkerRoot::of(scenario);
        worker_root.renew();
        let before = Snapshot::of(&worker_root.root());
        let _ = worker_root.run(scenario.command);
        let after = Snapshot::of(&worker_root.root());
        let changed = |path: &PathBuf| {
            let only = |snapshot: &Snapshot| snapshot.clone().only(path);
            !only(&before).difference(&only(&after), Compare::SameTree).is_empty()
        };
        let paths: Vec<PathBuf> = before.paths().chain(after.paths()).filter(changed).collect();
        let siblings = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            ["hostprep-new", "hostprep-patched", "hostprep-original"]
                .map(|end| path.with_file_name(format!(".{name}.{end}")))
        };
        let temporary: Vec<PathBuf> =
            paths.iter().chain([&PathBuf::from("/etc/login.defs")]).flat_map(siblings).collect();
        let ours = |path: &PathBuf| {
            let text = path.to_string_lossy();
            text.ends_with("hostprep-patched")
                || text.ends_with("hostprep-original")
                || !OF_OTHERS.iter().any(|other| text.starts_with(other))
        };
        let mut all: Vec<PathBuf> = paths.into_iter().chain(temporary).filter(ours).collect();
        all.sort();
        all.dedup();
        all
    };
    std::thread::scope(|scope| scope.spawn(work).join().unwrap())
}

fn lead_astray(worker_root: &WorkerRoot, scenario: &Scenario, link: &Link) -> Tried {
    let before = worker_root.renew();
    let root = worker_root.root();
    let (bystander, target) = match link.to {
        To::DirectoryInside => (root.join(INSIDE.trim_start_matches('/')), PathBuf::from(INSIDE)),
        To::File | To::Directory => (worker_root.sibling("bystander"), worker_root.sibling("bystander")),
    };
    lay_bystander(&bystander, link.to == To::File);
    let path = root.join(link.path.strip_prefix("/").unwrap());
    let displaced = worker_root.sibling("displaced");
    let _ = fs::remove_dir_all(&displaced).or_else(|_| fs::remove_file(&displaced));
    let was_there = fs::rename(&path, &displaced).is_ok();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    symlink(target, &path).unwrap();

    let untouched = Snapshot::of(&bystander);
    let run = worker_root.run(scenario.command);
    let mut wrong = Vec::new();
    let difference = untouched.difference(&Snapshot::of(&bystander), Compare::Everything);
    wrong.extend(difference.lines().map(|line| format!("the bystander: {line}")));
    if run.code.is_none() || run.stderr.contains("panicked") {
        wrong.push(format!("it ended with {:?}: {}", run.code, run.stderr));
    }
    if path.symlink_metadata().is_ok_and(|found| found.is_symlink()) {
        fs::remove_file(&path).unwrap();
    }
    // A removal takes the link away, and the directory that is empty then.
    if was_there && path.symlink_metadata().is_err() && path.parent().is_some_and(Path::is_dir) {
        fs::rename(&displaced, &path).unwrap();
    }
    wrong.extend(Outcome::after_next(worker_root, scenario, &before).1);
    Tried { reached: true, amid: Vec::new(), wrong }
}

fn lay_bystander(bystander: &Path, is_file: bool) {
    let _ = fs::remove_dir_all(bystander);
    let _ = fs::remove_file(bystander);
    fs::create_dir_all(bystander.parent().unwrap()).unwrap();
    if is_file {
        fs::write(bystander, "{\"schema\":1}\n").unwrap();
        fs::set_permissions(bystander, fs::Permissions::from_mode(0o600)).unwrap();
    } else {
        fs::create_dir(bystander).unwrap();
        fs::write(bystander.join("file"), "a bystander\n").unwrap();
        fs::set_permissions(bystander, fs::Permissions::from_mode(0o700)).unwrap();
    }
}
