//! Opening and closing, and what is refused.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use host::Root;
use nix::sys::stat::Mode;
use proptest::prelude::*;

use super::scratch::{DEFS, STATE, Scratch, on_disk};
use crate::{WindowError, open, plan, read, recover, stale_window};

/// Opens, checks, closes, and compares everything.
pub(super) fn there_and_back(scratch: &Scratch) {
    let before = scratch.picture();
    let plan = scratch.plan();
    assert_eq!(scratch.picture(), before, "planning left a trace");
    let window = open(&scratch.root, scratch.state(), &plan).unwrap();
    assert!(read(&scratch.root).unwrap().usergroups_enab);
    assert!(stale_window(&scratch.root, scratch.state()).unwrap().is_some());
    assert!(!window.close().unwrap().concurrent_edit);
    assert_eq!(scratch.picture(), before);
    assert_eq!(stale_window(&scratch.root, scratch.state()).unwrap(), None);
}

#[test]
fn every_kind_of_text() {
    for content in [
        &b""[..],
        b"USERGROUPS_ENAB no",
        b"USERGROUPS_ENAB no\n",
        b"USERGROUPS_ENAB yes\nUSERGROUPS_ENAB No\n",
        b"#USERGROUPS_ENAB yes\n",
        b"usergroups_enab yes\n",
        b"UMASK 022\r\nUSERGROUPS_ENAB\tno\r\n",
        b"USERGROUPS_ENAB \"no\" # comment",
        DEFS,
    ] {
        there_and_back(&Scratch::with(content));
        let scratch = Scratch::bare();
        scratch.put("usr/etc/login.defs", content);
        there_and_back(&scratch);
    }
    there_and_back(&Scratch::bare());
    for content in ["USERGROUPS_ENAB YES\n", "USERGROUPS_ENAB no\nUSERGROUPS_ENAB yes"] {
        assert_eq!(plan(&Scratch::with(content.as_bytes()).root).unwrap(), None);
    }
}

#[test]
fn behind_links_inside_the_root() {
    let scratch = Scratch::bare();
    scratch.put("usr/share/site/login.defs", DEFS);
    symlink("/usr/share/site", scratch.path("etc/site")).unwrap();
    symlink("site/../site/login.defs", scratch.path("etc/login.defs")).unwrap();
    there_and_back(&scratch);
}

#[test]
fn the_copy_is_what_the_original_was() {
    let scratch = Scratch::with(DEFS);
    let before = scratch.picture();
    let window = open(&scratch.root, scratch.state(), &scratch.plan()).unwrap();
    let (path, aside) = (scratch.path("etc/login.defs"), scratch.path("etc/.login.defs.hostprep-original"));
    let open = scratch.picture();
    let (was, is) = (&before.files[&path], &open.files[&path]);
    assert_eq!((was.mode, was.owner, &was.xattrs), (is.mode, is.owner, &is.xattrs));
    assert_eq!(open.files[&aside].ino, was.ino);
    assert_eq!(open.state, ["login-defs-window.json"]);
    // Somebody reads the original by its second name.
    fs::read(&aside).unwrap();
    window.close().unwrap();
    assert_eq!(scratch.picture(), before);
}

#[test]
fn what_is_no_regular_file_is_refused_without_blocking() {
    let refused = |make: &dyn Fn(&Path)| {
        let scratch = Scratch::bare();
        make(&scratch.path("etc/login.defs"));
        let error = plan(&scratch.root).unwrap_err().to_string();
        error.replace(&scratch.root.path().display().to_string(), "")
    };
    let end = ", not a regular file; put the file back from its package, then run again; nothing was changed";
    assert_eq!(refused(&|path| fs::create_dir(path).unwrap()), format!("/etc/login.defs: is a directory{end}"));
    let fifo = |path: &Path| nix::unistd::mkfifo(path, Mode::S_IRWXU).unwrap();
    assert_eq!(refused(&fifo), format!("/etc/login.defs: is a fifo{end}"));
    let large = |path: &Path| fs::File::create(path).unwrap().set_len(8 * 1024 * 1024 + 1).unwrap();
    assert!(refused(&large).contains("is larger than 8 MiB"));
    let nul = |path: &Path| fs::write(path, "A b\nUSERGROUPS_ENAB \0no\n").unwrap();
    assert!(refused(&nul).starts_with("/etc/login.defs, line 2: a NUL byte"));
    let circle = |path: &Path| symlink("login.defs", path).unwrap();
    assert!(refused(&circle).contains("/etc/login.defs"));
}

#[test]
fn an_immutable_file_is_named_with_what_to_do() {
    let scratch = Scratch::with(DEFS);
    let path = scratch.path("etc/login.defs");
    let chattr =
        |flag: &str, path: &Path| Command::new("chattr").arg(flag).arg(path).status().is_ok_and(|s| s.success());
    if !chattr("+i", &path) {
        eprintln!("no chattr here");
        return;
    }
    let before = scratch.picture();
    let error = open(&scratch.root, scratch.state(), &scratch.plan()).unwrap_err();
    let kept = scratch.picture() == before;
    chattr("-i", &path);
    assert!(kept);
    let message = error.to_string();
    assert!(matches!(error, WindowError::Unchangeable { .. }) && message.contains("chattr -i -a"), "{message}");
    assert!(message.contains(&path.display().to_string()), "{message}");

    // Neither renamed nor removed can be what an append-only directory holds.
    for flag in ["a", "i"] {
        chattr(&format!("+{flag}"), &scratch.path("etc"));
        let window = open(&scratch.root, scratch.state(), &scratch.plan()).map(|window| window.close().unwrap());
        chattr(&format!("-{flag}"), &scratch.path("etc"));
        window.unwrap();
        assert_eq!(scratch.picture(), before, "{flag}");
    }
}

#[test]
fn a_state_directory_that_cannot_be_made_changes_nothing() {
    let scratch = Scratch::with(DEFS);
    fs::write(scratch.path("var"), "a file").unwrap();
    let before = scratch.picture();
    assert!(open(&scratch.root, scratch.state(), &scratch.plan()).is_err());
    assert_eq!(scratch.picture(), before);
}

#[test]
fn a_newer_record_is_refused_and_stays() {
    let scratch = Scratch::with(DEFS);
    scratch.put("var/lib/cisco/hostprep/login-defs-window.json", b"{\"schema\": 2, \"what\": []}");
    let before = scratch.picture();
    let error = recover(&scratch.root, scratch.state()).unwrap_err();
    assert!(error.to_string().contains("has format 2 and this hostprep knows 1"), "{error}");
    assert!(stale_window(&scratch.root, scratch.state()).is_err());
    assert!(open(&scratch.root, scratch.state(), &scratch.plan()).is_err());
    assert_eq!(scratch.picture(), before);
}

#[test]
fn a_window_that_was_left_is_closed_before_another_opens() {
    let scratch = Scratch::with(DEFS);
    let before = scratch.picture();
    std::mem::forget(open(&scratch.root, scratch.state(), &scratch.plan()).unwrap());
    let found = stale_window(&scratch.root, scratch.state()).unwrap().unwrap().found;
    assert_eq!(found, [scratch.root.shown(STATE), scratch.root.shown("/etc/.login.defs.hostprep-original")]);
    // Planned before the stale_window was seen, when the file said yes.
    assert_eq!(plan(&scratch.root).unwrap(), None);
    assert!(!recover(&scratch.root, scratch.state()).unwrap().unwrap().concurrent_edit);
    assert_eq!(scratch.picture(), before);
    there_and_back(&scratch);
}

#[test]
fn a_stale_plan_is_made_anew() {
    let scratch = Scratch::with(DEFS);
    let plan = scratch.plan();
    scratch.put("etc/login.defs", b"A b\nUSERGROUPS_ENAB no\n");
    let before = scratch.picture();
    open(&scratch.root, scratch.state(), &plan).unwrap().close().unwrap();
    assert_eq!(scratch.picture(), before);
    scratch.put("etc/login.defs", b"USERGROUPS_ENAB yes\n");
    let before = scratch.picture();
    open(&scratch.root, scratch.state(), &plan).unwrap().close().unwrap();
    assert_eq!(scratch.picture(), before);
}

#[test]
fn looking_leaves_no_trace() {
    let scratch = Scratch::with(DEFS);
    scratch.put("etc/login.defs.d/5.defs", b"UMASK 022\n");
    let before = scratch.picture();
    read(&scratch.root).unwrap();
    scratch.plan();
    stale_window(&scratch.root, scratch.state()).unwrap();
    recover(&scratch.root, scratch.state()).unwrap();
    assert_eq!(scratch.picture(), before);
    assert!(Root::system().is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_comes_back(text in prop::collection::vec(any::<u8>().prop_filter("no NUL", |byte| *byte != 0), 0..400)) {
        on_disk(false);
        there_and_back(&Scratch::with(&text));
    }
}
