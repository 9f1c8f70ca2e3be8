//! `explain` for programs.

use faults::catalogue;
use faults::texts::{Explanation, Texts, Values};
use faults::{Fault, FaultId, Severity};
use serde::Serialize;

use super::envelope::{Envelope, Output};
use super::faults::OfRoot;
use crate::engine::worst::Worst;
use crate::model::host_context::HostContext;
use crate::profile::Profile;

/// Returns the profile's own words for the catalogue's texts, whatever the host.
#[must_use]
pub fn words_of(profile: &Profile) -> Values {
    let modules = profile.kernel_modules.as_ref();
    let options = profile.policy_options.as_ref();
    let definitions = profile.scan_service.as_ref().and_then(|service| service.definitions.as_ref());
    // What is about the agent's own kernel modules.
    let not_needed = if modules.is_some() { &[][..] } else { &["secure-boot", "conflict"] };
    Values {
        agent: Some(profile.name.clone()),
        user: Some(profile.scan_user.name.clone()),
        directory: profile.directories.first().map(|directory| directory.path.display().to_string()),
        module: Some(profile.module.name.clone()),
        domain: Some(profile.module.domain.clone()),
        class: Some(profile.module.class.clone()),
        permissions: Some(profile.module.permissions.join(" ")),
        filesystem_module: modules.and_then(|modules| modules.filesystem.first().cloned()),
        network_module: modules.and_then(|modules| modules.network.first().cloned()),
        filesystem_option: options.map(|options| options.filesystem.clone()),
        network_option: options.map(|options| options.network.clone()),
        definitions: definitions.map(|definitions| definitions.suffix.clone()),
        not_needed: not_needed.iter().map(|&key| key.to_owned()).collect(),
        log: Some(profile.paths.log.to_string()),
        ..Values::default()
    }
}

/// `explain --format json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExplainObject<'a> {
    #[serde(flatten)]
    envelope: Envelope<'a>,
    /// The fault's number.
    id: u16,
    /// Its severity: of a raised fault the one in the store, else the usual one.
    severity: Severity,
    /// Its title.
    summary: String,
    /// When it is true.
    cause: String,
    /// What does not work meanwhile.
    impact: String,
    /// What to try, in this order. Each line after the first of a text is a command.
    resolutions: Vec<String>,
    /// Where it applies; empty if everywhere, or if hostprep does not know the versions of the agent.
    applies: Vec<Applies>,
    /// Log files to look into.
    logs: Vec<String>,
    /// Where more is written about it: an https address, or that of a man page as in `Documentation=` of systemd's units.
    documentation: String,
    /// Its reasons: stable words; words may be added.
    reasons: Vec<&'static str>,
    /// The fault in the store; null if it is not raised.
    raised: Option<OfRoot<'a, Fault>>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Applies {
    /// To what.
    scope: String,
    /// From which connector on; null for every version.
    connector: Option<String>,
}

impl<'a> ExplainObject<'a> {
    /// The object for the fault `id`; `None` if this version does not know it. `raised` is the fault in the store.
    #[must_use]
    pub fn of(
        cx: &HostContext<'a>,
        id: FaultId,
        raised: Option<&'a Fault>,
        texts: &Texts,
        values: &Values,
    ) -> Option<Self> {
        let entry = catalogue::find(id)?;
        let Explanation { summary, cause, impact, resolutions, since } = match raised {
            Some(fault) => texts.explain_for(id, &fault.finding.reason, values),
            None => texts.explain(id, values),
        }?;
        let worst = if raised.is_some() { Worst::Fault } else { Worst::Ok };
        Some(Self {
            envelope: Envelope::of(cx, Output::Explain, worst),
            id: id.number(),
            severity: raised.map_or(entry.severity, |fault| fault.severity),
            summary,
            cause,
            impact,
            resolutions,
            applies: since.into_iter().map(|(scope, connector)| Applies { scope, connector }).collect(),
            logs: values.logs(entry),
            documentation: cx.profile.uri_about(id),
            reasons: entry.reasons.iter().map(|reason| reason.as_str()).collect(),
            raised: raised.map(|fault| OfRoot::new(fault, cx)),
        })
    }
}
