//! `status`: the raised faults in the forms that others take.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use faults::{Fault, Severity, Snapshot};
use host::Root;
use host::fs::InRoot;
use installer::engine::fault_updates::store;
use installer::load_lock;
use installer::report::{exit, metrics};
use serde::Serialize;

use super::args::{Global, Status, StatusFormat};
use super::invocation::{Invocation, Privilege, with};
use super::of_root::OfRoot;
use super::output::{Outcome, print};

/// The mode of a new file. Monitoring reads it as another user.
const MODE: u32 = 0o644;

pub fn run(global: &Global, args: &Status) -> Outcome {
    with(global, Privilege::ReadOnly, None, |invocation| {
        let snapshot = store(&invocation.cx).read()?;
        let text = match args.format {
            StatusFormat::Text => faults::status::render(&snapshot, &invocation.texts),
            StatusFormat::Json => json(invocation, &snapshot)?,
            StatusFormat::Prometheus => metrics::render(&snapshot, load_lock::keeps_out(&invocation.cx))?,
        };
        if let Some(file) = &args.output {
            replace(file, &text)?;
            return Ok(exit::WELL);
        }
        print(&text)?;
        Ok(if snapshot.faults.is_empty() { exit::WELL } else { exit::FAULTS })
    })
}

/// The file lies on the system that runs, also with `--root`.
fn replace(file: &Path, text: &str) -> anyhow::Result<()> {
    // No temporary file is left if a timer's job is stopped.
    host::process::signals::note_interruptions().context("cannot set a signal handler")?;
    let file: PathBuf = std::path::absolute(file).with_context(|| format!("cannot find {}", file.display()))?;
    let (dir, name) = Root::system()?.parent(InRoot::from_top(&file))?;
    Ok(dir.replace_preserving_metadata(&name, text.as_bytes(), MODE)?)
}

/// The format of `status --format json`; keys may be added, none is taken away.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    operational_status: &'static str,
    sequence: u64,
    counts: Counts,
    fault_ids: Vec<u16>,
    faults: Vec<Raised<'a>>,
}

#[derive(Serialize)]
struct Counts {
    critical: usize,
    major: usize,
    minor: usize,
}

#[derive(Serialize)]
struct Raised<'a> {
    #[serde(flatten)]
    fault: OfRoot<'a, Fault>,
    summary: Option<String>,
}

fn json(invocation: &Invocation, snapshot: &Snapshot) -> anyhow::Result<String> {
    let count = |severity| snapshot.faults.iter().filter(|fault| fault.severity == severity).count();
    let is_locked = load_lock::keeps_out(&invocation.cx);
    let object = Object {
        schema: SCHEMA,
        operational_status: if is_locked { "locked" } else { "functional" },
        sequence: snapshot.sequence,
        counts: Counts {
            critical: count(Severity::Critical),
            major: count(Severity::Major),
            minor: count(Severity::Minor),
        },
        fault_ids: snapshot.faults.iter().map(|fault| fault.id.number()).collect(),
        faults: snapshot
            .faults
            .iter()
            .map(|fault| Raised {
                fault: OfRoot::new(fault, &invocation.cx),
                summary: invocation.texts.summary(fault.id),
            })
            .collect(),
    };
    Ok(serde_json::to_string(&object)? + "\n")
}
