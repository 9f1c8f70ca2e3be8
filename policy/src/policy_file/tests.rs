use proptest::prelude::*;

use super::*;
use crate::spec::tests::spec;

fn word(value: u32) -> [u8; 4] {
    value.to_le_bytes()
}

fn record(words: &[u32], key: &str) -> Vec<u8> {
    let mut bytes = word(u32::try_from(key.len()).unwrap()).to_vec();
    bytes.extend(words.iter().copied().flat_map(word));
    bytes.extend(key.as_bytes());
    bytes
}

/// Just the records that matter, as libsepol writes them.
fn policy(flags: u32, permissions: &[&str]) -> PolicyFile {
    let mut content = [word(MAGIC), word(8)].concat();
    content.extend(b"SE Linux");
    content.extend([word(33), word(flags)].concat());
    let count = u32::try_from(permissions.len()).unwrap();
    // A level of the same name comes before the class.
    content.extend(record(&[7], "bpf"));
    content.extend(record(&[0, 9, count, count, 0], "bpf"));
    for (value, permission) in permissions.iter().enumerate() {
        content.extend(record(&[u32::try_from(value + 1).unwrap()], permission));
    }
    content.extend(record(&[702, 1, 0], "initrc_tmp_t"));
    content.extend(record(&[703, 1, 0], "initrc_t"));
    content.extend(record(&[704, 3, 0], "domain"));
    PolicyFile { path: "/policy.33".into(), content }
}

const FIVE: [&str; 5] = ["map_create", "map_read", "map_write", "prog_load", "prog_run"];

#[test]
fn types_but_not_attributes_or_parts_of_names() {
    let file = policy(ALLOW_UNKNOWN, &FIVE);
    assert!(file.is_policy());
    assert!(file.knows_type("initrc_t") && file.knows_type("initrc_tmp_t"));
    assert!(!file.knows_type("domain") && !file.knows_type("initrc") && !file.knows_type("bpf"));
    assert_eq!(file.choose_domain(&spec()), Some("initrc_t"));
}

#[test]
fn a_class_with_all_its_permissions() {
    assert!(policy(0, &FIVE).knows_class(&spec()));
    assert!(!policy(0, &FIVE[..4]).knows_class(&spec()));
    let other = ModuleSpec { class: "perf_event".into(), ..spec() };
    assert!(!policy(0, &FIVE).knows_class(&other));
}

#[test]
fn unknown_classes_are_denied_or_allowed() {
    assert!(!policy(ALLOW_UNKNOWN | 1, &FIVE).denies_unknown());
    assert!(policy(1, &FIVE).denies_unknown());
    let no_policy = PolicyFile { path: "/x".into(), content: b"no policy".to_vec() };
    assert!(!no_policy.denies_unknown() && !no_policy.is_policy());
}

#[test]
fn rules_as_sesearch_prints_them() {
    let wanted = FIVE.map(String::from);
    let all = "map_create map_read map_write prog_load prog_run";
    let cases = [
        (format!("allow domain domain:bpf {{ {all} }};\n"), BaseRule::Allows),
        (
            "allow a b:bpf { map_create map_read };\nallow c d:bpf { map_write prog_load };\nallow e f:bpf prog_run;\n"
                .into(),
            BaseRule::Allows,
        ),
        ("allow a b:bpf map_create;\n".into(), BaseRule::Refuses),
        (format!("allow a b:bpf {{ {all} }}; [ deny_bpf ]:False\n"), BaseRule::Refuses),
        (String::new(), BaseRule::Refuses),
        (format!("Found 1 semantic av rules:\n   allow a b : bpf {{ {all} }} ; \n\n"), BaseRule::Unknown),
        ("Found 1 semantic av rules:\n   allow a b : bpf { map_read } ; \n\n".into(), BaseRule::Refuses),
    ];
    for (stdout, expected) in cases {
        assert_eq!(judge(&stdout, &wanted), expected, "{stdout}");
    }
}

#[test]
fn what_it_does_not_know_needs_no_tool() {
    let no_tools = CommandRunner::with_directories(Vec::new(), &host::process::clock::SystemClock, &());
    let rule = |file: &PolicyFile, domain| file.rule(&no_tools, &spec(), domain);
    assert_eq!(rule(&policy(ALLOW_UNKNOWN, &["other"]), "initrc_t"), BaseRule::Allows);
    assert_eq!(rule(&policy(ALLOW_UNKNOWN, &FIVE[..4]), "initrc_t"), BaseRule::Unknown, "four of five known");
    assert_eq!(rule(&policy(0, &["other"]), "initrc_t"), BaseRule::Refuses);
    assert_eq!(rule(&policy(ALLOW_UNKNOWN, &FIVE), "absent_t"), BaseRule::Refuses);
    assert_eq!(rule(&policy(ALLOW_UNKNOWN, &FIVE), "initrc_t"), BaseRule::Unknown);
}

#[test]
fn the_newest_version_counts() {
    let scratch = tempfile::tempdir().unwrap();
    let root = crate::testing::root_with(scratch.path(), &[]);
    assert!(PolicyFile::newest(&root, "targeted").unwrap().is_none());
    for name in ["policy.9", "policy.31", "policy.33", "policy.33.bak", "policy.kern"] {
        root.replace(format!("/etc/selinux/targeted/policy/{name}"), name.as_bytes(), 0o644).unwrap();
    }
    let newest = PolicyFile::newest(&root, "targeted").unwrap().unwrap();
    assert!(newest.path().ends_with("etc/selinux/targeted/policy/policy.33"));
    // The read-only base of an image, while there is no other.
    root.replace("/usr/lib/selinux/targeted/policy/policy.34", b"", 0o644).unwrap();
    root.replace("/usr/lib/selinux/mls/policy/policy.34", b"", 0o644).unwrap();
    assert_eq!(PolicyFile::newest(&root, "targeted").unwrap().unwrap().path(), newest.path());
    let base = PolicyFile::newest(&root, "mls").unwrap().unwrap();
    assert!(base.path().ends_with("usr/lib/selinux/mls/policy/policy.34"));
}

proptest! {
    /// A policy that is damaged anywhere never makes it panic.
    #[test]
    fn never_panics(at in 0..200_usize, damage in prop::collection::vec(any::<u8>(), 0..12), end in 0..300_usize) {
        let mut file = policy(0, &FIVE);
        let at = at.min(file.content.len());
        let until = (at + damage.len()).min(file.content.len());
        file.content.splice(at..until, damage);
        file.content.truncate(end);
        let _ = (file.knows_class(&spec()), file.knows_type("initrc_t"), file.denies_unknown());
    }

    #[test]
    fn finds_what_is_there(haystack in prop::collection::vec(0..3_u8, 0..40), needle in prop::collection::vec(0..3_u8, 1..5)) {
        let expected = haystack.windows(needle.len()).position(|window| window == needle);
        prop_assert_eq!(find(&haystack, &needle), expected);
        prop_assert_eq!(find(&haystack, b""), None);
    }

    #[test]
    fn never_panics_on_output(stdout in any::<String>(), tail in "allow [a-z:;{} ]{0,20}") {
        let _ = judge(&format!("{stdout}\n{tail}"), &FIVE.map(String::from));
    }
}
