//! Checks of a root after the program was disturbed in it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde_json::Value;

use super::login_defs::LoginDefs;
use super::scenario::Scenario;
use super::tracee::Ended;
use super::worker_root::WorkerRoot;
use crate::Snapshot;
use crate::snapshot::Compare;

const FAULTS: &str = "var/lib/cisco/faults";
const STATE: &str = "var/lib/cisco/hostprep";
const STORES: &str = "var/lib/selinux";

/// Not compared, or compared in another way: the log, the locks, and what has times in it.
const NOT_COMPARED: [&str; 8] = [
    "/var/log",
    "/etc/.pwd.lock",
    "/run/cisco",
    "/etc/shadow",
    "/var/lib/cisco/faults",
    "/var/lib/cisco/hostprep/journal.json",
    "/var/lib/cisco/hostprep/last-run.json",
    "/var/lib/cisco/hostprep/load-lock.lock",
];

/// What the disturbed program was doing, judged by what it left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Amid {
    /// The login.defs window was open.
    Window,
    /// The fault store was being written.
    FaultStore,
    /// It was writing the receipt, or the receipt lists something that was about to be created.
    Journal,
    /// A transaction of the policy store was on its way.
    PolicyStore,
}

impl Amid {
    /// All that `root` shows.
    #[must_use]
    pub fn of(root: &Path, before: &LoginDefs) -> Vec<Self> {
        let there = |path: &str| root.join(path).symlink_metadata().is_ok();
        let mut amid = Vec::new();
        if there(&format!("{STATE}/login-defs-window.json")) || LoginDefs::of(root) != *before {
            amid.push(Self::Window);
        }
        let events = fs::read_to_string(root.join(FAULTS).join("events.jsonl")).unwrap_or_default();
        let state = fs::read_to_string(root.join(FAULTS).join("faults.json")).unwrap_or_default();
        let last = events.lines().rev().find_map(|line| serde_json::from_str::<Value>(line).ok());
        let last = last.map_or(0, |event| event["seq"].as_u64().unwrap_or(0));
        let known = serde_json::from_str::<Value>(&state).map_or(0, |state| state["sequence"].as_u64().unwrap_or(0));
        let torn = !events.is_empty() && !events.ends_with('\n');
        if torn || last != known || there(&format!("{FAULTS}/.faults.json.hostprep-new")) {
            amid.push(Self::FaultStore);
        }
        let journal = fs::read_to_string(root.join(STATE).join("journal.json")).unwrap_or_default();
        let certain = |entry: &Value| {
            let kind = entry["kind"].as_str().unwrap_or("");
            !(kind == "user" && entry["uid"].is_null() || kind == "group" && entry["gid"].is_null())
        };
        let journal: Value = serde_json::from_str(&journal).unwrap_or_default();
        let uncertain = journal["made"].as_array().is_some_and(|made| !made.iter().all(certain));
        if uncertain || there(&format!("{STATE}/.journal.json.hostprep-new")) {
            amid.push(Self::Journal);
        }
        if there(&format!("{STORES}/small/tmp")) || there(&format!("{STORES}/small/previous")) {
            amid.push(Self::PolicyStore);
        }
        amid
    }

    /// For a report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Window => "login.defs window",
            Self::FaultStore => "fault store",
            Self::Journal => "journal",
            Self::PolicyStore => "policy store",
        }
    }
}

/// Checks what must hold at any moment, even before the next run.
#[must_use]
pub fn at_once(root: &Path, before: &LoginDefs, may_be_torn: bool) -> Vec<String> {
    let mut wrong = if may_be_torn { Vec::new() } else { LoginDefs::of(root).torn(before) };
    wrong.extend(writable_by_others(root));
    wrong
}

/// Returns what is wrong with the end of a command that was not killed itself: it hung, panicked, or ended with an undocumented
/// status or without one clear error. `speechless` means that it could not print anything.
#[must_use]
pub fn end(scenario: &Scenario, ended: &Ended, speechless: bool) -> Option<String> {
    let is_hook = scenario.command[0] == "hook";
    let errors = ended.said.lines().filter(|line| line.starts_with("hostprep: ")).count();
    let good = !ended.hung
        && !ended.said.contains("panicked")
        && match ended.code {
            Some(0) => true,
            Some(3 | 4) => !is_hook,
            Some(1) => !is_hook && (speechless || (1..=2).contains(&errors)),
            // The root directory itself could not be opened.
            Some(2) => ended.said.starts_with("hostprep: --root "),
            // The dynamic linker could not load a library.
            Some(127) => ended.said.contains("loading shared libraries"),
            _ => false,
        };
    (!good).then(|| format!("it ended with {:?}, hung: {}, and said: {}", ended.code, ended.hung, ended.said))
}

/// Names that others may write to.
fn writable_by_others(root: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut todo = vec![root.to_owned()];
    while let Some(path) = todo.pop() {
        let Ok(found) = path.symlink_metadata() else { continue };
        if !found.is_symlink() && found.mode() & 0o022 != 0 {
            wrong.push(format!("{} has mode {:o}", path.display(), found.mode() & 0o7777));
        }
        if found.is_dir() {
            todo.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    wrong
}

/// The whole outcome of the command and the one after it.
pub struct Outcome {
    tree: Snapshot,
    /// Names and passwords, without the ages of these: a line that usermod adds says otherwise that it never grows old.
    shadow: Vec<String>,
    journal: Vec<String>,
    store: Store,
    code: Option<i32>,
}

/// How the events of the disturbed run may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Events {
    /// They are those of the undisturbed run.
    Same,
    /// Additional faults may have been raised and cleared.
    MayHaveMore,
}

impl Outcome {
    /// Runs the next command of `scenario`. Returns the outcome, and what is wrong in any case.
    #[must_use]
    pub fn after_next(worker_root: &WorkerRoot, scenario: &Scenario, before: &LoginDefs) -> (Self, Vec<String>) {
        let root = worker_root.root();
        let next = worker_root.run(scenario.next);
        let mut wrong = Vec::new();
        if next.stderr.contains("panicked") || next.code.is_none() {
            wrong.push(format!("the next command ended with {:?}: {}", next.code, next.stderr));
        }
        wrong.extend(LoginDefs::of(&root).difference(before));
        wrong.extend(writable_by_others(&root));
        let store = match Store::of(&root) {
            Ok(store) => store,
            Err(problem) => {
                wrong.push(problem);
                Store::default()
            }
        };
        let tree = Snapshot::of(&root).without(&NOT_COMPARED).without_matching(is_of_a_tool);
        (Self { tree, shadow: shadow(&root), journal: journal(&root), store, code: next.code }, wrong)
    }

    /// Returns how `other` differs from this.
    #[must_use]
    pub fn difference(&self, other: &Self, events: Events) -> Vec<String> {
        let mut lines: Vec<String> =
            self.tree.difference(&other.tree, Compare::SameTree).lines().map(str::to_owned).collect();
        let only = |one: &[String], other: &[String]| -> Vec<String> {
            one.iter().filter(|line| !other.contains(line)).cloned().collect()
        };
        let (gone, new) = (only(&self.shadow, &other.shadow), only(&other.shadow, &self.shadow));
        if self.shadow != other.shadow {
            lines.push(format!("/etc/shadow: gone {gone:?}, new {new:?}"));
        }
        if self.journal != other.journal {
            lines.push(format!("journal {:?} → {:?}", self.journal, other.journal));
        }
        let same = match events {
            Events::Same => self.store == other.store,
            Events::MayHaveMore => {
                self.store.raised == other.store.raised
                    && self.store.events.iter().all(|event| other.store.events.contains(event))
            }
        };
        if !same {
            lines.push(format!("faults {:?} → {:?}", self.store, other.store));
        }
        if self.code != other.code {
            lines.push(format!("the next command's exit status {:?} → {:?}", self.code, other.code));
        }
        lines
    }
}

/// Files that the system's own tools keep for themselves, and leave behind where they are killed.
fn is_of_a_tool(path: &Path) -> bool {
    let path = path.to_string_lossy();
    let of_shadow = |name: &str| {
        let files = ["passwd", "group", "shadow", "gshadow", "subuid", "subgid"];
        files.iter().any(|file| {
            name.strip_prefix(file).is_some_and(|rest| {
                let number = rest.strip_prefix('.').unwrap_or("x");
                matches!(rest, "-" | "+" | ".lock" | "-+") || number.bytes().all(|byte| byte.is_ascii_digit())
            })
        })
    };
    path.strip_prefix("etc/").is_some_and(of_shadow)
        || path.ends_with("/active/commit_num")
        || path.ends_with("/semanage.trans.LOCK")
        || path.ends_with("/semanage.read.LOCK")
}

fn shadow(root: &Path) -> Vec<String> {
    let text = fs::read_to_string(root.join("etc/shadow")).unwrap();
    let mut lines: Vec<_> =
        text.lines().map(|line| line.splitn(3, ':').take(2).collect::<Vec<_>>().join(":")).collect();
    lines.sort();
    lines
}

/// The entries of the journal, in no order: that of things which are made again is another.
fn journal(root: &Path) -> Vec<String> {
    let Ok(text) = fs::read_to_string(root.join(STATE).join("journal.json")) else { return Vec::new() };
    let journal: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("journal.json: {e}: {text}"));
    let mut made: Vec<String> = journal["made"].as_array().into_iter().flatten().map(Value::to_string).collect();
    made.sort();
    made
}

/// A fault store that is whole.
#[derive(Debug, Default, PartialEq, Eq)]
struct Store {
    /// Each event, but its number and its time.
    events: Vec<String>,
    /// The raised faults.
    raised: Vec<u64>,
}

impl Store {
    /// The store, where it is whole: numbers without a gap, each fault raised and cleared in turn, and the state what they
    /// come to.
    fn of(root: &Path) -> Result<Self, String> {
        let dir = root.join(FAULTS);
        let Some(text) = read_if_there(&dir.join("events.jsonl"))? else {
            let is_empty = !dir.join("faults.json").exists();
            return is_empty.then(Self::default).ok_or_else(|| "faults.json without events.jsonl".into());
        };
        let mut is_raised = BTreeMap::new();
        let mut events = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let mut event: Value = serde_json::from_str(line).map_err(|e| format!("events.jsonl: {e}: {line:?}"))?;
            if event["seq"] != index + 1 {
                return Err(format!("event {} has number {}", index + 1, event["seq"]));
            }
            let fault = event["fault"].as_u64().unwrap_or(0);
            let kind = event["event"].as_str().unwrap_or("").to_owned();
            if is_raised.get(&fault).copied().unwrap_or(false) == (kind == "raised") {
                return Err(format!("event {}: fault {fault} {kind}, which it was", index + 1));
            }
            is_raised.insert(fault, kind != "cleared");
            let fields = event.as_object_mut().ok_or("an event is not an object")?;
            fields.retain(|name, _| !["seq", "time"].contains(&name.as_str()));
            events.push(event.to_string());
        }
        let Some(state) = read_if_there(&dir.join("faults.json"))? else { return Err("no faults.json".into()) };
        let state: Value = serde_json::from_str(&state).map_err(|e| format!("faults.json: {e}"))?;
        let listed: Vec<u64> =
            state["faults"].as_array().into_iter().flatten().filter_map(|fault| fault["id"].as_u64()).collect();
        let raised: Vec<u64> = is_raised.into_iter().filter_map(|(fault, is)| is.then_some(fault)).collect();
        if listed != raised || state["sequence"] != events.len() {
            let number = &state["sequence"];
            return Err(format!("faults.json has {listed:?} of {number}, the events {raised:?} of {}", events.len()));
        }
        Ok(Self { events, raised })
    }
}

fn read_if_there(path: &Path) -> Result<Option<String>, String> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(format!("{}: {e}", path.display())),
    }
}

/// Runs the undisturbed commands twice. Differences between the runs are not compared later.
#[must_use]
pub fn undisturbed(worker_root: &WorkerRoot, scenario: &Scenario) -> Outcome {
    let twice: Vec<Outcome> = (0..2)
        .map(|_| {
            let before = worker_root.renew();
            let run = worker_root.run(scenario.command);
            assert!(matches!(run.code, Some(0 | 3 | 4)), "{}: {run:?}", scenario.name);
            let (outcome, wrong) = Outcome::after_next(worker_root, scenario, &before);
            assert!(wrong.is_empty(), "{}, undisturbed: {wrong:#?}", scenario.name);
            outcome
        })
        .collect();
    let difference = twice[0].difference(&twice[1], Events::Same);
    assert!(difference.is_empty(), "{}, twice undisturbed: {difference:#?}", scenario.name);
    twice.into_iter().next().unwrap()
}
