//! A signal at every system call of every kind of work, which takes half an hour: `signals [--all] [--every N] [WORK…]`.
//! `--all` sends each signal at each call instead of one after the other, `--every N` takes only each N-th call. Ends non-zero
//! where something was not as it must be.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "its output is what it is for")]

use std::process::ExitCode;
use std::time::Instant;

use harness::signals::{ALL, Point, Tally, Undisturbed, Work, points, sweep};
use nix::sys::signal::Signal;

const SIGNALS: [Signal; 5] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGPIPE];

fn main() -> ExitCode {
    let (mut every, mut all) = (1, false);
    let mut works: Vec<Work> = Vec::new();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--every" => every = words.next().and_then(|n| n.parse().ok()).unwrap_or(1).max(1),
            "--all" => all = true,
            name => match Work::named(name) {
                Some(work) => works.push(work),
                None => {
                    let names: Vec<_> = ALL.iter().map(|work| work.name).collect();
                    println!("unknown work {name}; known are {}", names.join(", "));
                    return ExitCode::from(2);
                }
            },
        }
    }
    if works.is_empty() {
        works = ALL.to_vec();
    }
    let start = Instant::now();
    let mut bad = 0;
    for work in works {
        bad += full(work, every, all).violations.len();
    }
    println!("{bad} violations in {} s", start.elapsed().as_secs());
    if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn full(work: Work, every: usize, all: bool) -> Tally {
    let points = points(work);
    let points: Vec<&Point> = points.iter().step_by(every).collect();
    let each =
        |(n, point)| if all { SIGNALS.map(|signal| (signal, point)).to_vec() } else { vec![(SIGNALS[n % 5], point)] };
    let chosen: Vec<_> = points.iter().copied().enumerate().flat_map(each).collect();
    println!("{}: {} calls, {} signals …", work.name, points.len(), chosen.len());
    let tally = sweep(&Undisturbed::of(work), &chosen);
    for violation in &tally.violations {
        println!("{}: {violation}\n", work.name);
    }
    println!("{}: {tally}", work.name);
    tally
}
