//! Which policy tools are there, and which package brings the others. A reason for fault 19 only where the rule is not
//! in force.

use faults::{Reason, Remedy};
use host::InsideText;
use host::system::distribution::Tool;
use policy::{RuleState, Unknown};

use super::finding::assess;
use crate::Error;
use crate::model::host_context::HostContext;
use crate::model::report::Finding;
use crate::model::step::{Observation, Verdict};
use crate::steps::packages::Target;

pub(super) fn observe(cx: &HostContext) -> Result<Observation, Error> {
    let Some(finding) = missing_tools(cx) else {
        return Ok(Observation::satisfied(present(cx)));
    };
    let rule = assess(cx)?.rule;
    if rule.is_settled() {
        return Ok(Observation::satisfied(format!("{}, but they are not needed: {rule}", finding.detail)));
    }
    if let RuleState::Unknown(Unknown::Unreadable(e)) = rule {
        return Ok(Observation::unknown(e.inside_text(cx.root)));
    }
    let verdict = if rule.denied_now() {
        Verdict::Fault(vec![finding])
    } else {
        Verdict::NotReady(finding.detail.clone(), Some(finding))
    };
    Ok(Observation { verdict, plan: Vec::new() })
}

/// With `semodule` here, the others are a convenience.
fn present(cx: &HostContext) -> String {
    let (present, missing): (Vec<Tool>, Vec<Tool>) =
        Tool::POLICY.into_iter().partition(|tool| cx.runner.find(tool.program()).is_some());
    let mut detail = format!("{} present", names(&present));
    if !missing.is_empty() {
        let named: Vec<String> = missing.iter().map(|tool| with_package(cx, *tool)).collect();
        detail = format!("{detail}; not installed: {}", named.join(", "));
    }
    detail
}

/// What keeps the module from being loaded, if anything: without `semodule` nothing can be.
pub(super) fn missing_tools(cx: &HostContext) -> Option<Finding> {
    cx.runner.find(Tool::Semodule.program()).is_none().then(|| {
        let missing: Vec<Tool> =
            Tool::POLICY.into_iter().filter(|tool| cx.runner.find(tool.program()).is_none()).collect();
        let mut remedy = install(cx, &missing);
        remedy.push(Remedy::hostprep(["repair"]));
        Finding { reason: Reason::ToolsMissing, detail: format!("{} missing", names(&missing)), remedy }
    })
}

/// Returns what installs `tools`.
pub(super) fn install(cx: &HostContext, tools: &[Tool]) -> Vec<Remedy> {
    // The tools are this machine's, also for an alternate root.
    let machine = cx.machine_distribution();
    let mut packages: Vec<String> = Vec::new();
    for tool in tools {
        if let Some(package) = machine.tool_package(*tool)
            && !packages.iter().any(|other| other == package)
        {
            packages.push(package.to_owned());
        }
    }
    let mut remedy = Target::machine(cx, &machine).install_tools(&packages);
    if remedy.is_empty() {
        remedy.push(Remedy::manual("install the packages that provide semodule and semanage (policycoreutils)"));
    }
    remedy
}

fn with_package(cx: &HostContext, tool: Tool) -> String {
    match cx.machine_distribution().tool_package(tool) {
        Some(package) => format!("{} (package {package})", tool.program()),
        None => tool.program().to_owned(),
    }
}

fn names(tools: &[Tool]) -> String {
    let names: Vec<&str> = tools.iter().map(|tool| tool.program()).collect();
    names.join(", ")
}
