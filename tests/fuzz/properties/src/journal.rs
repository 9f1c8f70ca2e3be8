//! The journal of what was made: one that cannot be used is kept, and the next entry is never lost.

use host::account::{GROUP, PASSWD};
use installer::journal::{Journal, Made};

use crate::input::parts;
use crate::scratch::Scratch;

const PATH: &str = "/state/journal.json";

/// A journal, and the account files of its host.
pub fn check(data: &[u8]) {
    let [file, passwd, group] = parts(data);
    let scratch = Scratch::new();
    scratch.file(PATH, file);
    scratch.file(PASSWD, passwd);
    scratch.file(GROUP, group);
    let root = scratch.root();
    let read = || Journal::read(&root, PATH.into());
    let before = scratch.tree();

    let mut journal = read();
    let unusable = journal.unusable().is_some();
    assert!(!unusable || (journal.made().is_empty() && file.is_some()));
    let found = journal.made().to_vec();
    for made in &found {
        let _ = journal.still_ours(made);
    }
    assert!(scratch.tree() == before, "looking changed something");

    let module = Made::Module { name: "cisco-secure-bpf".into(), policy_type: "targeted".into(), priority: 300 };
    journal.record(module.clone()).unwrap();
    let kept = scratch.content(&format!("{PATH}.unusable"));
    assert_eq!(kept.as_deref(), file.filter(|_| unusable), "what could not be used is kept to the byte");
    let again = read();
    assert_eq!(again.unusable(), None);
    assert_eq!(again.made(), journal.made());
    assert!(again.made().contains(&module) && found.iter().all(|made| again.made().contains(made)));

    let mut journal = again;
    if journal.settle().is_ok() {
        let open = |made: &Made| matches!(made, Made::User { uid: None, .. } | Made::Group { gid: None, .. });
        assert!(!journal.made().iter().any(open), "an entry stayed open");
        assert_eq!(read().made(), journal.made());
    }
    for made in journal.made().to_vec() {
        journal.forget(&made).unwrap();
    }
    assert!(journal.made().is_empty());
    assert_eq!(scratch.content(PATH), None, "an empty journal is no file");
    scratch.expect_inside();
}
