//! Workers that try points in parallel, and their results.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::judge::{Amid, Outcome, undisturbed};
use super::scenario::Scenario;
use super::worker_root::WorkerRoot;

/// The result of one point.
#[derive(Debug, Default)]
pub struct Tried {
    /// Whether the program reached the point.
    pub reached: bool,
    /// What the program was doing.
    pub amid: Vec<Amid>,
    /// What is wrong.
    pub wrong: Vec<String>,
}

/// The results of many points.
#[derive(Debug, Default)]
pub struct Tally {
    /// How many points were reached.
    pub tried: usize,
    /// How many points were not reached, because the run took another path.
    pub not_reached: usize,
    /// How often the program was doing what.
    pub amid: BTreeMap<Amid, usize>,
    /// What is wrong, with the point.
    pub violations: Vec<String>,
    /// The total time.
    pub took: Duration,
}

impl Tally {
    fn add(&mut self, point: &str, tried: Tried) {
        if tried.reached {
            self.tried += 1;
        } else {
            self.not_reached += 1;
        }
        for amid in tried.amid {
            *self.amid.entry(amid).or_default() += 1;
        }
        if !tried.wrong.is_empty() {
            self.violations.push(format!("{point}:\n    {}", tried.wrong.join("\n    ")));
        }
    }

    /// Takes in what another counted.
    pub fn absorb(&mut self, other: Self) {
        self.tried += other.tried;
        self.not_reached += other.not_reached;
        for (amid, count) in other.amid {
            *self.amid.entry(amid).or_default() += count;
        }
        self.violations.extend(other.violations);
        self.took += other.took;
    }
}

/// Workers for each processor. Several, because some mostly wait, for example 14 seconds for an account tool's lock.
const FOR_EACH_PROCESSOR: usize = 3;

/// Tries `points` of `scenario`, each by `attempt`, by several workers.
#[must_use]
pub fn try_all<P: Sync + std::fmt::Display>(
    scenario: &Scenario,
    points: &[P],
    attempt: impl Fn(&WorkerRoot, &Outcome, &P) -> Tried + Sync,
) -> Tally {
    let start = Instant::now();
    let next = AtomicUsize::new(0);
    let tally = Mutex::new(Tally::default());
    let work = || {
        let worker_root = WorkerRoot::of(scenario);
        let expected = undisturbed(&worker_root, scenario);
        while let Some(point) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
            let tried = attempt(&worker_root, &expected, point);
            let mut tally = tally.lock().unwrap();
            tally.add(&format!("{}, {point}", scenario.name), tried);
            show(scenario, &tally, points.len());
        }
    };
    std::thread::scope(|scope| {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = (processors * FOR_EACH_PROCESSOR).min(points.len());
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            worker.join().unwrap();
        }
    });
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
    let mut tally = tally.into_inner().unwrap();
    tally.took = start.elapsed();
    tally
}

fn show(scenario: &Scenario, tally: &Tally, points: usize) {
    let done = tally.tried + tally.not_reached;
    if std::io::stderr().is_terminal() && done.is_multiple_of(20) {
        eprint!("\r\x1b[K{}: {done} of {points}, {} violations", scenario.name, tally.violations.len());
        let _ = std::io::stderr().flush();
    }
}
