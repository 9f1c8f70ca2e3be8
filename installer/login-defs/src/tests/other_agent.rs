//! hostprep of another agent, with a state directory of its own.

use std::time::Duration;

use super::scratch::Scratch;
use crate::guard::Guard;
use crate::{WindowError, open, recover, stale_window};

#[test]
fn its_open_window_is_not_interrupted_and_is_waited_for() {
    let scratch = Scratch::with(b"USERGROUPS_ENAB no\n");
    let window = open(&scratch.root, scratch.state(), &scratch.plan()).unwrap();
    assert_eq!(stale_window(&scratch.root, "/var/lib/other").unwrap(), None);
    assert_eq!(recover(&scratch.root, "/var/lib/other").unwrap(), None, "it is left alone, without waiting");
    assert!(
        String::from_utf8(scratch.read("etc/login.defs")).unwrap().contains("USERGROUPS_ENAB yes"),
        "it is still open"
    );
    match Guard::wait_for(&scratch.root, Duration::ZERO) {
        Err(error @ WindowError::Busy { .. }) => {
            let text = error.to_string();
            assert!(text.contains("held the lock of") && text.contains("lslocks"), "{text}");
        }
        other => panic!("{other:?}"),
    }
    window.close().unwrap();
    drop(Guard::wait_for(&scratch.root, Duration::ZERO).unwrap());
    assert_eq!(recover(&scratch.root, "/var/lib/other").unwrap(), None);
}
