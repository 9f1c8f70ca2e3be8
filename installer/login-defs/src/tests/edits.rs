//! Another program edits the file while the window is open.

use std::fs::{self, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use nix::errno::Errno;

use super::scratch::{DEFS, Scratch, names, quiet_read};
use crate::error::WindowError;
use crate::{fault_injection, open, stale_window};

/// Runs `edit` on `/etc/login.defs` in the window. Returns whether closing reports the edit, and the text afterwards.
fn edited(scratch: &Scratch, edit: impl FnOnce(&Path)) -> (bool, String) {
    let path = scratch.path("etc/login.defs");
    let window = open(&scratch.root, scratch.state(), &scratch.plan()).unwrap();
    edit(&path);
    let closed = window.close().unwrap();
    assert_eq!(stale_window(&scratch.root, scratch.state()).unwrap(), None);
    let ours = names(path.parent().unwrap()).iter().any(|name| name.to_string_lossy().contains("hostprep"));
    assert!(!ours, "{:?}", names(path.parent().unwrap()));
    let found = if path.exists() { quiet_read(&path) } else { Vec::new() };
    (closed.concurrent_edit, text(&found))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn append(path: &Path) {
    OpenOptions::new().append(true).open(path).unwrap().write_all(b"# by hand\n").unwrap();
}

fn rewrite(path: &Path, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> u64 {
    let content = change(fs::read(path).unwrap());
    let new = path.with_file_name("login.defs.new");
    fs::write(&new, content).unwrap();
    fs::rename(&new, path).unwrap();
    fs::metadata(path).unwrap().ino()
}

/// Runs with exchange, without it, and in place.
fn each(run: impl Fn()) {
    for denied in [&[][..], &[("exchange", Errno::EINVAL)], &[("link .login.defs", Errno::EXDEV)]] {
        fault_injection::deny(denied);
        run();
    }
    fault_injection::deny(&[]);
}

#[test]
fn a_line_is_added() {
    let wanted = text(&[DEFS, b"# by hand\n"].concat());
    each(|| {
        assert_eq!(edited(&Scratch::with(DEFS), append), (true, wanted.clone()));
        let by_editor = |path: &Path| {
            rewrite(path, |content| [&content[..], b"# by hand\n"].concat());
        };
        assert_eq!(edited(&Scratch::with(DEFS), by_editor), (true, wanted.clone()));
    });
}

#[test]
fn our_very_line_is_changed() {
    each(|| {
        let scratch = Scratch::with(b"A b\nUSERGROUPS_ENAB no\n");
        let (kept, found) = edited(&scratch, |path| fs::write(path, "A b\nUSERGROUPS_ENAB maybe\n").unwrap());
        assert_eq!((kept, found.as_str()), (true, "A b\nUSERGROUPS_ENAB maybe\n"));
        let scratch = Scratch::with(b"A b\nUSERGROUPS_ENAB no\n");
        let (_, found) = edited(&scratch, |path| fs::write(path, "A b\nUSERGROUPS_ENAB no\n").unwrap());
        assert_eq!(found, "A b\nUSERGROUPS_ENAB no\n");
    });
}

#[test]
fn a_whole_new_file_keeps_its_inode() {
    let scratch = Scratch::with(DEFS);
    let mut inode = 0;
    let (kept, found) = edited(&scratch, |path| inode = rewrite(path, |_| b"UMASK 077\n".to_vec()));
    assert_eq!((kept, found.as_str()), (true, "UMASK 077\n"));
    assert_eq!(fs::metadata(scratch.path("etc/login.defs")).unwrap().ino(), inode);
}

#[test]
fn an_editor_that_had_it_open_before_writes_to_the_original() {
    let scratch = Scratch::with(DEFS);
    let inode = fs::metadata(scratch.path("etc/login.defs")).unwrap().ino();
    let mut before = OpenOptions::new().append(true).open(scratch.path("etc/login.defs")).unwrap();
    let (_, found) = edited(&scratch, |_| before.write_all(b"# late\n").unwrap());
    assert_eq!(found, text(&[DEFS, b"# late\n"].concat()));
    assert_eq!(fs::metadata(scratch.path("etc/login.defs")).unwrap().ino(), inode);
}

#[test]
fn a_new_mode_and_attribute_are_kept_on_the_original_inode() {
    let scratch = Scratch::with(DEFS);
    let before = fs::metadata(scratch.path("etc/login.defs")).unwrap();
    let (kept, found) = edited(&scratch, |path| {
        fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
        let _ = xattr::set(path, "user.hostprep-test", b"theirs");
    });
    let after = fs::metadata(scratch.path("etc/login.defs")).unwrap();
    assert_eq!((kept, found), (true, text(DEFS)));
    assert_eq!((after.ino(), after.mode() & 0o7777), (before.ino(), 0o600));
    assert_eq!(xattr::get(scratch.path("etc/login.defs"), "user.hostprep-test").unwrap().unwrap(), b"theirs");
    assert_eq!(after.mtime_nsec(), before.mtime_nsec());
}

#[test]
fn the_file_or_its_backup_is_removed() {
    each(|| {
        let scratch = Scratch::with(DEFS);
        let before = scratch.picture();
        let (_, found) = edited(&scratch, |path| fs::remove_file(path).unwrap());
        assert_eq!(found, text(DEFS));
        let (before, after) = (before.files, scratch.picture().files);
        let path = scratch.path("etc/login.defs");
        assert_eq!((before[&path].mode, before[&path].times), (after[&path].mode, after[&path].times));

        let scratch = Scratch::with(DEFS);
        let (_, found) = edited(&scratch, |path| {
            let _ = fs::remove_file(path.with_file_name(".login.defs.hostprep-original"));
        });
        assert_eq!(found, text(DEFS));
    });
}

#[test]
fn a_link_in_its_place_is_theirs() {
    let scratch = Scratch::with(DEFS);
    scratch.put("usr/share/site.defs", b"USERGROUPS_ENAB yes\n");
    let (kept, found) = edited(&scratch, |path| {
        fs::remove_file(path).unwrap();
        symlink("../usr/share/site.defs", path).unwrap();
    });
    assert_eq!((kept, found.as_str()), (true, "USERGROUPS_ENAB yes\n"));
}

#[test]
fn a_created_file_keeps_what_was_added() {
    let scratch = Scratch::bare();
    scratch.put("usr/etc/login.defs", DEFS);
    assert_eq!(edited(&scratch, append), (true, text(&[DEFS, b"# by hand\n"].concat())));
    let scratch = Scratch::bare();
    assert_eq!(edited(&scratch, append), (true, "# by hand\n".into()));
    let scratch = Scratch::bare();
    assert_eq!(edited(&scratch, |path| fs::remove_file(path).unwrap()), (false, String::new()));
}

#[test]
fn a_drop_in_of_ours_keeps_what_was_added() {
    let scratch = Scratch::with(DEFS);
    scratch.put("etc/login.defs.d/a.defs", b"USERGROUPS_ENAB no\n");
    let ours = scratch.path("etc/login.defs.d/zz-hostprep.defs");
    let (kept, _) = edited(&scratch, |_| append(&ours));
    assert!(kept);
    assert_eq!(fs::read(ours).unwrap(), b"# by hand\n");
}

#[test]
fn another_editor_all_the_time() {
    const ROUNDS: usize = 50;
    let scratch = Scratch::with(DEFS);
    let path = scratch.path("etc/login.defs");
    let stop = std::sync::atomic::AtomicBool::new(false);
    let mut refused = 0;
    let written = std::thread::scope(|scope| {
        let editor = scope.spawn(|| {
            let mut lines = 0;
            while lines < 5000 && !stop.load(std::sync::atomic::Ordering::Relaxed) {
                append(&path);
                lines += 1;
                std::thread::yield_now();
            }
            lines
        });
        for _ in 0..ROUNDS {
            // Giving up is allowed, and the next run restores the file; losing it is not.
            let opened = match crate::plan(&scratch.root).unwrap() {
                Some(plan) => open(&scratch.root, scratch.state(), &plan).and_then(|window| window.close()).map(drop),
                None => Ok(()),
            };
            let recovered = crate::recover(&scratch.root, scratch.state());
            for result in [opened, recovered.map(drop)] {
                match result {
                    Ok(()) => {}
                    Err(WindowError::KeepsChanging { .. }) => refused += 1,
                    Err(e) => panic!("{e}"),
                }
            }
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        editor.join().unwrap()
    });
    crate::recover(&scratch.root, scratch.state()).unwrap();
    let found = fs::read(&path).unwrap();
    assert!(found.starts_with(DEFS), "{}", text(&found));
    let added = text(&found[DEFS.len()..]);
    let kept = added.lines().filter(|line| *line == "# by hand").count();
    assert_eq!(kept, added.lines().count(), "{added}");
    // A line written through a descriptor at the very moment of an exchange can be missed, one line at most, because the
    // editor writes one at a time. One exchange opens each window and one closes it, or the eight attempts are refused.
    assert!(written - kept <= 2 * ROUNDS + 8 * refused, "{kept} of {written} lines, {refused} refused");
    assert_eq!(names(path.parent().unwrap()), ["login.defs"]);
    eprintln!("{kept} of {written} lines, {refused} refused");
}
