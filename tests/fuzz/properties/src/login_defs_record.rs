//! A window that a crash left, with files of any content: restored or refused, inside the root, and once.

use std::os::unix::fs::MetadataExt;

use ::login_defs::{recover, stale_window};
use sha2::{Digest, Sha256};

use crate::input::{parts, text};
use crate::scratch::Scratch;

const STATE: &str = "/state";
const DEFS: &str = "/etc/login.defs";
const ASIDE: &str = "/etc/.login.defs.hostprep-original";
const MARK: &[u8] = b"# Made by hostprep";

/// The record, login.defs, the original aside, the copy that was being written, the copy in the state directory, a drop-in. In
/// the record, `@device@`, `@inode@`, `@aside@` (its inode), `@defs-sha@`, `@aside-sha@` and `@drop-in-sha@` are replaced by the
/// values in this root, so that a record can fit its files.
pub fn check(data: &[u8]) {
    let [record, defs, aside, patched, copy, drop_in] = parts::<6>(data);
    let scratch = Scratch::new();
    scratch.file(DEFS, defs);
    scratch.file(ASIDE, aside);
    scratch.file("/etc/.login.defs.hostprep-patched", patched);
    scratch.file(&format!("{STATE}/login-defs-original"), copy);
    scratch.file("/etc/login.defs.d/zz-hostprep.defs", drop_in);
    scratch.file("/etc/passwd", Some(b"root:x:0:0::/root:/bin/sh\n"));
    let filled = record.map(|record| fill(&scratch, record, [defs, aside, drop_in]));
    scratch.file(&format!("{STATE}/login-defs-window.json"), filled.as_deref());
    let root = scratch.root();
    let before = scratch.tree();

    let found = stale_window(&root, STATE);
    assert!(scratch.tree() == before, "looking changed something");
    let recovered = recover(&root, STATE);
    scratch.expect_inside();
    match (&found, &recovered) {
        (Ok(None), Ok(None)) => assert!(scratch.tree() == before, "nothing was left, and something was changed"),
        (Ok(Some(found)), Ok(Some(done))) => assert_eq!(found.found, done.found),
        (Ok(Some(_)) | Err(_), Err(_)) => {}
        other => panic!("{other:?}"),
    }
    // A window of another file than login.defs is ignored; its text is not read for a path.
    let names_it = |path: &str| filled.as_deref().is_some_and(|record| text(Some(record)).contains(path));
    if !names_it("passwd") && !names_it("\\u") && !names_it("[") {
        assert_eq!(scratch.content("/etc/passwd").as_deref(), Some(&b"root:x:0:0::/root:/bin/sh\n"[..]));
    }
    // Without a record and without files of ours next to it, login.defs is not touched.
    if record.is_none() && aside.is_none() && copy.is_none() && defs.is_some_and(|defs| !defs.starts_with(MARK)) {
        assert_eq!(scratch.content(DEFS).as_deref(), defs);
    }
    // A record that speaks of less than was left leaves the rest to the next look, which has none.
    let mut recovered = recovered;
    for _ in 0..2 {
        if recovered.is_err() || stale_window(&root, STATE).unwrap().is_none() {
            break;
        }
        recovered = recover(&root, STATE);
        scratch.expect_inside();
    }
    if recovered.is_ok() {
        let settled = scratch.tree();
        assert_eq!(stale_window(&root, STATE).unwrap(), None, "it never ends");
        assert_eq!(recover(&root, STATE).unwrap(), None);
        assert!(scratch.tree() == settled);
    }
}

fn fill(scratch: &Scratch, record: &[u8], [defs, aside, drop_in]: [Option<&[u8]>; 3]) -> Vec<u8> {
    let stat = |path: &str| std::fs::metadata(scratch.at(path)).map_or((0, 0), |found| (found.dev(), found.ino()));
    let sha = |content: Option<&[u8]>| -> String {
        Sha256::digest(content.unwrap_or_default()).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let mut text = match std::str::from_utf8(record) {
        Ok(text) => text.to_owned(),
        Err(_) => return record.to_vec(),
    };
    let values = [
        ("@device@", stat("/etc").0.to_string()),
        ("@inode@", stat(DEFS).1.to_string()),
        ("@aside@", stat(ASIDE).1.to_string()),
        ("@defs-sha@", sha(defs)),
        ("@aside-sha@", sha(aside)),
        ("@drop-in-sha@", sha(drop_in)),
    ];
    for (name, value) in values {
        text = text.replace(name, &value);
    }
    text.into_bytes()
}
