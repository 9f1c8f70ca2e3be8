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
