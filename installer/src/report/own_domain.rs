//! `policy status` of a domain of the agent's own, for programs.

use serde::Serialize;

/// The domain of the agent's own.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OwnDomainObject {
    /// What a denial means there by profile and configuration: `permissive` or `enforcing`.
    pub mode: &'static str,
    /// Whether the policy logs denials only; null if no policy that has the domain was asked.
    pub permissive: Option<bool>,
    /// The program.
    pub program: String,
    /// Its label; null if the file is not there, has none, or cannot be read.
    pub label: Option<String>,
    /// Whether that is as the module has it; null if it is not known.
    pub label_is_right: Option<bool>,
    /// The domain that process 1 starts the program in; null if the kernel was not asked.
    pub started_in: Option<String>,
    /// The program's processes.
    pub processes: Vec<ProcessObject>,
    /// The place that denials were read from; null if none could be.
    pub denials_from: Option<String>,
    /// Why denials are not known; null if they are.
    pub denials_unknown: Option<String>,
    /// What was denied since boot; null if it is not known.
    pub denials: Option<Vec<DenialObject>>,
}

/// A process of the program.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProcessObject {
    /// Its number.
    pub pid: u32,
    /// The domain that it runs in.
    pub domain: String,
}

/// What was denied on one type and class.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DenialObject {
    /// The type, or `self`.
    pub target: String,
    /// The object class.
    pub class: String,
    /// The permissions.
    pub permissions: Vec<String>,
    /// Whether one of them was in force; otherwise they were logged only.
    pub enforced: bool,
    /// A program that was denied them.
    pub program: Option<String>,
    /// A file that it was about.
    pub object: Option<String>,
    /// The rule that allows it, as in a policy's source.
    pub rule: String,
}
