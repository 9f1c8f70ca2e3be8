//! From reports to faults: a fault is raised if a step found it, and cleared only if every step that can raise it was observed
//! and none did.

use std::time::Duration;

use faults::catalogue::SeenBy;
use faults::{Change, EventContext, Fault, FaultId, FaultUpdate, Report, Severity, Snapshot, Source, Store};
use host::log::Level;
use host::process::names;

use crate::Error;
use crate::model::host_context::HostContext;
use crate::model::report::{Finding, StepReport};
use crate::model::step::StepRef;

/// The longest wait for the fault store's own lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// Returns the fault updates that follow from `reports`. A fault is left as it is unless each step of `judging` that can raise it
/// was observed.
#[must_use]
pub fn updates(reports: &[StepReport], judging: &[StepRef]) -> Vec<FaultUpdate> {
    faults_of(judging).into_iter().filter_map(|id| update(id, reports, judging)).collect()
}

/// Returns the faults that `steps` can raise, sorted.
#[must_use]
pub fn faults_of(steps: &[StepRef]) -> Vec<FaultId> {
    let mut ids: Vec<FaultId> = steps.iter().flat_map(|step| step.faults()).collect();
    ids.sort();
    ids.dedup();
    ids
}

fn update(id: FaultId, reports: &[StepReport], judging: &[StepRef]) -> Option<FaultUpdate> {
    if let Some((finding, severity)) = found(id, reports) {
        return Some(FaultUpdate::Raise(Report { id, finding, severity }));
    }
    let settles = |report: &StepReport| report.determined(id) || !report.faults.contains(&id);
    let is_known = |step: &StepRef| reports.iter().any(|report| report.step == step.id() && settles(report));
    judging.iter().filter(|step| step.faults().contains(&id)).all(is_known).then_some(FaultUpdate::Clear(id))
}

/// Returns all that `reports` found about the fault `id` as one finding, and how bad it is; `None` if they found nothing.
#[must_use]
pub fn found(id: FaultId, reports: &[StepReport]) -> Option<(Finding, Option<Severity>)> {
    let mut faulty: Vec<&StepReport> =
        reports.iter().filter(|report| report.findings_about(id).next().is_some()).collect();
    // The reason of the fault is that of the worst.
    faulty.sort_by_key(|report| std::cmp::Reverse(report.severity_of(id)));
    let finding = Finding::merged(faulty.iter().flat_map(|report| report.findings_about(id)))?;
    Some((finding, faulty.first().and_then(|report| report.severity_of(id))))
}

/// Returns the faults that `reports` found, sorted.
#[must_use]
pub fn faults_found<'a>(reports: impl Iterator<Item = &'a StepReport>) -> Vec<FaultId> {
    let mut ids: Vec<FaultId> = reports.flat_map(StepReport::raised).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// Returns whether [`apply`] would write anything.
#[must_use]
pub fn would_change(cx: &HostContext, updates: &[FaultUpdate], snapshot: &Snapshot) -> bool {
    let root = cx.root.is_alternate().then(|| cx.root.path());
    updates.iter().any(|update| match update {
        FaultUpdate::Raise(report) => snapshot.would_change(report, root),
        FaultUpdate::Clear(id) => snapshot.is_raised(*id),
    })
}

/// Raises and clears faults, and logs that. Nothing is written if nothing changes. Faults that only the agent sees are left alone,
/// except by hand and by the load lock, which keeps the agent's component out.
///
/// # Errors
/// [`Error::Store`]; what comes before the update that failed has been done and logged.
pub fn apply(cx: &HostContext, updates: &[FaultUpdate], source: Source) -> Result<Vec<(FaultId, Change)>, Error> {
    let store = store(cx);
    if !would_change(cx, updates, &store.read()?) {
        replay_pending(cx, source)?;
        return Ok(Vec::new());
    }
    let by_check = !matches!(source, Source::Manual | Source::LoadLock);
    let context = EventContext { source, boot_id: cx.boot_id() };
    let mut writer = store.lock(cx.clock, LOCK_TIMEOUT)?;
    let mut changes = Vec::new();
    for update in updates {
        let id = id_of(update);
        // Under the lock: it may have raised one since the store was read.
        if by_check && owned_by_agent(writer.snapshot(), id) {
            continue;
        }
        let before = writer.snapshot().get(id).cloned();
        let change = match update {
            FaultUpdate::Raise(report) => writer.raise(report, &context)?,
            FaultUpdate::Clear(id) => writer.clear(*id, &context)?,
        };
        if change != Change::Nothing {
            announce(cx, update, change, before.as_ref(), &context.source);
            changes.push((id, change));
        }
    }
    Ok(changes)
}

/// Brings the store's state up to its events, if a writer died between the two or could not write; else writes nothing.
///
/// # Errors
/// [`Error::Store`].
pub fn replay_pending(cx: &HostContext, source: Source) -> Result<(), Error> {
    store(cx).apply(&[], &EventContext { source, boot_id: None }, cx.clock, LOCK_TIMEOUT)?;
    Ok(())
}

/// Logs one entry per change to the journal, with fields to search for: `journalctl FAULT_ID=19`.
fn announce(cx: &HostContext, update: &FaultUpdate, change: Change, before: Option<&Fault>, source: &Source) {
    let id = id_of(update);
    let entry = faults::catalogue::find(id);
    let usual = entry.map(|entry| entry.severity);
    let (severity, reason, detail) = match (update, before) {
        (FaultUpdate::Raise(report), _) => {
            (report.severity.or(usual), report.finding.reason.as_str(), Some(report.finding.detail.as_str()))
        }
        (FaultUpdate::Clear(_), Some(fault)) => (Some(fault.severity), fault.finding.reason.as_str(), None),
        (FaultUpdate::Clear(_), None) => (usual, "", None),
    };
    let word = change.as_str();
    let level = match (change, severity) {
        (Change::Raised | Change::Changed, Some(Severity::Critical)) => Level::Error,
        (Change::Raised | Change::Changed, _) => Level::Warning,
        _ => Level::Info,
    };
    let message_id = match change {
        Change::Cleared => Some(faults::catalogue::cleared_message_id()),
        _ => entry.map(|entry| entry.message_id.as_str()),
    };
    let message_id = message_id.map(|id| names::message_id(id, names::ident()));
    let fields = [
        ("FAULT_ID", id.to_string()),
        ("FAULT_EVENT", word.to_owned()),
        ("FAULT_SEVERITY", severity.map_or_else(String::new, |severity| severity.to_string())),
        ("FAULT_REASON", reason.to_owned()),
        ("FAULT_SOURCE", source.as_str().to_owned()),
    ];
    cx.log.event(
        level,
        &format!("fault {id} {word}{}", detail.map_or_else(String::new, |d| format!(": {d}"))),
        message_id.as_deref(),
        &fields,
    );
}

/// Returns the fault that an update is about.
#[must_use]
pub fn id_of(update: &FaultUpdate) -> FaultId {
    match update {
        FaultUpdate::Raise(report) => report.id,
        FaultUpdate::Clear(id) => *id,
    }
}

/// Returns whether the agent raised the fault, or raised it for a reason that only the agent sees: a check neither changes nor
/// clears it.
#[must_use]
pub fn owned_by_agent(snapshot: &Snapshot, id: FaultId) -> bool {
    snapshot.get(id).is_some_and(|fault| fault.seen_by() == SeenBy::Agent)
}

/// Returns the fault store of `cx`.
#[must_use]
pub fn store<'a>(cx: &HostContext<'a>) -> Store<'a> {
    Store::at(cx.root, cx.profile.paths.faults.clone())
}
