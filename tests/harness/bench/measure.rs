//! What a command costs.

use std::ops::Add;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

use crate::program::Run;
use crate::setup;

/// Time that passed, and CPU time of a command and all its children.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Wall time.
    pub wall: Duration,
    /// User and system time.
    pub cpu: Duration,
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { wall: self.wall + other.wall, cpu: self.cpu + other.cpu }
    }
}

impl Cost {
    /// Runs a command to its end. Fails unless its exit status is one of `codes`.
    #[track_caller]
    pub fn of(command: &mut Command, codes: &[i32]) -> Self {
        let (start, before) = (Instant::now(), cpu_of_children());
        let run = Run::of(command);
        let cost = Self { wall: start.elapsed(), cpu: cpu_of_children() - before };
        let is_expected = run.code.is_some_and(|code| codes.contains(&code));
        assert!(is_expected, "{command:?}: {:?}\n{}\n{}", run.code, run.stdout, run.stderr);
        cost
    }
}

/// The costs of several runs of the same.
#[derive(Debug, Default)]
pub struct Samples(Vec<Cost>);

impl Samples {
    /// Adds a run.
    pub fn push(&mut self, cost: Cost) {
        self.0.push(cost);
    }

    /// Returns the medians, of wall time and of CPU time.
    ///
    /// # Panics
    /// If there was no run.
    #[must_use]
    pub fn median(&self) -> Cost {
        let middle = |time: fn(&Cost) -> Duration| {
            let mut times: Vec<_> = self.0.iter().map(time).collect();
            times.sort();
            times[times.len() / 2]
        };
        Cost { wall: middle(|cost| cost.wall), cpu: middle(|cost| cost.cpu) }
    }

    /// Returns the same of the first and of the last `count` runs.
    #[must_use]
    pub fn first_and_last(&self, count: usize) -> [Cost; 2] {
        let count = count.min(self.0.len());
        [&self.0[..count], &self.0[self.0.len() - count..]].map(|part| Self(part.to_vec()).median())
    }

    /// Returns the sum of all runs.
    #[must_use]
    pub fn sum(&self) -> Cost {
        self.0.iter().copied().fold(Cost::default(), Cost::add)
    }
}

/// Runs `N` contestants `runs` times each, one after the other, so that what disturbs the machine disturbs all of them. Each
/// round begins with another of them.
pub fn in_turn<const N: usize>(runs: usize, mut run: impl FnMut(usize) -> Cost) -> [Samples; N] {
    let mut samples = std::array::from_fn(|_| Samples::default());
    for round in 0..runs {
        one_round(round, &mut samples, &mut run);
    }
    samples
}

/// Runs each contestant once.
pub fn one_round<const N: usize>(round: usize, samples: &mut [Samples; N], mut run: impl FnMut(usize) -> Cost) {
    for place in 0..N {
        let contestant = (round + place) % N;
        // What others wrote is not this one's to wait for.
        nix::unistd::sync();
        samples[contestant].push(run(contestant));
    }
}

/// The option by which the program `bench` runs a command alone and prints its [`peak_of_children`].
pub const PEAK: &str = "--peak";

/// Returns the most memory that a command had resident, in bytes. It is at least what the program that starts it has, so a
/// small one does: this program anew.
#[track_caller]
#[must_use]
pub fn peak(command: &Command) -> u64 {
    let mut alone = Command::new(std::env::current_exe().unwrap());
    alone.arg(PEAK).arg(command.get_program()).args(command.get_args());
    let kibibytes: u64 = setup::run(&mut alone).trim().parse().unwrap();
    kibibytes * 1024
}

/// Returns the most memory that a child of this process had resident, in KiB.
#[must_use]
pub fn peak_of_children() -> i64 {
    getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss()
}

fn cpu_of_children() -> Duration {
    let used = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let duration = |time: TimeVal| {
        let seconds = Duration::from_secs(time.tv_sec().try_into().unwrap_or(0));
        seconds + Duration::from_micros(time.tv_usec().try_into().unwrap_or(0))
    };
    duration(used.user_time()) + duration(used.system_time())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_contestant_runs_as_often_and_begins_as_often() {
        let mut order = Vec::new();
        let samples: [Samples; 2] = in_turn(3, |who| {
            order.push(who);
            Cost { wall: Duration::from_millis([1, 10][who]), cpu: Duration::ZERO }
        });
        assert_eq!(order, [0, 1, 1, 0, 0, 1]);
        assert_eq!(samples.map(|samples| samples.sum().wall.as_millis()), [3, 30]);
    }

    #[test]
    fn the_median_is_not_moved_by_one_slow_run() {
        let cost = |millis| Cost { wall: Duration::from_millis(millis), cpu: Duration::from_millis(millis / 2) };
        let samples = Samples([4, 2, 9000, 3, 2].map(cost).to_vec());
        assert_eq!(samples.median(), Cost { wall: Duration::from_millis(3), cpu: Duration::from_millis(1) });
        assert_eq!(samples.first_and_last(1).map(|cost| cost.wall.as_millis()), [4, 2]);
    }
}
