//! Another command that runs to its end while the first is stopped at one of its calls: a race, lost on purpose.

use std::fmt;
use std::sync::mpsc;
use std::time::Duration;

use nix::libc;

use super::injection_point::{self, InjectionPoint, OPENING};
use super::judge::{self, Amid, Events, Outcome};
use super::kill::Extent;
use super::scenario::{SCENARIOS, Scenario};
use super::tracee::{self, Stops, Then};
use super::worker_root::WorkerRoot;
use super::workers::{Tally, Tried, try_all};

/// How long the first command is stopped. The other mostly waits for the first's lock then.
const STOPPED: Duration = Duration::from_millis(200);

/// Which commands run inside which, and how the events may differ.
const PAIRS: &[(&str, &[&str], Events)] = &[
    ("faults raise", &["faults", "clear", "19"], Events::MayHaveMore),
    ("faults raise", &["faults", "raise", "19", "--reason", "tools-missing", "--detail", "by hand"], Events::Same),
    ("faults clear", &["faults", "clear", "19"], Events::Same),
    ("repair", &["repair"], Events::Same),
    ("repair", &["remove"], Events::MayHaveMore),
    ("hook rpm post 1", &["repair"], Events::MayHaveMore),
    ("remove", &["repair"], Events::MayHaveMore),
];

struct Interleaving {
    point: InjectionPoint,
    other: &'static [&'static str],
    events: Events,
}

impl fmt::Display for Interleaving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` before {}", self.other.join(" "), self.point)
    }
}

/// Runs the other commands at each call by which `scenario`'s own opens, locks or changes a file.
#[must_use]
pub fn everywhere(scenario: &Scenario, extent: Extent) -> Tally {
    let touches = |point: &InjectionPoint| {
        point.changes() || point.which == libc::SYS_flock || OPENING.iter().any(|(which, _)| *which == point.which)
    };
    let chosen = |point: &InjectionPoint| match extent {
        Extent::Full => (point.is_ours() || point.is_of_account_tool()) && touches(point),
        Extent::Bounded => point.is_ours() && point.changes(),
    };
    let points: Vec<InjectionPoint> = injection_point::all(scenario).into_iter().filter(chosen).collect();
    let pairs = PAIRS.iter().filter(|(first, ..)| *first == scenario.name);
    let all: Vec<Interleaving> = pairs
        .flat_map(|(_, other, events)| {
            points.iter().map(|point| Interleaving { point: point.clone(), other, events: *events })
        })
        .collect();
    try_all(scenario, &all, |worker_root, expected, interleaving| run(worker_root, scenario, expected, interleaving))
}

/// Those that have another to come between.
pub fn scenarios() -> impl Iterator<Item = &'static Scenario> {
    SCENARIOS.iter().filter(|scenario| PAIRS.iter().any(|(first, ..)| *first == scenario.name))
}

fn run(worker_root: &WorkerRoot, scenario: &Scenario, expected: &Outcome, interleaving: &Interleaving) -> Tried {
    let before = worker_root.renew();
    let (ended, other_ended) = mpsc::channel();
    let (mut amid, mut reached) = (Vec::new(), false);
    let mut wrong = Vec::new();
    std::thread::scope(|scope| {
        let mut others = Vec::new();
        let stops = Stops::At(&[interleaving.point.which]);
        let first = tracee::run(&worker_root.command(scenario.command), &worker_root.sibling("said"), stops, |call| {
            if !interleaving.point.is(call) {
                return Then::Go;
            }
            reached = true;
            amid = Amid::of(&worker_root.root(), &before);
            let ended = ended.clone();
            // In a thread of its own, so that its children are not taken for traced ones.
            let other = scope.spawn(move || {
                let run = worker_root.run(interleaving.other);
                let _ = ended.send(());
                run
            });
            let _ = other_ended.recv_timeout(STOPPED);
            others.push(other);
            Then::LetGo
        });
        for other in others {
            let run = other.join().unwrap();
            if !matches!(run.code, Some(0 | 3 | 4)) || run.stderr.contains("panicked") {
                wrong.push(format!("the other ended with {:?}: {}", run.code, run.stderr));
            }
        }
        if first.hung || !matches!(first.code, Some(0 | 3 | 4)) || first.said.contains("panicked") {
            wrong.push(format!("the first ended with {:?}: {}", first.code, first.said));
        }
    });
    let root = worker_root.root();
    wrong.extend(judge::at_once(&root, &before, false));
    let (outcome, also) = Outcome::after_next(worker_root, scenario, &before);
    wrong.extend(also);
    wrong.extend(expected.difference(&outcome, interleaving.events));
    Tried { reached, amid, wrong }
}
