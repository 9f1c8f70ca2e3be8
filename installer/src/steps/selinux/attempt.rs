//! The last transaction that failed for a reason that repeating cannot change, with what it worked on. Until one of its inputs
//! changes, or an administrator asks for it (`repair --force`), it is not run again: a transaction takes seconds.

use faults::{Reason, Remedy};
use host::log::Level;
use host::process::{Command, ProcessError};
use host::{FileError, MalformedFile, ReadError};
use policy::transaction::{StoreTarget, TransactionError};
use policy::written::WrongVersion;
use policy::{Cause, Culprit, Inputs, RuleAssessment, classify::classify};
use serde::{Deserialize, Serialize};

use super::refusal;
use crate::model::host_context::HostContext;
use crate::model::report::Finding;
use crate::model::versioned;

/// The format this version writes.
const SCHEMA: u32 = 1;

/// The file's name in the profile's state directory.
const NAME: &str = "policy-attempt.json";

const MODE: u32 = 0o644;

/// In bytes, from its end.
const LONGEST_MESSAGE: usize = 16 * 1024;

/// How a transaction failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum Failure {
    /// `semodule` refused.
    Refused {
        /// The command, as the system in the root runs it.
        argv: Vec<String>,
        /// Its standard error, with paths as that system has them.
        stderr: String,
    },
    /// It wrote a policy that the system does not load.
    WrongVersion(WrongVersion),
    /// It succeeded, and the policy still denies the rule or is not usable.
    NoEffect {
        /// The command.
        argv: Vec<String>,
    },
}

/// A failed transaction: the content of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attempt {
    /// What it worked on.
    pub inputs: Inputs,
    /// How it failed.
    pub failure: Failure,
}

impl Failure {
    /// Returns the failure of `error`, if repeating cannot change it.
    pub(super) fn of(cx: &HostContext, error: &TransactionError) -> Option<Self> {
        let is_lasting = !refusal::is_short_of_memory(cx, error)
            && matches!(
                error.cause,
                Cause::Neverallow
                    | Cause::StoreBroken
                    | Cause::PolicyVersion
                    | Cause::ClassMissing
                    | Cause::TypeMissing
            );
        let stderr = refusal::paths_inside(cx.root, error.source.stderr());
        let start =
            stderr.char_indices().map(|(at, _)| at).find(|at| stderr.len() - at <= LONGEST_MESSAGE).unwrap_or(0);
        let stderr = stderr[start..].to_owned();
        is_lasting.then(|| Self::Refused { argv: error.command.inside().argv(), stderr })
    }

    /// Returns it as a finding, with the way out: it is not a plain `hostprep repair`, which would find the same inputs.
    pub(super) fn finding(&self, cx: &HostContext, assessment: &RuleAssessment) -> Finding {
        let target = assessment.target(cx.root);
        match self {
            Self::Refused { argv, stderr } => refusal::finding(cx, &refused(cx, argv, stderr, target)),
            Self::WrongVersion(wrong)
                if assessment.broken_policy.as_ref().is_some_and(|it| wrong.loads.contains(it)) =>
            {
                let mut remedy = super::finding::move_broken_policy(cx, assessment);
                remedy.push(Remedy::hostprep(["repair"]));
                Finding { reason: Reason::StoreBroken, detail: format!("{}; {wrong}", assessment.rule), remedy }
            }
            Self::WrongVersion(wrong) => wrong_version(cx, &target, wrong),
            Self::NoEffect { .. } => {
                let detail = format!("{}, also after a transaction that succeeded", assessment.rule);
                let mut remedy = super::finding::move_broken_policy(cx, assessment);
                if remedy.is_empty() {
                    remedy.push(Remedy::manual(
                        "look for a type bound or a constraint of the policy that keeps the rule out, or a statement that \
                         keeps the module's optional block out",
                    ));
                }
                remedy.push(refusal::forced());
                let reason =
                    assessment.rule.problem().map_or(Reason::PolicyLoadFailed, |it| super::reason_of(it.cause));
                Finding { reason, detail, remedy }
            }
        }
    }
}

fn wrong_version(cx: &HostContext, target: &StoreTarget, wrong: &WrongVersion) -> Finding {
    let mut remedy: Vec<Remedy> = Vec::new();
    if target.is_alternate() {
        remedy.push(Remedy::run_in_root(target.rebuild().inside().argv()).with_comment("the tools of that system"));
        remedy.push(Remedy::hostprep(["repair"]));
    } else {
        // What a newer system, or another machine's tools, left behind.
        for path in &wrong.loads {
            remedy.push(cx.remedy_on(&["mv", "-T"], &[path.to_string(), format!("{path}.old")]));
        }
        remedy.push(refusal::forced());
    }
    Finding { reason: Reason::PolicyVersion, detail: wrong.to_string(), remedy }
}

/// The error again, from what is recorded of it.
fn refused(cx: &HostContext, argv: &[String], stderr: &str, target: StoreTarget) -> TransactionError {
    let module = &cx.profile.module.name;
    let (program, args) = argv.split_first().map_or(("semodule", argv), |(program, args)| (program.as_str(), args));
    let command = Box::new(Command::new(program).args(args));
    let cause = classify(stderr, module);
    let culprit = Culprit::find(stderr, module).filter(|_| cause == Cause::StoreBroken).map(Box::new);
    let status = "exited with status 1".to_owned();
    let source = ProcessError::Failed { command: command.clone(), status, code: Some(1), stderr: stderr.to_owned() };
    TransactionError { command, cause, culprit, target: Box::new(target), attempts: 1, interrupted: false, source }
}

impl Attempt {
    /// Returns the recorded attempt if it worked on what is there now, and `--force` does not ask for another. What cannot
    /// be read counts as none.
    pub(super) fn that_stands(cx: &HostContext, assessment: &RuleAssessment) -> Option<Self> {
        if cx.force {
            return None;
        }
        let recorded = read(cx).ok().flatten()?;
        let now = inputs(cx, assessment.policy_type()).ok()?;
        (recorded.inputs == now).then_some(recorded)
    }

    /// Returns whether the transaction wrote a policy that the system does not load.
    pub(super) fn wrote_wrong_version(&self) -> bool {
        matches!(self.failure, Failure::WrongVersion(_))
    }

    /// Replaces the record. Where that fails, the transaction is run again the next time.
    pub(super) fn record(&self, cx: &HostContext) {
        let text = versioned::render(SCHEMA, self).unwrap_or_default();
        let written = cx
            .root
            .create_private_dir(&cx.profile.paths.state)
            .and_then(|state| state.replace(NAME, text.as_bytes(), MODE));
        if let Err(e) = written {
            cx.log.line(Level::Warning, &format!("the failed transaction is not recorded: {e}"));
        }
    }
}

/// Returns what a transaction works on now.
///
/// # Errors
/// [`ReadError`] if it cannot be read.
pub(super) fn inputs(cx: &HostContext, policy_type: &str) -> Result<Inputs, ReadError> {
    Inputs::of(&cx.policy_system(), &cx.profile.module, policy_type)
}

/// Returns whether something is recorded.
pub(super) fn is_recorded(cx: &HostContext) -> bool {
    cx.root.exists(cx.profile.paths.state.join(NAME))
}

/// Removes the record, if there is one.
///
/// # Errors
/// [`FileError`] if it cannot be removed.
pub(super) fn forget(cx: &HostContext) -> Result<(), FileError> {
    match is_recorded(cx) {
        true => cx.root.open_private_dir(&cx.profile.paths.state)?.unlink_replaced(NAME),
        false => Ok(()),
    }
}

/// Removes the record if what it worked on has changed, or it cannot be used: no run would look at it again.
///
/// # Errors
/// [`FileError`] if it cannot be removed.
pub(super) fn forget_if_outdated(cx: &HostContext) -> Result<(), FileError> {
    if !is_recorded(cx) {
        return Ok(());
    }
    let stands = match read(cx) {
        Ok(Some(recorded)) => inputs(cx, &recorded.inputs.policy_type).map_or(true, |now| now == recorded.inputs),
        Ok(None) => true,
        Err(_) => false,
    };
    if stands { Ok(()) } else { forget(cx) }
}

fn read(cx: &HostContext) -> Result<Option<Attempt>, ReadError> {
    let path = cx.profile.paths.state.join(NAME);
    let Some(text) = cx.root.read_private(&path)? else { return Ok(None) };
    Ok(Some(parse(&text, &cx.root.host_path(&path))?))
}

fn parse(text: &str, path: &std::path::Path) -> Result<Attempt, MalformedFile> {
    versioned::parse(text, SCHEMA).map_err(|versioned::Unusable { line, problem }| MalformedFile {
        path: path.to_owned(),
        line,
        problem,
        hint: "it is replaced by the next transaction that fails".into(),
    })
}

#[cfg(test)]
mod tests;
