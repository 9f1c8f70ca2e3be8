//! The receipt: one that cannot be used is kept, and the next entry is never lost.

use host::system::accounts::{GROUP, PASSWD};
use installer::model::receipt::{Created, Receipt};

use crate::input::parts;
use crate::scratch::Scratch;

const PATH: &str = "/state/journal.json";

/// A receipt, and the account files of its host.
pub fn check(data: &[u8]) {
    let [file, passwd, group] = parts(data);
    let scratch = Scratch::new();
    scratch.file(PATH, file);
    scratch.file(PASSWD, passwd);
    scratch.file(GROUP, group);
    let root = scratch.root();
    let read = || Receipt::read(&root, PATH.into());
    let before = scratch.tree();

    let mut receipt = read();
    let unusable = receipt.unusable().is_some();
    assert!(!unusable || (receipt.created().is_empty() && file.is_some()));
    let found = receipt.created().to_vec();
    for made in &found {
        let _ = receipt.is_unmodified(made);
    }
    assert!(scratch.tree() == before, "looking changed something");

    let module = Created::Module { name: "cisco-secure-bpf".into(), policy_type: "targeted".into(), priority: 300 };
    receipt.record(module.clone()).unwrap();
    let kept = scratch.content(&format!("{PATH}.unusable"));
    assert_eq!(kept.as_deref(), file.filter(|_| unusable), "what could not be used is kept to the byte");
    let again = read();
    assert_eq!(again.unusable(), None);
    assert_eq!(again.created(), receipt.created());
    assert!(again.created().contains(&module) && found.iter().all(|made| again.created().contains(made)));

    let mut receipt = again;
    if receipt.reconcile().is_ok() {
        let open = |made: &Created| matches!(made, Created::User { uid: None, .. } | Created::Group { gid: None, .. });
        assert!(!receipt.created().iter().any(open), "an entry stayed open");
        assert_eq!(read().created(), receipt.created());
    }
    for made in receipt.created().to_vec() {
        receipt.remove_entry(&made).unwrap();
    }
    assert!(receipt.created().is_empty());
    assert_eq!(scratch.content(PATH), None, "an empty receipt has no file");
    scratch.expect_inside();
}
