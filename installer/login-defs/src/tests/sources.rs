//! What several files say together.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::scratch::{DEFS, Scratch};
use crate::{plan, read};

fn told(files: &[(&str, &str)]) -> (bool, Option<PathBuf>) {
    let scratch = Scratch::bare();
    for (path, content) in files {
        scratch.put(path, content.as_bytes());
    }
    let effective = read(&scratch.root).unwrap();
    assert_eq!(effective.usergroups_enab, plan(&scratch.root).unwrap().is_none());
    (effective.usergroups_enab, effective.decided_by)
}

const YES: &str = "USERGROUPS_ENAB yes\n";
const NO: &str = "USERGROUPS_ENAB no\n";

#[test]
fn the_last_word() {
    let by = |path: &str| Some(PathBuf::from(path));
    assert_eq!(told(&[]), (false, None));
    assert_eq!(told(&[("etc/login.defs", YES)]), (true, by("/etc/login.defs")));
    assert_eq!(told(&[("etc/login.defs", "")]), (false, None));
    assert_eq!(told(&[("usr/etc/login.defs", YES)]), (true, by("/usr/etc/login.defs")));
    assert_eq!(told(&[("usr/etc/login.defs", YES), ("etc/login.defs", NO)]), (false, by("/etc/login.defs")));
    assert_eq!(
        told(&[("etc/login.defs", YES), ("etc/login.defs.d/50.defs", NO), ("etc/login.defs.d/60.defs", "A b\n")]),
        (false, by("/etc/login.defs.d/50.defs"))
    );
    assert_eq!(
        told(&[("usr/etc/login.defs", NO), ("etc/login.defs.d/50.defs", YES)]),
        (true, by("/etc/login.defs.d/50.defs"))
    );
    // The same name masks, and other names do not count.
    assert!(told(&[("etc/login.defs", YES), ("usr/etc/login.defs.d/5.defs", NO), ("etc/login.defs.d/5.defs", "")]).0);
    assert!(told(&[("etc/login.defs", YES), ("etc/login.defs.d/5.defs.rpmsave", NO)]).0);
}

#[test]
fn where_readers_disagree_it_is_not_yes() {
    // Plain shadow reads no drop-ins.
    assert!(!told(&[("etc/login.defs", NO), ("etc/login.defs.d/50.defs", YES)]).0);
    // By directory the administrator's is last, by name the vendor's.
    assert!(
        !told(&[("etc/login.defs", YES), ("usr/etc/login.defs.d/60.defs", NO), ("etc/login.defs.d/50.defs", YES)]).0
    );
}

#[test]
fn numbers_come_from_all_of_them() {
    let scratch = Scratch::bare();
    scratch.put("usr/etc/login.defs", b"UID_MIN 500\nSYS_UID_MIN 100\n");
    scratch.put("etc/login.defs.d/a.defs", b"SYS_UID_MAX 450\n");
    let effective = read(&scratch.root).unwrap();
    assert_eq!((effective.uid_min, effective.sys_uid_min, effective.sys_uid_max), (500, 100, 450));
}

#[test]
fn a_masked_drop_in_may_be_a_link_to_nothing() {
    let scratch = Scratch::with(YES.as_bytes());
    scratch.put("usr/etc/login.defs.d/50.defs", NO.as_bytes());
    std::fs::create_dir_all(scratch.path("etc/login.defs.d")).unwrap();
    symlink("/dev/null", scratch.path("etc/login.defs.d/50.defs")).unwrap();
    assert!(read(&scratch.root).unwrap().usergroups_enab);
}

#[test]
fn what_is_said_before_a_change() {
    let shown = |scratch: &Scratch| {
        let prefix = scratch.root.path().display().to_string();
        scratch.plan().describe("useradd").join("\n").replace(&prefix, "")
    };
    let scratch = Scratch::with(DEFS);
    assert_eq!(
        shown(&scratch),
        "/etc/login.defs, line 3: `USERGROUPS_ENAB no` becomes `USERGROUPS_ENAB yes`\n\
         useradd\n\
         /etc/login.defs is put back as soon as that has ended: content, mode, owner, times, attributes, inode"
    );
    scratch.put("etc/login.defs.d/zz-site.defs", NO.as_bytes());
    assert!(shown(&scratch).contains("/etc/login.defs.d/zz-sitez-hostprep.defs is made"), "{}", shown(&scratch));
    let scratch = Scratch::bare();
    assert!(shown(&scratch).starts_with("/etc/login.defs is made with the line `USERGROUPS_ENAB yes`"));
    scratch.put("usr/etc/login.defs", b"UMASK 022");
    assert!(shown(&scratch).contains("/etc/login.defs, line 2: `USERGROUPS_ENAB yes` is added at the end"));
    let scratch = Scratch::with(YES.as_bytes());
    scratch.put("usr/etc/login.defs.d/5.defs", NO.as_bytes());
    assert!(shown(&scratch).contains("there is no /etc/login.defs.d to override it"), "{}", shown(&scratch));
    let path = Path::new("/etc/login.defs.d/zz-hostprep.defs");
    std::fs::create_dir_all(scratch.path("etc/login.defs.d")).unwrap();
    assert_eq!(scratch.plan().drop_in.as_deref(), Some(path));
}
