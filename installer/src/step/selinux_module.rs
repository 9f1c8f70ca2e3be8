//! Fault 19: the policy module, loaded only where the kernel, or the disk, says no.

use policy::compile::Compile;
use policy::render::Sources;
use policy::transaction::{InstalledAt, StoreTarget};
use policy::{InterruptedTransaction, SelinuxConfig};

use super::selinux::Standing;
use super::selinux_tools::missing_tools;
use super::{Assessment, Look, assess};
use crate::Error;
use crate::action::{Action, LoadModule};
use crate::context::Context;
use crate::outcome::Verdict;

pub(super) fn observe(cx: &Context) -> Result<Look, Error> {
    let interrupted = match interrupted_store(cx) {
        // The store is root's alone; the rest may be told all the same.
        Err(e) if e.is_denied() => None,
        found => found?,
    };
    let Some(interrupted) = interrupted else { return judge(cx) };
    let shown = cx.root.shown(interrupted.path());
    let detail = format!("{} has no active policy: a transaction of it was cut short", shown.display());
    let verdict = match judge(cx)?.verdict {
        faulty @ Verdict::Faulty(_) => faulty,
        _ => Verdict::NotReady(detail),
    };
    Ok(Look { verdict, plan: vec![Action::RestoreStore(interrupted)] })
}

/// The configured store, where a transaction of it was cut short.
///
/// # Errors
/// [`Error`] where SELinux's configuration or the store cannot be looked at.
pub fn interrupted_store(cx: &Context) -> Result<Option<InterruptedTransaction>, Error> {
    match SelinuxConfig::read(cx.root)? {
        Some(config) => Ok(InterruptedTransaction::find(cx.root, &config.policy_type)?),
        None => Ok(None),
    }
}

fn judge(cx: &Context) -> Result<Look, Error> {
    let assessment = assess(cx)?;
    let (finding, blocks, way) = match &assessment.standing {
        Standing::NotConcerned(detail) | Standing::Settled(detail) => return Ok(Look::right(detail)),
        Standing::Later(detail) => return Ok(Look { verdict: Verdict::Later(detail.clone()), plan: Vec::new() }),
        Standing::Unknown(detail) => return Ok(Look::unknown(detail)),
        Standing::Wanted { finding, blocks } => (finding, *blocks, Way::Load),
        Standing::NotLoaded { finding, blocks } => (finding, *blocks, Way::Reload),
        Standing::Hopeless { finding, blocks } => (finding, *blocks, Way::None),
    };
    let (finding, plan) = match missing_tools(cx) {
        _ if way == Way::None => (finding.clone(), Vec::new()),
        Some(mut tools) => {
            tools.detail = format!("{}; {}", finding.detail, tools.detail);
            (tools, Vec::new())
        }
        // A commit of what is in the store already would cost seconds and change nothing.
        None if way == Way::Reload => {
            let target = StoreTarget::of(cx.root, assessment.policy_type(), assessment.state);
            (finding.clone(), vec![Action::ReloadPolicy { command: target.reload() }])
        }
        None => (finding.clone(), vec![load(cx, &assessment)?]),
    };
    let verdict = if blocks { Verdict::Faulty(finding) } else { Verdict::NotReady(finding.detail) };
    Ok(Look { verdict, plan })
}

/// What can be done about a rule that is not in force.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Load,
    Reload,
    None,
}

/// The action that loads the module, whatever stands there now.
fn load(cx: &Context, assessment: &Assessment) -> Result<Action, Error> {
    let spec = &cx.profile.module;
    let domain = assessment.domain.as_deref().unwrap_or(&spec.domain);
    let sources = Sources::render(spec, domain)?;
    let directory = cx.root.shown(&cx.profile.paths.work);
    let compile = Compile::plan(cx.processes, &spec.name, &sources, &directory);
    let target = StoreTarget::of(cx.root, assessment.policy_type(), assessment.state);
    let present = InstalledAt {
        priorities: assessment.installed.iter().map(|installed| installed.priority).collect(),
        disabled: assessment.disabled,
    };
    let policy_type = assessment.policy_type().to_owned();
    let planned = target.install(spec, &compile.file, &present);
    Ok(Action::LoadModule(Box::new(LoadModule { compile, target, present, policy_type, planned })))
}
