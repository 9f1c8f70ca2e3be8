//! Correcting a host: the steps in order, under the lock, and then the faults.

use std::time::Duration;

use faults::{Change, FaultId, FaultUpdate, Snapshot, Source, StoreError};
use host::InsideText;
use host::log::Level;
use host::process::lock::LockError;
use host::system::kind::SystemKind;
use nix::errno::Errno;

use super::one_step::{self, Plans};
use super::recover::{Locked, is_interrupted, lock};
use super::{Results, failed, fault_updates, last_run, observe, results};
use crate::model::host_context::HostContext;
use crate::model::receipt::Receipt;
use crate::model::report::{Outcome, StepReport};
use crate::model::step::StepRef;
use crate::steps::STEPS;
use crate::{Error, load_lock, machine};

/// A run that changes the host.
#[derive(Debug, Clone)]
pub struct Request {
    /// The steps to run.
    pub steps: Vec<StepRef>,
    /// Steps that are not even observed on this host.
    pub skip: Vec<StepRef>,
    /// Set if the result is written to the fault store; unset where a later call of the same transaction does that.
    pub updates_faults: bool,
    /// The source of the changes.
    pub source: Source,
    /// What to do about a failure of hostprep's own.
    pub strictness: Strictness,
    /// The longest wait for another hostprep.
    pub timeout: Duration,
}

/// What to do about a failure of hostprep's own: a fault store that cannot be read, a receipt that cannot be written. A file of
/// the host that cannot be read is neither: the steps that need it are unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// It is the run's result; with a fault store that cannot be read, nothing is changed.
    Strict,
    /// It is logged, and the rest is done all the same, as hooks do.
    Lenient,
}

impl Request {
    fn is_strict(&self) -> bool {
        self.strictness == Strictness::Strict
    }

    /// Returns how the run is recorded; `None` where a later call of the same transaction records it.
    fn ended(&self) -> Option<last_run::Ended<'_>> {
        let run = if self.is_strict() { "repair" } else { "hook" };
        self.updates_faults.then_some(last_run::Ended { run, source: &self.source })
    }

    /// Returns the steps whose faults this host's administrator leaves to hostprep.
    fn judging(&self) -> Vec<StepRef> {
        STEPS.iter().copied().filter(|step| !self.skip.contains(step)).collect()
    }

    /// Returns the steps that were not asked for and share a fault with those that were, so that a fault is not cleared because
    /// one of its steps found nothing.
    fn related(&self) -> Vec<StepRef> {
        if !self.updates_faults {
            return Vec::new();
        }
        let asked = fault_updates::faults_of(&self.steps);
        let shares_fault = |step: &StepRef| step.faults().iter().any(|id| asked.contains(id));
        self.judging().into_iter().filter(|step| !self.steps.contains(step) && shares_fault(step)).collect()
    }
}

/// Corrects the host. If it is in order already, and the fault store says so, nothing is written, run or locked. On a copy of another
/// machine's disk, what that machine recorded is set aside first.
///
/// # Errors
/// [`Error`] if the fault store is malformed (then nothing was changed), the lock cannot be taken, or the receipt cannot be
/// written (then the faults reflect what was done before).
pub fn repair(cx: &HostContext, request: &Request, waiting: &mut dyn FnMut()) -> Result<Results, Error> {
    if request.updates_faults && machine::is_another(cx) {
        let _locked = lock(cx, request.timeout, waiting)?;
        // Another call may have been faster.
        if machine::is_another(cx)
            && let Err(e) = machine::set_aside(cx)
        {
            cx.log.line(Level::Warning, &format!("what another machine recorded is still there: {e}"));
        }
    }
    let results = repair_host(cx, request, waiting);
    // The next run notes it otherwise.
    if request.updates_faults
        && machine::is_to_note(cx)
        && let Err(e) = lock(cx, request.timeout, waiting).and_then(|_locked| machine::write(cx))
    {
        cx.log.line(Level::Warning, &format!("which machine this is is not recorded: {e}"));
    }
    results
}

fn repair_host(cx: &HostContext, request: &Request, waiting: &mut dyn FnMut()) -> Result<Results, Error> {
    // What an interrupted run left is restored before anything is observed.
    let held = if is_interrupted(cx) { Some(lock(cx, request.timeout, waiting)?) } else { None };
    let related = request.related();
    let observed = observe(cx, &request.steps, Plans::Count);
    let related_results = observe(cx, &related, Plans::Ignored);
    let store = match fault_updates::store(cx).read() {
        Err(e) if request.is_strict() => return Err(e.into()),
        read => read,
    };
    let is_idle = observed.iter().all(|report| report.plan.is_empty()) && Receipt::of(cx).is_settled();
    if let (true, Ok(store)) = (is_idle, &store) {
        let updates = updates(request, &observed, &related_results, Some(store));
        if !fault_updates::would_change(cx, &updates, store) {
            fault_updates::replay_pending(cx, request.source.clone())?;
            let results = results(cx, &request.steps, observed, &related_results, Vec::new());
            if let Some(ended) = request.ended() {
                last_run::record_idle(cx, ended, &results);
            }
            return Ok(results);
        }
    }

    let locked = match held {
        Some(locked) => locked,
        None => lock(cx, request.timeout, waiting)?,
    };
    let Run { reports, failure, mut unrecorded } = run_steps(cx, request, &locked)?;
    let related = observe(cx, &related, Plans::Ignored);
    let (changes, failure) = match update_faults(cx, request, store, &reports, &related) {
        Ok(changes) => (changes, failure),
        Err(e) if is_read_only(cx, &e) => {
            unrecorded.push(format!("{e}; the faults are not stored, so judge the host again after its first boot"));
            (Vec::new(), failure)
        }
        Err(e) => {
            cx.log.line(Level::Error, &e.to_string());
            (Vec::new(), failure.or(Some(e)))
        }
    };
    let ended = request.ended();
    if let Some(e) = failure {
        if let Some(ended) = ended {
            last_run::record_failure(cx, ended, &e.inside_text(cx.root));
        }
        return Err(e);
    }
    let results = Results { unrecorded, ..results(cx, &request.steps, reports, &related, changes) };
    if let Some(ended) = ended {
        last_run::record(cx, ended, &results);
    }
    drop(locked);
    Ok(results)
}

/// Returns whether the fault store lies on a read-only file system of an offline system, as in a scriptlet of rpm-ostree.
fn is_read_only(cx: &HostContext, error: &Error) -> bool {
    let errno = match error {
        Error::Store(StoreError::File(e)) => e.errno(),
        Error::Store(StoreError::Lock(LockError::File(e))) => e.errno(),
        _ => None,
    };
    cx.kind == SystemKind::Offline && errno == Some(Errno::EROFS)
}

/// The steps' part of a run.
struct Run {
    reports: Vec<StepReport>,
    /// The error that the run ends with after the faults are updated.
    failure: Option<Error>,
    /// What was done and could not be recorded.
    unrecorded: Vec<String>,
}

/// Repairs each step in turn.
fn run_steps(cx: &HostContext, request: &Request, locked: &Locked) -> Result<Run, Error> {
    let mut receipt = Receipt::of(cx);
    if let Some(problem) = receipt.unusable() {
        cx.log.line(Level::Warning, &format!("the receipt is not used: {problem}"));
    }
    // The step that needs the file says that it cannot be read.
    if let Err(e) = receipt.reconcile() {
        cx.log.line(Level::Warning, &e.to_string());
    }
    let mut failure = None;
    let mut reports = Vec::new();
    for step in &request.steps {
        if let Some(problem) = locked.problem_of(*step) {
            let report = failed(cx, *step, problem);
            log_outcome(cx, &report);
            reports.push(report);
            continue;
        }
        let report = match one_step::repair(*step, cx, &mut receipt) {
            Ok(report) => report,
            Err(e @ Error::Interrupted { .. }) if request.is_strict() => return Err(e),
            Err(e @ Error::Interrupted { .. }) => {
                failure = Some(e);
                break;
            }
            Err(e) => {
                let report = failed(cx, *step, &e);
                failure = failure.or(request.is_strict().then_some(e));
                report
            }
        };
        log_outcome(cx, &report);
        reports.push(report);
    }
    // The caller of an interrupted hook may report nothing: what the hook left undone is a fault all the same.
    let rest = &request.steps[reports.len()..];
    reports.extend(observe(cx, rest, Plans::Ignored));
    let lost =
        receipt.not_written().map(|why| format!("{why}; what was created is not recorded, so `remove` leaves it"));
    Ok(Run { reports, failure, unrecorded: lost.into_iter().collect() })
}

fn update_faults(
    cx: &HostContext,
    request: &Request,
    store: Result<Snapshot, StoreError>,
    reports: &[StepReport],
    related: &[StepReport],
) -> Result<Vec<(FaultId, Change)>, Error> {
    let store = store.and_then(|_| fault_updates::store(cx).read())?;
    let updates = updates(request, reports, related, Some(&store));
    let changes = fault_updates::apply(cx, &updates, request.source.clone())?;
    load_lock::reconcile_faults(cx, changes.iter().map(|(id, _)| *id), request.source.clone())?;
    Ok(changes)
}

fn updates(
    request: &Request,
    reports: &[StepReport],
    related: &[StepReport],
    store: Option<&Snapshot>,
) -> Vec<FaultUpdate> {
    if !request.updates_faults {
        return Vec::new();
    }
    let mut updates = fault_updates::updates(&[reports, related].concat(), &request.judging());
    // The run that tried to correct a fault knows its detail better than one that only observed a related step.
    let found = fault_updates::faults_found(reports.iter());
    let is_raised = |id: FaultId| store.is_some_and(|store| store.is_raised(id));
    updates.retain(
        |update| !matches!(update, FaultUpdate::Raise(report) if !found.contains(&report.id) && is_raised(report.id)),
    );
    let by_agent = |update: &FaultUpdate| {
        store.is_some_and(|store| fault_updates::owned_by_agent(store, fault_updates::id_of(update)))
    };
    updates.retain(|update| !by_agent(update));
    updates
}

fn log_outcome(cx: &HostContext, report: &StepReport) {
    let level = match report.outcome {
        Outcome::Fault | Outcome::Unknown => Level::Warning,
        _ => Level::Info,
    };
    cx.log.line(level, &format!("{}: {}: {}", report.step, report.outcome.as_str(), report.detail));
}
