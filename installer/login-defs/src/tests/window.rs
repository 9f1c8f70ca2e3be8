//! Opening, closing, and files that are refused.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use host::Root;
use nix::sys::stat::Mode;
use proptest::prelude::*;

use super::scratch::{DEFS, STATE, Scratch, on_disk};
use crate::{WindowError, open, plan, plan_placeholder, read, recover, stale_window};

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
    // Another program reads the original by its second name.
    fs::read(&aside).unwrap();
    window.close().unwrap();
    assert_eq!(scratch.picture(), before);
}

#[test]
fn a_file_that_is_not_regular_is_refused_without_blocking() {
    let refused = |make: &dyn Fn(&Path)| {
        let scratch = Scratch::bare();
        make(&scratch.path("etc/login.defs"));
        let error = plan(&scratch.root).unwrap_err().to_string();
        error.replace(&scratch.root.path().display().to_string(), "")
    };
    let end = ", not a regular file; restore the file from its package, then run again; no account was changed";
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
    let planned = scratch.plan();
    let error = open(&scratch.root, scratch.state(), &planned).unwrap_err();
    let kept = scratch.picture() == before;
    chattr("-i", &path);
    assert!(kept);
    let known = planned.blocked().unwrap();
    assert!(known.starts_with(&format!("{} is immutable", path.display())), "{known}");
    assert_eq!(scratch.plan().blocked(), None);
    let message = error.to_string();
    assert!(matches!(error, WindowError::Unchangeable { .. }) && message.contains("chattr -i -a"), "{message}");
    assert!(message.contains(&path.display().to_string()), "{message}");

    // Files in an append-only directory can be neither renamed nor removed.
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
fn a_stale_window_is_closed_before_another_opens() {
    let scratch = Scratch::with(DEFS);
    let before = scratch.picture();
    open(&scratch.root, scratch.state(), &scratch.plan()).unwrap().crash();
    let found = stale_window(&scratch.root, scratch.state()).unwrap().unwrap().found;
    assert_eq!(found, [scratch.root.host_path(STATE), scratch.root.host_path("/etc/.login.defs.hostprep-original")]);
    // Planned before the stale window was found, when the file said yes.
    assert_eq!(plan(&scratch.root).unwrap(), None);
    assert!(!recover(&scratch.root, scratch.state()).unwrap().unwrap().concurrent_edit);
    assert_eq!(scratch.picture(), before);
    there_and_back(&scratch);
}

#[test]
fn an_outdated_plan_is_renewed() {
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
fn reading_leaves_no_trace() {
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

#[test]
fn a_file_without_settings_where_there_is_none() {
    let scratch = Scratch::bare();
    let path = scratch.path("etc/login.defs");
    let before = scratch.picture();
    let plan = plan_placeholder(&scratch.root).unwrap().unwrap();
    assert_eq!(scratch.picture(), before, "planning left a trace");
    let shown = path.display();
    assert_eq!(
        plan.describe("groupdel x"),
        [format!("{shown} is created without settings"), "groupdel x".into(), format!("then {shown} is removed"),]
    );
    let effective = read(&scratch.root).unwrap();
    let window = open(&scratch.root, scratch.state(), &plan).unwrap();
    assert_eq!(read(&scratch.root).unwrap(), effective, "it says nothing");
    assert!(path.exists() && !window.close().unwrap().concurrent_edit);
    assert_eq!(scratch.picture(), before);

    // After a crash, with the record and without it.
    for record_lost in [false, true] {
        open(&scratch.root, scratch.state(), &plan).unwrap().crash();
        if record_lost {
            fs::remove_file(scratch.path(STATE).join("login-defs-window.json")).unwrap();
        }
        assert!(path.exists());
        let recovered = recover(&scratch.root, scratch.state()).unwrap().unwrap();
        assert!(!recovered.concurrent_edit, "{record_lost}");
        assert_eq!(scratch.picture(), before, "{record_lost}");
    }

    // Another program writes one meanwhile: it stays.
    let window = open(&scratch.root, scratch.state(), &plan).unwrap();
    fs::write(&path, DEFS).unwrap();
    assert!(window.close().unwrap().concurrent_edit);
    assert_eq!(scratch.read("etc/login.defs"), DEFS);
    assert_eq!(plan_placeholder(&scratch.root).unwrap(), None);
    // A plan that is no longer needed changes nothing.
    let before = scratch.picture();
    assert!(!open(&scratch.root, scratch.state(), &plan).unwrap().close().unwrap().concurrent_edit);
    assert_eq!(scratch.picture(), before);

    let vendor = Scratch::bare();
    vendor.put("usr/etc/login.defs", DEFS);
    assert_eq!(plan_placeholder(&vendor.root).unwrap(), None, "libeconf reads the vendor's");
}

#[test]
fn nothing_is_created_in_an_append_only_directory() {
    let scratch = Scratch::bare();
    let chattr = |flag: &str| Command::new("chattr").arg(flag).arg(scratch.path("etc")).status();
    for flag in ["a", "i"] {
        if !chattr(&format!("+{flag}")).is_ok_and(|status| status.success()) {
            eprintln!("no chattr here");
            return;
        }
        let before = scratch.picture().files;
        let error = open(&scratch.root, scratch.state(), &scratch.plan()).unwrap_err();
        let after = scratch.picture().files;
        chattr(&format!("-{flag}")).unwrap();
        assert!(matches!(error, WindowError::Unchangeable { .. }), "{flag}: {error}");
        assert_eq!(after, before, "{flag}");
        assert_eq!(stale_window(&scratch.root, scratch.state()).unwrap(), None, "{flag}");
    }
}

/// An update of a mirrored `/etc` leaves such links.
#[test]
fn a_link_into_a_missing_directory_is_unchangeable() {
    let scratch = Scratch::bare();
    symlink("gone/dir/login.defs", scratch.path("etc/login.defs")).unwrap();
    let before = scratch.picture().files;
    for planned in [scratch.plan(), plan_placeholder(&scratch.root).unwrap().unwrap()] {
        let known = planned.blocked().unwrap();
        assert!(
            known.ends_with("is a symbolic link to gone/dir/login.defs, the directory of which is missing"),
            "{known}"
        );
        let error = open(&scratch.root, scratch.state(), &planned).unwrap_err();
        assert!(matches!(error, WindowError::Unchangeable { .. }), "{error}");
        assert_eq!(scratch.picture().files, before);
        assert_eq!(stale_window(&scratch.root, scratch.state()).unwrap(), None);
    }
    // With the directory, the file is made there and removed again.
    fs::create_dir_all(scratch.path("etc/gone/dir")).unwrap();
    let plan = scratch.plan();
    assert_eq!(plan.blocked(), None);
    let window = open(&scratch.root, scratch.state(), &plan).unwrap();
    assert!(scratch.path("etc/gone/dir/login.defs").exists());
    window.close().unwrap();
    assert!(!scratch.path("etc/gone/dir/login.defs").exists());
}
