#![allow(clippy::disallowed_methods, reason = "tests create the files that are then read")]

use std::fs;
use std::os::unix::fs::symlink;

use nix::fcntl::{Flock, FlockArg};

use super::InterruptedTransaction;
use crate::Store;

const STORE: &str = "var/lib/selinux/t";

fn root_with(names: &[&str]) -> (tempfile::TempDir, host::Root) {
    let scratch = tempfile::tempdir().unwrap();
    for directory in ["etc/selinux", STORE] {
        fs::create_dir_all(scratch.path().join(directory)).unwrap();
    }
    fs::write(scratch.path().join("etc/selinux/semanage.conf"), "").unwrap();
    for name in names {
        fs::create_dir_all(scratch.path().join(STORE).join(name).join("modules/100/base")).unwrap();
    }
    let root = host::Root::alternate(scratch.path()).unwrap();
    (scratch, root)
}

#[test]
fn only_a_store_between_two_renames_is_interrupted() {
    for (names, is_one) in
        [(&["active"][..], false), (&["active", "previous"], false), (&["tmp"], false), (&["previous", "tmp"], true)]
    {
        let (_scratch, root) = root_with(names);
        assert_eq!(InterruptedTransaction::find(&root, "t").unwrap().is_some(), is_one, "{names:?}");
    }
}

#[test]
fn the_previous_policy_is_restored() {
    let (scratch, root) = root_with(&["previous", "tmp"]);
    let found = InterruptedTransaction::find(&root, "t").unwrap().unwrap();
    assert!(found.restore_previous(&root).unwrap());
    assert!(Store::locate(&root, "t").unwrap().is_some());
    assert!(!scratch.path().join(STORE).join("previous").exists());
    assert_eq!(InterruptedTransaction::find(&root, "t").unwrap(), None);
}

#[test]
fn a_running_transaction_is_left_alone() {
    let (scratch, root) = root_with(&["previous", "tmp"]);
    let found = InterruptedTransaction::find(&root, "t").unwrap().unwrap();
    let lock = fs::File::create(scratch.path().join(STORE).join("semanage.trans.LOCK")).unwrap();
    let held = Flock::lock(lock, FlockArg::LockExclusive).unwrap();
    assert!(!found.restore_previous(&root).unwrap());
    assert!(scratch.path().join(STORE).join("previous").exists());
    // It continues and completes.
    fs::rename(scratch.path().join(STORE).join("tmp"), scratch.path().join(STORE).join("active")).unwrap();
    drop(held);
    assert!(!found.restore_previous(&root).unwrap(), "nothing is left to do");
    assert!(scratch.path().join(STORE).join("previous").exists());
}

#[test]
fn a_symbolic_link_counts_as_an_active_policy() {
    let (scratch, root) = root_with(&["previous"]);
    let found = InterruptedTransaction::find(&root, "t").unwrap().unwrap();
    symlink("/nowhere", scratch.path().join(STORE).join("active")).unwrap();
    assert!(!found.restore_previous(&root).unwrap());
    assert!(scratch.path().join(STORE).join("previous").exists());
}
