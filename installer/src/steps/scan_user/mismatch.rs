//! A scan user that is not as the profile requires.

use std::path::{Path, PathBuf};

use faults::{Reason, Remedy, RemedyAction, RunOn};
use host::fs::{InRoot, is_dir};
use host::process::Command;
use host::system::accounts::{Accounts, GROUP, GSHADOW, Group, Origin, PASSWD, SHADOW, User};

use super::account_tools::{account_tool, require_root_option};
use super::apply::RunAccountTool;
use super::shell;
use crate::Error;
use crate::model::action::Action;
use crate::model::host_context::HostContext;
use crate::model::receipt::{Created, Receipt};
use crate::model::report::Finding;
use crate::model::step::{Observation, Verdict};
use crate::profile::ScanUser;

/// What a user of that name is that the profile does not ask for.
pub(super) enum Problem {
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

pub(super) fn problems(cx: &HostContext, user: &User, group: Option<&Group>, most: u32) -> Result<Vec<Problem>, Error> {
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
    if !wanted.shells.iter().any(|shell| shell.as_path() == user.shell) {
        problems.push(Problem::LoginShell(user.shell.clone()));
    }
    if user.uid != 0 && user.home.is_absolute() {
        let home = cx.root.stat_followed(InRoot::from_top(&user.home))?;
        if home.is_some_and(|home| is_dir(&home) && home.st_uid == user.uid) {
            problems.push(Problem::HomeMade(user.home.clone()));
        }
    }
    for created in Receipt::of(cx).partially_created() {
        match created {
            Created::User { name, .. } if *name == wanted.name => problems.push(Problem::NotIn(SHADOW)),
            Created::Group { name, .. } if *name == wanted.name && group.is_some() => {
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
            Self::HomeMade(home) => format!("home directory {} belongs to it", home.display()),
            Self::NotIn(file) => format!("no line in {file}"),
        }
    }

    /// Ids are not changed: files on the disk may carry them.
    fn can_be_changed(&self) -> bool {
        !matches!(self, Self::Root | Self::OutsideSystemRange { .. } | Self::GroupIsRoot)
    }
}

pub(super) fn mismatch(
    cx: &HostContext,
    user: Option<&User>,
    problems: &[Problem],
    group: Option<&Group>,
    origin: Origin,
) -> Result<Observation, Error> {
    let wanted = &cx.profile.scan_user;
    let name = &wanted.name;
    let mut commands = Vec::new();
    if group.is_none() {
        commands.push((
            account_tool(cx, "groupadd").args(["--system", name]),
            vec![Created::Group { name: name.clone(), gid: None }],
        ));
    }
    let mut usermod = account_tool(cx, "usermod");
    let mut changes = false;
    for problem in problems {
        usermod = match problem {
            Problem::PrimaryGroup { .. } | Problem::GroupMissing => usermod.args(["--gid", name]),
            Problem::LoginShell(_) => usermod.args(["--shell".as_ref(), shell(cx).as_path().as_os_str()]),
            Problem::HomeMade(_) => usermod.args(["--home".as_ref(), wanted.home.as_path().as_os_str()]),
            // An expiry, here none, is what makes usermod add the line (`usermod(8)`); no password matches `!`.
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
    let has_home = user.is_some_and(|user| cx.root.exists(InRoot::from_top(&user.home)));
    let names_home = problems.iter().any(|problem| matches!(problem, Problem::HomeMade(_)));
    if regroups && has_home && !names_home {
        usermod = usermod.args(["--home".as_ref(), wanted.home.as_path().as_os_str()]);
    }
    if changes {
        commands.push((usermod.arg(name), Vec::new()));
    }

    let described: Vec<String> = problems.iter().map(|problem| problem.describe(wanted)).collect();
    let mut detail = format!("{name}: {}", described.join(", "));
    let home_is_safe = !regroups || !has_home || !cx.root.exists(&wanted.home);
    let changeable = home_is_safe && problems.iter().all(Problem::can_be_changed);
    let remedy = match origin {
        Origin::Service => {
            detail.push_str("; it comes from a directory service, so it is not changed here");
            let change = Remedy::manual(format!("change {name} in its directory service"));
            vec![change, Remedy::hostprep(["repair"])]
        }
        Origin::OtherFile(file) => {
            detail = format!("{detail}; it is in {file}, which no account tool changes");
            in_image(cx, file, group, changeable)?
        }
        Origin::Etc if changeable => commands.iter().map(|(command, _)| Remedy::command(command)).collect(),
        Origin::Etc => by_hand(cx, problems),
    };
    if origin == Origin::Etc && changeable {
        let refused = commands.iter().find_map(|(command, _)| require_root_option(cx, command, "repair").err());
        if let Some(finding) = refused {
            let detail = format!("{detail}; {}", finding.detail);
            return Ok(Observation::fault(Finding { detail, ..finding }));
        }
    }
    let plan = if origin == Origin::Etc && changeable {
        let window = login_defs::plan_placeholder(cx.root)?.map(Box::new);
        let action = |(command, creates)| -> Box<dyn Action> {
            Box::new(RunAccountTool { command, creates, window: window.clone(), fallback: None })
        };
        commands.into_iter().map(action).collect()
    } else {
        Vec::new()
    };
    Ok(Observation { verdict: Verdict::Fault(vec![Finding { reason: Reason::UserMismatch, detail, remedy }]), plan })
}

/// What helps with a user in a file of the operating system's image: a line in `/etc/passwd`, which comes first, and which the
/// account tools change; or another image.
fn in_image(
    cx: &HostContext,
    file: &'static str,
    group: Option<&Group>,
    changeable: bool,
) -> Result<Vec<Remedy>, Error> {
    let name = &cx.profile.scan_user.name;
    let mut remedy = Vec::new();
    if changeable {
        remedy.push(copy_line(cx, name, file, PASSWD).with_comment("a line in /etc/passwd comes first"));
        // usermod --prefix and useradd --prefix read /etc/group alone.
        if let Some(group) = group
            && let Origin::OtherFile(file) = Accounts::of(cx.root).origin_of_group(group)?
        {
            remedy.push(copy_line(cx, name, file, GROUP));
        }
        remedy.push(Remedy::hostprep(["repair"]));
    }
    let image = format!("change the line of {name} in {file} where the image of this system is built");
    let image = Remedy::manual(format!("{image}, and deploy that"));
    if changeable {
        remedy.push(image.alternative());
    } else {
        remedy.extend([image, Remedy::hostprep(["repair"])]);
    }
    Ok(remedy)
}

/// Copies the line of an account to `/etc/passwd` or `/etc/group`, as the documentation of rpm-ostree does it.
pub(super) fn copy_line(cx: &HostContext, name: &str, from: &str, to: &str) -> Remedy {
    let script = "grep \"^$1:\" \"$2\" >> \"$3\"";
    let argv = |from: &Path, to: &Path| {
        let paths = [from, to].map(|path| path.to_string_lossy().into_owned());
        ["sh", "-c", script, "sh", name].map(str::to_owned).into_iter().chain(paths).collect()
    };
    let outside = cx.alternate_root().map(|_| argv(&cx.root.host_path(from), &cx.root.host_path(to)));
    RemedyAction::Run { argv: argv(Path::new(from), Path::new(to)), on: RunOn::Root, outside }.into()
}

fn by_hand(cx: &HostContext, problems: &[Problem]) -> Vec<Remedy> {
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
            Problem::OutsideSystemRange { uid, most } => remedy.extend(move_to_system_range(cx, *uid, *most)),
            _ => {}
        }
    }
    remedy.push(Remedy::hostprep(["repair"]));
    remedy
}

/// Gives the user an id of the system range, and its files with it. A process keeps the id that it was started with.
fn move_to_system_range(cx: &HostContext, uid: u32, most: u32) -> Vec<Remedy> {
    let ScanUser { name, .. } = &cx.profile.scan_user;
    let agent = &cx.profile.title;
    let stop = Remedy::manual(format!("stop the {agent}, if it runs: usermod refuses a user who has processes"));
    let change = match free_uid(cx, most) {
        Some(free) => Remedy::command(&account_tool(cx, "usermod").args(["--uid", &free.to_string(), name])),
        None => Remedy::manual(format!("give {name} a free uid from 1 to {most} with usermod --uid")),
    };
    let files = match namesake(cx, uid) {
        None => {
            let argv = ["find", "/", "-xdev", "-uid", &uid.to_string(), "-exec", "chown", "-h", name, "{}", "+"];
            Remedy::run_in_root(argv)
                .with_comment("its files; again for each other file system that has some, instead of /")
        }
        Some(other) => Remedy::manual(format!(
            "give {name} its files, such as those below {}, by hand: the uid {uid} is also that of {other}",
            cx.profile.directories.first().map_or_else(InRoot::top, |directory| directory.path.clone())
        )),
    };
    vec![stop, change, files, Remedy::manual(format!("start the {agent} again, if it was stopped"))]
}

/// Returns the highest system uid that no line of the account files has, which is the one that `useradd --system` takes.
fn free_uid(cx: &HostContext, most: u32) -> Option<u32> {
    let least = login_defs::read(cx.root).ok()?.sys_uid_min.max(1);
    let taken = Accounts::of(cx.root).ids_in_files(PASSWD, &(least..=most)).ok()?;
    (least..=most).rev().find(|id| !taken.contains(id))
}

/// Returns another user with the same uid.
fn namesake(cx: &HostContext, uid: u32) -> Option<String> {
    let text = cx.root.read(PASSWD, host::fs::TEXT_LIMIT).ok()?;
    String::from_utf8_lossy(&text).lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, id, ..] = fields[..] else { return None };
        (name != cx.profile.scan_user.name && id.parse() == Ok(uid)).then(|| name.to_owned())
    })
}
