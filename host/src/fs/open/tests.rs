#![expect(clippy::disallowed_methods, reason = "the tests arrange files without the library")]

use std::fs;
use std::os::unix::fs::symlink;

use super::*;
use crate::testing::tree;

fn errno<T: std::fmt::Debug>(result: Result<T, FileError>) -> Option<Errno> {
    result.unwrap_err().errno()
}

const AGENT: &str = "/opt/cisco/amp";

#[test]
fn policies_differ_in_the_links_that_they_follow() {
    let tree = tree(&["var/opt", "srv/elsewhere/amp"]);
    symlink("/var/opt", tree.top.join("opt")).unwrap();
    tree.root.create_dir(AGENT, OpenPolicy::NoSymlinks).unwrap();
    assert!(tree.top.join("var/opt/cisco/amp").is_dir(), "the link is the system's own");

    fs::remove_dir_all(tree.top.join("var/opt/cisco")).unwrap();
    symlink("/srv/elsewhere", tree.top.join("var/opt/cisco")).unwrap();
    tree.root.open_dir(AGENT, OpenPolicy::Follow).unwrap();
    for policy in [OpenPolicy::NoSymlinks, OpenPolicy::Private] {
        for refused in [tree.root.open_dir(AGENT, policy), tree.root.create_dir(AGENT, policy)] {
            assert!(refused.is_err(), "{policy:?}: {refused:?}");
        }
        assert!(tree.root.open_parent(format!("{AGENT}/file"), policy).is_err());
        assert!(tree.root.create_parent(format!("{AGENT}/new/file"), policy).is_err());
    }
    assert!(!tree.top.join("srv/elsewhere/amp/new").exists());
    assert_eq!(errno(tree.root.open_dir(AGENT, OpenPolicy::NoSymlinks)), Some(Errno::ELOOP));
    assert_eq!(errno(tree.root.remove_empty_dir(AGENT)), Some(Errno::ELOOP));
    assert!(tree.top.join("srv/elsewhere/amp").is_dir(), "nothing is removed through a link");
}

#[test]
fn a_lookup_names_what_is_in_the_way() {
    let tree = tree(&["opt/cisco"]);
    let look_up = || tree.root.look_up_dir(AGENT).unwrap();
    assert!(matches!(look_up(), DirLookup::Missing));
    fs::create_dir(tree.top.join("opt/cisco/amp")).unwrap();
    assert!(matches!(look_up(), DirLookup::Directory(found) if is_dir(&found)));
    fs::remove_dir_all(tree.top.join("opt/cisco")).unwrap();
    assert!(matches!(look_up(), DirLookup::Missing));
    fs::write(tree.top.join("opt/cisco"), "").unwrap();
    assert!(matches!(look_up(), DirLookup::Other(at) if at == "/opt/cisco"));
    fs::remove_file(tree.top.join("opt/cisco")).unwrap();
    symlink("nowhere", tree.top.join("opt/cisco")).unwrap();
    assert!(matches!(look_up(), DirLookup::Symlink(at) if at == "/opt/cisco"));
}

#[test]
fn parents_are_created_and_empty_directories_removed() {
    let tree = tree(&[]);
    assert!(!tree.root.remove_empty_dir(AGENT).unwrap(), "nothing is there");
    for policy in [OpenPolicy::Follow, OpenPolicy::NoSymlinks, OpenPolicy::Private] {
        let (dir, name) = tree.root.create_parent(AGENT, policy).unwrap();
        assert_eq!((dir.path(), name.to_str()), (&*tree.top.join("opt/cisco"), Some("amp")), "{policy:?}");
        assert!(!tree.top.join("opt/cisco/amp").exists());
        tree.root.create_dir(AGENT, policy).unwrap();
        assert!(!tree.root.remove_empty_dir("/opt/cisco").unwrap(), "it is not empty");
        assert!(tree.root.remove_empty_dir(AGENT).unwrap() && tree.root.remove_empty_dir("/opt/cisco").unwrap());
        assert_eq!(errno(tree.root.open_parent("/", policy)), Some(Errno::EINVAL), "{policy:?}");
    }
    fs::write(tree.top.join("opt/cisco"), "").unwrap();
    assert_eq!(errno(tree.root.remove_empty_dir(AGENT)), Some(Errno::ENOTDIR), "a file in the way is reported");
}
