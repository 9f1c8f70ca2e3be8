//! One signal at one system call, and all that must be so then.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use nix::sys::signal::Signal;
use serde_json::Value;

use super::points::Point;
use super::work::Work;
use crate::program::Run;
use crate::scratch::ScratchRoot;
use crate::setup;
use crate::snapshot::{Compare, Snapshot};

/// Differ in every run: the log, and times in the store, which has its own check.
const NOT_COMPARED: [&str; 3] = ["/var/log/cisco", "/var/lib/cisco/faults", "/var/lib/cisco/hostprep/last-run.json"];

/// When `login.defs` was last read.
fn accessed(root: &ScratchRoot) -> Option<(i64, i64)> {
    std::fs::metadata(root.at("/etc/login.defs")).ok().map(|found| (found.atime(), found.atime_nsec()))
}

/// The end of a run that got a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    /// It never came to that call.
    NotReached,
    /// Killed by the signal, with nothing changed.
    Died,
    /// Ended with an error that names the signal.
    Interrupted,
    /// Finished as without a signal.
    Finished,
}

/// The result of an undisturbed run.
#[derive(Debug)]
pub struct Undisturbed {
    work: Work,
    code: Option<i32>,
    tree: Snapshot,
    names: BTreeSet<PathBuf>,
    history: Vec<String>,
}

impl Undisturbed {
    /// Does the work, undisturbed.
    #[must_use]
    pub fn of(work: Work) -> Self {
        let (root, login_defs) = work.root();
        let mut names = names(&root);
        let run = work.run(&root);
        assert_eq!(login_defs.difference(&root), "", "{}: {run:?}", work.name);
        assert_eq!(work.run(&root).code, run.code, "{}: the second time", work.name);
        names.extend(self::names(&root));
        names.retain(|name| !name.to_string_lossy().contains("hostprep"));
        let history = history(&root).unwrap();
        Self { work, code: run.code, tree: tree(&root), names, history }
    }

    /// Sends `signal` at `point`.
    ///
    /// # Errors
    /// What is wrong, one line each.
    pub fn disturb(&self, signal: Signal, point: &Point) -> Result<Ended, String> {
        let Point { call, when, .. } = point;
        let (root, login_defs) = self.work.root();
        let before = root.snapshot();
        // What was just read is not marked as read again, unless it was changed since.
        let read = accessed(&root).filter(|_| login_defs.difference(&root).is_empty());
        let place = setup::open_tempdir();
        let trace = place.path().join("trace");
        let name = signal.as_str().trim_start_matches("SIG");
        let inject = ["-e", &format!("trace={call}"), "-e", &format!("inject={call}:signal={name}:when={when}")];
        let run = Run::of(&mut self.work.traced(&root, &inject, &trace));
        let delivered = String::from_utf8_lossy(&std::fs::read(&trace).unwrap()).contains(&format!("--- {signal} "));

        let mut wrong = String::new();
        let ended = self.ending(&run, signal, delivered).unwrap_or_else(|problem| {
            let _ = writeln!(wrong, "{problem}");
            Ended::Finished
        });
        match ended {
            // Before there is a handler; nothing was done until then.
            Ended::Died => wrong += &before.difference(&root.snapshot(), Compare::Everything),
            _ => {
                if read.is_some() && accessed(&root) != read {
                    let _ = writeln!(wrong, "login.defs: accessed {read:?} → {:?}", accessed(&root));
                }
                wrong += &login_defs.difference(&root);
                for name in names(&root).difference(&self.names) {
                    let _ = writeln!(wrong, "left: {}", name.display());
                }
            }
        }
        if let Err(problem) = history(&root) {
            let _ = writeln!(wrong, "the fault store: {problem}");
        }

        let next = self.work.run(&root);
        if next.code != self.code {
            let _ = writeln!(wrong, "the next run: {next:?}");
        }
        wrong += &login_defs.difference(&root);
        wrong += &self.tree.difference(&tree(&root), Compare::SameTree);
        match history(&root) {
            // What an interrupted hook left undone was a fault until the next run.
            Ok(mut history) if ended == Ended::Interrupted && self.work.words[0] == "hook" => {
                history.retain(|event| !event.ends_with(" 5"));
                if history != self.history {
                    let _ = writeln!(wrong, "events {history:?} instead of {:?}", self.history);
                }
            }
            Ok(history) if history == self.history => {}
            other => {
                let _ = writeln!(wrong, "events {other:?} instead of {:?}", self.history);
            }
        }
        if wrong.is_empty() { Ok(ended) } else { Err(format!("{wrong}{run:?}")) }
    }

    fn ending(&self, run: &Run, signal: Signal, delivered: bool) -> Result<Ended, String> {
        let said = run.stderr.lines().count();
        match run.code {
            code if code == self.code && !delivered => Ok(Ended::NotReached),
            // As in `timeout(1)`: killed by that signal, or an exit status of 128 + signal.
            None if delivered => Ok(Ended::Died),
            Some(code) if code == 128 + signal as i32 && delivered => Ok(Ended::Died),
            Some(code @ (0 | 1)) if run.stderr.contains("interrupted") && delivered && signal != Signal::SIGPIPE => {
                let hook = self.work.words[0] == "hook";
                match (code, hook) {
                    (0, true) | (1, false) if said <= 2 => Ok(Ended::Interrupted),
                    _ => Err("exit status or message of the interrupted are odd".to_owned()),
                }
            }
            code if code == self.code => Ok(Ended::Finished),
            code => Err(format!("exit status {code:?} instead of {:?}", self.code)),
        }
    }
}

fn tree(root: &ScratchRoot) -> Snapshot {
    root.snapshot().without(&NOT_COMPARED)
}

/// Returns the names in the directories of `login.defs` and of its record.
fn names(root: &ScratchRoot) -> BTreeSet<PathBuf> {
    let mut names = BTreeSet::new();
    for dir in ["/etc", "/var/lib/cisco/hostprep"] {
        if let Ok(entries) = std::fs::read_dir(root.at(dir)) {
            names.extend(entries.map(|entry| PathBuf::from(dir).join(entry.unwrap().file_name())));
        }
    }
    for name in ["journal.json", "last-run.json"] {
        names.remove(&PathBuf::from("/var/lib/cisco/hostprep").join(name));
    }
    names
}

/// Each event as `raised 11`; their numbers are without a gap.
fn history(root: &ScratchRoot) -> Result<Vec<String>, String> {
    let run = root.hostprep(&["faults", "history", "--format", "json"]);
    if run.code != Some(0) {
        return Err(format!("{run:?}"));
    }
    let mut events = Vec::new();
    for (line, number) in run.stdout.lines().zip(1..) {
        let event: Value = serde_json::from_str(line).map_err(|e| format!("{e}: {line}"))?;
        if event["seq"] != number {
            return Err(format!("a gap or a double at {number}: {}", run.stdout));
        }
        events.push(format!("{} {}", event["event"].as_str().unwrap_or("?"), event["fault"]));
    }
    Ok(events)
}
