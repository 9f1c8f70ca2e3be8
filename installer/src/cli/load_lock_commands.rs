//! `load-lock`: the crash-loop guard of the kernel component, for the service that loads it.

use std::fmt::Write as _;

use faults::Source;
use installer::load_lock::{self, Decision, Status};
use installer::report::exit;
use installer::report::load_lock_status::LoadLockObject;

use super::args::{Format, Global, LoadLock};
use super::invocation::{Invocation, Privilege, with};
use super::output::{Outcome, print, print_error, print_json};

pub fn run(global: &Global, command: LoadLock) -> Outcome {
    match command {
        LoadLock::Begin => with(global, Privilege::LenientRoot("load-lock begin"), None, begin),
        LoadLock::End => with(global, Privilege::LenientRoot("load-lock end"), None, |invocation| {
            let was_open = load_lock::load_ended(&invocation.cx)?;
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

/// Reports that the lock is updated, but not its faults.
fn tell(trouble: installer::Error) {
    print_error(&format!("the faults of the load lock are not up to date: {trouble}"));
}

fn begin(invocation: &Invocation) -> Outcome {
    match load_lock::load_started(&invocation.cx, &mut tell)? {
        Decision::Allowed => {
            print("The component may be loaded.\n")?;
            Ok(exit::WELL)
        }
        Decision::Locked => {
            let command = host::process::names::command();
            print_error(&format!(
                "the load lock is locked; do not load the kernel component. Run: {command} load-lock status"
            ));
            Ok(exit::LOCKED)
        }
    }
}

fn status(invocation: &Invocation, format: Format) -> Outcome {
    let status = load_lock::status(&invocation.cx)?;
    match format {
        Format::Json => print_json(&LoadLockObject::of(&invocation.cx, &status))?,
        Format::Text => print(&text(invocation, &status))?,
    }
    Ok(if status.is_locked() { exit::LOCKED } else { exit::WELL })
}

fn word(status: &Status) -> &'static str {
    if status.is_locked() { "locked" } else { "functional" }
}

fn text(invocation: &Invocation, status: &Status) -> String {
    let (rule, record) = (&invocation.cx.profile.load_lock, &status.record);
    let mut text = format!("Operational status: {}\n", word(status));
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
    let recent = status.recent.map_or_else(String::new, |recent| format!("{recent} within {within} min, "));
    let _ = writeln!(
        text,
        "Unclean loads: {recent}{} recorded, locks at {}",
        record.unclean_loads.len(),
        rule.unclean_loads
    );
    for end in &record.unclean_loads {
        let _ = writeln!(text, "  load of {:.0}, its end noticed {:.0}", end.begun.time, end.noticed.time);
    }
    if status.is_locked() {
        let reset = invocation.cx.own_command(&["load-lock", "reset"]);
        let _ = writeln!(text, "Find out why the host went down, then: {reset}");
    }
    text
}
