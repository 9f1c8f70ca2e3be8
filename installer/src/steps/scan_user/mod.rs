//! The user that scans files: it exists, has a group of its own, and does not allow logins.

mod account_tools;
mod apply;
mod at_boot;
mod failure;
mod id_range;
mod locked;
mod mismatch;
mod protected;
mod remove;
mod space;

use faults::{FaultId, Reason, Remedy};
use host::fs::InRoot;
use host::process::Command;
use host::system::accounts::{Accounts, GROUP, Group, Origin, User};
use host::system::distribution::Tool;

use self::account_tools::{require_root_option, useradd};
use self::apply::{RecoverLoginDefs, RunAccountTool};
use self::failure::not_installed;
use self::mismatch::{Problem, mismatch, problems};
use crate::Error;
use crate::model::host_context::HostContext;
use crate::model::receipt::{Created, Receipt};
use crate::model::report::Finding;
use crate::model::step::{Observation, Phase, Removal, Step, Verdict};
use crate::model::step_id::StepId;

/// The step.
pub struct ScanUser;

impl Step for ScanUser {
    fn id(&self) -> StepId {
        StepId("scan-user")
    }

    fn fault(&self) -> FaultId {
        FaultId::SCAN_USER
    }

    fn doc(&self) -> &'static str {
        "the unprivileged user that scans files, and its group"
    }

    fn phases(&self) -> &'static [Phase] {
        &[Phase::AfterInstall, Phase::LateArrival]
    }

    fn observe(&self, cx: &HostContext) -> Result<Observation, Error> {
        observe(cx)
    }

    fn is_interrupted(&self, cx: &HostContext) -> Result<bool, Error> {
        Ok(login_defs::stale_window(cx.root, &cx.profile.paths.state)?.is_some())
    }

    fn recover(&self, cx: &HostContext) -> Result<(), Error> {
        account_tools::recover(cx).map(drop)
    }

    fn undo(&self, cx: &HostContext, receipt: &Receipt) -> Removal {
        remove::plan(cx, receipt)
    }
}

fn observe(cx: &HostContext) -> Result<Observation, Error> {
    let Some(leftover) = login_defs::stale_window(cx.root, &cx.profile.paths.state)? else {
        return judge(cx);
    };
    // What is left may be torn, so that nothing can be judged by it before it is put back.
    let verdict = match judge(cx).map(|look| look.verdict) {
        Ok(faulty @ Verdict::Fault(_)) => faulty,
        Ok(Verdict::Satisfied(detail)) => Verdict::NotReady(format!("{detail}; {leftover}"), None),
        _ => Verdict::NotReady(leftover.to_string(), None),
    };
    Ok(Observation { verdict, plan: vec![Box::new(RecoverLoginDefs { leftover: leftover.to_string() })] })
}

fn judge(cx: &HostContext) -> Result<Observation, Error> {
    let wanted = &cx.profile.scan_user;
    let accounts = Accounts::of(cx.root);
    let settings = login_defs::read(cx.root)?;
    let group = accounts.group(&wanted.name)?;
    let Some(user) = accounts.user(&wanted.name)? else {
        return missing(cx, group.as_ref(), settings.sys_uid_max);
    };
    let right = || {
        let User { name, uid, gid, shell, .. } = &user;
        Ok(Observation::satisfied(format!("{name} uid {uid}, own group {gid}, shell {}", shell.display())))
    };
    let mut problems = problems(cx, &user, group.as_ref(), settings.sys_uid_max)?;
    if problems.is_empty() {
        return right();
    }
    let origin = accounts.origin_of_user(&user)?;
    if origin == Origin::Service {
        // A directory service assigns its ids itself.
        problems.retain(|problem| !matches!(problem, Problem::OutsideSystemRange { .. }));
        if problems.is_empty() {
            return right();
        }
    }
    mismatch(cx, Some(&user), &problems, group.as_ref(), origin)
}

fn missing(cx: &HostContext, group: Option<&Group>, most: u32) -> Result<Observation, Error> {
    let wanted = &cx.profile.scan_user;
    if group.is_some_and(|group| group.gid == 0) {
        return mismatch(cx, None, &[Problem::GroupIsRoot], group, Origin::Etc);
    }
    let at_boot = at_boot::created(cx, most)?.map(|line| {
        Verdict::Pending(format!("{} is created by systemd-sysusers at the next boot ({})", wanted.name, line.file))
    });
    let without_plan = |finding: Finding| match &at_boot {
        Some(verdict) => Observation { verdict: verdict.clone(), plan: Vec::new() },
        None => Observation::fault(finding),
    };
    if let Some(finding) = group_out_of_reach(cx, group)? {
        return Ok(without_plan(finding));
    }
    let mut useradd = useradd(cx);
    let mut fallback = None;
    let mut creates = vec![Created::User { name: wanted.name.clone(), uid: None }];
    let window = match group {
        Some(_) => {
            useradd = useradd.args(["--gid", &wanted.name]);
            login_defs::plan_placeholder(cx.root)?
        }
        None => {
            creates.push(Created::Group { name: wanted.name.clone(), gid: None });
            // The group whatever login.defs says: `docs/adr/0013-login-defs-window.md`.
            fallback = Some(useradd.clone().arg("--user-group"));
            login_defs::plan(cx.root)?
        }
    };
    let complete = |useradd: Command| {
        useradd
            .args(["--home-dir".as_ref(), wanted.home.as_path().as_os_str()])
            .args(["--shell".as_ref(), shell(cx).as_path().as_os_str()])
            .args(["--comment", &wanted.comment, &wanted.name])
    };
    let what = if group.is_some() { "user" } else { "user and group" };
    if cx.runner.find(Tool::Useradd.program()).is_none() {
        let detail = format!("{what} {} missing, and useradd is not installed", wanted.name);
        return Ok(without_plan(not_installed(cx, &detail, Remedy::hostprep(["repair"]))));
    }
    if let Err(finding) = require_root_option(cx, &useradd, "repair") {
        let detail = format!("{what} {} missing, and {}", wanted.name, finding.detail);
        return Ok(without_plan(Finding { detail, ..finding }));
    }
    let finding = Finding {
        reason: Reason::UserMissing,
        detail: format!("{what} {} missing", wanted.name),
        remedy: vec![Remedy::hostprep(["repair"])],
    };
    let fallback = fallback.map(complete);
    let action = RunAccountTool { command: complete(useradd), creates, window: window.map(Box::new), fallback };
    Ok(Observation { verdict: at_boot.unwrap_or_else(|| Verdict::Fault(vec![finding])), plan: vec![Box::new(action)] })
}

/// Returns the finding if the group is there and `useradd` cannot take it: with `--prefix` it reads `/etc/group` alone.
fn group_out_of_reach(cx: &HostContext, group: Option<&Group>) -> Result<Option<Finding>, Error> {
    let (Some(group), Some(_)) = (group, cx.alternate_root()) else { return Ok(None) };
    let Origin::OtherFile(file) = Accounts::of(cx.root).origin_of_group(group)? else { return Ok(None) };
    let detail =
        format!("user {} missing, and its group is in {file}, which useradd --prefix does not read", group.name);
    let remedy = vec![mismatch::copy_line(cx, &group.name, file, GROUP), Remedy::hostprep(["repair"])];
    Ok(Some(Finding { reason: Reason::UserMissing, detail, remedy }))
}

/// Returns the first of the profile's shells that exists.
fn shell(cx: &HostContext) -> InRoot {
    let shells = &cx.profile.scan_user.shells;
    let there = shells.iter().find(|shell| cx.root.exists(shell));
    there.or(shells.first()).map_or_else(|| "/bin/false".into(), Clone::clone)
}
