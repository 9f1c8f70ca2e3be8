//! `status`: the raised faults in the forms that others take.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use faults::{Fault, FaultId, Severity, Snapshot};
use host::Root;
use host::fs::InRoot;
use installer::engine;
use installer::engine::fault_updates::store;
use installer::engine::next_boot::{KernelChange, NextBoot};
use installer::load_lock;
use installer::model::step::StepRef;
use installer::report::next_boot::NextBootValue;
use installer::report::text::next_boot_heading;
use installer::report::{exit, metrics};
use installer::steps::STEPS;
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
        let next_boot = next_boot(invocation, &snapshot);
        let next_boot = next_boot.as_ref();
        let text = match args.format {
            StatusFormat::Text => text(invocation, &snapshot, next_boot),
            StatusFormat::Json => json(invocation, &snapshot, next_boot)?,
            StatusFormat::Prometheus => {
                let checked = engine::check(&invocation.cx, &judged(invocation));
                metrics::render(&invocation.cx, &snapshot, next_boot, &checked.reports)?
            }
        };
        if let Some(file) = &args.output {
            replace(file, &text)?;
            return Ok(exit::WELL);
        }
        print(&text)?;
        Ok(match next_boot {
            _ if !snapshot.faults.is_empty() => exit::FAULTS,
            Some(next) if !next.pending.is_empty() => exit::UNSETTLED,
            _ => exit::WELL,
        })
    })
}

/// The steps that the administrator does not leave alone.
fn judged(invocation: &Invocation) -> Vec<StepRef> {
    STEPS.iter().copied().filter(|step| !invocation.config.skip.contains(step)).collect()
}

/// What the next boot brings. The store does not have it: it is looked for now, as `check` does.
fn next_boot(invocation: &Invocation, snapshot: &Snapshot) -> Option<NextBoot> {
    let steps = judged(invocation);
    let raised: Vec<FaultId> = snapshot.faults.iter().map(|fault| fault.id).collect();
    NextBoot::of(&invocation.cx, &steps, &raised, &[], KernelChange::Nothing)
}

/// The connector's format. What is pending follows in lines of the same form.
fn text(invocation: &Invocation, snapshot: &Snapshot, next_boot: Option<&NextBoot>) -> String {
    let mut text = faults::status::render(snapshot, &invocation.texts);
    if let Some(next_boot) = next_boot.filter(|next| !next.pending.is_empty()) {
        text += &format!("{}:\n", next_boot_heading(next_boot));
        for fault in &next_boot.pending {
            let summary = invocation.texts.summary(fault.id).unwrap_or_else(|| fault.finding.detail.clone());
            text += &format!("Pending ID {} - {}: {summary}\n", fault.id, fault.severity.title());
        }
    }
    text
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
    #[serde(skip_serializing_if = "Option::is_none")]
    next_boot: Option<NextBootValue<'a>>,
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

fn json(invocation: &Invocation, snapshot: &Snapshot, next_boot: Option<&NextBoot>) -> anyhow::Result<String> {
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
        next_boot: next_boot.map(|next| NextBootValue::of(next, invocation.cx.alternate_root(), &invocation.texts)),
    };
    Ok(serde_json::to_string(&object)? + "\n")
}
