//! What is wrong with a host, and what to do about it.

use serde::{Deserialize, Serialize};

use crate::words::Reason;

/// What is wrong, why, and the commands that correct it. Embedded in everything that reports or stores a fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The cause, for programs.
    pub reason: Reason,
    /// The cause, for people: one line with the values seen on this host.
    pub detail: String,
    /// The commands that correct it on this host, in order.
    pub remedy: Vec<String>,
}

impl Finding {
    /// Returns this finding as it is stored: one line each, trimmed, with control characters (line breaks included)
    /// replaced by spaces.
    pub(crate) fn to_stored(&self) -> Self {
        Self {
            reason: one_line(self.reason.as_str()).as_str().into(),
            detail: one_line(&self.detail),
            remedy: self.remedy.iter().map(|command| one_line(command)).collect(),
        }
    }

    /// Replaces control characters in what was read from a store: a program that does not use this library may have
    /// written sequences that a terminal obeys.
    pub(crate) fn replace_controls(&mut self) {
        if self.reason.as_str().contains(char::is_control) {
            self.reason = one_line(self.reason.as_str()).as_str().into();
        }
        [&mut self.detail].into_iter().chain(&mut self.remedy).for_each(replace_controls);
    }
}

/// Makes `text` one line if it contains control characters, else leaves it unchanged.
pub(crate) fn replace_controls(text: &mut String) {
    if text.contains(char::is_control) {
        *text = one_line(text);
    }
}

/// Returns `text` trimmed, with a space in place of each control character.
pub(crate) fn one_line(text: &str) -> String {
    text.trim().replace(char::is_control, " ")
}
