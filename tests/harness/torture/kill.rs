//! Death at each system call: of everything, or of one process while the others live on.

use std::fmt;

use super::injection_point::{self, InjectionPoint};
use super::judge::{self, Amid, Events, Outcome};
use super::scenario::Scenario;
use super::tracee::{self, Stops, Then};
use super::worker_root::WorkerRoot;
use super::workers::{Tally, Tried, try_all};

/// Who dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// Every process, as when the machine goes down with its disks whole.
    All,
    /// The process that makes the call.
    Caller,
}

/// How many points are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Each call of hostprep and of the account tools; where the tools of SELinux run, those that change files and each fiftieth.
    Full,
    /// Each call by which hostprep or an account tool changes a file.
    Bounded,
}

/// A death.
struct Death {
    point: InjectionPoint,
    whom: Whom,
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whom = match self.whom {
            Whom::All => "all killed",
            Whom::Caller => "it alone killed",
        };
        write!(f, "{whom} before {}", self.point)
    }
}

/// Kills `scenario`'s command at each point.
#[must_use]
pub fn everywhere(scenario: &Scenario, extent: Extent) -> Tally {
    let mut deaths = Vec::new();
    for (index, point) in injection_point::all(scenario).into_iter().enumerate() {
        let core = point.is_ours() || point.is_of_account_tool();
        let chosen = match extent {
            Extent::Full => core && !scenario.with_selinux || point.changes() || index % 50 == 0,
            Extent::Bounded => core && point.changes(),
        };
        if !chosen {
            continue;
        }
        if point.accompanied && (extent == Extent::Full || !point.is_ours()) {
            deaths.push(Death { point: point.clone(), whom: Whom::Caller });
        }
        deaths.push(Death { point, whom: Whom::All });
    }
    try_all(scenario, &deaths, |worker_root, expected, death| die(worker_root, scenario, expected, death))
}

fn die(worker_root: &WorkerRoot, scenario: &Scenario, expected: &Outcome, death: &Death) -> Tried {
    let before = worker_root.renew();
    let mut reached = false;
    let stops = Stops::At(&[death.point.which]);
    let ended = tracee::run(&worker_root.command(scenario.command), &worker_root.sibling("said"), stops, |call| {
        if !death.point.is(call) {
            return Then::Go;
        }
        reached = true;
        match death.whom {
            Whom::All => Then::KillAll,
            Whom::Caller => Then::KillCaller,
        }
    });
    let root = worker_root.root();
    let mut wrong = judge::at_once(&root, &before, scenario.bound);
    let amid = Amid::of(&root, &before);
    let is_killed = death.whom == Whom::All || death.point.is_of_first;
    if is_killed && (ended.hung || ended.said.contains("panicked")) {
        wrong.push(format!("it hung or panicked: {}", ended.said));
    } else if !is_killed {
        wrong.extend(judge::end(scenario, &ended, false));
    }
    let (outcome, also) = Outcome::after_next(worker_root, scenario, &before);
    wrong.extend(also);
    // If only its tool was killed, the program lives on and reports it.
    let reports = death.whom == Whom::Caller && !death.point.is_of_first;
    wrong.extend(expected.difference(&outcome, if reports { Events::MayHaveMore } else { Events::Same }));
    Tried { reached, amid, wrong }
}
