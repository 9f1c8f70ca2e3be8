//! The parser and the patch, compared with a second implementation of `def_load`, on cases and on random texts.

use proptest::prelude::*;

use crate::text::{PatchRecord, Settings, patch, unpatch};

/// Implements `def_load` of shadow's `lib/getdef.c` again, as in C: `fgets` into 1024 bytes, trim, split.
fn by_the_book(content: &[u8]) -> bool {
    let is_space = |byte: u8| matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r');
    let mut yes = false;
    let mut at = 0;
    while at < content.len() {
        let mut buf = Vec::new();
        while at < content.len() && buf.len() < 1023 {
            buf.push(content[at]);
            at += 1;
            if buf.last() == Some(&b'\n') {
                break;
            }
        }
        while buf.last().is_some_and(|&byte| is_space(byte)) {
            buf.pop();
        }
        let mut name = 0;
        while name < buf.len() && (buf[name] == b' ' || buf[name] == b'\t') {
            name += 1;
        }
        if name == buf.len() || buf[name] == b'#' {
            continue;
        }
        let mut end = name;
        while end < buf.len() && buf[end] != b' ' && buf[end] != b'\t' {
            end += 1;
        }
        if end == buf.len() {
            continue;
        }
        let mut value = end + 1;
        while value < buf.len() && matches!(buf[value], b' ' | b'"' | b'\t') {
            value += 1;
        }
        let mut stop = value;
        while stop < buf.len() && buf[stop] != b'"' {
            stop += 1;
        }
        if &buf[name..end] == b"USERGROUPS_ENAB" {
            yes = buf[value..stop].eq_ignore_ascii_case(b"yes");
        }
    }
    yes
}

fn check(before: &[u8], after: &[u8]) {
    let patched = patch(before);
    assert_eq!(
        String::from_utf8_lossy(&patched.content),
        String::from_utf8_lossy(after),
        "patch of {:?}",
        String::from_utf8_lossy(before)
    );
    assert!(by_the_book(after) && Settings::parse(after).unwrap().usergroups_enab());
    assert_eq!(unpatch(&patched.content, &patched.record), before);
}

#[test]
fn the_last_assignment_gets_the_value() {
    check(b"USERGROUPS_ENAB no\n", b"USERGROUPS_ENAB yes\n");
    check(b"USERGROUPS_ENAB No\nUMASK 022\n", b"USERGROUPS_ENAB yes\nUMASK 022\n");
    check(b"USERGROUPS_ENAB yes\nUSERGROUPS_ENAB no\n", b"USERGROUPS_ENAB yes\nUSERGROUPS_ENAB yes\n");
    check(b"  USERGROUPS_ENAB\t\t no \t\r\nA b\r\n", b"  USERGROUPS_ENAB\t\t yes \t\r\nA b\r\n");
    check(b"USERGROUPS_ENAB \"no\" \n", b"USERGROUPS_ENAB \"yes\" \n");
    check(b"A b\nUSERGROUPS_ENAB no", b"A b\nUSERGROUPS_ENAB yes");
    check(b"USERGROUPS_ENAB \"\"\n", b"USERGROUPS_ENAB \"\"\nUSERGROUPS_ENAB yes\n");
}

#[test]
fn text_after_an_unquoted_value_is_part_of_it() {
    check(b"USERGROUPS_ENAB yes # as always\n", b"USERGROUPS_ENAB yes\n");
    check(b"USERGROUPS_ENAB \"no\" # as always\n", b"USERGROUPS_ENAB \"yes\" # as always\n");
    check(b"USERGROUPS_ENAB \"yes \"\n", b"USERGROUPS_ENAB \"yes\"\n");
}

#[test]
fn without_an_assignment_a_line_is_added() {
    check(b"", b"USERGROUPS_ENAB yes\n");
    check(b"A b\n", b"A b\nUSERGROUPS_ENAB yes\n");
    check(b"A b", b"A b\nUSERGROUPS_ENAB yes");
    check(b"A b\r\n", b"A b\r\nUSERGROUPS_ENAB yes\r\n");
    check(b"A b\r\nC d", b"A b\r\nC d\r\nUSERGROUPS_ENAB yes");
    check(b"#USERGROUPS_ENAB no\n", b"#USERGROUPS_ENAB no\nUSERGROUPS_ENAB yes\n");
    check(b"usergroups_enab yes\n", b"usergroups_enab yes\nUSERGROUPS_ENAB yes\n");
    check(b"USERGROUPS_ENAB\n", b"USERGROUPS_ENAB\nUSERGROUPS_ENAB yes\n");
    check(b"# caf\xe9\n", b"# caf\xe9\nUSERGROUPS_ENAB yes\n");
}

#[test]
fn a_long_line_is_read_in_pieces_as_shadow_reads_it() {
    let mut long = vec![b'#'; 1023];
    long.extend_from_slice(b"USERGROUPS_ENAB yes\n");
    assert!(by_the_book(&long) && Settings::parse(&long).unwrap().usergroups_enab());
    let mut long = vec![b'#'; 1023];
    long.extend_from_slice(b"USERGROUPS_ENAB no\n");
    let after = [&long[..], b"USERGROUPS_ENAB yes\n"].concat();
    check(&long, &after);
}

#[test]
fn yes_is_left_alone() {
    for text in ["USERGROUPS_ENAB yes\n", "USERGROUPS_ENAB YES", "USERGROUPS_ENAB no\nUSERGROUPS_ENAB \"Yes\"\r\n"] {
        let patched = patch(text.as_bytes());
        assert_eq!((patched.content.as_slice(), patched.record), (text.as_bytes(), PatchRecord::Nothing));
    }
}

#[test]
fn a_nul_byte_is_named_with_its_line() {
    let error = Settings::parse(b"A b\nC \0d\n").unwrap_err();
    assert_eq!(error.to_string(), "line 2: a NUL byte, so this is not text");
}

#[test]
fn numbers_as_strtol_reads_them() {
    let settings = Settings::parse(b"UID_MIN 0x1F4\nSYS_UID_MIN 0144\nSYS_UID_MAX \"499\"\n").unwrap();
    assert_eq!((settings.uid_min(), settings.sys_uid_min(), settings.sys_uid_max()), (500, 100, 499));
    let settings = Settings::parse(b"UID_MIN +0x1F4\nSYS_UID_MIN +0144\nSYS_UID_MAX 0x+1\n").unwrap();
    assert_eq!((settings.uid_min(), settings.sys_uid_min(), settings.sys_uid_max()), (500, 100, 499));
    let settings = Settings::parse(b"UID_MIN 500\nSYS_UID_MIN many\n").unwrap();
    assert_eq!((settings.uid_min(), settings.sys_uid_min(), settings.sys_uid_max()), (500, 101, 499));
}

#[test]
fn an_edit_survives_and_a_changed_line_stays_changed() {
    let patched = patch(b"A b\nUSERGROUPS_ENAB no\nC d\n");
    let undo = |current: &[u8]| String::from_utf8(unpatch(current, &patched.record)).unwrap();
    assert_eq!(undo(b"new\nA b\nUSERGROUPS_ENAB yes\nC d\n"), "new\nA b\nUSERGROUPS_ENAB no\nC d\n");
    assert_eq!(undo(b"USERGROUPS_ENAB yes"), "USERGROUPS_ENAB no");
    assert_eq!(undo(b"A b\r\nUSERGROUPS_ENAB yes\r\n"), "A b\r\nUSERGROUPS_ENAB no\r\n");
    assert_eq!(undo(b"A b\nUSERGROUPS_ENAB maybe\n"), "A b\nUSERGROUPS_ENAB maybe\n");
    // Another program adds the same line at the end: that line stays.
    assert_eq!(undo(b"USERGROUPS_ENAB yes\nUSERGROUPS_ENAB yes\n"), "USERGROUPS_ENAB no\nUSERGROUPS_ENAB yes\n");
    // An identical line is above it.
    let patched = patch(b"USERGROUPS_ENAB yes\nUSERGROUPS_ENAB no\n");
    let current = b"new\nUSERGROUPS_ENAB yes\nUSERGROUPS_ENAB yes\n";
    assert_eq!(unpatch(current, &patched.record), b"new\nUSERGROUPS_ENAB yes\nUSERGROUPS_ENAB no\n");
}

#[test]
fn a_record_is_the_same_after_json() {
    for text in [&b"USERGROUPS_ENAB no # caf\xe9\n"[..], b"A b\r\n", b"USERGROUPS_ENAB no\n"] {
        let record = patch(text).record;
        let json = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<PatchRecord>(&json).unwrap(), record, "{json}");
    }
}

fn line() -> impl Strategy<Value = Vec<u8>> {
    let written = prop::sample::select(vec![
        "USERGROUPS_ENAB no",
        "USERGROUPS_ENAB yes",
        "USERGROUPS_ENAB  \"No\"",
        "USERGROUPS_ENAB yes # why",
        "\tUSERGROUPS_ENAB\tNO\t",
        "USERGROUPS_ENAB",
        "USERGROUPS_ENAB \"",
        "#USERGROUPS_ENAB yes",
        "usergroups_enab yes",
        "UMASK 022",
        "",
        " ",
        "[login]",
    ]);
    prop_oneof![
        4 => written.prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>().prop_filter("no NUL, no end", |b| *b != 0 && *b != b'\n'), 0..40),
        1 => (1000usize..1100, any::<bool>()).prop_map(|(length, comment)| {
            let mut line = vec![if comment { b'#' } else { b' ' }; length];
            line.extend_from_slice(b"USERGROUPS_ENAB no");
            line
        }),
    ]
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let end = prop::sample::select(vec!["\n", "\r\n"]);
    (prop::collection::vec((line(), end), 0..12), any::<bool>()).prop_map(|(lines, finished)| {
        let mut text: Vec<u8> = Vec::new();
        let count = lines.len();
        for (number, (line, end)) in lines.into_iter().enumerate() {
            text.extend(line);
            if finished || number + 1 < count {
                text.extend_from_slice(end.as_bytes());
            }
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_patch_says_yes_and_can_be_undone(text in text()) {
        prop_assert_eq!(by_the_book(&text), Settings::parse(&text).unwrap().usergroups_enab());
        let patched = patch(&text);
        prop_assert!(by_the_book(&patched.content));
        prop_assert_eq!(unpatch(&patched.content, &patched.record), text);
    }

    #[test]
    fn edits_of_other_lines_survive(text in text(), edits in prop::collection::vec((any::<prop::sample::Index>(), "[a-z]{1,8} [0-9]"), 1..4)) {
        // The same edits, at line boundaries, with the window open and without it.
        let mut with: Vec<Vec<u8>> = lines(&patch(&text).content);
        let mut without: Vec<Vec<u8>> = lines(&text);
        let shared = with.iter().zip(&without).take_while(|(one, other)| one == other).count();
        for (at, edit) in &edits {
            let at = at.index(shared + 1);
            with.insert(at, [edit.as_bytes(), b"\n"].concat());
            without.insert(at, [edit.as_bytes(), b"\n"].concat());
        }
        let record = patch(&text).record;
        prop_assert_eq!(unpatch(&with.concat(), &record), without.concat());
    }
}

fn lines(text: &[u8]) -> Vec<Vec<u8>> {
    text.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect()
}
