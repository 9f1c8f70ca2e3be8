//! An agent that supervises its scan process: three crashes raise fault 6, the agent restarts, and two quiet seconds
//! clear it. The store is in a temporary directory. Takes about three seconds:
//!
//! ```sh
//! cargo run --package hostprep-faults-runtime --example supervisor
//! ```
#![allow(clippy::print_stdout, reason = "an example says what it does")]
#![allow(
    clippy::disallowed_methods,
    reason = "an agent starts processes of its own, and this one makes a scratch root"
)]

use std::error::Error;
use std::fs;
use std::process::{Child, Command};
use std::time::Duration;

use faults::{DEFAULT_DIRECTORY, FaultUpdate, Store};
use faults_runtime::{End, Outbox, RestartSettings, Restarts, ScanFailure};
use host::Root;
use host::process::clock::{Clock, SystemClock};

/// The interval at which the agent checks its scan process and calls the rule's `tick`.
const TICK: Duration = Duration::from_millis(50);

/// The longest wait for the lock of the store.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

fn main() -> Result<(), Box<dyn Error>> {
    let scratch = tempfile::tempdir()?;
    // A root needs /etc. On a host, use Root::system().
    fs::create_dir(scratch.path().join("etc"))?;
    let root = Root::alternate(scratch.path())?;
    let store = Store::at(&root, DEFAULT_DIRECTORY);

    for run in 1.. {
        println!("agent: start {run}");
        // The scan process crashes until the agent has restarted.
        let scan = if run == 1 { "ulimit -c 0; kill -SEGV $$" } else { "exec sleep 60" };
        if supervise(&store, scan)? == Outcome::Recovered {
            break;
        }
    }

    println!("events:");
    for event in store.events()? {
        let event = event?;
        println!("  {} fault {} {}: {}", event.seq, event.fault, event.event.as_str(), event.finding.reason);
    }
    println!("faults raised now: {}", store.read()?.faults.len());
    Ok(())
}

#[derive(PartialEq, Eq)]
enum Outcome {
    /// The agent is to restart itself.
    Restart,
    /// The fault is cleared.
    Recovered,
}

/// One process of the agent. A real agent never returns `Recovered`, but continues to supervise.
fn supervise(store: &Store<'_>, scan: &str) -> Result<Outcome, Box<dyn Error>> {
    let clock = SystemClock;
    // The defaults are ten minutes each.
    let quiet = Duration::from_secs(2);
    let settings = RestartSettings { quiet, ..RestartSettings::default() };
    let mut restarts = Restarts::resume(settings, &store.read()?, clock.monotonic())?;
    let mut outbox = Outbox::new(None);
    let mut child = start(scan)?;
    loop {
        clock.sleep(TICK);
        if let Some(status) = child.try_wait()? {
            let end = End::from(status);
            println!("scan process: {end}");
            let failure = ScanFailure { end, file: Some("/srv/in.zip".into()) };
            let decision = restarts.failed(&failure, clock.monotonic());
            tell(&mut outbox, decision.tell, store)?;
            if decision.restart {
                println!("agent: restarts itself");
                return Ok(Outcome::Restart);
            }
            child = start(scan)?;
        }
        if let Some(wanted) = restarts.tick(clock.monotonic()) {
            tell(&mut outbox, [wanted], store)?;
            child.kill()?;
            child.wait()?;
            return Ok(Outcome::Recovered);
        }
    }
}

fn start(scan: &str) -> std::io::Result<Child> {
    Command::new("sh").args(["-c", scan]).spawn()
}

/// Writes decisions to the store. An agent does not exit if that fails: it calls `Outbox::tell` again with the next tick.
fn tell(
    outbox: &mut Outbox,
    decisions: impl IntoIterator<Item = FaultUpdate>,
    store: &Store<'_>,
) -> Result<(), Box<dyn Error>> {
    let decisions: Vec<FaultUpdate> = decisions.into_iter().collect();
    for decision in &decisions {
        match decision {
            FaultUpdate::Raise(report) => println!("raise fault {}: {}", report.id, report.finding.detail),
            FaultUpdate::Clear(id) => println!("clear fault {id}"),
        }
    }
    let changes = outbox.tell(decisions, store, &SystemClock, LOCK_TIMEOUT)?;
    changes.iter().for_each(|change| println!("store: {}", change.as_str()));
    Ok(())
}
