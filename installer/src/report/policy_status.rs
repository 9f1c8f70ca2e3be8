//! `policy status` for programs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use super::envelope::Envelope;
use super::own_domain::OwnDomainObject;

/// `policy status --format json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PolicyStatusObject<'a> {
    /// The usual beginning.
    #[serde(flatten)]
    pub envelope: Envelope<'a>,
    /// The state of SELinux.
    pub selinux: &'a str,
    /// `SELINUXTYPE`; null without `/etc/selinux/config`.
    #[serde(rename = "type")]
    pub policy_type: Option<&'a str>,
    /// The directory of the policy store; null if none is seen.
    pub store: Option<PathBuf>,
    /// The name of the module.
    pub module: &'a str,
    /// The priorities at which it is installed.
    pub priorities: Vec<u16>,
    /// Whether it is installed and not switched off.
    pub enabled: bool,
    /// Whether it is what hostprep would install; null if it is not installed.
    pub same_content: Option<bool>,
    /// The domain that the rule is for.
    pub domain: &'a str,
    /// Whether that is not the profile's own, which this policy does not have.
    pub fallback: bool,
    /// The rules of the compiled policy that allow it.
    pub rules: &'a [String],
    /// Whether something else allows it, so that the module is not needed.
    pub redundant: bool,
    /// What does.
    pub allowed_without: Option<&'a str>,
    /// The store that this machine's tools would work on instead; null if they work on this one.
    pub tools_elsewhere: Option<PathBuf>,
    /// The answer of the compiled policy; null if it cannot be read.
    pub policy: Option<AnswerObject<'a>>,
    /// The answer of the kernel; null if it was not asked.
    pub kernel: Option<AnswerObject<'a>>,
    /// The domain of the agent's own; only if the profile has `confinement = "domain"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_domain: Option<OwnDomainObject>,
    /// The result, in words.
    pub standing: &'a str,
}

/// The answer of a policy.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AnswerObject<'a> {
    /// The context that it was asked about.
    pub context: &'a str,
    /// Whether it knows the class.
    pub class: &'static str,
    /// Whether it allows each permission.
    pub permissions: BTreeMap<&'a str, bool>,
    /// Whether denials of the domain are logged only.
    pub permissive_domain: bool,
    /// Whether it knows the domain of the profile.
    pub domain_known: bool,
}
