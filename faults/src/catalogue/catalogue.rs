//! The faults there are. The knowledge is `catalogue.toml`; what people read about it is in [`texts`](crate::texts).

use host::fs::InRoot;
use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::OnceLock;

use serde::Deserialize;
use thiserror::Error;

use crate::catalogue::id::FaultId;
use crate::catalogue::reason::Reason;
use crate::catalogue::severity::Severity;

/// The properties of a fault on every host and in every language.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its number.
    pub id: FaultId,
    /// `MESSAGE_ID=` of journal entries that raise or change it: 32 hexadecimal digits.
    pub message_id: String,
    /// The severity, unless the program that raises it sets another.
    pub severity: Severity,
    /// Why it can be raised.
    pub reasons: Reasons,
    /// The keys of the resolutions, in the order in which to try them.
    pub resolutions: Vec<String>,
    /// Resolutions that help against these reasons alone.
    #[serde(default)]
    pub only_for: BTreeMap<String, Vec<Reason>>,
    /// Log files to read, as the host sees them.
    pub logs: Vec<InRoot>,
    /// The first connector version that has it; empty for all.
    pub since: Vec<Since>,
}

impl Entry {
    /// Returns the keys of the resolutions that help against `reason`, in order: all of them for a reason that the catalogue does not
    /// list, and for one that says nothing about the host.
    pub fn resolutions_for(&self, reason: &Reason) -> impl Iterator<Item = &String> {
        let is_known = *reason != Reason::RaisedByHand && self.reasons.iter().any(|known| known == reason);
        let helps =
            move |key: &&String| !is_known || self.only_for.get(*key).is_none_or(|reasons| reasons.contains(reason));
        self.resolutions.iter().filter(helps)
    }
}

/// The reasons of a fault, by who sees them. Both may see the same: then who raised the fault decides who may clear it.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reasons {
    /// Reasons that a check of the host sees.
    pub check: Vec<Reason>,
    /// Reasons that the running agent sees.
    pub agent: Vec<Reason>,
}

impl Reasons {
    /// Returns all of them, each once.
    pub fn iter(&self) -> impl Iterator<Item = &Reason> {
        self.check.iter().chain(self.agent.iter().filter(|reason| !self.check.contains(reason)))
    }
}

/// Who sees whether a fault still applies, and so may change or clear it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SeenBy {
    /// A check of the host.
    Check,
    /// The running agent.
    Agent,
}

/// The connector version from which a fault, or one cause of it, applies.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// The key of what applies: distributions, or a cause.
    pub scope: String,
    /// The first connector version; `None` where every one has it.
    pub connector: Option<String>,
}

/// Every fault, by number.
#[must_use]
pub fn entries() -> &'static [Entry] {
    &data().fault
}

/// The fault of that number; `None` for one that only a newer version knows.
#[must_use]
pub fn find(id: FaultId) -> Option<&'static Entry> {
    entries().iter().find(|entry| entry.id == id)
}

/// A number that is not in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no fault {given}; the faults are {}", listed())]
pub struct UnknownFault {
    /// The given text.
    pub given: String,
}

fn listed() -> String {
    let ids: Vec<_> = entries().iter().map(|entry| entry.id.to_string()).collect();
    ids.join(", ")
}

impl FromStr for FaultId {
    type Err = UnknownFault;

    fn from_str(given: &str) -> Result<Self, UnknownFault> {
        let number: Option<u16> = given.parse().ok();
        let known = entries().iter().map(|entry| entry.id).find(|id| Some(id.number()) == number);
        known.ok_or_else(|| UnknownFault { given: given.to_owned() })
    }
}

/// Returns the agent that [`Entry::since`] lists versions of: the name in its profile.
pub(crate) fn agent() -> &'static str {
    &data().agent
}

/// Returns the `MESSAGE_ID=` of journal entries that clear a fault: 32 hexadecimal digits.
#[must_use]
pub fn cleared_message_id() -> &'static str {
    &data().cleared_message_id
}

/// Returns the default values of the texts' variables.
pub(crate) fn values() -> &'static BTreeMap<String, String> {
    &data().values
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    agent: String,
    cleared_message_id: String,
    values: BTreeMap<String, String>,
    fault: Vec<Entry>,
}

fn data() -> &'static Data {
    static DATA: OnceLock<Data> = OnceLock::new();
    let text = include_str!(concat!(env!("OUT_DIR"), "/catalogue.json"));
    DATA.get_or_init(|| serde_json::from_str(text).expect("a test parses catalogue.toml"))
}

#[cfg(test)]
mod tests;
