use super::*;
use crate::spec::tests::spec;
use crate::testing::{compiled, root_with};

fn newest(files: &[(&str, &[u8])]) -> Result<Option<PolicyFile>, Unusable> {
    let scratch = tempfile::tempdir().unwrap();
    PolicyFile::newest(&root_with(scratch.path(), files), "targeted", "bpf")
}

#[test]
fn the_newest_version_counts() {
    assert!(newest(&[]).unwrap().is_none());
    let names =
        ["policy.9", "policy.31", "policy.33", "policy.33.bak", "policy.kern", "policy.", "policy.+99", "policy.-1"]
            .iter()
            .chain(&["policy.033", "policy.0034", "policy.34 ", "policy.34~", "policy.4294967330", "Policy.34"]);
    let paths: Vec<String> = names.map(|name| format!("/etc/selinux/targeted/policy/{name}")).collect();
    let files: Vec<(&str, &[u8])> = paths.iter().map(|path| (path.as_str(), path.as_bytes())).collect();
    let newest = newest(&files).unwrap().unwrap();
    assert_eq!(newest.path(), "/etc/selinux/targeted/policy/policy.33");
}

/// `load_policy` makes the names of numbers, and opens those.
#[test]
fn another_name_is_no_policy() {
    for name in ["policy.033", "policy.+33", "policy.14", "policy.0", "policy.33.rpmsave", "policy.३३"] {
        let path = format!("/etc/selinux/targeted/policy/{name}");
        assert!(newest(&[(&path, compiled::DENIES)]).unwrap().is_none(), "{name}");
    }
}

/// Of an image, while there is no other.
#[test]
fn the_read_only_base() {
    let base: (&str, &[u8]) = ("/usr/lib/selinux/targeted/policy/policy.34", b"");
    assert_eq!(newest(&[base]).unwrap().unwrap().path(), base.0);
    let own: (&str, &[u8]) = ("/etc/selinux/targeted/policy/policy.33", b"");
    assert_eq!(newest(&[base, own]).unwrap().unwrap().path(), own.0);
    assert!(newest(&[("/usr/lib/selinux/mls/policy/policy.34", b"")]).unwrap().is_none());
}

#[test]
fn what_is_no_usable_policy() {
    let mut newer = compiled::DENIES.to_vec();
    newer[16..20].copy_from_slice(&36_u32.to_le_bytes());
    let rows: [(&[u8], bool, &str); 5] = [
        (b"", true, "not a compiled SELinux policy"),
        (b"no policy", true, "not a compiled SELinux policy"),
        (&compiled::DENIES[..700], true, "truncated at byte "),
        (&newer, false, "policy version 36; versions 24 to 35 are supported"),
        (b"\x8c\xff\x7c\xf9\x08\0\0\0XenFlask", false, "a policy for XenFlask"),
    ];
    for (content, is_broken, expected) in rows {
        let file = newest(&[("/etc/selinux/targeted/policy/policy.33", content)]).unwrap().unwrap();
        let error = file.policy().unwrap_err();
        let text = error.to_string();
        assert!(text.contains("/etc/selinux/targeted/policy/policy.33: ") && text.contains(expected), "{text}");
        assert_eq!(matches!(error, Unusable::Broken { is_file: true, .. }), is_broken, "{text}");
    }
}

#[test]
fn a_link_to_nothing_and_a_directory_are_broken() {
    let scratch = tempfile::tempdir().unwrap();
    let root = root_with(scratch.path(), &[("/etc/selinux/targeted/policy/x", b"")]);
    let path = scratch.path().join("etc/selinux/targeted/policy/policy.33");
    std::os::unix::fs::symlink("gone", &path).unwrap();
    assert!(matches!(PolicyFile::newest(&root, "targeted", "bpf"), Err(Unusable::Broken { is_file: false, .. })));
    nix::unistd::unlink(&path).unwrap();
    nix::unistd::mkdir(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let error = PolicyFile::newest(&root, "targeted", "bpf").unwrap_err();
    assert!(
        matches!(error, Unusable::Broken { is_file: false, .. }) && error.to_string().contains("policy.33"),
        "{error}"
    );
}

#[test]
fn the_answer_is_that_of_a_kernel() {
    use ClassKnowledge::{Known, UnknownAllowed, UnknownDenied};
    let rows: [(&[u8], &str, ClassKnowledge, bool, bool); 6] = [
        (compiled::DENIES, "unconfined_service_t", Known, false, false),
        (compiled::ALLOWS, "unconfined_service_t", Known, true, false),
        (compiled::FALLBACK_ALLOWS, "initrc_t", Known, true, false),
        (compiled::PERMISSIVE, "unconfined_service_t", Known, false, true),
        (compiled::NO_CLASS_ALLOW, "unconfined_service_t", UnknownAllowed, true, false),
        (compiled::NO_CLASS_DENY, "unconfined_service_t", UnknownDenied, false, false),
    ];
    for (content, domain, class, allows, permissive) in rows {
        let answer = ask(&Policy::parse(content).unwrap(), &spec()).unwrap();
        let found = (answer.domain.as_str(), answer.class, answer.allows_all(), answer.permissive_domain);
        assert_eq!(found, (domain, class, allows, permissive));
        assert_eq!(answer.domain_known, domain == spec().domain);
    }
    assert!(ask(&Policy::parse(compiled::NO_DOMAIN).unwrap(), &spec()).is_none());
}
