//! Steps in order: looked at, and where that shows something to do, carried out under the lock; then faults.

use std::time::Duration;

use faults::{Change, FaultId, Snapshot, Source, Wanted};
use host::lock::Lock;
use host::log::Level;

use crate::action::{clean_build_dir, has_stale_build, restore_store};
use crate::context::Context;
use crate::journal::Journal;
use crate::outcome::{Outcome, StepName, StepReport};
use crate::step;
use crate::verdicts;
use crate::{Error, load_lock};

/// How long somebody at a terminal waits for another hostprep.
pub const LOCK_PATIENCE: Duration = Duration::from_secs(300);

/// How long a package manager waits for it: its user does not know what for.
pub const HOOK_PATIENCE: Duration = Duration::from_secs(60);

/// What a changing run is to do.
#[derive(Debug, Clone)]
pub struct Request {
    /// The steps to carry out.
    pub steps: Vec<StepName>,
    /// Steps that are not even looked at on this host.
    pub skip: Vec<StepName>,
    /// Whether the outcome goes into the fault store.
    pub judge: bool,
    /// On whose behalf.
    pub source: Source,
    /// Whether a step or a store that cannot be looked at stops the run before it changes anything, or is passed over.
    pub strict: bool,
    /// How long another hostprep is waited for.
    pub patience: Duration,
}

/// What became of a run.
#[derive(Debug)]
pub struct Results {
    /// The steps asked for.
    pub reports: Vec<StepReport>,
    /// The faults that are true: by these steps, and after a repair also by those that bear on the same faults.
    pub faults: Vec<FaultId>,
    /// What changed in the fault store.
    pub changes: Vec<(FaultId, Change)>,
}

/// Looks at `steps`; reads only.
///
/// # Errors
/// [`Error`] where a file is malformed.
pub fn check(cx: &Context, steps: &[StepName]) -> Result<Results, Error> {
    let reports = look(cx, steps, false, true)?;
    Ok(Results { faults: verdicts::faults_shown(reports.iter()), reports, changes: Vec::new() })
}

/// Looks at `steps` and tells what [`repair`] would do; reads only.
///
/// # Errors
/// [`Error`] where a file is malformed.
pub fn plan(cx: &Context, steps: &[StepName]) -> Result<Results, Error> {
    let reports = look(cx, steps, true, true)?;
    Ok(Results { faults: verdicts::faults_shown(reports.iter()), reports, changes: Vec::new() })
}

/// Brings the host in order. Where it is already, and the fault store says so, nothing is written, run or locked.
///
/// # Errors
/// [`Error`] where a file or the store is malformed (then nothing was changed), the lock was not had, or a record could
/// not be kept (then what was done before is judged all the same).
pub fn repair(cx: &Context, request: &Request, waiting: &mut dyn FnMut()) -> Result<Results, Error> {
    // What an interrupted run left is put back before anything is judged by it.
    let held = match login_defs::stale_window(cx.root, &cx.profile.paths.state) {
        Ok(None) => None,
        Ok(Some(_)) => Some(lock(cx, request.patience, waiting)?),
        Err(e) if request.strict => return Err(e.into()),
        Err(_) => None,
    };
    let siblings = siblings(request);
    let looked = look(cx, &request.steps, true, request.strict)?;
    let beside = look(cx, &siblings, false, false)?;
    let store = match verdicts::store(cx).read() {
        Err(e) if request.strict => return Err(e.into()),
        read => read,
    };
    let is_idle =
        looked.iter().all(|report| report.plan.is_empty()) && !has_stale_build(cx) && Journal::of(cx).is_settled();
    if let (true, Ok(store)) = (is_idle, &store) {
        let wanted = rulings(cx, request, &looked, &beside, Some(store));
        if !verdicts::would_change(&wanted, store) {
            verdicts::finish(cx, request.source.clone())?;
            return Ok(results(looked, &beside, Vec::new()));
        }
    }

    let _lock = match held {
        Some(lock) => lock,
        None => lock(cx, request.patience, waiting)?,
    };
    let mut journal = Journal::of(cx);
    if let Some(problem) = journal.unusable() {
        cx.log.line(Level::Warning, &format!("the journal is not used: {problem}"));
    }
    journal.settle()?;
    let mut failure = None;
    let mut reports = Vec::new();
    for name in &request.steps {
        let report = match step::repair(*name, cx, &mut journal) {
            Ok(report) => report,
            Err(e @ Error::Interrupted) if request.strict => return Err(e),
            Err(e @ Error::Interrupted) => {
                failure = Some(e);
                break;
            }
            Err(e) => {
                let report = unlooked(*name, &e);
                failure = failure.or(request.strict.then_some(e));
                report
            }
        };
        log_outcome(cx, &report);
        reports.push(report);
    }
    // Of an interrupted hook nobody may be told: what it left undone is a fault all the same.
    reports.extend(look(cx, &request.steps[reports.len()..], false, false)?);
    let beside = look(cx, &siblings, false, false)?;
    let store = store.and_then(|_| verdicts::store(cx).read());
    let wanted = rulings(cx, request, &reports, &beside, store.as_ref().ok());
    let carry_out = || {
        let changes = verdicts::carry_out(cx, &wanted, request.source.clone())?;
        load_lock::agree(cx, changes.iter().map(|(id, _)| *id), request.source.clone())?;
        Ok(changes)
    };
    let changes = match store.map_err(Error::from).and_then(|_| carry_out()) {
        Ok(changes) => changes,
        Err(e) => {
            cx.log.line(Level::Error, &e.to_string());
            failure = failure.or(Some(e));
            Vec::new()
        }
    };
    match failure {
        Some(e) => Err(e),
        None => Ok(results(reports, &beside, changes)),
    }
}

fn results(reports: Vec<StepReport>, beside: &[StepReport], changes: Vec<(FaultId, Change)>) -> Results {
    let faults = verdicts::faults_shown(reports.iter().chain(beside));
    Results { reports, faults, changes }
}

/// Takes hostprep's lock, puts `login.defs` back if an interrupted run left it changed, clears what it left of a module, and
/// gives a policy store its active policy back.
///
/// # Errors
/// [`Error::Lock`], or [`Error::Window`] where the file cannot be put back.
pub fn lock(cx: &Context, patience: Duration, waiting: &mut dyn FnMut()) -> Result<Lock, Error> {
    let lock = Lock::acquire(cx.root, &cx.profile.paths.lock, cx.clock, patience, waiting)?;
    if let Some(recovered) = login_defs::recover(cx.root, &cx.profile.paths.state)? {
        cx.log.line(Level::Warning, &format!("put back {recovered}"));
    }
    if has_stale_build(cx) {
        clean_build_dir(cx)?;
    }
    // What cannot be looked at is told by the step, and keeps nothing else from being done.
    if let Ok(Some(store)) = step::interrupted_store(cx)
        && let Err(e) = restore_store(cx, &store)
    {
        cx.log.line(Level::Warning, &e.to_string());
    }
    Ok(lock)
}

/// Puts `login.defs` back if an interrupted run left it changed; takes the lock only then.
///
/// # Errors
/// As [`lock`].
pub fn recover(cx: &Context, patience: Duration, waiting: &mut dyn FnMut()) -> Result<(), Error> {
    match login_defs::stale_window(cx.root, &cx.profile.paths.state)? {
        Some(_) => lock(cx, patience, waiting).map(drop),
        None => Ok(()),
    }
}

fn look(cx: &Context, steps: &[StepName], planned: bool, strict: bool) -> Result<Vec<StepReport>, Error> {
    let look = |name: &StepName| match step::observe(*name, cx) {
        Ok(look) => Ok(step::report(*name, &look, cx.root, planned)),
        Err(e) if strict => Err(e),
        Err(e) => Ok(unlooked(*name, &e)),
    };
    steps.iter().map(look).collect()
}

fn unlooked(name: StepName, error: &Error) -> StepReport {
    StepReport { name, outcome: Outcome::Unknown, detail: error.to_string(), findings: Vec::new(), plan: Vec::new() }
}

/// Steps that were not asked for but bear on the same faults, so that a fault is not cleared by half a look.
fn siblings(request: &Request) -> Vec<StepName> {
    if !request.judge {
        return Vec::new();
    }
    let asked = |name: &StepName| request.steps.contains(name);
    let bears = |name: &StepName| request.steps.iter().any(|step| step.fault() == name.fault());
    StepName::ALL.into_iter().filter(|name| !asked(name) && bears(name) && !request.skip.contains(name)).collect()
}

fn rulings(
    cx: &Context,
    request: &Request,
    reports: &[StepReport],
    beside: &[StepReport],
    store: Option<&Snapshot>,
) -> Vec<Wanted> {
    if !request.judge {
        return Vec::new();
    }
    let mut wanted = verdicts::rulings(&[reports, beside].concat(), &request.skip, cx.alternate_root());
    // What a fault of a step that was only looked at says is known better by the run that tried to mend it.
    let shown = verdicts::faults_shown(reports.iter());
    let known = |id: FaultId| store.is_some_and(|store| store.is_raised(id));
    wanted
        .retain(|wanted| !matches!(wanted, Wanted::Raised(report) if !shown.contains(&report.id) && known(report.id)));
    wanted.retain(|wanted| !store.is_some_and(|store| verdicts::is_the_agents(store, verdicts::id_of(wanted))));
    wanted
}

fn log_outcome(cx: &Context, report: &StepReport) {
    let level = match report.outcome {
        Outcome::Fault | Outcome::Unknown => Level::Warning,
        _ => Level::Info,
    };
    let (step, outcome) = (report.name.as_str(), report.outcome.as_str());
    cx.log.line(level, &format!("{step}: {outcome}: {}", report.detail));
}
