//! From outcomes to faults: a fault is raised where a step that bears on it found it true, and cleared only where every
//! such step was looked at and none did.

use std::time::Duration;

use faults::catalogue::SeenBy;
use faults::{Change, EventContext, Fault, FaultId, Finding, Report, Severity, Snapshot, Source, Store, Wanted};
use host::Root;
use host::log::Level;
use host::process::quoted;

use crate::Error;
use crate::context::Context;
use crate::outcome::{Outcome, StepName, StepReport};

/// How long the fault store's own lock is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// The rulings that `reports` allow. A fault whose steps were not all judged is left as it is. The store is read by the
/// system in `root`, so paths are as that system has them. Steps in `skip` are left alone on this host: their faults are for
/// the other steps to judge, and where there is none, for nobody.
#[must_use]
pub fn rulings(reports: &[StepReport], skip: &[StepName], root: &Root) -> Vec<Wanted> {
    let mut ids: Vec<FaultId> = StepName::ALL.map(StepName::fault).to_vec();
    ids.sort();
    ids.dedup();
    ids.into_iter().filter_map(|id| rule(id, reports, skip)).map(|wanted| seen_from_inside(wanted, root)).collect()
}

fn rule(id: FaultId, reports: &[StepReport], skip: &[StepName]) -> Option<Wanted> {
    let mut merged: Option<Finding> = None;
    for report in reports.iter().filter(|report| report.name.fault() == id) {
        let Some(finding) = &report.finding else { continue };
        match &mut merged {
            None => merged = Some(finding.clone()),
            Some(merged) if !merged.detail.contains(&finding.detail) => {
                merged.detail = if finding.detail.contains(&merged.detail) {
                    finding.detail.clone()
                } else {
                    format!("{}; {}", merged.detail, finding.detail)
                };
                merged.remedy.retain(|command| !finding.remedy.contains(command));
                merged.remedy.extend(finding.remedy.clone());
            }
            Some(_) => {}
        }
    }
    if let Some(finding) = merged {
        return Some(Wanted::Raised(Report { id, finding, severity: None }));
    }
    let judged =
        |name: &StepName| reports.iter().any(|report| report.name == *name && report.outcome != Outcome::Unknown);
    let mut bearing = StepName::ALL.into_iter().filter(|name| name.fault() == id && !skip.contains(name)).peekable();
    (bearing.peek().is_some() && bearing.all(|name| judged(&name))).then_some(Wanted::Cleared(id))
}

fn seen_from_inside(wanted: Wanted, root: &Root) -> Wanted {
    match wanted {
        Wanted::Raised(mut report) if root.is_alternate() => {
            let path = root.path().to_string_lossy();
            let inside = |text: &str| {
                let word = quoted(&path);
                [
                    format!(" --root {word}"),
                    format!(" --prefix {word}"),
                    format!(" -R {word}"),
                    format!("chroot {word} "),
                ]
                .iter()
                .fold(text.to_owned(), |text, outside| text.replace(outside, ""))
                .replace(&format!("{path}/"), "/")
            };
            report.finding.detail = inside(&report.finding.detail);
            report.finding.remedy = report.finding.remedy.iter().map(|command| inside(command)).collect();
            Wanted::Raised(report)
        }
        wanted => wanted,
    }
}

/// The faults that `reports` show to be true now, sorted.
#[must_use]
pub fn faults_shown<'a>(reports: impl Iterator<Item = &'a StepReport>) -> Vec<FaultId> {
    let faulty = reports.filter(|report| report.finding.is_some());
    let mut ids: Vec<FaultId> = faulty.map(|report| report.name.fault()).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// Whether [`carry_out`] would write anything.
#[must_use]
pub fn would_change(rulings: &[Wanted], snapshot: &Snapshot) -> bool {
    rulings.iter().any(|ruling| match ruling {
        Wanted::Raised(report) => snapshot.would_change(report),
        Wanted::Cleared(id) => snapshot.is_raised(*id),
    })
}

/// Raises and clears, and tells the log and the journal. Nothing is written where nothing changes. What only the agent sees is
/// left alone, save by somebody who says so by hand and by the load lock, which keeps the agent's component out.
///
/// # Errors
/// [`Error::Store`]; what comes before the one that failed has been done, and told.
pub fn carry_out(cx: &Context, rulings: &[Wanted], source: Source) -> Result<Vec<(FaultId, Change)>, Error> {
    let store = store(cx);
    if !would_change(rulings, &store.read()?) {
        finish(cx, source)?;
        return Ok(Vec::new());
    }
    let looks = !matches!(source, Source::Manual | Source::LoadLock);
    let occasion = EventContext { source, boot_id: cx.boot_id() };
    let mut writer = store.lock(cx.clock, PATIENCE)?;
    let mut changes = Vec::new();
    for ruling in rulings {
        let id = id_of(ruling);
        // Under the lock: it may have raised one since the store was read.
        if looks && is_the_agents(writer.snapshot(), id) {
            continue;
        }
        let before = writer.snapshot().get(id).cloned();
        let change = match ruling {
            Wanted::Raised(report) => writer.raise(report, &occasion)?,
            Wanted::Cleared(id) => writer.clear(*id, &occasion)?,
        };
        if change != Change::Nothing {
            announce(cx, ruling, change, before.as_ref());
            changes.push((id, change));
        }
    }
    Ok(changes)
}

/// Brings the store's state up to its events, where a writer died between the two or could not write; else touches nothing.
///
/// # Errors
/// [`Error::Store`].
pub fn finish(cx: &Context, source: Source) -> Result<(), Error> {
    store(cx).apply(&[], &EventContext { source, boot_id: None }, cx.clock, PATIENCE)?;
    Ok(())
}

/// One entry of the journal a change, with fields to look for: `journalctl FAULT_ID=19`.
fn announce(cx: &Context, ruling: &Wanted, change: Change, before: Option<&Fault>) {
    let id = id_of(ruling);
    let usual = faults::catalogue::find(id).map(|entry| entry.severity);
    let (severity, reason, detail) = match (ruling, before) {
        (Wanted::Raised(report), _) => {
            (report.severity.or(usual), report.finding.reason.as_str(), Some(report.finding.detail.as_str()))
        }
        (Wanted::Cleared(_), Some(fault)) => (Some(fault.severity), fault.finding.reason.as_str(), None),
        (Wanted::Cleared(_), None) => (usual, "", None),
    };
    let word = change.as_str();
    let level = match (change, severity) {
        (Change::Raised | Change::Changed, Some(Severity::Critical)) => Level::Error,
        (Change::Raised | Change::Changed, _) => Level::Warning,
        _ => Level::Info,
    };
    let fields = [
        ("FAULT_ID", id.to_string()),
        ("FAULT_EVENT", word.to_owned()),
        ("FAULT_SEVERITY", severity.map_or_else(String::new, |severity| severity.to_string())),
        ("FAULT_REASON", reason.to_owned()),
    ];
    cx.log.event(
        level,
        &format!("fault {id} {word}{}", detail.map_or_else(String::new, |d| format!(": {d}"))),
        &fields,
    );
}

/// The fault that a ruling is about.
#[must_use]
pub fn id_of(ruling: &Wanted) -> FaultId {
    match ruling {
        Wanted::Raised(report) => report.id,
        Wanted::Cleared(id) => *id,
    }
}

/// Whether the fault is raised by the agent, or for a reason that only the agent sees, and so is neither changed nor cleared by
/// a look.
#[must_use]
pub fn is_the_agents(snapshot: &Snapshot, id: FaultId) -> bool {
    snapshot.get(id).is_some_and(|fault| fault.seen_by() == SeenBy::Agent)
}

/// The fault store of `cx`.
#[must_use]
pub fn store<'a>(cx: &Context<'a>) -> Store<'a> {
    Store::at(cx.root, cx.profile.paths.faults.clone())
}
