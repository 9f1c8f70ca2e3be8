//! The persisted format: versions, and text to values.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::catalogue::source::Source;
use crate::finding::{self, Finding, RemedyValue};
use crate::store::event::Event;
use crate::store::fault::Fault;

/// The version of the format that is written. `schema/` describes it.
pub const SCHEMA: u32 = 1;

/// `faults.json`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct State {
    pub schema: u32,
    pub sequence: u64,
    pub faults: Vec<Fault>,
}

/// Why text cannot be read.
#[derive(Debug)]
pub(crate) enum ParseError {
    /// A newer version wrote it.
    Newer(u64),
    /// It is not JSON: cut off, or overwritten.
    NotJson { line: usize, problem: String },
    /// It is JSON, but not of this format.
    Invalid { line: usize, problem: String },
}

pub(crate) fn state(text: &[u8]) -> Result<State, ParseError> {
    let mut state: State = parse(text)?;
    for Fault { finding, remedies, source, boot_id, .. } in &mut state.faults {
        replace_controls(finding, remedies, source, boot_id);
    }
    Ok(state)
}

pub(crate) fn event(line: &[u8]) -> Result<Event, ParseError> {
    let mut event: Event = parse(line)?;
    let Event { finding, remedies, source, boot_id, .. } = &mut event;
    replace_controls(finding, remedies, source, boot_id);
    Ok(event)
}

fn replace_controls(
    finding: &mut Finding,
    remedies: &mut [RemedyValue],
    source: &mut Source,
    boot_id: &mut Option<String>,
) {
    finding.replace_controls();
    remedies.iter_mut().for_each(RemedyValue::replace_controls);
    if source.as_str().contains(char::is_control) {
        *source = finding::one_line(source.as_str()).as_str().into();
    }
    boot_id.iter_mut().for_each(finding::replace_controls);
}

fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T, ParseError> {
    // The version first: a newer one may have changed the meaning of anything else.
    let version: Version = serde_json::from_slice(text).map_err(|e| match e.classify() {
        serde_json::error::Category::Data => ParseError::Invalid { line: e.line(), problem: said(&e) },
        _ => ParseError::NotJson { line: e.line(), problem: said(&e) },
    })?;
    match version.schema {
        schema if schema == u64::from(SCHEMA) => {
            serde_json::from_slice(text).map_err(|e| ParseError::Invalid { line: e.line(), problem: said(&e) })
        }
        schema if schema > u64::from(SCHEMA) => Err(ParseError::Newer(schema)),
        // Schema 1 is the first. The next one converts older text here, and leaves `fixtures/schema-1` as it is.
        schema => Err(ParseError::Invalid { line: 1, problem: format!("unknown schema {schema}") }),
    }
}

#[derive(Deserialize)]
struct Version {
    schema: u64,
}

/// The parser's message without its position, which is not the file's where the text is one line of many.
fn said(error: &serde_json::Error) -> String {
    let whole = error.to_string();
    whole.rsplit_once(" at line ").map_or(whole.clone(), |(said, _)| said.to_owned())
}
