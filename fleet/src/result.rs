//! One host's result, as `hostprep check --format json` and `hostprep repair --format json` print it.

use host::process::names::command;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The schema of results that is read.
const SCHEMA: u32 = 1;

/// How far a host's clock may be ahead.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// The commands that print a result.
const OUTPUTS: [&str; 2] = ["check", "repair"];

/// The state of a host: that of its worst step. A later one is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nothing to do.
    Ok,
    /// To be done, or in force from the next boot on.
    Deferred,
    /// Something could not be looked at.
    Unknown,
    /// A fault is true and not waived.
    Fault,
    /// The run failed.
    Failed,
}

impl State {
    /// All states, the worst first.
    pub const ALL: [Self; 5] = [Self::Failed, Self::Fault, Self::Unknown, Self::Deferred, Self::Ok];

    /// Returns the word of the JSON form.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Deferred => "deferred",
            Self::Unknown => "unknown",
            Self::Fault => "fault",
            Self::Failed => "failed",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// A fault that is true on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The step that found it.
    pub step: String,
    /// The fault's number, where the step has one.
    pub fault: Option<u16>,
    /// The cause, for programs.
    pub reason: String,
    /// The cause in one line, in the language of the run.
    pub title: String,
    /// `critical`, `major` or `minor`.
    pub severity: String,
    /// The values seen on the host.
    pub detail: String,
    /// The remedies, as commands or sentences in their order.
    pub remedy: Vec<String>,
    /// Whether a waiver of the host's configuration covers it.
    pub is_waived: bool,
}

/// A fault that the next boot brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The fault's number.
    pub fault: u16,
    /// The cause, for programs.
    pub reason: String,
    /// The cause in one line.
    pub title: String,
    /// The kernel that the next boot starts, where that is known.
    pub kernel: Option<String>,
    /// The remedies, as commands or sentences in their order.
    pub remedy: Vec<String>,
}

/// A step that is neither done nor at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsettled {
    /// The step.
    pub step: String,
    /// `deferred`, `unknown` or `planned`.
    pub outcome: String,
    /// What was seen.
    pub detail: String,
}

/// A waiver that covers a fault of the host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Waiver {
    /// The reason that is accepted.
    pub reason: String,
    /// The last day it holds.
    #[serde(default)]
    pub until: Option<String>,
    /// The administrator's words.
    #[serde(default)]
    pub why: Option<String>,
}

/// What one host's newest run found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostResult {
    /// The host's name; that of the file where the result has none.
    pub name: String,
    /// The machine id, hashed for the application.
    pub machine: Option<String>,
    /// When the run was.
    pub time: Option<Timestamp>,
    /// The version of hostprep.
    pub version: Option<String>,
    /// The table of kernels that judged, as `1 of 2026-11-29`; `None` if the result does not say.
    pub kernel_table: Option<String>,
    /// The distribution and its version, as `rocky 9.4`.
    pub distribution: String,
    /// The release of the kernel that was judged.
    pub kernel: Option<String>,
    /// The worst state.
    pub state: State,
    /// The faults that are true, waived ones too.
    pub findings: Vec<Finding>,
    /// What the next boot brings.
    pub pending: Vec<Pending>,
    /// What is neither done nor at fault.
    pub unsettled: Vec<Unsettled>,
    /// The waivers that cover something.
    pub waivers: Vec<Waiver>,
}

/// Why a file is no result.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum WrongResult {
    /// It is not UTF-8.
    #[error("is not UTF-8 text")]
    NotText,
    /// It is not JSON.
    #[error("is not JSON: {0}")]
    NotJson(String),
    /// It is JSON of another program, or lacks a part.
    #[error("is not a result of `{command} check` or `{command} repair`: {0}", command = command())]
    OtherProgram(String),
    /// It is the output of another command.
    #[error("is the output of `{command} {0}`; `{command} check` and `{command} repair` print results", command = command())]
    OtherOutput(String),
    /// A newer hostprep wrote it.
    #[error("has schema {0}, and this version reads {SCHEMA}; use a newer hostprep for the report")]
    Newer(u32),
}

impl HostResult {
    /// Returns whether the result was made more than a day after `now`: the host's clock was wrong then.
    #[must_use]
    pub fn is_from_future(&self, now: Timestamp) -> bool {
        self.time.is_some_and(|time| time.duration_since(now) > AHEAD)
    }

    /// Reads a file's content. `name` is the host's name if the result has none, as those of version 0.1.0.
    ///
    /// # Errors
    /// [`WrongResult`], which completes a sentence that begins with the file's name.
    pub fn parse(content: &[u8], name: &str) -> Result<Self, WrongResult> {
        let text = std::str::from_utf8(content).map_err(|_| WrongResult::NotText)?;
        // Some programs begin each text with one.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if !text.trim_start().starts_with('{') {
            let valid: Result<serde::de::IgnoredAny, _> = serde_json::from_str(text);
            let problem = valid.map_or_else(
                |e| WrongResult::NotJson(e.to_string()),
                |_| WrongResult::OtherProgram("it is no JSON object".into()),
            );
            return Err(problem);
        }
        let object: Object = serde_json::from_str(text).map_err(|e| reject(text, &e))?;
        match object.output {
            Some(output) if !OUTPUTS.contains(&output.as_str()) => Err(WrongResult::OtherOutput(output)),
            _ if object.schema > SCHEMA => Err(WrongResult::Newer(object.schema)),
            _ if object.schema != SCHEMA => Err(WrongResult::OtherProgram(format!("its schema is {}", object.schema))),
            _ => Ok(object.into_result(name)),
        }
    }
}

/// Says why `text` is no result: schema and output tell more than the first key that is missing.
fn reject(text: &str, error: &serde_json::Error) -> WrongResult {
    if !error.is_data() {
        return WrongResult::NotJson(error.to_string());
    }
    match serde_json::from_str(text) {
        Ok(Head { schema: Some(schema), .. }) if schema > SCHEMA => WrongResult::Newer(schema),
        Ok(Head { schema: Some(_), output: Some(output) }) if !OUTPUTS.contains(&output.as_str()) => {
            WrongResult::OtherOutput(output)
        }
        _ => WrongResult::OtherProgram(error.to_string()),
    }
}

#[derive(Deserialize)]
struct Head {
    schema: Option<u32>,
    output: Option<String>,
}

#[derive(Deserialize)]
struct Object {
    schema: u32,
    output: Option<String>,
    hostprep: Option<Tool>,
    time: Option<Timestamp>,
    worst: Option<String>,
    kernel_table: Option<KernelTable>,
    host: Host,
    steps: Vec<Step>,
    next_boot: Option<NextBoot>,
    #[serde(default)]
    waived: Vec<Waiver>,
}

#[derive(Deserialize)]
struct Tool {
    version: Option<String>,
}

#[derive(Deserialize)]
struct KernelTable {
    origin: Option<String>,
    version: Option<String>,
    date: Option<String>,
    problem: Option<serde::de::IgnoredAny>,
}

impl KernelTable {
    fn label(self) -> Option<String> {
        match (self.version, self.date) {
            _ if self.problem.is_some() => Some("one that cannot be used".into()),
            (Some(version), Some(date)) => Some(format!("{version} of {date}")),
            (version, _) => version.or_else(|| (self.origin? == "profile").then(|| "one of the host's profile".into())),
        }
    }
}

#[derive(Deserialize)]
struct Host {
    name: Option<String>,
    machine: Option<String>,
    id: String,
    version: Option<String>,
    kernel: Option<String>,
}

#[derive(Deserialize)]
struct Step {
    name: String,
    outcome: String,
    fault: Option<u16>,
    severity: Option<String>,
    reason: Option<String>,
    title: Option<String>,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    remedy: Vec<String>,
    waived: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct NextBoot {
    kernel: Option<String>,
    #[serde(default)]
    faults: Vec<NextFault>,
}

#[derive(Deserialize)]
struct NextFault {
    id: u16,
    reason: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    remedy: Vec<String>,
}

impl Object {
    fn into_result(self, file: &str) -> HostResult {
        let (mut findings, mut unsettled) = (Vec::new(), Vec::new());
        for step in self.steps {
            match step.outcome.as_str() {
                "fault" => findings.push(step.into_finding()),
                "deferred" | "unknown" | "planned" => {
                    unsettled.push(Unsettled { step: step.name, outcome: step.outcome, detail: step.detail })
                }
                _ => {}
            }
        }
        let pending = self.next_boot.map(NextBoot::into_pending).unwrap_or_default();
        let state = self.worst.as_deref().and_then(State::of_word);
        HostResult {
            state: state.unwrap_or_else(|| worst(&findings, &unsettled, &pending)),
            name: self.host.name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| file.to_owned()),
            machine: self.host.machine,
            time: self.time,
            version: self.hostprep.and_then(|tool| tool.version),
            kernel_table: self.kernel_table.and_then(KernelTable::label),
            distribution: [Some(self.host.id), self.host.version].into_iter().flatten().collect::<Vec<_>>().join(" "),
            kernel: self.host.kernel,
            findings,
            pending,
            unsettled,
            waivers: self.waived,
        }
    }
}

impl Step {
    fn into_finding(self) -> Finding {
        Finding {
            step: self.name,
            fault: self.fault,
            reason: self.reason.unwrap_or_else(|| "unknown".into()),
            title: self.title.unwrap_or_default(),
            severity: self.severity.unwrap_or_default(),
            detail: self.detail,
            remedy: self.remedy,
            is_waived: self.waived.is_some(),
        }
    }
}

impl NextBoot {
    fn into_pending(self) -> Vec<Pending> {
        let pending = |fault: NextFault| Pending {
            fault: fault.id,
            reason: fault.reason,
            title: fault.title,
            kernel: self.kernel.clone(),
            remedy: fault.remedy,
        };
        self.faults.into_iter().map(pending).collect()
    }
}

/// The worst state of a result that does not say it, as those of version 0.1.0.
fn worst(findings: &[Finding], unsettled: &[Unsettled], pending: &[Pending]) -> State {
    if findings.iter().any(|finding| !finding.is_waived) {
        State::Fault
    } else if unsettled.iter().any(|step| step.outcome == "unknown") {
        State::Unknown
    } else if unsettled.is_empty() && pending.is_empty() {
        State::Ok
    } else {
        State::Deferred
    }
}

#[cfg(test)]
mod tests;
