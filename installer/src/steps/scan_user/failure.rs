//! What a failed account tool means: the cause that its message and the host show, and what helps.

use faults::{Reason, Remedy};
use host::InsideText;
use host::fs::{InRoot, is_link};
use host::process::{Command, ProcessError, relevant_lines, telling_line};
use host::system::distribution::Tool;
use login_defs::WindowError;
use policy::SelinuxConfig;

use super::protected::{ACCOUNT_FILES, immutable_files};
use super::space::{FEW_INODES, is_short_of_space};
use super::{id_range, locked};
use crate::model::host_context::HostContext;
use crate::model::report::Finding;
use crate::steps::disk_full::free_space;
use crate::steps::mount_points::mount_points;
use crate::steps::packages::Target;

const MUCH_BYTES: u64 = 1024 * 1024;

/// Returns what a failed account tool means. `words` are the hostprep command that is to be run again.
#[must_use]
pub fn failure(cx: &HostContext, command: &Command, error: &ProcessError, words: &str) -> Finding {
    let again = Remedy::hostprep([words]);
    if let ProcessError::NotFound { .. } = error {
        return not_installed(cx, &error.to_string(), again);
    }
    // What the tool says comes before what the host shows: it may show several obstacles.
    id_range::finding(cx, error, &again)
        .or_else(|| said_by_system(cx, error, &again))
        .or_else(|| locked::names_lock_file(error.stderr()).then(|| locked::finding(cx, error, &again)).flatten())
        .or_else(|| read_only(cx, error, &again))
        .or_else(|| immutable(cx, error, &again))
        .or_else(|| locked::finding(cx, error, &again))
        .or_else(|| too_little_space(cx, error, &again))
        .unwrap_or_else(|| other(cx, command, error, again))
}

/// Returns whether the tool said `text` about what made it fail.
fn says(error: &ProcessError, text: &str) -> bool {
    relevant_lines(error.stderr()).into_iter().any(|line| line.contains(text))
}

/// Returns the finding if the tool passed on why a system call failed.
fn said_by_system(cx: &HostContext, error: &ProcessError, again: &Remedy) -> Option<Finding> {
    let said = |text: &str| says(error, text);
    if said("No space left on device") || said("Disk quota exceeded") {
        return Some(disk_full(cx, error, again));
    }
    said("Read-only file system").then(|| on_read_only(cx, error, again))
}

fn read_only(cx: &HostContext, error: &ProcessError, again: &Remedy) -> Option<Finding> {
    let space = cx.root.dir("/etc").and_then(|dir| dir.space()).ok()?;
    space.is_read_only.then(|| on_read_only(cx, error, again))
}

fn on_read_only(cx: &HostContext, error: &ProcessError, again: &Remedy) -> Finding {
    let detail = format!("{}; the file system of /etc is read-only", error.inside_text(cx.root));
    let remedy = vec![Remedy::manual("mount the file system of /etc read-write"), again.clone()];
    Finding { reason: Reason::ReadOnlyFilesystem, detail, remedy }
}

/// Where a tool only says that it could not write or lock, the space may have been too little: its temporary files are gone again.
fn too_little_space(cx: &HostContext, error: &ProcessError, again: &Remedy) -> Option<Finding> {
    let says_nothing_more = [": failure while writing changes to ", ": cannot lock "];
    if !says_nothing_more.iter().any(|text| says(error, text)) {
        return None;
    }
    is_short_of_space(cx).then(|| disk_full(cx, error, again))
}

fn disk_full(cx: &HostContext, error: &ProcessError, again: &Remedy) -> Finding {
    let space = cx.root.dir("/etc").and_then(|dir| dir.space()).ok();
    let inodes = space.and_then(|space| space.inodes).filter(|&inodes| inodes < FEW_INODES);
    let left = match (space, inodes) {
        (_, Some(inodes)) => format!("; the file system of /etc has {inodes} inodes left"),
        // There may be more where a quota is exceeded.
        (Some(space), None) if space.bytes < MUCH_BYTES => {
            format!("; the file system of /etc has {} KiB left", space.bytes / 1024)
        }
        _ => String::new(),
    };
    let detail = format!("{}{left}", error.inside_text(cx.root));
    Finding { reason: Reason::DiskFull, detail, remedy: free_space(cx, &"/etc".into(), inodes.is_some(), again) }
}

fn immutable(cx: &HostContext, error: &ProcessError, again: &Remedy) -> Option<Finding> {
    let files = immutable_files(cx);
    if files.is_empty() {
        return None;
    }
    let detail = format!("{}; {} cannot be changed (chattr +i or +a)", error.inside_text(cx.root), files.join(" "));
    let remedy = vec![cx.remedy_on(&["chattr", "-i", "-a"], &files), again.clone()];
    Some(Finding { reason: Reason::AccountFilesImmutable, detail, remedy })
}

fn other(cx: &HostContext, command: &Command, error: &ProcessError, again: Remedy) -> Finding {
    let mut detail = error.inside_text(cx.root);
    let mut remedy = Vec::new();
    let mounts = mount_points();
    if let Some(file) = ACCOUNT_FILES.iter().find(|file| mounts.contains(&cx.root.host_path(*file))) {
        detail = format!("{detail}; {file} is a mount point, so no tool can replace it");
        let name = &cx.profile.scan_user.name;
        remedy.push(Remedy::manual(format!("create {name} where the mounted {file} comes from, or unmount it")));
    } else if let Some((file, target)) = linked_file(cx, error) {
        detail = format!("{detail}; {file} is a symbolic link to {target}, and the account tools follow none");
        let copy = cx.remedy_on(&["cp", "-p", "--remove-destination"], &[target, file.clone()]);
        remedy.push(copy.with_comment("puts the file itself in the place of the link"));
        // restorecon knows the labels of this system's paths alone.
        if cx.alternate_root().is_none() && SelinuxConfig::read(cx.root).is_ok_and(|found| found.is_some()) {
            remedy.push(cx.remedy_on(&["restorecon"], &[file]));
        }
    } else if let Some(process) = busy_process(error.stderr()) {
        let ps = Remedy::run_here(["ps", "-p", &process.to_string()]);
        remedy.push(ps.with_comment("stop the service that this process belongs to, and start it again afterwards"));
    } else if let ProcessError::TimedOut { .. } = error {
        let asked = Remedy::run_in_root(["getent", "passwd", &cx.profile.scan_user.name]);
        remedy.push(asked.with_comment("if this hangs too, a directory service in nsswitch.conf does not answer"));
    } else if let ProcessError::Start { .. } = error {
        remedy.extend(reinstall_tools(cx));
    } else {
        remedy.push(Remedy::command(command));
        if !error.stderr().trim().is_empty() {
            let said = format!("{} said", command.program());
            let log = cx.remedy_on(&["grep", &said], &[&cx.profile.paths.log]);
            remedy.push(log.with_comment("shows the whole message"));
        }
    }
    remedy.push(again);
    Finding { reason: Reason::UserToolFailed, detail, remedy }
}

/// Returns the account file that the tool could not open because it is a link, and where that leads (shadow opens with
/// `O_NOFOLLOW`).
fn linked_file(cx: &HostContext, error: &ProcessError) -> Option<(InRoot, InRoot)> {
    let (_, named) = telling_line(error.stderr())?.split_once(": cannot open ")?;
    let file = InRoot::from(*ACCOUNT_FILES.iter().find(|file| named.trim().ends_with(*file))?);
    cx.root.stat(&file).ok().flatten().filter(is_link)?;
    let target = cx.root.real_path(&file).ok()?;
    Some((file, target))
}

/// Returns the process because of which a tool does not change a user (`lib/user_busy.c` of shadow).
fn busy_process(stderr: &str) -> Option<u32> {
    let (_, pid) = telling_line(stderr)?.rsplit_once(" is currently used by process ")?;
    pid.trim().parse().ok()
}

/// Returns the finding that a tool reported success and did nothing, as another program in its place does. `what` is what the host
/// shows.
#[must_use]
pub fn no_effect(cx: &HostContext, command: &Command, what: &str, words: &str) -> Finding {
    let program = command.program();
    let detail = format!("`{}` exited with status 0, and {what}", command.inside());
    let found = cx.runner.find(program).map(|found| found.to_string_lossy().into_owned());
    let look = Remedy::run_here(["ls".to_owned(), "-l".to_owned()].into_iter().chain(found));
    let mut remedy = vec![look.with_comment(format!("another program may be in the place of {program}"))];
    remedy.extend(reinstall_tools(cx));
    remedy.push(Remedy::hostprep([words]));
    Finding { reason: Reason::UserToolFailed, detail, remedy }
}

/// Returns what installs the account tools of this machine once more.
fn reinstall_tools(cx: &HostContext) -> Vec<Remedy> {
    let machine = cx.machine_distribution();
    let package = machine.tool_package(Tool::Useradd).map(str::to_owned);
    Target::machine(cx, &machine).reinstall(package.as_slice())
}

/// Returns the finding that an account tool is not installed, with the package that provides it. The tools are this machine's,
/// also for an alternate root.
#[must_use]
pub fn not_installed(cx: &HostContext, detail: &str, again: Remedy) -> Finding {
    let machine = cx.machine_distribution();
    let package = machine.tool_package(Tool::Useradd).map(str::to_owned);
    let mut remedy = Target::machine(cx, &machine).install_tools(package.as_slice());
    if remedy.is_empty() {
        remedy.push(Remedy::manual("install the package that provides useradd (shadow-utils, passwd or shadow)"));
    }
    remedy.push(again);
    Finding { reason: Reason::ToolsMissing, detail: detail.to_owned(), remedy }
}

/// Returns the finding if `error` is about a login.defs that cannot be changed. `words` are the hostprep command that is to be run
/// again.
#[must_use]
pub fn login_defs_failure(
    cx: &HostContext,
    blocked: &WindowError,
    error: &ProcessError,
    words: &str,
) -> Option<Finding> {
    let (WindowError::Unchangeable { path, source, .. }, ProcessError::Failed { stderr, .. }) = (blocked, error) else {
        return None;
    };
    let path = cx.root.inside(path)?;
    let is_link = cx.root.stat(&path).ok().flatten().is_some_and(|found| is_link(&found));
    // "cannot open login definitions /etc/login.defs" (`def_load` in shadow's lib/getdef.c); 4.1.5.1 says nothing if it is missing.
    let is_named = ["login.defs", "login definitions"].iter().any(|name| stderr.contains(name));
    let is_blamed = is_named || (is_link && telling_line(stderr).is_none());
    if !is_blamed {
        return None;
    }
    let error = error.inside_text(cx.root);
    let (problem, remedy) = if is_link {
        let remedy = cx.remedy_on(&["rm"], &[&path]).with_comment("a symbolic link into a directory that is missing");
        ("cannot be reached", remedy)
    } else {
        ("can be neither changed nor replaced", cx.remedy_on(&["chattr", "-i", "-a"], &[&path]))
    };
    let detail = format!("{} {problem}: {source}; {error}", path.display());
    Some(Finding { reason: Reason::LoginDefsBlocked, detail, remedy: vec![remedy, Remedy::hostprep([words])] })
}
