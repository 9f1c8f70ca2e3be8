#![expect(clippy::disallowed_methods, reason = "the tests arrange files without the library")]

use std::fs;

use tempfile::TempDir;

use super::*;

fn scratch(passwd: &[u8], group: &[u8]) -> (TempDir, Root) {
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir(outside.path().join("etc")).unwrap();
    fs::write(outside.path().join("etc/passwd"), passwd).unwrap();
    fs::write(outside.path().join("etc/group"), group).unwrap();
    let root = Root::alternate(outside.path()).unwrap();
    (outside, root)
}

const PASSWD_TEXT: &[u8] = b"root:x:0:0:root:/root:/bin/bash\n\
    old:x:12:34:L\xe9on in Latin-1:/home/old:/bin/sh\n\
    # a comment: with colons\n\
    +@netgroup::::::\n\
    \n\
    scan:x:998:997:Scan, service:/nonexistent:/usr/sbin/nologin\n\
    bare:x:5:6:::\n\
    broken:x:many:6:::\n\
    short:x:7:8\n";
const GROUP_TEXT: &[u8] = b"root:x:0:\nusers:x:100:one,two\nscan:x:997:\nbroken:x::\n";

#[test]
fn an_alternate_root_has_the_accounts_of_its_files() {
    let (_outside, root) = scratch(PASSWD_TEXT, GROUP_TEXT);
    let accounts = Accounts::of(&root);
    let scan = User {
        name: "scan".into(),
        uid: 998,
        gid: 997,
        home: "/nonexistent".into(),
        shell: "/usr/sbin/nologin".into(),
    };
    assert_eq!(accounts.user("scan").unwrap(), Some(scan));
    assert_eq!(accounts.group("scan").unwrap(), Some(Group { name: "scan".into(), gid: 997 }));
    assert_eq!(accounts.group("users").unwrap().map(|group| group.gid), Some(100));
    assert_eq!(accounts.user("bare").unwrap().map(|user| user.shell), Some(PathBuf::new()));
    for absent in ["sca", "scann", "Scan", "x", "nobody-here"] {
        assert_eq!(accounts.user(absent).unwrap(), None, "{absent:?}");
    }
}

#[test]
fn only_the_line_asked_for_must_be_well_formed() {
    let (_outside, root) = scratch(PASSWD_TEXT, GROUP_TEXT);
    let accounts = Accounts::of(&root);
    for (name, line) in [("broken", 8), ("short", 9)] {
        let e = accounts.user(name).unwrap_err();
        assert!(matches!(&e, ReadError::Malformed(at) if at.line == Some(line)), "{e}");
        assert!(e.to_string().contains(name), "{e}");
    }
    assert!(accounts.group("broken").is_err());
}

#[test]
fn without_files_there_are_no_accounts() {
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir(outside.path().join("etc")).unwrap();
    let root = Root::alternate(outside.path()).unwrap();
    assert_eq!(Accounts::of(&root).user("root").unwrap(), None);
    assert_eq!(Accounts::of(&root).group("root").unwrap(), None);
}

#[test]
fn the_running_system_is_asked_through_nss() {
    let root = Root::system().unwrap();
    let accounts = Accounts::of(&root);
    assert_eq!(accounts.user("root").unwrap().map(|user| user.uid), Some(0));
    assert_eq!(accounts.group("root").unwrap().map(|group| group.gid), Some(0));
    assert_eq!(accounts.user("hostprep-nobody-has-this-name").unwrap(), None);
    assert_eq!(accounts.local_user("root").unwrap().map(|user| user.uid), Some(0));
}

const SCAN: &[u8] = b"scan:x:998:997::/nonexistent:/usr/sbin/nologin\n";
const SCAN_GROUP: &[u8] = b"scan:x:997:\n";

#[test]
fn accounts_of_an_image_are_found_where_nss_looks() {
    for (nsswitch, file, is_found) in [
        (None, "usr/lib", true),
        (None, "var/lib/extrausers", false),
        (Some("passwd: files altfiles\ngroup: files altfiles\n"), "usr/lib", true),
        (Some("passwd: files extrausers\ngroup: files extrausers\n"), "var/lib/extrausers", true),
        (Some("passwd: files extrausers\ngroup: files extrausers\n"), "usr/lib", false),
        (Some("passwd: files sss\ngroup: files sss\n"), "usr/lib", false),
        (Some("hosts: files dns\n"), "usr/lib", true),
    ] {
        let (outside, root) = scratch(b"root:x:0:0:root:/root:/bin/bash\n", b"root:x:0:\n");
        fs::create_dir_all(outside.path().join(file)).unwrap();
        fs::write(outside.path().join(file).join("passwd"), SCAN).unwrap();
        fs::write(outside.path().join(file).join("group"), SCAN_GROUP).unwrap();
        if let Some(text) = nsswitch {
            fs::write(outside.path().join("etc/nsswitch.conf"), text).unwrap();
        }
        let accounts = Accounts::of(&root);
        let what = format!("{file} with {nsswitch:?}");
        assert_eq!(accounts.user("scan").unwrap().is_some(), is_found, "{what}");
        assert_eq!(accounts.group("scan").unwrap().is_some(), is_found, "{what}");
        assert_eq!(accounts.local_user("scan").unwrap(), None, "{what}: no tool can change it");
        assert_eq!(accounts.local_group("scan").unwrap(), None, "{what}");
        assert_eq!(accounts.ids_in_files(PASSWD, &(100..=999)).unwrap().contains(&998), is_found, "{what}");
        assert_eq!(accounts.ids_in_files(GROUP, &(100..=999)).unwrap().contains(&997), is_found, "{what}");
    }
}

#[test]
fn the_line_decides_where_an_account_is_defined() {
    let (outside, root) = scratch(SCAN, SCAN_GROUP);
    fs::create_dir_all(outside.path().join("usr/lib")).unwrap();
    fs::write(outside.path().join("usr/lib/passwd"), b"scan:x:500:500::/:/bin/false\nimage:x:501:501::/:/bin/false\n")
        .unwrap();
    fs::write(outside.path().join("usr/lib/group"), b"image:x:501:\n").unwrap();
    let accounts = Accounts::of(&root);
    let user = accounts.user("scan").unwrap().unwrap();
    assert_eq!(user.uid, 998, "/etc/passwd comes first");
    assert_eq!(accounts.origin_of_user(&user).unwrap(), Origin::Etc);
    let image = accounts.user("image").unwrap().unwrap();
    assert_eq!(accounts.origin_of_user(&image).unwrap(), Origin::OtherFile("/usr/lib/passwd"));
    let group = accounts.group("image").unwrap().unwrap();
    assert_eq!(accounts.origin_of_group(&group).unwrap(), Origin::OtherFile("/usr/lib/group"));
    assert_eq!(accounts.origin_of_group(&accounts.group("scan").unwrap().unwrap()).unwrap(), Origin::Etc);
    // As NSS answers where a directory service has the name too and is asked first.
    for uid in [70_001, 501] {
        assert_eq!(accounts.origin_of_user(&User { uid, ..user.clone() }).unwrap(), Origin::Service, "{uid}");
    }
}

#[test]
fn ids_of_a_file_pass_over_what_is_no_account() {
    let (_outside, root) = scratch(PASSWD_TEXT, GROUP_TEXT);
    let accounts = Accounts::of(&root);
    let ids: Vec<u32> = accounts.ids_in_files(PASSWD, &(1..=998)).unwrap().into_iter().collect();
    assert_eq!(ids, [5, 7, 12, 998]);
    assert!(accounts.ids_in_files(GROUP, &RangeInclusive::new(500, 100)).unwrap().is_empty());
}
