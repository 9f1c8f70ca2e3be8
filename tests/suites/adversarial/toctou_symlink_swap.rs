//! Directories that another process swaps for symbolic links during a run: as fast as possible, and at each step.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use harness::{Run, ScratchRoot, program};
use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};
use tempfile::TempDir;

use crate::bystander_file::BystanderFile;
use crate::paused_at_syscall::Stopped;
use crate::planted_entry::outside_dir;
use crate::postconditions::{expect_nothing_left, sick};
use crate::run::{decent, decent_within, limited, words};

/// A directory of hostprep, and a link next to it that is exchanged with it.
struct Swap {
    ours: PathBuf,
    link: PathBuf,
    bystander: BystanderFile,
    _outside: TempDir,
}

/// The link's target looks like one of our directories, with modes that we would change and names that we would write.
const BAIT: &[&str] = &[
    "amp/",
    "amp/bin/",
    "hostprep/",
    "hostprep/policy/",
    "hostprep/policy/cisco-secure-bpf.te",
    "hostprep/load-lock.json",
    "faults/",
    "faults/events.jsonl",
    "faults/faults.lock",
    "hostprep.lock",
    "hostprep.log",
    "bin/",
    "events.jsonl",
    "faults.lock",
];

impl Swap {
    fn of(root: &ScratchRoot, ours: &str) -> Self {
        let outside = outside_dir(root);
        let bystander_at = outside.path().join("bystander");
        let bystander = BystanderFile::directory(&bystander_at, BAIT);
        root.dir(ours, 0o755);
        let link = root.at(&format!("{ours}.swapped"));
        symlink(&bystander_at, &link).unwrap();
        Self { ours: root.at(ours), link, bystander, _outside: outside }
    }

    fn exchange(&self) {
        // Ours may not be there for a moment: it is being made, or removed.
        let _ = renameat2(AT_FDCWD, &self.ours, AT_FDCWD, &self.link, RenameFlags::RENAME_EXCHANGE);
    }

    /// Puts everything back where it belongs.
    fn end(&self) {
        if fs::symlink_metadata(&self.ours).is_ok_and(|found| found.is_symlink()) {
            if fs::symlink_metadata(&self.link).is_ok() {
                self.exchange();
            } else {
                fs::rename(&self.ours, &self.link).unwrap();
            }
        }
        if fs::symlink_metadata(&self.link).is_ok_and(|found| found.is_symlink()) {
            fs::remove_file(&self.link).unwrap();
        }
    }
}

fn host() -> ScratchRoot {
    let root = sick();
    root.dir("/opt/cisco", 0o700).dir("/opt/cisco/amp", 0o700).dir("/opt/cisco/amp/bin", 0o777);
    root
}

/// Runs `args` repeatedly while a thread exchanges `ours` with a link.
fn raced(ours: &str, rounds: usize, deeds: &[&[&str]], spoiled: bool) {
    if !harness::need_root() {
        return; // The bystander's group is root's alone to give.
    }
    let root = host();
    let swap = Swap::of(&root, ours);
    let (stop, exchanges) = (AtomicBool::new(false), AtomicUsize::new(0));
    let mut codes = Vec::new();
    std::thread::scope(|scope| {
        let racer = scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                swap.exchange();
                exchanges.fetch_add(1, Ordering::Relaxed);
            }
        });
        let runs = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for round in 0..rounds {
                if spoiled {
                    spoil(&root, ours);
                }
                for args in deeds {
                    let mut run = Run::of(limited(program::binary()).args(words(&root, args)));
                    if args[0] == "hook" {
                        run.stderr.clear();
                    }
                    codes.push(decent_within(most_lines(args), run, &format!("{args:?}, round {round}")).code);
                    swap.bystander.expect_untouched(&format!("{args:?}, round {round}"));
                }
            }
        }));
        stop.store(true, Ordering::Relaxed);
        racer.join().unwrap();
        if let Err(panic) = runs {
            std::panic::resume_unwind(panic);
        }
    });
    assert!(exchanges.load(Ordering::Relaxed) > rounds * 10, "it was hardly exchanged");
    swap.end();
    if spoiled {
        spoil(&root, ours);
    }
    let repaired = crate::run::on(&root, &["repair"]);
    assert_eq!(repaired.code, Some(3), "fault 11 stays: {repaired:?}");
    swap.bystander.expect_untouched("the end");
    expect_nothing_left(&root, ours);
}

/// Returns how many lines a run may print on standard error. A removal continues after a failure and prints one line for each
/// of receipt, load lock and fault store: the same path can fail in three ways while it is exchanged.
fn most_lines(args: &[&str]) -> usize {
    if args[0] == "remove" { 3 } else { 2 }
}

/// Something to do for the next round, wherever the directory is just now.
fn spoil(root: &ScratchRoot, ours: &str) {
    use std::os::unix::fs::PermissionsExt;
    for path in [ours.to_owned(), format!("{ours}.swapped")] {
        // It may be the link by now; the test must not touch the bystander either.
        let flags = nix::fcntl::OFlag::O_DIRECTORY | nix::fcntl::OFlag::O_NOFOLLOW;
        if let Ok(dir) = nix::fcntl::open(&root.at(&path), flags, nix::sys::stat::Mode::empty()) {
            let _ = fs::File::from(dir).set_permissions(fs::Permissions::from_mode(0o700));
        }
    }
}

#[test]
fn the_managed_directory_while_it_is_repaired() {
    raced("/opt/cisco", 150, &[DIRECTORIES], true);
}

#[test]
fn a_directory_below_it() {
    raced("/opt/cisco/amp", 100, &[DIRECTORIES], true);
}

#[test]
fn the_directories_of_state_and_store() {
    let raise: &[&str] = &["faults", "raise", "18", "--reason", "raced"];
    let clear: &[&str] = &["faults", "clear", "18"];
    raced("/var/lib/cisco", 60, &[raise, clear, &["load-lock", "reset"]], false);
    raced("/var/lib/cisco/faults", 60, &[raise, clear], false);
    raced("/var/log/cisco", 20, &[raise, clear], false);
}

#[test]
fn all_of_a_hook_and_a_removal() {
    let hook: &[&str] = &["hook", "rpm", "posttrans", "1"];
    for ours in ["/opt/cisco", "/var/lib/cisco", "/run/cisco"] {
        raced(ours, 8, &[hook, &["repair"], &["remove"]], false);
    }
}

/// Stops a run at each directory or file that it opens, one after the other, and exchanges `ours` with a link there.
fn exchanged_at_each_opening(ours: &str, args: &[&str], without_openat2: bool) {
    if !harness::need_root() {
        return; // As above.
    }
    let mut number = 0;
    let mut reached = 0;
    loop {
        number += 1;
        let root = host();
        let swap = Swap::of(&root, ours);
        spoil(&root, ours);
        let stop = |call: &str| format!("{call}:signal=STOP:when={number}");
        let inject = if without_openat2 {
            vec!["openat2:error=ENOSYS".to_owned(), stop("openat")]
        } else {
            vec![stop("openat2")]
        };
        let Some(stopped) = Stopped::at(&root, args, &inject) else { break };
        let what = format!("{args:?}, {ours} at opening {number}");
        swap.exchange();
        reached += 1;
        decent(stopped.go_on(), &what);
        swap.bystander.expect_untouched(&what);
        swap.end();
        let done = crate::run::on(&root, args);
        assert_ne!(done.code, Some(1), "{what}: {done:?}");
        swap.bystander.expect_untouched(&what);
    }
    assert!(reached > 15, "{ours}: only {reached} openings");
}

const DIRECTORIES: &[&str] = &["repair", "--only", "directories"];
const RAISE: &[&str] = &["faults", "raise", "18"];

#[test]
fn the_managed_directory_at_each_step() {
    exchanged_at_each_opening("/opt/cisco", DIRECTORIES, false);
}

#[test]
fn the_state_at_each_step() {
    exchanged_at_each_opening("/var/lib/cisco", RAISE, false);
}

#[test]
fn the_state_at_each_step_without_openat2() {
    exchanged_at_each_opening("/var/lib/cisco", RAISE, true);
}
