//! Raises and clears a fault very often, then reads the whole history: `million [DIRECTORY [PAIRS [ROTATE-AT]]]`.
//!
//! The directory, by default the working directory, says on which disk; what is made in it is removed again. 1,000,000 pairs
//! unless said otherwise, and files of events of the usual size. Fails where anything is missing, doubled or out of order.
#![allow(clippy::print_stdout, reason = "its output is what it is for")]

use std::path::PathBuf;
use std::time::Duration;

use faults::{
    DEFAULT_DIRECTORY, EventContext, EventKind, FaultId, FaultUpdate, Finding, ROTATE_AT, Reason, Remedy, Report,
    Source, Store,
};
use host::Root;
use host::process::clock::{Clock, SystemClock};

type Error = Box<dyn std::error::Error>;

const FAULT: FaultId = FaultId::SELINUX_POLICY;

fn main() -> Result<(), Error> {
    let args: Vec<String> = std::env::args().collect();
    let place = args.get(1).map_or_else(|| PathBuf::from("."), PathBuf::from);
    let pairs = args.get(2).map_or(Ok(1_000_000), |pairs| pairs.parse())?;
    let rotate_at = args.get(3).map_or(Ok(ROTATE_AT), |bytes| bytes.parse())?;

    let scratch = tempfile::tempdir_in(&place)?;
    // A root has an etc. Removed before the directory that it is in.
    let _etc = tempfile::Builder::new().prefix("etc").rand_bytes(0).tempdir_in(scratch.path())?;
    let root = Root::alternate(scratch.path())?;
    let store = Store::at(&root, DEFAULT_DIRECTORY).rotating_at(rotate_at);
    store.apply(&[FaultUpdate::Clear(FAULT)], &on(), &SystemClock, Duration::ZERO)?;

    let before = peak_memory()?;
    let start = SystemClock.monotonic();
    let Slowest { usual, closing } = write(&root, &store, pairs)?;
    let written = SystemClock.monotonic() - start;
    let after_writing = peak_memory()?;
    let per_second = 2.0 * f64::from(u32::try_from(pairs)?) / written.as_secs_f64();
    println!("{pairs} pairs in {written:.1?}: {:.0} pairs, {per_second:.0} changes a second", per_second / 2.0);
    println!("slowest change: {usual:.1?}; changes that closed and packed a file: {}", spread(closing));

    let start = SystemClock.monotonic();
    read(&store, pairs)?;
    let took = SystemClock.monotonic() - start;
    println!("history: {} events, gapless and alternating, read in {took:.1?}", 2 * pairs);
    let start = SystemClock.monotonic();
    let newest = store.events_after(2 * pairs - pairs.min(10))?.count();
    println!("the newest {newest}: {:.1?}", SystemClock.monotonic() - start);
    println!("peak memory: {before} kB before, {after_writing} kB after writing, {} kB after reading", peak_memory()?);
    sizes(&root)
}

fn on() -> EventContext {
    EventContext { source: Source::Repair, boot_id: Some("0b0ff8d5-6a6e-4f3b-9d0a-5a1d4c3f2e11".into()) }
}

/// The longest times of each kind of change.
struct Slowest {
    /// The slowest of those that closed no file.
    usual: Duration,
    /// Each of those that did.
    closing: Vec<Duration>,
}

/// One call a change, as programs make them.
fn write(root: &Root, store: &Store<'_>, pairs: u64) -> Result<Slowest, Error> {
    let (on, mut slowest) = (on(), Slowest { usual: Duration::ZERO, closing: Vec::new() });
    let mut file = None;
    for pair in 1..=pairs {
        let raised = FaultUpdate::Raise(Report {
            id: FAULT,
            finding: Finding {
                reason: Reason::ToolsMissing,
                detail: format!("semodule is not installed ({pair})"),
                remedy: vec![
                    Remedy::run_in_root(["dnf", "install", "-y", "policycoreutils", "policycoreutils-python-utils"]),
                    Remedy::hostprep(["repair"]),
                ],
            },
            severity: None,
        });
        for wanted in [raised, FaultUpdate::Clear(FAULT)] {
            let start = SystemClock.monotonic();
            store.apply(&[wanted], &on, &SystemClock, Duration::from_secs(10))?;
            let took = SystemClock.monotonic() - start;
            let now = root.stat(format!("{DEFAULT_DIRECTORY}/events.jsonl"))?.map(|found| found.st_ino);
            if file.replace(now).is_some_and(|before| before != now) {
                slowest.closing.push(took);
            } else {
                slowest.usual = slowest.usual.max(took);
            }
        }
    }
    Ok(slowest)
}

fn spread(mut times: Vec<Duration>) -> String {
    times.sort();
    match (times.get(times.len() / 2), times.last()) {
        (Some(median), Some(last)) => format!("{} of them, median {median:.1?}, slowest {last:.1?}", times.len()),
        _ => "none".into(),
    }
}

/// The history is exactly what was done.
fn read(store: &Store<'_>, pairs: u64) -> Result<(), Error> {
    let mut count = 0_u64;
    for event in store.events()? {
        let event = event?;
        count += 1;
        let kind = if count % 2 == 1 { EventKind::Raised } else { EventKind::Cleared };
        let detail = format!("semodule is not installed ({})", count.div_ceil(2));
        if (event.seq, event.event, event.fault, event.finding.detail) != (count, kind, FAULT, detail) {
            return Err(format!("event {count} is number {}, {}", event.seq, event.event.as_str()).into());
        }
    }
    let snapshot = store.read()?;
    if count != 2 * pairs || snapshot.sequence != count || !snapshot.faults.is_empty() {
        return Err(format!("{count} events, {} known, of {pairs} pairs", snapshot.sequence).into());
    }
    Ok(())
}

/// The most memory that this process ever had, in kB.
fn peak_memory() -> Result<u64, Error> {
    let status = Root::system()?.read_text("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM in /proc/self/status")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

fn sizes(root: &Root) -> Result<(), Error> {
    let dir = root.dir(DEFAULT_DIRECTORY)?;
    let (mut segments, mut packed, mut plain) = (0, 0, 0);
    for name in dir.names()? {
        let size = dir.stat(&name)?.map_or(0, |found| found.st_size);
        match name.to_str() {
            Some(name) if name.ends_with(".jsonl.gz") => (segments, packed) = (segments + 1, packed + size),
            Some(name) if name.ends_with(".jsonl") => plain += size,
            _ => {}
        }
    }
    println!("{segments} packed segments of {packed} bytes together, {plain} bytes plain");
    Ok(())
}
