//! A system call that fails: one alone, or each from one on, as on a disk that is full, broken or read-only.

use std::fmt;
use std::path::PathBuf;

use nix::errno::Errno;
use nix::libc;

use super::injection_point::{self, CHANGING, InjectionPoint, OPENING};
use super::judge::{self, Amid, Events, Outcome};
use super::kill::Extent;
use super::login_defs::LoginDefs;
use super::scenario::Scenario;
use super::tracee::{self, Call, Stops, Then};
use super::worker_root::WorkerRoot;
use super::workers::{Tally, Tried, try_all};

/// Errors of calls that write, rename, sync, open, link or change a mode.
const ERRORS: [Errno; 6] = [Errno::ENOSPC, Errno::EIO, Errno::EROFS, Errno::EACCES, Errno::EINTR, Errno::ENOMEM];
/// Errors that persist.
const LASTING: [Errno; 3] = [Errno::ENOSPC, Errno::EIO, Errno::EROFS];

/// How long the error lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lasts {
    Once,
    ForAll,
}

struct Failure {
    point: InjectionPoint,
    error: Errno,
    lasts: Lasts,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = if self.lasts == Lasts::Once { "at" } else { "for all from" };
        write!(f, "{} {since} {}", self.error, self.point)
    }
}

/// Fails `scenario`'s command at each point.
#[must_use]
pub fn everywhere(scenario: &Scenario, extent: Extent) -> Tally {
    let mut failures = Vec::new();
    for (index, point) in injection_point::all(scenario).into_iter().enumerate() {
        let changes = point.changes();
        let core = point.is_ours() || point.is_of_account_tool();
        let opens = OPENING.iter().any(|(which, _)| *which == point.which);
        let chosen = match extent {
            Extent::Full => (changes || opens) && (core || index % 20 == 0),
            Extent::Bounded => changes && point.is_ours(),
        };
        if !chosen {
            continue;
        }
        let errors = match extent {
            Extent::Full => &ERRORS[..],
            // One after the other, so that each is met.
            Extent::Bounded => std::slice::from_ref(&ERRORS[failures.len() % ERRORS.len()]),
        };
        failures.extend(errors.iter().map(|&error| Failure { point: point.clone(), error, lasts: Lasts::Once }));
        if changes && (extent == Extent::Full || point.is_ours()) {
            let lasting = LASTING[failures.len() % LASTING.len()];
            failures.push(Failure { point, error: lasting, lasts: Lasts::ForAll });
        }
    }
    try_all(scenario, &failures, |worker_root, expected, failure| fail(worker_root, scenario, expected, failure))
}

fn fail(worker_root: &WorkerRoot, scenario: &Scenario, expected: &Outcome, failure: &Failure) -> Tried {
    let before = worker_root.renew();
    let (mut reached, mut speechless) = (false, false);
    let mut stops = vec![failure.point.which];
    if failure.lasts == Lasts::ForAll {
        let of_disk = CHANGING.iter().chain(OPENING).map(|(which, _)| *which);
        stops.extend(of_disk.filter(|which| *which != failure.point.which));
    }
    let (command, said) = (worker_root.command(scenario.command), worker_root.sibling("said"));
    let ended = tracee::run(&command, &said, Stops::At(&stops), |call| {
        if failure.point.is(call) {
            reached = true;
            // The program cannot report it if this call fails.
            speechless = failure.lasts == Lasts::Once && call.which == libc::SYS_write && call.args[0] <= 2;
            return Then::Fail(failure.error);
        }
        match failure.lasts {
            Lasts::ForAll if reached && is_of_disk(call, failure.error) => Then::Fail(failure.error),
            // It has failed; the rest need not be watched.
            Lasts::Once if reached && call.result.is_none() => Then::LetGo,
            _ => Then::Go,
        }
    });

    let root = worker_root.root();
    let mut wrong = judge::at_once(&root, &before, scenario.bound);
    let amid = Amid::of(&root, &before);
    wrong.extend(judge::end(scenario, &ended, speechless));
    if failure.lasts == Lasts::Once && matches!(ended.code, Some(0 | 3 | 4)) {
        wrong.extend(LoginDefs::of(&root).difference(&before).into_iter().map(|line| format!("at once: {line}")));
    }
    let (outcome, also) = Outcome::after_next(worker_root, scenario, &before);
    wrong.extend(also);
    wrong.extend(expected.difference(&outcome, Events::MayHaveMore));
    Tried { reached, amid, wrong }
}

/// Returns whether the call has not run yet and a disk in that state refuses it.
fn is_of_disk(call: &Call, error: Errno) -> bool {
    const GIVE_BACK: [i64; 10] = [
        libc::SYS_unlink,
        libc::SYS_unlinkat,
        libc::SYS_rmdir,
        libc::SYS_rename,
        libc::SYS_renameat,
        libc::SYS_renameat2,
        libc::SYS_chmod,
        libc::SYS_fchmod,
        libc::SYS_fchown,
        libc::SYS_ftruncate,
    ];
    if call.result.is_some() || error == Errno::ENOSPC && GIVE_BACK.contains(&call.which) {
        return false;
    }
    let on_disk =
        |path: Option<PathBuf>| path.is_some_and(|path| !path.starts_with("/proc") && !path.starts_with("/dev/null"));
    match call.which {
        libc::SYS_write | libc::SYS_pwrite64 | libc::SYS_writev | libc::SYS_fsync | libc::SYS_fdatasync => {
            // What it says goes elsewhere.
            call.args[0] > 2 && on_disk(call.descriptor(call.args[0]))
        }
        libc::SYS_openat => makes(call.args[2]) && on_disk(call.string(call.args[1])),
        // `struct open_how` in memory has the flags.
        libc::SYS_openat2 => call.word(call.args[2]).is_some_and(makes) && on_disk(call.string(call.args[1])),
        libc::SYS_open => makes(call.args[1]) && on_disk(call.string(call.args[0])),
        which => CHANGING.iter().any(|(changing, _)| *changing == which),
    }
}

fn makes(flags: u64) -> bool {
    flags & (libc::O_CREAT | libc::O_WRONLY | libc::O_RDWR).cast_unsigned() as u64 != 0
}
