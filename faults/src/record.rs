//! One fault as it is stored, and as a program reports it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::catalogue::{self, UnknownFault};
use crate::id::FaultId;
use crate::severity::Severity;
use crate::words::{Reason, Source};

/// A raised fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Its number.
    pub id: FaultId,
    /// How bad it is.
    pub severity: Severity,
    /// Why it is raised, for programs.
    pub reason: Reason,
    /// Why it is raised, for people: one line with the real values.
    pub detail: String,
    /// The commands that mend it on this host, in order.
    pub remedy: Vec<String>,
    /// When it was raised; later changes leave this as it is.
    pub raised_at: Timestamp,
    /// When what is said here was last changed.
    pub updated_at: Timestamp,
    /// On which occasion it was last changed.
    pub source: Source,
    /// The boot (`/proc/sys/kernel/random/boot_id`) in which it was last changed, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot_id: Option<String>,
}

/// A fault as somebody found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its number.
    pub id: FaultId,
    /// Why, for programs; control characters, line breaks included, are stored as spaces, here and below.
    pub reason: Reason,
    /// Why, for people.
    pub detail: String,
    /// The commands that mend it on this host, in order.
    pub remedy: Vec<String>,
    /// How bad it is; `None` for what the catalogue says.
    pub severity: Option<Severity>,
}

/// When and by whom something is raised or cleared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// What is going on.
    pub source: Source,
    /// The running boot (`/proc/sys/kernel/random/boot_id`); `None` where there is none, as in another root.
    pub boot_id: Option<String>,
}

/// What makes two reports the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    pub severity: Severity,
    pub reason: Reason,
    pub detail: String,
    pub remedy: Vec<String>,
}

impl Report {
    pub(crate) fn content(&self) -> Result<Content, UnknownFault> {
        let severity = match (self.severity, catalogue::find(self.id)) {
            (Some(severity), _) => severity,
            (None, Some(entry)) => entry.severity,
            (None, None) => return Err(UnknownFault { given: self.id.to_string() }),
        };
        Ok(Content {
            severity,
            reason: one_line(self.reason.as_str()).as_str().into(),
            detail: one_line(&self.detail),
            remedy: self.remedy.iter().map(|command| one_line(command)).collect(),
        })
    }
}

impl Fault {
    pub(crate) fn content(&self) -> Content {
        Content {
            severity: self.severity,
            reason: self.reason.clone(),
            detail: self.detail.clone(),
            remedy: self.remedy.clone(),
        }
    }
}

/// What a program wrote that does not use this library may hold what a terminal obeys.
pub(crate) fn make_plain(words: (&mut Reason, &mut Source), texts: (&mut String, &mut [String], &mut Option<String>)) {
    let ((reason, source), (detail, remedy, boot_id)) = (words, texts);
    if reason.as_str().contains(char::is_control) {
        *reason = one_line(reason.as_str()).as_str().into();
    }
    if source.as_str().contains(char::is_control) {
        *source = one_line(source.as_str()).as_str().into();
    }
    for text in [detail].into_iter().chain(remedy).chain(boot_id) {
        if text.contains(char::is_control) {
            *text = one_line(text);
        }
    }
}

fn one_line(text: &str) -> String {
    text.trim().replace(char::is_control, " ")
}
