//! The last run: when, what, and how it ended. One file, replaced as a whole, for whoever asks whether this host is still looked
//! after. A run that cannot write it is not a failed run.

use std::time::Duration;

use faults::Source;
use host::fs::InRoot;
use host::log::Level;
use host::process::lock::Lock;
use host::{FileError, MalformedFile, ReadError};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Results;
use super::worst::Worst;
use crate::Error;
use crate::model::host_context::HostContext;
use crate::model::report::Outcome;

/// The format this version writes.
pub const SCHEMA: u32 = 1;

/// The file's name in the profile's state directory.
pub const NAME: &str = "last-run.json";

const MODE: u32 = 0o644;

/// How long a run that finds what is recorded leaves the file alone. The daily timer writes it once a day all the same.
const STANDS_FOR: SignedDuration = SignedDuration::from_hours(12);

/// The last run of `repair`, of a hook, or of a removal that was not complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LastRun {
    /// The version of the format.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::report::schema::version"))]
    pub schema: u32,
    /// Which hostprep it was.
    pub hostprep: Version,
    /// The name of the agent's profile.
    pub profile: String,
    /// When it ended, UTC. A later run that found the same, and changed nothing, leaves it as it is for twelve hours.
    pub time: Timestamp,
    /// The boot (`/proc/sys/kernel/random/boot_id`); absent for a system that is not booted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot_id: Option<String>,
    /// What ran: `repair`, `hook` or `remove`; words may be added.
    pub run: String,
    /// On which occasion, as in the events of the fault store.
    pub source: Source,
    /// The steps that it was asked for: a run of some says nothing about the others.
    pub steps: Vec<String>,
    /// How it ended: the worst state, in the words of `worst` of the outputs; words may be added.
    pub result: String,
    /// Whether it changed the host.
    pub changed: bool,
    /// The numbers of the faults that it found, sorted.
    pub faults: Vec<u16>,
    /// Why it failed, in one line; absent if it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A version of hostprep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Version {
    /// The version.
    pub version: String,
}

/// A run that has ended.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    /// `repair`, `hook` or `remove`.
    pub run: &'static str,
    /// On which occasion.
    pub source: &'a Source,
}

/// Records a run that took the lock and ended with `results`.
pub fn record(cx: &HostContext, ended: Ended, results: &Results) {
    write(cx, &entry(cx, ended, results));
}

/// Records a run that changed nothing, unless the file says the same and is not old: a run on a host in order writes nothing.
pub fn record_idle(cx: &HostContext, ended: Ended, results: &Results) {
    let now = entry(cx, ended, results);
    let is_same = |last: &LastRun| {
        // A run of some steps says nothing about the others.
        now.steps.iter().all(|step| last.steps.contains(step))
            && (&last.hostprep, &last.profile, &last.boot_id, &last.result, &last.faults, &last.error)
                == (&now.hostprep, &now.profile, &now.boot_id, &now.result, &now.faults, &now.error)
    };
    // A clock that was set back makes it old as well.
    let stands = |last: &LastRun| (SignedDuration::ZERO..STANDS_FOR).contains(&now.time.duration_since(last.time));
    if read(cx).is_ok_and(|last| last.is_some_and(|last| is_same(&last) && stands(&last))) {
        return;
    }
    // Who holds the lock records a run of its own.
    if let Ok(_lock) = Lock::acquire(cx.root, &cx.profile.paths.lock, cx.clock, Duration::ZERO, &mut || ()) {
        write(cx, &now);
    }
}

/// Records a run that took the lock and failed with `error`.
pub fn record_failure(cx: &HostContext, ended: Ended, error: &str) {
    let nothing = Results {
        reports: Vec::new(),
        faults: Vec::new(),
        waived: Vec::new(),
        warnings: Vec::new(),
        changes: Vec::new(),
        unrecorded: Vec::new(),
        next_boot: None,
        image: Vec::new(),
    };
    let entry = entry(cx, ended, &nothing);
    let (result, error) = (Worst::Failed.as_str().to_owned(), Some(error.replace(char::is_control, " ")));
    write(cx, &LastRun { result, error, ..entry });
}

fn entry(cx: &HostContext, ended: Ended, results: &Results) -> LastRun {
    let now = cx.clock.now();
    let changed = results.reports.iter().any(|report| report.outcome != Outcome::Planned && !report.plan.is_empty());
    LastRun {
        schema: SCHEMA,
        hostprep: Version { version: env!("CARGO_PKG_VERSION").to_owned() },
        profile: cx.profile.name.clone(),
        time: Timestamp::from_second(now.as_second()).unwrap_or(now),
        boot_id: cx.boot_id(),
        run: ended.run.to_owned(),
        source: ended.source.clone(),
        steps: results.reports.iter().map(|report| report.step.to_string()).collect(),
        result: Worst::of(results).as_str().to_owned(),
        changed,
        faults: results.faults.iter().map(|id| id.number()).collect(),
        error: None,
    }
}

/// Returns the path of the file.
#[must_use]
pub fn path(cx: &HostContext) -> InRoot {
    cx.profile.paths.state.join(NAME)
}

/// A file system that is full or read-only does not make the run fail: the fault store says what is wrong.
fn write(cx: &HostContext, last: &LastRun) {
    let written = serde_json::to_string(last).map_err(|e| e.to_string()).and_then(|text| {
        let dir = cx.root.create_private_dir(&cx.profile.paths.state);
        dir.and_then(|dir| dir.replace(NAME, (text + "\n").as_bytes(), MODE)).map_err(|e| e.to_string())
    });
    if let Err(e) = written {
        cx.log.line(Level::Info, &format!("the last run is not recorded: {e}"));
    }
}

/// Reads the record; `None` if there is none.
///
/// # Errors
/// [`ReadError`] if it cannot be read, or is not one that this version reads.
pub fn read(cx: &HostContext) -> Result<Option<LastRun>, ReadError> {
    let path = path(cx);
    let Some(text) = cx.root.read_private(&path)? else { return Ok(None) };
    parse(&text).map(Some).map_err(|(line, problem)| {
        let hint = "the next run replaces it".into();
        MalformedFile { path: cx.root.host_path(&path), line, problem, hint }.into()
    })
}

fn parse(text: &str) -> Result<LastRun, (Option<usize>, String)> {
    #[derive(Deserialize)]
    struct Format {
        schema: u32,
    }
    let wrong = |e: serde_json::Error| (Some(e.line()), e.to_string());
    let Format { schema } = serde_json::from_str(text).map_err(wrong)?;
    if schema != SCHEMA {
        return Err((None, format!("schema {schema} is not one this version reads ({SCHEMA})")));
    }
    serde_json::from_str(text).map_err(wrong)
}

/// Returns whether there is a record, readable or not.
///
/// # Errors
/// [`Error`] if its directory cannot be looked at.
pub fn is_recorded(cx: &HostContext) -> Result<bool, Error> {
    Ok(cx.root.stat(path(cx)).map_err(ReadError::from)?.is_some())
}

/// Removes the record. The caller holds hostprep's lock.
///
/// # Errors
/// [`Error`] if it cannot be removed.
pub fn forget(cx: &HostContext) -> Result<(), Error> {
    let removed = || -> Result<(), FileError> {
        if cx.root.stat(path(cx))?.is_none() && cx.root.stat(cx.profile.paths.state.join(temporary()))?.is_none() {
            return Ok(());
        }
        cx.root.open_private_dir(&cx.profile.paths.state)?.unlink_replaced(NAME)
    };
    Ok(removed().map_err(ReadError::from)?)
}

fn temporary() -> std::ffi::OsString {
    host::fs::temporary_name(NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = include_str!("../../../tests/fixtures/last-run/schema-1.json");

    #[test]
    fn the_first_schema_is_read_for_ever() {
        let last = parse(FIRST).unwrap();
        assert_eq!((last.run.as_str(), &last.source, last.result.as_str()), ("repair", &Source::Timer, "fault"));
        assert_eq!((last.changed, last.faults, last.steps.len()), (true, vec![5, 19], 2));
        assert_eq!(last.time.to_string(), "2026-11-28T20:30:00Z");
    }

    #[test]
    fn another_schema_is_not_guessed_at() {
        for (text, problem) in
            [("", "EOF"), ("{}", "schema"), (&*FIRST.replace("\"schema\":1", "\"schema\":2"), "schema 2")]
        {
            let (_, found) = parse(text).unwrap_err();
            assert!(found.contains(problem), "{found}");
        }
    }
}
