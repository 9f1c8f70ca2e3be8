#![expect(clippy::disallowed_methods, reason = "the tests arrange files without the library")]

use std::time::{Duration, SystemTime};

use super::*;
use crate::testing;

fn this_process() -> Process {
    let pid = std::process::id().cast_signed();
    Process { pid, name: name_of(pid) }
}

#[test]
fn a_lock_is_abandoned_without_a_running_owner() {
    let own = this_process();
    let running = format!("{}\0", own.pid);
    // Larger than the kernel's PID_MAX_LIMIT, so no process has it.
    let (_dir, root) = testing::with(&[
        ("/etc/passwd.lock", b"5000000\0"),
        ("/etc/shadow.lock", b""),
        ("/etc/group.lock", running.as_bytes()),
        ("/etc/gshadow.lock", b"not a pid"),
        ("/etc/subuid.lock/x", b""),
        ("/etc/passwd", b"5000000"),
    ]);
    let locks = account_locks(&root);
    let owners: Vec<Owner> = locks.iter().map(|lock| lock.owner.clone()).collect();
    let expected = [Owner::Gone(5_000_000), Owner::None, Owner::Running(own.clone()), Owner::None, Owner::NotAFile];
    assert_eq!(owners, expected);
    let at = |name: &str| format!("/etc/{name}");
    assert_eq!(
        describe(&locks),
        format!(
            "process 5000000, which no longer runs, left {} behind; no process is named in {}, {}; {own} holds {}; {} is not a file",
            at("passwd.lock"),
            at("shadow.lock"),
            at("gshadow.lock"),
            at("group.lock"),
            at("subuid.lock")
        )
    );
    assert!(own.name.is_some(), "{own:?}");
    assert_eq!(locks.iter().filter(|lock| lock.is_abandoned()).count(), 4);
    let refused: Vec<bool> = locks.iter().map(AccountLock::is_refused).collect();
    assert_eq!(refused, [false, true, false, true, true]);
}

#[test]
fn a_dangling_link_is_a_lock_that_names_no_process() {
    let (dir, root) = testing::with(&[]);
    std::os::unix::fs::symlink("nowhere", dir.path().join("etc/passwd.lock")).unwrap();
    assert_eq!(account_locks(&root)[0].owner, Owner::None);
}

#[test]
fn a_process_that_started_after_the_lock_did_not_write_it() {
    let own = this_process();
    let (dir, root) = testing::with(&[("/etc/passwd.lock", own.pid.to_string().as_bytes())]);
    assert_eq!(account_locks(&root)[0].owner, Owner::Running(own.clone()));
    let file = std::fs::File::options().append(true).open(dir.path().join("etc/passwd.lock")).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(400 * 24 * 3600)).unwrap();
    let locks = account_locks(&root);
    assert_eq!(locks[0].owner, Owner::Reused(own.clone()));
    assert!(locks[0].is_abandoned() && locks[0].is_refused());
    assert_eq!(
        describe(&locks),
        format!("/etc/passwd.lock is stale: {own}, named in it, started after it was written")
    );
}

/// What else shadow's `get_pid` does not take is no PID here either.
#[test]
fn a_lock_with_more_than_a_pid_is_refused_for_ever() {
    let own = this_process();
    let pid = own.pid;
    let misnamed = || Owner::Misnamed(own.clone());
    for (content, expected) in [
        (format!("{pid}"), Owner::Running(own.clone())),
        (format!(" {pid}\0 more"), Owner::Running(own.clone())),
        (format!("{pid}\n"), misnamed()),
        (format!("{pid} {}\0", "useradd"), misnamed()),
        ("5000000\n".into(), Owner::GoneMisnamed(5_000_000)),
        ("5000000 useradd\0".into(), Owner::GoneMisnamed(5_000_000)),
        ("0".into(), Owner::None),
        ("-1\n".into(), Owner::None),
        ("99999999999999999999".into(), Owner::None),
        ("\0".into(), Owner::None),
    ] {
        let (_dir, root) = testing::with(&[("/etc/passwd.lock", content.as_bytes())]);
        let locks = account_locks(&root);
        assert_eq!(locks[0].owner, expected, "{content:?}");
        let is_running = matches!(expected, Owner::Running(_));
        assert_eq!((locks[0].is_refused(), locks[0].is_abandoned()), (!is_running, !is_running), "{content:?}");
        if matches!(expected, Owner::GoneMisnamed(_)) {
            let text =
                "process 5000000, which no longer runs, left /etc/passwd.lock behind, with a line break or other text";
            assert!(describe(&locks).starts_with(text), "{}", describe(&locks));
        }
        if matches!(expected, Owner::Misnamed(_)) {
            let text = format!("/etc/passwd.lock names {own} with a line break or other text");
            assert!(describe(&locks).starts_with(&text), "{}", describe(&locks));
        }
    }
}

#[test]
fn what_lckpwdf_cannot_lock() {
    let (dir, root) = testing::with(&[("/etc/.pwd.lock/x", b"")]);
    assert_eq!(pwd_lock(&root), Some(PwdLock::NotAFile));
    std::fs::remove_dir_all(dir.path().join("etc/.pwd.lock")).unwrap();
    std::os::unix::fs::symlink("nowhere/at/all", dir.path().join("etc/.pwd.lock")).unwrap();
    assert_eq!(pwd_lock(&root), Some(PwdLock::NotAFile));
}

#[test]
fn a_lock_of_lckpwdf_is_seen_without_taking_it() {
    let (dir, root) = testing::with(&[]);
    assert_eq!(pwd_lock(&root), None, "there is no file");
    let file = std::fs::File::create(dir.path().join("etc/.pwd.lock")).unwrap();
    assert_eq!(pwd_lock(&root), None, "it is free");
    // Of a file description, since a process never sees its own other kind. The suite `races` has one of another process.
    let mut lock = whole_file();
    fcntl(&file, FcntlArg::F_OFD_SETLK(&lock)).unwrap();
    assert_eq!(pwd_lock(&root), Some(PwdLock::HeldByUnknown));
    lock.l_type = libc::c_short::try_from(libc::F_UNLCK).unwrap();
    fcntl(&file, FcntlArg::F_OFD_SETLK(&lock)).unwrap();
    assert_eq!(pwd_lock(&root), None, "it is free again");
}
