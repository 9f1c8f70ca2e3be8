//! Measures a raise and a list, by the number of existing events: `figures [DIRECTORY]`.
//!
//! The directory, by default the working directory, selects the disk. Files in it are removed again.
#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::path::PathBuf;
use std::time::Duration;

use faults::{
    DEFAULT_DIRECTORY, Event, EventContext, FaultId, Finding, Reason, Remedy, Report, Source, Store, StoreError,
};
use host::Root;
use host::process::clock::{Clock, SystemClock};
use tempfile::TempDir;

const TIMES: u64 = 41;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let place = std::env::args().nth(1).map_or_else(|| PathBuf::from("."), PathBuf::from);
    let mut measured = Vec::new();
    for count in [10, 1_000, 100_000] {
        let scratch = tempfile::tempdir_in(&place)?;
        // A root has an etc.
        let etc = tempfile::Builder::new().prefix("etc").rand_bytes(0).tempdir_in(scratch.path())?;
        let root = Root::alternate(scratch.path())?;
        fill(&root, count)?;
        measured.push(Measured { _held: (etc, scratch), root, count, list: vec![], raise: vec![], unchanged: vec![] });
    }
    // In turn, so that a disk that is busy for a while is busy for all of them.
    for _ in 0..TIMES {
        for store in &mut measured {
            store.measure()?;
        }
    }
    println!("{:>9}  {:>10}  {:>10}  {:>10}  {:>14}", "events", "list", "raise", "unchanged", "whole history");
    for store in &mut measured {
        println!("{}", store.line()?);
    }
    println!("medians of {TIMES}, the history once; raise is one raise or clear, with two files synced to disk");
    Ok(())
}

fn on() -> EventContext {
    EventContext { source: Source::Repair, boot_id: Some("0b0ff8d5-6a6e-4f3b-9d0a-5a1d4c3f2e11".into()) }
}

fn report() -> Report {
    Report {
        id: FaultId::SELINUX_POLICY,
        finding: Finding {
            reason: Reason::ToolsMissing,
            detail: "semodule is not installed".into(),
            remedy: vec![
                Remedy::run_in_root(["dnf", "install", "-y", "policycoreutils", "policycoreutils-python-utils"]),
                Remedy::hostprep(["repair"]),
            ],
        },
        severity: None,
    }
}

/// A store with `count` events: two made by the library, the others like them.
fn fill(root: &Root, count: u64) -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::at(root, DEFAULT_DIRECTORY);
    let mut writer = store.lock(&SystemClock, Duration::ZERO)?;
    writer.raise(&report(), &on())?;
    writer.clear(FaultId::SELINUX_POLICY, &on())?;
    drop(writer);
    let pattern: Vec<Event> = store.events()?.collect::<Result<_, _>>()?;
    let mut lines = Vec::new();
    for (seq, event) in (1..=count).zip(pattern.iter().cycle()) {
        serde_json::to_writer(&mut lines, &Event { seq, ..event.clone() })?;
        lines.push(b'\n');
    }
    root.replace(format!("{DEFAULT_DIRECTORY}/events.jsonl"), &lines, 0o644)?;
    // The next writer updates the state.
    drop(store.lock(&SystemClock, Duration::ZERO)?);
    assert_eq!(store.read()?.sequence, count);
    Ok(())
}

struct Measured {
    /// Removed in this order.
    _held: (TempDir, TempDir),
    root: Root,
    count: u64,
    list: Vec<Duration>,
    raise: Vec<Duration>,
    unchanged: Vec<Duration>,
}

impl Measured {
    fn measure(&mut self) -> Result<(), StoreError> {
        let store = Store::at(&self.root, DEFAULT_DIRECTORY);
        let (report, on) = (report(), on());
        self.list.push(timed(|| store.read().map(drop))?);
        let change = |raised| -> Result<(), StoreError> {
            let mut writer = store.lock(&SystemClock, Duration::ZERO)?;
            if raised { writer.raise(&report, &on) } else { writer.clear(report.id, &on) }.map(drop)
        };
        let is_raised = store.read()?.is_raised(report.id);
        self.raise.push(timed(|| change(!is_raised))?);
        self.unchanged.push(timed(|| change(!is_raised))?);
        Ok(())
    }

    fn line(&mut self) -> Result<String, StoreError> {
        let store = Store::at(&self.root, DEFAULT_DIRECTORY);
        let mut events = 0;
        let history = timed(|| {
            for event in store.events()? {
                event?;
                events += 1;
            }
            Ok(())
        })?;
        assert_eq!(events, self.count + TIMES);
        let [list, raise, unchanged] =
            [&mut self.list, &mut self.raise, &mut self.unchanged].map(|times| median(times));
        Ok(format!("{:>9}  {list:>10.1?}  {raise:>10.1?}  {unchanged:>10.1?}  {history:>14.1?}", self.count))
    }
}

fn timed(work: impl FnOnce() -> Result<(), StoreError>) -> Result<Duration, StoreError> {
    let start = SystemClock.monotonic();
    work()?;
    Ok(SystemClock.monotonic() - start)
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}
