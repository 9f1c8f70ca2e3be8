//! `status`: the raised faults in the forms that others take.

use faults::{FaultId, Snapshot};
use installer::engine;
use installer::engine::fault_updates::store;
use installer::engine::last_run::{self, LastRun};
use installer::engine::next_boot::{KernelChange, NextBoot};
use installer::load_lock;
use installer::model::step::StepRef;
use installer::model::waiver::Waived;
use installer::report::status::{StatusObject, counting, waived};
use installer::report::text::next_boot_heading;
use installer::report::{exit, metrics};
use installer::steps::STEPS;

use super::args::{Global, Status, StatusFormat};
use super::invocation::{Invocation, Privilege, with};
use super::output::{Outcome, print, print_exactly, replace};

pub fn run(global: &Global, args: &Status) -> Outcome {
    with(global, Privilege::ReadOnly, None, |invocation| {
        let snapshot = store(&invocation.cx).read()?;
        let next_boot = next_boot(invocation, &snapshot);
        let next_boot = next_boot.as_ref();
        // A record that cannot be read is replaced by the next run; the faults are shown without it.
        let last_run = last_run::read(&invocation.cx).ok().flatten();
        let text = match args.format {
            StatusFormat::Text => text(invocation, &snapshot, next_boot, last_run.as_ref()),
            StatusFormat::Json => json(invocation, &snapshot, next_boot, last_run)?,
            StatusFormat::Prometheus => {
                let checked = engine::check(&invocation.cx, &judged(invocation));
                metrics::render(&invocation.cx, &snapshot, next_boot, &checked.reports, last_run.as_ref())?
            }
        };
        if let Some(file) = &args.output {
            replace(file, &text)?;
            return Ok(exit::WELL);
        }
        match args.format {
            StatusFormat::Text => print(&text)?,
            StatusFormat::Json | StatusFormat::Prometheus => print_exactly(&text)?,
        }
        Ok(match next_boot {
            _ if counting(&invocation.cx, &snapshot).next().is_some() => exit::FAULTS,
            Some(next) if next.counting().next().is_some() => exit::UNSETTLED,
            _ => exit::WELL,
        })
    })
}

/// Returns what `status --format json` prints.
pub fn json_text(invocation: &Invocation) -> anyhow::Result<String> {
    let snapshot = store(&invocation.cx).read()?;
    let last_run = last_run::read(&invocation.cx).ok().flatten();
    json(invocation, &snapshot, next_boot(invocation, &snapshot).as_ref(), last_run)
}

fn json(
    invocation: &Invocation,
    snapshot: &Snapshot,
    next_boot: Option<&NextBoot>,
    last_run: Option<LastRun>,
) -> anyhow::Result<String> {
    let is_locked = load_lock::keeps_out(&invocation.cx);
    let object = StatusObject::of(&invocation.cx, snapshot, next_boot, is_locked, last_run, &invocation.texts);
    Ok(serde_json::to_string(&object)? + "\n")
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

/// The connector's format. What is pending follows in lines of the same form, and then the last run, if it failed.
fn text(
    invocation: &Invocation,
    snapshot: &Snapshot,
    next_boot: Option<&NextBoot>,
    last_run: Option<&LastRun>,
) -> String {
    let mut text = faults::status::render(snapshot, &invocation.texts);
    if let Some(next_boot) = next_boot.filter(|next| !next.pending.is_empty()) {
        text += &format!("{}:\n", next_boot_heading(next_boot));
        for fault in &next_boot.pending {
            let summary = invocation.texts.summary(fault.id).unwrap_or_else(|| fault.finding.detail.clone());
            text += &format!("Pending ID {} - {}: {summary}\n", fault.id, fault.severity.title());
        }
    }
    for Waived { id, waiver } in waived(&invocation.cx, snapshot) {
        text += &format!("Waived ID {id} until {}: {}\n", waiver.until, waiver.why);
    }
    if let Some((last, error)) = last_run.and_then(|last| Some((last, last.error.as_ref()?))) {
        text += &format!("Last run failed ({}, {}): {error}\n", last.run, last.time);
    }
    text
}
