//! The real `useradd`, in the window and outside it.

use host::Root;
use host::process::clock::SystemClock;
use host::process::{Command, CommandRunner};
use host::system::accounts::Accounts;

use super::scratch::{DEFS, Scratch};
use crate::{open, plan};

fn host(content: &[u8]) -> Scratch {
    let scratch = Scratch::with(content);
    scratch.put("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n");
    scratch.put("etc/shadow", b"root:*:19000:0:99999:7:::\n");
    scratch.put("etc/group", b"root:x:0:\nusers:x:100:\n");
    scratch.put("etc/gshadow", b"root:*::\nusers:*::\n");
    scratch
}

fn useradd(root: &Root, name: &str) {
    let command = Command::new("useradd").arg("--prefix").arg(root.path()).args([
        "--system",
        "--no-create-home",
        "--shell",
        "/usr/sbin/nologin",
        name,
    ]);
    CommandRunner::new(&SystemClock, &()).run(&command).unwrap();
}

/// Returns whether the user has a group of its own name as its primary group.
fn own_group(root: &Root, name: &str) -> bool {
    let accounts = Accounts::of(root);
    let user = accounts.user(name).unwrap().unwrap();
    accounts.group(name).unwrap().is_some_and(|group| group.gid == user.gid)
}

#[test]
fn a_user_gets_its_own_group_in_the_window_only() {
    for content in [
        DEFS,
        b"USERGROUPS_ENAB yes\nUSERGROUPS_ENAB no",
        b"usergroups_enab yes\r\n",
        b"USERGROUPS_ENAB yes # always\n",
        b"USERGROUPS_ENAB \"no\"\r\n",
        b"",
    ] {
        let scratch = host(content);
        useradd(&scratch.root, "without");
        assert!(!own_group(&scratch.root, "without"), "{}", String::from_utf8_lossy(content));

        let path = scratch.path("etc/login.defs");
        let before = scratch.picture().files[&path].clone();
        let window = open(&scratch.root, scratch.state(), &scratch.plan()).unwrap();
        useradd(&scratch.root, "within");
        assert!(!window.close().unwrap().concurrent_edit);
        assert!(own_group(&scratch.root, "within"), "{}", String::from_utf8_lossy(content));
        assert_eq!(scratch.picture().files[&path], before);

        useradd(&scratch.root, "after");
        assert!(!own_group(&scratch.root, "after"));
    }
}

#[test]
fn where_no_window_is_needed_there_is_a_group() {
    for content in [&b"USERGROUPS_ENAB YES\n"[..], b"USERGROUPS_ENAB no\nUSERGROUPS_ENAB \"yes\"\r\n"] {
        let scratch = host(content);
        assert_eq!(plan(&scratch.root).unwrap(), None);
        useradd(&scratch.root, "user");
        assert!(own_group(&scratch.root, "user"));
    }
}

#[test]
fn without_any_login_defs() {
    let scratch = host(DEFS);
    std::fs::remove_file(scratch.path("etc/login.defs")).unwrap();
    let window = open(&scratch.root, scratch.state(), &scratch.plan()).unwrap();
    useradd(&scratch.root, "within");
    window.close().unwrap();
    assert!(own_group(&scratch.root, "within"));
    assert!(!scratch.path("etc/login.defs").exists());
}
