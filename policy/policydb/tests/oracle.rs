//! The answers are those of libsepol: for each form of a small policy, and for a real policy with as many pairs of contexts as
//! `HOSTPREP_POLICY_PAIRS` says.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests read files, and fail by panicking"
)]

mod libsepol;
mod micro;

use std::path::Path;

use libsepol::Libsepol;
use policydb::{Context, Policy};

/// Pairs of contexts of each form of the small policy.
const SMALL_PAIRS: usize = 100;

/// Pairs of contexts of the real policy, if the environment does not say how many.
const PAIRS: usize = 400;

/// User, role and range of contexts; object_r goes with every type.
const PREFIXES: &[(&str, &str)] = &[
    ("system_u:object_r", "s0"),
    ("system_u:system_r", "s0"),
    ("system_u:system_r", "s0-s0:c0.c1023"),
    ("system_u:object_r", "s0:c1,c3.c70"),
    ("root:sysadm_r", "s0-s0:c0.c1023"),
    ("staff_u:staff_r", "s0"),
    ("unconfined_u:unconfined_r", "s0-s0:c0.c1023"),
    ("system_u:object_r", "s15:c0.c1023"),
    ("system_u:system_r", "s0-s15:c0.c1023"),
];

/// The same for the small policy.
const SMALL_PREFIXES: &[(&str, &str)] = &[
    ("sys_u:sys_r", "s0"),
    ("sys_u:other_r", "s0-s1:c0.c2"),
    ("other_u:sys_r", "s0:c1-s1:c0,c1"),
    ("sys_u:object_r", "s1:c2"),
    ("other_u:object_r", "s0-s0:c0.c2"),
];

/// Numbers that look random and are the same in each run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

/// A context that both accept.
fn context(
    policy: &Policy,
    oracle: &Libsepol,
    prefixes: &[(&str, &str)],
    types: &[&str],
    numbers: &mut Numbers,
) -> (String, Context, u32) {
    loop {
        let (prefix, range) = prefixes[numbers.below(prefixes.len())];
        let mut text = format!("{prefix}:{}", types[numbers.below(types.len())]);
        if policy.has_mls() {
            text = format!("{text}:{range}");
        }
        let Ok(context) = policy.context(&text) else { continue };
        if let Some(sid) = oracle.sid(&text) {
            return (text, context, sid);
        }
    }
}

/// Compares `pairs` pairs of contexts. Returns how many permissions are allowed, and how many pairs depend on more than types.
fn compare(path: &Path, prefixes: &[(&str, &str)], pairs: usize) -> (u32, usize) {
    let file = std::fs::read(path).unwrap();
    let policy = Policy::parse(&file).unwrap();
    let oracle = Libsepol::load(path);
    let types: Vec<&str> = policy.types().collect();
    let classes: Vec<(&str, u16)> = policy.classes().map(|class| (class, oracle.class(class).unwrap())).collect();
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let (mut allowed, mut limited) = (0, 0);
    for _ in 0..pairs {
        let (source_text, source, source_sid) = context(&policy, &oracle, prefixes, &types, &mut numbers);
        // One in four is about itself: most rules are.
        let (target_text, target, target_sid) = if numbers.below(4) == 0 {
            (source_text.clone(), None, source_sid)
        } else {
            let (text, context, sid) = context(&policy, &oracle, prefixes, &types, &mut numbers);
            (text, Some(context), sid)
        };
        let vectors = policy.access_vectors(&source, target.as_ref());
        for (vector, (class, number)) in vectors.iter().zip(&classes) {
            let expected = oracle.allowed(source_sid, target_sid, *number);
            assert_eq!((vector.class, vector.allowed), (*class, expected), "{source_text} on {target_text}");
            assert_eq!(vector.unknown, 0, "{source_text} on {target_text}: everything is known");
            allowed += expected.count_ones();
        }
        limited += usize::from(expect_types_alone_agree(&policy, &source, target.as_ref(), &vectors));
    }
    (allowed, limited)
}

/// With the types alone, nothing is said that is wrong. Returns whether anything is unknown then.
fn expect_types_alone_agree(
    policy: &Policy,
    source: &Context,
    target: Option<&Context>,
    known: &[policydb::AccessVector],
) -> bool {
    let bare = |context: &Context| policy.context_of_type(policy.type_name(context).unwrap()).unwrap();
    let (source, target) = (bare(source), target.map(bare));
    let mut any = false;
    for (bare, known) in policy.access_vectors(&source, target.as_ref()).iter().zip(known) {
        assert_eq!(bare.allowed & !known.allowed, 0, "{}", bare.class);
        assert_eq!(known.allowed & !(bare.allowed | bare.unknown), 0, "{}", bare.class);
        any |= bare.unknown != 0;
    }
    any
}

// One test, because libsepol has one policy for the whole process.
#[test]
fn libsepol_decides_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("policy");
    for form in micro::forms() {
        micro::compile(form, &file);
        let (allowed, limited) = compare(&file, SMALL_PREFIXES, SMALL_PAIRS);
        assert!(allowed > 0 && limited > 0, "{form:?}: {allowed} {limited}");
    }
    let real =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/test-store/root/etc/selinux/default/policy/policy.33");
    let pairs = std::env::var("HOSTPREP_POLICY_PAIRS").map_or(PAIRS, |pairs| pairs.parse().unwrap());
    let (allowed, limited) = compare(Path::new(real), PREFIXES, pairs);
    eprintln!("{pairs} pairs, {allowed} permissions allowed, {limited} pairs depend on more than types");
    assert!(allowed > 0);
}
