//! A signal at each important system call and at some of the others. `make torture` tries all of them.

use harness::signals::{Ended, Point, Tally, Undisturbed, Work, points, sweep};
use nix::sys::signal::Signal;

const SIGNALS: [Signal; 5] = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGPIPE];

/// Sends one signal after the other at each point for which `chosen`, which also gets the point's number, returns true.
fn sweep_calls(name: &str, chosen: impl Fn(usize, &Point) -> bool) -> Tally {
    let work = Work::named(name).unwrap();
    let points = points(work);
    let wanted = points.iter().enumerate().filter(|(n, point)| chosen(*n, point));
    let chosen: Vec<_> = wanted.enumerate().map(|(n, (_, point))| (SIGNALS[n % 5], point)).collect();
    let tally = sweep(&Undisturbed::of(work), &chosen);
    println!("{name}: {} of {} calls: {tally}", chosen.len(), points.len());
    assert!(tally.violations.is_empty(), "{}", tally.violations.join("\n\n"));
    // Neither all too early nor all too late to matter.
    assert!(tally.delivered() * 10 > chosen.len() * 8, "few were delivered: {tally}");
    tally
}

#[test]
fn each_change_while_the_window_is_open() {
    let tally = sweep_calls("repair", |n, point| point.in_window && (point.relevant || n % 31 == 0));
    assert!(tally.of(Ended::Interrupted) > 20, "{tally}");
}

#[test]
fn all_along_a_repair() {
    let tally = sweep_calls("repair", |n, point| !point.in_window && n % 71 == 0);
    assert!(
        tally.of(Ended::Died) > 0 && tally.of(Ended::Finished) > 0,
        "before there is a handler, and at the end: {tally}"
    );
}

#[test]
fn all_along_hooks() {
    sweep_calls("rpm-post", |n, point| (point.in_window && point.relevant && n % 3 == 0) || n % 131 == 0);
    sweep_calls("deb-postinst", |n, point| (point.in_window && point.relevant && n % 3 == 1) || n % 131 == 0);
}

#[test]
fn all_along_the_recovery_of_a_window() {
    sweep_calls("recovery", |n, point| (point.in_window && point.relevant && n % 2 == 0) || n % 311 == 0);
}

#[test]
fn all_along_a_removal() {
    sweep_calls("remove", |n, point| (point.relevant && n % 4 == 0) || n % 97 == 0);
}
