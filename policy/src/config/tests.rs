use proptest::prelude::*;

use super::*;

/// Each expectation was read off libselinux 3.4 itself, with the text as `/etc/selinux/config`.
#[test]
fn as_libselinux_reads_it() {
    use ConfiguredMode::{Disabled, Enforcing, Permissive};
    let cases = [
        ("SELINUX=enforcing\nSELINUXTYPE=a\n", Enforcing, "a"),
        ("SELINUX=enforcing\nSELINUX=disabled\nSELINUXTYPE=a\nSELINUXTYPE=b\n", Enforcing, "b"),
        (" SELINUX=enforcing\n  selinuxtype=b  \r\n", Permissive, "b"),
        ("SELINUX= Enforcingxx\r\nSELINUXTYPE=b\r\n", Enforcing, "b"),
        ("SELINUX=bogus\nSELINUX=permissive # x\nSELINUXTYPE=b\n", Permissive, "b"),
        ("SELINUX = enforcing\nSELINUXTYPE = b\n", Permissive, "targeted"),
        ("#SELINUX=enforcing\nselinux=disabled\n", Permissive, "targeted"),
        ("", Permissive, "targeted"),
        ("SELINUX=DISABLED", Disabled, "targeted"),
        ("SELINUXTYPE= targeted\nSELINUX=enforcing\n", Enforcing, "targeted"),
    ];
    for (text, mode, policy_type) in cases {
        let expected = SelinuxConfig { mode, policy_type: policy_type.into() };
        assert_eq!(SelinuxConfig::parse(text), Ok(expected), "{text:?}");
    }
}

#[test]
fn a_type_is_one_name() {
    for bad in ["", "..", ".", "a/b", "/etc", "b # c", "-s", "a\0b"] {
        let text = format!("SELINUX=enforcing\nSELINUXTYPE={bad}\n");
        assert_eq!(SelinuxConfig::parse(&text).unwrap_err().0, 2, "{bad:?}");
    }
}

#[test]
fn absent_and_malformed_files() {
    let scratch = tempfile::tempdir().unwrap();
    let root = crate::testing::root_with(scratch.path(), &[]);
    assert_eq!(SelinuxConfig::read(&root).unwrap(), None);
    let root = crate::testing::root_with(scratch.path(), &[(PATH, b"SELINUX=enforcing\nSELINUXTYPE=../../x\n")]);
    let message = SelinuxConfig::read(&root).unwrap_err().to_string();
    assert!(message.contains("/etc/selinux/config, line 2: SELINUXTYPE \"../../x\""), "{message}");
}

proptest! {
    #[test]
    fn never_panics(text in any::<String>(), tail in "SELINUX(TYPE)?=[ -~é]{0,20}") {
        let _ = SelinuxConfig::parse(&text);
        if let Ok(config) = SelinuxConfig::parse(&format!("{text}\n{tail}")) {
            prop_assert!(!config.policy_type.is_empty() && !config.policy_type.contains('/'));
        }
    }
}
