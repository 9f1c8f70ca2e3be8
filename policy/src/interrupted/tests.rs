#![allow(clippy::disallowed_methods, reason = "a test arranges the world around what is tested")]

use std::fs;
use std::os::unix::fs::symlink;

use nix::fcntl::{Flock, FlockArg};

use super::InterruptedTransaction;
use crate::Store;

const STORE: &str = "var/lib/selinux/t";

fn root_with(names: &[&str]) -> (tempfile::TempDir, host::Root) {
    let place = tempfile::tempdir().unwrap();
    for directory in ["etc/selinux", STORE] {
        fs::create_dir_all(place.path().join(directory)).unwrap();
    }
    fs::write(place.path().join("etc/selinux/semanage.conf"), "").unwrap();
    for name in names {
        fs::create_dir_all(place.path().join(STORE).join(name).join("modules/100/base")).unwrap();
    }
    let root = host::Root::alternate(place.path()).unwrap();
    (place, root)
}

#[test]
fn only_a_store_between_two_renames_is_one() {
    for (names, is_one) in
        [(&["active"][..], false), (&["active", "previous"], false), (&["tmp"], false), (&["previous", "tmp"], true)]
    {
        let (_place, root) = root_with(names);
        assert_eq!(InterruptedTransaction::find(&root, "t").unwrap().is_some(), is_one, "{names:?}");
    }
}

#[test]
fn it_is_put_back() {
    let (place, root) = root_with(&["previous", "tmp"]);
    let found = InterruptedTransaction::find(&root, "t").unwrap().unwrap();
    assert!(found.restore_previous(&root).unwrap());
    assert!(Store::locate(&root, "t").unwrap().is_some());
    assert!(!place.path().join(STORE).join("previous").exists());
    assert_eq!(InterruptedTransaction::find(&root, "t").unwrap(), None);
}

#[test]
fn a_transaction_on_its_way_is_left_alone() {
    let (place, root) = root_with(&["previous", "tmp"]);
    let found = InterruptedTransaction::find(&root, "t").unwrap().unwrap();
    let lock = fs::File::create(place.path().join(STORE).join("semanage.trans.LOCK")).unwrap();
    let held = Flock::lock(lock, FlockArg::LockExclusive).unwrap();
    assert!(!found.restore_previous(&root).unwrap());
    assert!(place.path().join(STORE).join("previous").exists());
    // It goes on, and ends.
    fs::rename(place.path().join(STORE).join("tmp"), place.path().join(STORE).join("active")).unwrap();
    drop(held);
    assert!(!found.restore_previous(&root).unwrap(), "nothing is left to do");
    assert!(place.path().join(STORE).join("previous").exists());
}

#[test]
fn a_link_in_place_of_the_active_policy_is_no_missing_one() {
    let (place, root) = root_with(&["previous"]);
    let found = InterruptedTransaction::find(&root, "t").unwrap().unwrap();
    symlink("/nowhere", place.path().join(STORE).join("active")).unwrap();
    assert!(!found.restore_previous(&root).unwrap());
    assert!(place.path().join(STORE).join("previous").exists());
}
