//! Many signals at many points, several at a time.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use nix::sys::signal::Signal;

use super::judge::{Ended, Undisturbed};
use super::points::Point;

/// The results of all runs.
#[derive(Debug, Default)]
pub struct Tally {
    /// The number of runs with each end.
    pub ended: BTreeMap<Ended, usize>,
    /// What was wrong, one line each.
    pub violations: Vec<String>,
}

impl Tally {
    /// Returns the number of runs with this end.
    #[must_use]
    pub fn of(&self, ended: Ended) -> usize {
        self.ended.get(&ended).copied().unwrap_or(0)
    }

    /// Returns the number of runs that got their signal.
    #[must_use]
    pub fn delivered(&self) -> usize {
        self.ended.iter().filter(|(ended, _)| **ended != Ended::NotReached).map(|(_, count)| count).sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} signals delivered", self.delivered() + self.violations.len())?;
        for (ended, count) in &self.ended {
            write!(f, ", {count} {ended:?}")?;
        }
        write!(f, ", {} violations", self.violations.len())
    }
}

/// Sends each signal at its point.
#[must_use]
pub fn sweep(undisturbed: &Undisturbed, chosen: &[(Signal, &Point)]) -> Tally {
    let (next, tally) = (AtomicUsize::new(0), Mutex::new(Tally::default()));
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some((signal, point)) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let ended = undisturbed.disturb(*signal, point);
                    let mut tally = tally.lock().unwrap();
                    match ended {
                        Ok(ended) => *tally.ended.entry(ended).or_default() += 1,
                        Err(wrong) => {
                            tally.violations.push(format!("{signal} at {} {}:\n{wrong}", point.call, point.when));
                        }
                    }
                }
            });
        }
    });
    tally.into_inner().unwrap()
}
