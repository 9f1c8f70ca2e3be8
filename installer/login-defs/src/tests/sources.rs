//! The effective settings of several files.

use std::os::unix::fs::symlink;

use host::fs::InRoot;

use super::scratch::{DEFS, Scratch};
use crate::{KeyFile, file_for, plan, read};

fn effective(files: &[(&str, &str)]) -> (bool, Option<InRoot>) {
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
fn the_last_assignment_is_effective() {
    let by = |path: &str| Some(InRoot::from(path));
    assert_eq!(effective(&[]), (false, None));
    assert_eq!(effective(&[("etc/login.defs", YES)]), (true, by("/etc/login.defs")));
    assert_eq!(effective(&[("etc/login.defs", "")]), (false, None));
    assert_eq!(effective(&[("usr/etc/login.defs", YES)]), (true, by("/usr/etc/login.defs")));
    assert_eq!(effective(&[("usr/etc/login.defs", YES), ("etc/login.defs", NO)]), (false, by("/etc/login.defs")));
    assert_eq!(
        effective(&[("etc/login.defs", YES), ("etc/login.defs.d/50.defs", NO), ("etc/login.defs.d/60.defs", "A b\n")]),
        (false, by("/etc/login.defs.d/50.defs"))
    );
    assert_eq!(
        effective(&[("usr/etc/login.defs", NO), ("etc/login.defs.d/50.defs", YES)]),
        (true, by("/etc/login.defs.d/50.defs"))
    );
    // The same name masks, and other names do not count.
    assert!(
        effective(&[("etc/login.defs", YES), ("usr/etc/login.defs.d/5.defs", NO), ("etc/login.defs.d/5.defs", "")]).0
    );
    assert!(effective(&[("etc/login.defs", YES), ("etc/login.defs.d/5.defs.rpmsave", NO)]).0);
}

#[test]
fn yes_only_where_all_readers_agree() {
    // Plain shadow reads no drop-ins.
    assert!(!effective(&[("etc/login.defs", NO), ("etc/login.defs.d/50.defs", YES)]).0);
    // Sorted by directory the administrator's is last, sorted by name the vendor's.
    assert!(
        !effective(&[("etc/login.defs", YES), ("usr/etc/login.defs.d/60.defs", NO), ("etc/login.defs.d/50.defs", YES)])
            .0
    );
}

#[test]
fn numbers_come_from_all_files() {
    let scratch = Scratch::bare();
    scratch.put("usr/etc/login.defs", b"UID_MIN 500\nSYS_UID_MIN 100\n");
    scratch.put("etc/login.defs.d/a.defs", b"SYS_UID_MAX 450\n");
    let effective = read(&scratch.root).unwrap();
    assert_eq!((effective.uid_min, effective.sys_uid_min, effective.sys_uid_max), (500, 100, 450));
    assert_eq!((effective.gid_min, effective.sys_gid_min, effective.sys_gid_max), (1000, 101, 999));
}

#[test]
fn a_drop_in_masked_by_a_link_to_dev_null() {
    let scratch = Scratch::with(YES.as_bytes());
    scratch.put("usr/etc/login.defs.d/50.defs", NO.as_bytes());
    std::fs::create_dir_all(scratch.path("etc/login.defs.d")).unwrap();
    symlink("/dev/null", scratch.path("etc/login.defs.d/50.defs")).unwrap();
    assert!(read(&scratch.root).unwrap().usergroups_enab);
}

#[test]
fn the_description_of_a_plan() {
    let shown = |scratch: &Scratch| {
        let prefix = scratch.root.path().display().to_string();
        scratch.plan().describe("useradd").join("\n").replace(&prefix, "")
    };
    let scratch = Scratch::with(DEFS);
    assert_eq!(
        shown(&scratch),
        "/etc/login.defs, line 3: `USERGROUPS_ENAB no` becomes `USERGROUPS_ENAB yes`\n\
         useradd\n\
         then /etc/login.defs is restored: content, mode, owner, times, attributes, inode"
    );
    scratch.put("etc/login.defs.d/zz-site.defs", NO.as_bytes());
    assert!(shown(&scratch).contains("/etc/login.defs.d/zz-sitez-hostprep.defs is created"), "{}", shown(&scratch));
    let scratch = Scratch::bare();
    assert!(shown(&scratch).starts_with("/etc/login.defs is created with the line `USERGROUPS_ENAB yes`"));
    scratch.put("usr/etc/login.defs", b"UMASK 022");
    assert!(shown(&scratch).contains("/etc/login.defs, line 2: `USERGROUPS_ENAB yes` is added at the end"));
    let scratch = Scratch::with(YES.as_bytes());
    scratch.put("usr/etc/login.defs.d/5.defs", NO.as_bytes());
    assert!(shown(&scratch).contains("there is no /etc/login.defs.d to override it"), "{}", shown(&scratch));
    let path = InRoot::from("/etc/login.defs.d/zz-hostprep.defs");
    std::fs::create_dir_all(scratch.path("etc/login.defs.d")).unwrap();
    assert_eq!(scratch.plan().drop_in, Some(path));
}

#[test]
fn a_key_is_set_where_the_administrator_s_files_win() {
    const KEY: &str = "SYS_UID_MIN";
    for (files, path, assigns) in [
        (&[][..], "/etc/login.defs", false),
        (&[("etc/login.defs", "UID_MIN 1000\n")], "/etc/login.defs", false),
        (&[("etc/login.defs", "SYS_UID_MIN 201\n")], "/etc/login.defs", true),
        (&[("etc/login.defs", "SYS_UID_MIN 201\n"), ("etc/login.defs.d/x.defs", YES)], "/etc/login.defs", true),
        (
            &[("etc/login.defs", "SYS_UID_MIN 201\n"), ("etc/login.defs.d/x.defs", "SYS_UID_MIN 300\n")],
            "/etc/login.defs.d/x.defs",
            true,
        ),
        // SUSE: the vendor's file is replaced by the next update.
        (&[("usr/etc/login.defs", "SYS_UID_MIN 201\n")], "/etc/login.defs.d/zz-local.defs", false),
        (&[("usr/etc/login.defs", YES)], "/etc/login.defs.d/zz-local.defs", false),
        (
            &[("etc/login.defs", YES), ("usr/etc/login.defs.d/x.defs", "SYS_UID_MIN 201\n")],
            "/etc/login.defs.d/zz-local.defs",
            false,
        ),
    ] {
        let scratch = Scratch::bare();
        for (path, content) in files {
            scratch.put(path, content.as_bytes());
        }
        assert_eq!(file_for(&scratch.root, KEY).unwrap(), KeyFile { path: path.into(), assigns }, "{files:?}");
    }
}
