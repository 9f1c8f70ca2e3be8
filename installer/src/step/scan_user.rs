//! The user that scans files: present, with a group of its own, and of no use for logging in.

use std::path::{Path, PathBuf};

use faults::{Reason, Remedy};
use host::account::{Accounts, GSHADOW, Group, SHADOW, User};
use host::distribution::Tool;
use host::process::Command;
use host::root::is_dir;

use super::Look;
use crate::Error;
use crate::action::{Action, account_tool, not_installed, useradd};
use crate::context::Context;
use crate::journal::{Journal, Made};
use crate::outcome::{Finding, Verdict};
use crate::profile::ScanUser;

pub(super) fn observe(cx: &Context) -> Result<Look, Error> {
    let Some(leftover) = login_defs::stale_window(cx.root, &cx.profile.paths.state)? else {
        return judge(cx);
    };
    // What is left may be torn, so that nothing can be judged by it before it is put back.
    let verdict = match judge(cx).map(|look| look.verdict) {
        Ok(faulty @ Verdict::Faulty(_)) => faulty,
        Ok(Verdict::Right(detail)) => Verdict::NotReady(format!("{detail}; {leftover}")),
        _ => Verdict::NotReady(leftover.to_string()),
    };
    Ok(Look { verdict, plan: vec![Action::RecoverLoginDefs { shown: leftover.to_string() }] })
}

fn judge(cx: &Context) -> Result<Look, Error> {
    let wanted = &cx.profile.scan_user;
    let accounts = Accounts::of(cx.root);
    let settings = login_defs::read(cx.root)?;
    let group = accounts.group(&wanted.name)?;
    let Some(user) = accounts.user(&wanted.name)? else {
        return missing(cx, group.as_ref());
    };
    let problems = problems(cx, &user, group.as_ref(), settings.sys_uid_max)?;
    if problems.is_empty() {
        let User { name, uid, gid, shell, .. } = &user;
        return Ok(Look::right(format!("{name} uid {uid}, own group {gid}, shell {}", shell.display())));
    }
    let is_local = accounts.local_user(&wanted.name)?.is_some();
    mismatch(cx, Some(&user), &problems, group.as_ref(), is_local)
}

fn missing(cx: &Context, group: Option<&Group>) -> Result<Look, Error> {
    let wanted = &cx.profile.scan_user;
    if group.is_some_and(|group| group.gid == 0) {
        return mismatch(cx, None, &[Problem::GroupIsRoot], group, true);
    }
    let mut useradd = useradd(cx);
    let mut fallback = None;
    let mut makes = vec![Made::User { name: wanted.name.clone(), uid: None }];
    let window = match group {
        Some(_) => {
            useradd = useradd.args(["--gid", &wanted.name]);
            login_defs::plan_placeholder(cx.root)?
        }
        None => {
            makes.push(Made::Group { name: wanted.name.clone(), gid: None });
            // The group whatever login.defs says: `docs/adr/0013-login-defs-window.md`.
            fallback = Some(useradd.clone().arg("--user-group"));
            login_defs::plan(cx.root)?
        }
    };
    let complete = |useradd: Command| {
        useradd
            .args(["--home-dir".as_ref(), wanted.home.as_os_str()])
            .args(["--shell".as_ref(), shell(cx).as_os_str()])
            .args(["--comment", &wanted.comment, &wanted.name])
    };
    let what = if group.is_some() { "user" } else { "user and group" };
    if cx.processes.find(Tool::Useradd.program()).is_none() {
        let detail = format!("{what} {} missing, and useradd is not installed", wanted.name);
        return Ok(Look::fault(not_installed(cx, &detail, Remedy::hostprep(["repair"]))));
    }
    let finding = Finding {
        reason: Reason::UserMissing,
        detail: format!("{what} {} missing", wanted.name),
        remedy: vec![Remedy::hostprep(["repair"])],
    };
    let fallback = fallback.map(complete);
    let plan = vec![Action::Account { command: complete(useradd), makes, window: window.map(Box::new), fallback }];
    Ok(Look { verdict: Verdict::Faulty(vec![finding]), plan })
}

/// What a user of that name is that the profile does not ask for.
enum Problem {
    Root,
    OutsideSystemRange {
        uid: u32,
        most: u32,
    },
    PrimaryGroup {
        gid: u32,
    },
    GroupMissing,
    GroupIsRoot,
    LoginShell(PathBuf),
    HomeMade(PathBuf),
    /// An account tool of ours was killed before it came to that file.
    NotIn(&'static str),
}

fn problems(cx: &Context, user: &User, group: Option<&Group>, most: u32) -> Result<Vec<Problem>, Error> {
    let wanted = &cx.profile.scan_user;
    let mut problems = Vec::new();
    match user.uid {
        0 => problems.push(Problem::Root),
        uid if uid > most => problems.push(Problem::OutsideSystemRange { uid, most }),
        _ => {}
    }
    match group {
        None => problems.push(Problem::GroupMissing),
        Some(group) if group.gid == 0 => problems.push(Problem::GroupIsRoot),
        Some(group) if group.gid != user.gid => problems.push(Problem::PrimaryGroup { gid: user.gid }),
        Some(_) => {}
    }
    if !wanted.shells.contains(&user.shell) {
        problems.push(Problem::LoginShell(user.shell.clone()));
    }
    if user.uid != 0 && user.home.is_absolute() {
        let home = cx.root.stat_followed(&user.home)?;
        if home.is_some_and(|home| is_dir(&home) && home.st_uid == user.uid) {
            problems.push(Problem::HomeMade(user.home.clone()));
        }
    }
    for half in Journal::of(cx).halves() {
        match half {
            Made::User { name, .. } if *name == wanted.name => problems.push(Problem::NotIn(SHADOW)),
            Made::Group { name, .. } if *name == wanted.name && group.is_some() => {
                problems.push(Problem::NotIn(GSHADOW))
            }
            _ => {}
        }
    }
    Ok(problems)
}

impl Problem {
    fn describe(&self, wanted: &ScanUser) -> String {
        match self {
            Self::Root => "uid 0, that of root".into(),
            Self::OutsideSystemRange { uid, most } => format!("uid {uid}, outside the system range 1 to {most}"),
            Self::PrimaryGroup { gid } => format!("primary group {gid} instead of {}", wanted.name),
            Self::GroupMissing => format!("no group {}", wanted.name),
            Self::GroupIsRoot => format!("group {} has gid 0, that of root", wanted.name),
            Self::LoginShell(shell) if shell.as_os_str().is_empty() => "no shell set, which means /bin/sh".into(),
            Self::LoginShell(shell) => format!("login shell {}", shell.display()),
            Self::HomeMade(home) => format!("home directory {} of its own", home.display()),
            Self::NotIn(file) => format!("no line in {file}"),
        }
    }

    /// Ids are not changed: files on the disk may carry them.
    fn is_mendable(&self) -> bool {
        !matches!(self, Self::Root | Self::OutsideSystemRange { .. } | Self::GroupIsRoot)
    }
}

fn mismatch(
    cx: &Context,
    user: Option<&User>,
    problems: &[Problem],
    group: Option<&Group>,
    is_local: bool,
) -> Result<Look, Error> {
    let wanted = &cx.profile.scan_user;
    let name = &wanted.name;
    let mut commands = Vec::new();
    if group.is_none() {
        commands.push((
            account_tool(cx, "groupadd").args(["--system", name]),
            vec![Made::Group { name: name.clone(), gid: None }],
        ));
    }
    let mut usermod = account_tool(cx, "usermod");
    let mut changes = false;
    for problem in problems {
        usermod = match problem {
            Problem::PrimaryGroup { .. } | Problem::GroupMissing => usermod.args(["--gid", name]),
            Problem::LoginShell(_) => usermod.args(["--shell".as_ref(), shell(cx).as_os_str()]),
            Problem::HomeMade(_) => usermod.args(["--home".as_ref(), wanted.home.as_os_str()]),
            // An expiry, here none, is what makes usermod add the line (`usermod(8)`); the password is one that nobody has.
            Problem::NotIn(SHADOW) => usermod.args(["--password", "!", "--expiredate", ""]),
            Problem::NotIn(_) => {
                commands.push((account_tool(cx, "groupmod").args(["--password", "!", name]), Vec::new()));
                continue;
            }
            Problem::Root | Problem::OutsideSystemRange { .. } | Problem::GroupIsRoot => continue,
        };
        changes = true;
    }
    // With --gid, usermod gives the files below an existing home to the new group, whoever owns them on old hosts, and
    // the home may be `/`: so it gets one that is not there.
    let regroups =
        problems.iter().any(|problem| matches!(problem, Problem::PrimaryGroup { .. } | Problem::GroupMissing));
    let has_home = user.is_some_and(|user| cx.root.exists(&user.home));
    let names_home = problems.iter().any(|problem| matches!(problem, Problem::HomeMade(_)));
    if regroups && has_home && !names_home {
        usermod = usermod.args(["--home".as_ref(), wanted.home.as_os_str()]);
    }
    if changes {
        commands.push((usermod.arg(name), Vec::new()));
    }

    let described: Vec<String> = problems.iter().map(|problem| problem.describe(wanted)).collect();
    let mut detail = format!("{name}: {}", described.join(", "));
    let home_is_safe = !regroups || !has_home || !cx.root.exists(&wanted.home);
    let mendable = home_is_safe && problems.iter().all(Problem::is_mendable);
    let remedy = if !is_local {
        detail.push_str("; it comes from a directory service, so it is not changed here");
        let change = Remedy::manual(format!("change {name} in the directory service that has it"));
        vec![change, Remedy::hostprep(["repair"])]
    } else if mendable {
        commands.iter().map(|(command, _)| Remedy::command(command)).collect()
    } else {
        by_hand(cx, problems)
    };
    let plan = if is_local && mendable {
        let window = login_defs::plan_placeholder(cx.root)?.map(Box::new);
        let action = |(command, makes)| Action::Account { command, makes, window: window.clone(), fallback: None };
        commands.into_iter().map(action).collect()
    } else {
        Vec::new()
    };
    Ok(Look { verdict: Verdict::Faulty(vec![Finding { reason: Reason::UserMismatch, detail, remedy }]), plan })
}

fn by_hand(cx: &Context, problems: &[Problem]) -> Vec<Remedy> {
    let name = &cx.profile.scan_user.name;
    let mut remedy = Vec::new();
    let edit = |editor: &str, id: &str| {
        let editor = Command::new(editor);
        let editor = cx.alternate_root().map_or(editor.clone(), |root| editor.root_option("-R", root));
        Remedy::command(&editor).with_comment(format!("give {name} a system {id} of its own, or remove its line"))
    };
    for problem in problems {
        match problem {
            // userdel would first kill every process of root's.
            Problem::Root => remedy.push(edit("vipw", "uid")),
            Problem::GroupIsRoot => remedy.push(edit("vigr", "gid")),
            Problem::OutsideSystemRange { .. } => {
                remedy.push(Remedy::command(&account_tool(cx, "userdel").arg(name)));
            }
            _ => {}
        }
    }
    remedy.push(Remedy::hostprep(["repair"]));
    remedy
}

/// The first of the profile's shells that is there.
fn shell(cx: &Context) -> PathBuf {
    let shells = &cx.profile.scan_user.shells;
    let there = shells.iter().find(|shell| cx.root.exists(shell));
    there.or(shells.first()).map_or_else(|| Path::new("/bin/false").to_owned(), Clone::clone)
}
