//! `load-lock`: the guard of the kernel component, for whoever loads it.

use std::fmt::Write as _;

use faults::Remedy;
use faults::Source;
use installer::load_lock::{self, Begun, Standing};
use installer::report::exit;
use serde::Serialize;

use super::args::{Format, Global, LoadLock};
use super::invocation::{Invocation, Privilege, with};
use super::output::{Outcome, print, print_error};

pub fn run(global: &Global, command: LoadLock) -> Outcome {
    match command {
        LoadLock::Begin => with(global, Privilege::LenientRoot("load-lock begin"), None, begin),
        LoadLock::End => with(global, Privilege::LenientRoot("load-lock end"), None, |invocation| {
            let was_open = load_lock::end(&invocation.cx)?;
            print(if was_open { "The load ended cleanly.\n" } else { "No load was recorded.\n" })?;
            Ok(exit::WELL)
        }),
        LoadLock::Status { format } => with(global, Privilege::ReadOnly, None, |invocation| status(invocation, format)),
        LoadLock::Reset => with(global, Privilege::LenientRoot("load-lock reset"), None, |invocation| {
            let forgot = load_lock::reset(&invocation.cx, Source::LoadLock, &mut tell)?;
            print(if forgot { "Load lock reset.\n" } else { "Nothing to reset.\n" })?;
            Ok(exit::WELL)
        }),
    }
}

/// The lock stands; only its faults could not be brought up to it.
fn tell(trouble: installer::Error) {
    print_error(&format!("the faults of the load lock are not up to date: {trouble}"));
}

fn begin(invocation: &Invocation) -> Outcome {
    match load_lock::begin(&invocation.cx, &mut tell)? {
        Begun::Go => {
            print("The component may be loaded.\n")?;
            Ok(exit::WELL)
        }
        Begun::Locked => {
            print_error("the load lock is locked; do not load the kernel component. Run: hostprep load-lock status");
            Ok(exit::LOCKED)
        }
    }
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    operational_status: &'static str,
    locked_at: Option<jiff::Timestamp>,
    load_open_since: Option<jiff::Timestamp>,
    ungraceful_ends: &'a [load_lock::End],
    recent: Option<usize>,
    locks_at: usize,
    within_seconds: u64,
}

fn status(invocation: &Invocation, format: Format) -> Outcome {
    let standing = load_lock::status(&invocation.cx)?;
    let text = match format {
        Format::Json => json(invocation, &standing)?,
        Format::Text => text(invocation, &standing),
    };
    print(&text)?;
    Ok(if standing.is_locked() { exit::LOCKED } else { exit::WELL })
}

fn word(standing: &Standing) -> &'static str {
    if standing.is_locked() { "locked" } else { "functional" }
}

fn json(invocation: &Invocation, standing: &Standing) -> serde_json::Result<String> {
    let rule = &invocation.cx.profile.load_lock;
    let object = Object {
        schema: load_lock::SCHEMA,
        operational_status: word(standing),
        locked_at: standing.record.locked,
        load_open_since: standing.record.open.as_ref().map(|open| open.time),
        ungraceful_ends: &standing.record.ends,
        recent: standing.recent,
        locks_at: rule.ends,
        within_seconds: rule.within.as_secs(),
    };
    Ok(serde_json::to_string(&object)? + "\n")
}

fn text(invocation: &Invocation, standing: &Standing) -> String {
    let (rule, record) = (&invocation.cx.profile.load_lock, &standing.record);
    let mut text = format!("Operational status: {}\n", word(standing));
    // Writing to a string cannot fail.
    if let Some(at) = record.locked {
        let _ = writeln!(text, "Locked since: {at:.0}");
    }
    match &record.open {
        Some(open) => writeln!(text, "Load: active since {:.0}", open.time),
        None => writeln!(text, "Load: none"),
    }
    .unwrap_or_default();
    let within = rule.within.as_secs() / 60;
    let recent = standing.recent.map_or_else(String::new, |recent| format!("{recent} within {within} min, "));
    let _ = writeln!(text, "Unclean loads: {recent}{} recorded, locks at {}", record.ends.len(), rule.ends);
    for end in &record.ends {
        let _ = writeln!(text, "  load of {:.0}, its end noticed {:.0}", end.begun.time, end.noticed.time);
    }
    if standing.is_locked() {
        let reset = Remedy::hostprep(["load-lock", "reset"]).shell_line(invocation.cx.alternate_root());
        let _ = writeln!(text, "Find out why the host went down, then: {reset}");
    }
    text
}
