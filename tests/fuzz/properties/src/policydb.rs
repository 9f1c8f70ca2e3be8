//! A compiled policy: what is read of it agrees with itself, whatever the bytes are.

use policydb::{Context, Policy, Verdict};

/// Types that are asked about, in pairs.
const TYPES: usize = 4;
/// Classes whose permissions are asked for one by one.
const CLASSES: usize = 8;

/// The bytes of a policy.
pub fn check(data: &[u8]) {
    let excerpt = policydb::excerpt(data, data.len(), &["bpf"]);
    let policy = match Policy::parse(data) {
        Ok(policy) => policy,
        Err(e) if excerpt.as_ref().map_err(ToString::to_string) != Err(e.to_string()) => {
            panic!("{e}, but of the excerpt: {excerpt:?}");
        }
        Err(e) => {
            assert!(!e.to_string().contains('\n'), "{e}");
            return;
        }
    };
    assert!(policydb::VERSIONS.contains(&policy.version()));
    // What follows a policy is ignored, and its last byte is needed.
    let longer = [data, b"what follows"].concat();
    assert_eq!(Policy::parse(&longer).map(|policy| policy.version()), Ok(policy.version()));

    let kept = excerpt.expect("an excerpt of a policy");
    let part = Policy::parse(&kept).expect("an excerpt is a policy");

    // The last types too: they are those whose attributes end the file.
    let names: Vec<&str> = policy.types().collect();
    let chosen = names.iter().take(TYPES / 2).chain(names.iter().rev().take(TYPES / 2));
    let contexts: Vec<Context> = chosen.filter_map(|name| policy.context_of_type(name)).collect();
    for source in &contexts {
        expect_consistent(&policy, source, None);
        let permissions = policy.permissions("bpf");
        let decide = |policy: &Policy| policy.decide(source, None, "bpf", &permissions);
        assert_eq!(decide(&policy), decide(&part), "the excerpt");
        for target in &contexts {
            expect_consistent(&policy, source, Some(target));
        }
    }
    for source in &names {
        let new = policy.transition(source, names[0], "process");
        assert!(new.is_none_or(|new| !new.is_empty()));
    }
}

fn expect_consistent(policy: &Policy, source: &Context, target: Option<&Context>) {
    let vectors = policy.access_vectors(source, target);
    assert_eq!(vectors.len(), policy.classes().count());
    for vector in vectors.iter().take(CLASSES) {
        assert_eq!(vector.allowed & vector.unknown, 0, "{}: known and unknown", vector.class);
        let permissions = policy.permissions(vector.class);
        let decision = policy.decide(source, target, vector.class, &permissions);
        let of = |verdict| decision.verdicts.iter().filter(move |found| **found == verdict).count();
        assert_eq!(decision.verdicts.len(), permissions.len());
        // Two names of one permission, and bits without a name, are no error: the kernel does not look either.
        let few = |count: usize, bits: u32| count == 0 || bits != 0;
        assert!(
            few(of(Verdict::Allowed), vector.allowed) && few(of(Verdict::Unknown), vector.unknown),
            "{}",
            vector.class
        );
        let rules = policy.allow_rules(source, target.unwrap_or(source), vector.class, &permissions);
        let possible = decision.verdicts.iter().any(|verdict| *verdict != Verdict::Denied);
        assert!(!possible || !rules.is_empty(), "{}: allowed by no rule", vector.class);
        for rule in rules {
            assert!(rule.class == vector.class && rule.to_string().starts_with("allow "), "{rule}");
        }
    }
}
