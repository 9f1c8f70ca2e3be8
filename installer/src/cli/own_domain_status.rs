//! The part of `policy status` that is about a domain of the agent's own.

use installer::model::host_context::HostContext;
use installer::report::own_domain::{DenialObject, OwnDomainObject, ProcessObject};
use installer::steps::selinux::{Denials, Program, ProgramLabel, since_boot};
use policy::RuleAssessment;
use policy::kernel::Answer;
use policy::spec::DomainMode;

/// What is known of the domain.
pub struct OwnDomain {
    program: Program,
    denials: Result<Denials, String>,
}

impl OwnDomain {
    /// `None` if the module has no domain of its own.
    pub fn of(cx: &HostContext) -> Option<Self> {
        Some(Self { program: Program::of(cx)?, denials: since_boot(cx) })
    }

    /// Prints its lines. `answer` is that of the kernel, else of the compiled policy.
    pub fn lines(&self, cx: &HostContext, answer: Option<&Answer>, line: &mut impl FnMut(&str, &str, &str)) {
        let spec = &cx.profile.module;
        let meaning = match spec.domain_mode {
            DomainMode::Permissive => "denials for it are to be logged only",
            DomainMode::Enforcing => "denials for it are to be in force",
        };
        line("mode", spec.domain_mode.as_str(), meaning);
        if let Some(is) = permissive(answer)
            && is != (spec.domain_mode == DomainMode::Permissive)
        {
            line("", if is { "permissive now" } else { "enforcing now" }, "the policy says otherwise");
        }
        let path = spec.executable.display().to_string();
        match &self.program.label {
            ProgramLabel::Missing => line("program", &path, "not installed"),
            ProgramLabel::Right(label) => line("program", &path, label),
            ProgramLabel::Wrong(found, wanted) => {
                line("program", &path, &format!("{}, expected {wanted}", found.as_deref().unwrap_or("not labelled")));
            }
            ProgramLabel::Unreadable(e) => line("program", &path, &e.to_string()),
            ProgramLabel::Link => line("program", &path, "a symbolic link, whose label does not count"),
        }
        if let Some(domain) = &self.program.started_in {
            line("", &format!("starts in {domain}"), if *domain == spec.domain { "" } else { "not its own domain" });
        }
        for process in &self.program.processes {
            let meaning = if process.domain == spec.domain { "" } else { "until the agent is restarted" };
            line("", &format!("process {} runs in {}", process.pid, process.domain), meaning);
        }
        match &self.denials {
            Err(why) => line("denied", "unknown", why),
            Ok(Denials { place, denied }) if denied.is_empty() => line("denied", "nothing since boot", place),
            Ok(Denials { place, denied }) => {
                line("denied", &format!("{} kinds of access since boot", denied.len()), place);
                for one in denied {
                    let mut words: Vec<&str> = one.program.iter().chain(&one.object).map(String::as_str).collect();
                    words.push(if one.enforced { "in force" } else { "logged only" });
                    line("", &one.rule(&spec.domain), &words.join(", "));
                }
            }
        }
    }

    pub fn object(&self, cx: &HostContext, assessment: &RuleAssessment, compiled: Option<&Answer>) -> OwnDomainObject {
        let spec = &cx.profile.module;
        let (label, label_is_right) = match &self.program.label {
            ProgramLabel::Right(label) => (Some(label.clone()), Some(true)),
            ProgramLabel::Wrong(found, _) => (found.clone(), Some(false)),
            ProgramLabel::Link => (None, Some(false)),
            ProgramLabel::Missing | ProgramLabel::Unreadable(_) => (None, None),
        };
        let denial = |one: &policy::denials::Denial| DenialObject {
            target: one.target.clone(),
            class: one.class.clone(),
            permissions: one.permissions.iter().cloned().collect(),
            enforced: one.enforced,
            program: one.program.clone(),
            object: one.object.clone(),
            rule: one.rule(&spec.domain),
        };
        let known = self.denials.as_ref().ok();
        OwnDomainObject {
            mode: spec.domain_mode.as_str(),
            permissive: permissive(assessment.answer.as_ref().or(compiled)),
            program: cx.root.host_path(&spec.executable).display().to_string(),
            label,
            label_is_right,
            started_in: self.program.started_in.clone(),
            processes: self
                .program
                .processes
                .iter()
                .map(|process| ProcessObject { pid: process.pid, domain: process.domain.clone() })
                .collect(),
            denials_from: known.map(|denials| denials.place.clone()),
            denials_unknown: self.denials.as_ref().err().cloned(),
            denials: known.map(|denials| denials.denied.iter().map(denial).collect()),
        }
    }
}

fn permissive(answer: Option<&Answer>) -> Option<bool> {
    answer.filter(|answer| answer.domain_known).map(|answer| answer.permissive_domain)
}
