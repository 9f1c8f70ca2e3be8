//! The answers are those of libsepol: for each form of a small policy, and for Debian's policies with as many pairs of contexts
//! as `HOSTPREP_POLICY_PAIRS` says.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests read files, and fail by panicking"
)]

mod libsepol;
mod micro;
mod sample;

use std::path::Path;
use std::time::Instant;

use libsepol::Libsepol;
use micro::Rules;
use policydb::Policy;
use sample::{Outcome, PREFIXES, Plan, compare};

/// Pairs of contexts of each real policy, if the environment does not say how many.
const PAIRS: usize = 400;

/// The users, roles and ranges of the small policy.
const SMALL_PREFIXES: &[(&str, &str)] = &[
    ("sys_u:sys_r", "s0"),
    ("sys_u:other_r", "s0-s1:c0.c2"),
    ("other_u:sys_r", "s0:c1-s1:c0,c1"),
    ("sys_u:object_r", "s1:c2"),
    ("other_u:object_r", "s0-s0:c0.c2"),
];

const SMALL: Plan = Plan { prefixes: SMALL_PREFIXES, types: &[], contexts: 60, pairs: 600, types_alone_every: 1 };

fn against_libsepol(path: &Path, plan: &Plan) -> Outcome {
    let file = std::fs::read(path).unwrap();
    let policy = Policy::parse(&file).unwrap();
    let outcome = compare(&policy, &Libsepol::load(path), plan);
    assert_eq!(outcome.differences, 0, "{}: {:#?}", path.display(), outcome.examples);
    outcome
}

// One test, because libsepol has one policy for the whole process.
#[test]
fn libsepol_decides_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("policy");
    for form in micro::forms() {
        for rules in [Rules::Present, Rules::Missing] {
            micro::compile(form, rules, &file);
            let outcome = against_libsepol(&file, &SMALL);
            // The twin has no constraint that matters here.
            let limited = outcome.limited > 0 || rules == Rules::Missing;
            assert!(outcome.allowed > 0 && limited, "{form:?}, {rules:?}: {outcome:?}");
        }
    }
    let pairs = std::env::var("HOSTPREP_POLICY_PAIRS").map_or(PAIRS, |pairs| pairs.parse().unwrap());
    for policy in ["root/etc/selinux/default", "mls/etc/selinux/mls"] {
        let path = format!("{}/../../target/test-store/{policy}/policy/policy.33", env!("CARGO_MANIFEST_DIR"));
        let start = Instant::now();
        // Of each type about two contexts; libsepol looks for a context among all that it has seen.
        let contexts = pairs.min(10_000);
        let plan = Plan { prefixes: PREFIXES, types: &[], contexts, pairs, types_alone_every: 4 };
        let outcome = against_libsepol(Path::new(&path), &plan);
        assert!(outcome.allowed > 0 && outcome.limited > 0, "{policy}: {outcome:?}");
        eprintln!(
            "{policy}: {pairs} pairs of {contexts} contexts, {} decisions, {} permissions allowed, of {} pairs {} depend on \
             more than types, no difference, {:.0} s",
            outcome.decisions,
            outcome.allowed,
            pairs.div_ceil(plan.types_alone_every),
            outcome.limited,
            start.elapsed().as_secs_f32()
        );
    }
}
