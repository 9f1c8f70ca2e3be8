//! Account files that are locked: by a process, or by a lock file that a process left behind.

use faults::{Reason, Remedy};
use host::InsideText;
use host::process::{ProcessError, relevant_lines, telling_line};
use host::system::account_lock::{
    ACCOUNT_TOOLS, AccountLock, Owner, PWD_LOCK, Process, PwdLock, account_locks, describe, pwd_lock, running_tools,
};

use super::protected::immutable_files;
use super::space::is_short_of_space;
use crate::model::host_context::HostContext;
use crate::model::report::Finding;

/// Returns whether a tool failed because another program holds the lock, and not one that it will never get.
///
/// The lock that it names decides: it may not need the others.
pub(super) fn is_locked_out(cx: &HostContext, error: &ProcessError) -> bool {
    let line = telling_line(error.stderr()).unwrap_or_default();
    let locks = account_locks(cx.root);
    let named = relevant_lines(error.stderr()).into_iter().find_map(|line| named_lock(&locks, line));
    // shadow 4.6 only says "cannot open".
    let is_held = || named.is_some_and(|lock| matches!(lock.owner, Owner::Running(_)));
    let may_be = says_locked(line) || (line.contains(": cannot open /") && is_held());
    let is_refused = || named.is_some_and(AccountLock::is_refused) || pwd_lock(cx.root) == Some(PwdLock::NotAFile);
    may_be && !is_refused() && !is_unwritable(cx)
}

/// Returns which of `locks` a message names, or which belongs to the account file that it names.
fn named_lock<'a>(locks: &'a [AccountLock], line: &str) -> Option<&'a AccountLock> {
    let mut words = line.split([' ', ';']).map(|word| word.trim_end_matches(':'));
    // As the tool sees it, which may be in an alternate root.
    words.find_map(|word| {
        let path = word.strip_suffix(".lock").unwrap_or(word);
        locks.iter().find(|lock| lock.path.strip_suffix(".lock").is_some_and(|file| path.ends_with(file)))
    })
}

/// `lckpwdf(3)` gives no reason, also if it cannot create its file.
fn is_unwritable(cx: &HostContext) -> bool {
    cx.root.dir("/etc").and_then(|dir| dir.space()).is_ok_and(|space| space.is_read_only)
        || is_short_of_space(cx)
        || !immutable_files(cx).is_empty()
}

fn says_locked(line: &str) -> bool {
    line.contains(": cannot lock ") || line.contains(" already used by PID ")
}

/// Returns whether the message of a tool names a lock file as the cause.
pub(super) fn names_lock_file(stderr: &str) -> bool {
    let names = |line: &str| {
        line.contains(": existing lock file ") || line.contains(" already used by PID ") || line.contains(".lock: ")
    };
    relevant_lines(stderr).into_iter().any(names)
}

/// shadow 4.1.5.1 says nothing where it finds no `login.defs`, and leaves its locks behind; 4.6 does not say why it opened nothing.
fn may_be_a_lock(stderr: &str) -> bool {
    telling_line(stderr).is_none_or(|line| says_locked(line) || line.contains(": cannot open /"))
}

/// Returns the finding if the tool failed because of a lock.
pub(super) fn finding(cx: &HostContext, error: &ProcessError, again: &Remedy) -> Option<Finding> {
    let stderr = error.stderr();
    if !names_lock_file(stderr) && !may_be_a_lock(stderr) {
        return None;
    }
    let locks = account_locks(cx.root);
    let pwd_lock = pwd_lock(cx.root);
    let is_found = !locks.is_empty() || pwd_lock.is_some();
    if !is_found && (!telling_line(stderr).is_some_and(says_locked) || is_short_of_space(cx)) {
        return None;
    }
    let mut seen = vec![error.inside_text(cx.root)];
    if !locks.is_empty() {
        seen.push(describe(&locks));
    }
    let mut holders: Vec<Process> = Vec::new();
    let mut hold = |process: &Process| {
        if !holders.contains(process) {
            holders.push(process.clone());
        }
    };
    for lock in &locks {
        if let Owner::Running(process) | Owner::Misnamed(process) = &lock.owner {
            hold(process);
        }
    }
    let mut remedy = Vec::new();
    match &pwd_lock {
        Some(PwdLock::Held(process)) => {
            seen.push(format!("{process} holds {PWD_LOCK}"));
            hold(process);
        }
        Some(PwdLock::HeldByUnknown) => {
            seen.push(format!("a process holds {PWD_LOCK}"));
            let holder = cx.remedy_on(&["fuser", "-v"], &[PWD_LOCK]);
            remedy.push(holder.with_comment("wait until this process has ended"));
        }
        Some(PwdLock::NotAFile) => seen.push(format!("{PWD_LOCK} is not a file")),
        None => {}
    }
    for holder in &holders {
        let ps = Remedy::run_here(["ps", "-p", &holder.pid.to_string()]);
        remedy.push(ps.with_comment("wait until this process has ended"));
    }
    let abandoned = |is_file: bool| -> Vec<String> {
        let of_kind = locks.iter().filter(|lock| lock.is_abandoned() && (lock.owner != Owner::NotAFile) == is_file);
        of_kind.map(|lock| lock.path.clone()).collect()
    };
    let (files, mut others) = (abandoned(true), abandoned(false));
    if pwd_lock == Some(PwdLock::NotAFile) {
        others.push(PWD_LOCK.to_owned());
    }
    if (!files.is_empty() || !others.is_empty()) && running_tools().is_some_and(|tools| tools.is_empty()) {
        seen.push("no account tool is running on this machine".into());
    }
    if !files.is_empty() {
        // The condition first: what is pasted line by line is run line by line.
        // pgrep(1) takes one pattern, and prints a warning about one of more than 15 characters that nothing matches.
        remedy.push(Remedy::manual(format!(
            "wait until `ps -o pid=,comm= -C {}` prints nothing: an account tool that runs may need its lock",
            ACCOUNT_TOOLS.join(",")
        )));
        remedy.push(cx.remedy_on(&["rm", "-f"], &files));
    }
    for other in &others {
        remedy.push(cx.remedy_on(&["mv", "-T"], &[other.clone(), format!("{other}.aside")]));
    }
    if !is_found {
        seen.push(format!("no process holds {PWD_LOCK} or another lock of the account files now"));
    }
    remedy.push(again.clone());
    Some(Finding { reason: Reason::AccountFilesLocked, detail: seen.join("; "), remedy })
}
