//! The forms of `login.defs` that hosts have.

/// The text of Debian 12's own file, where `USERGROUPS_ENAB` is `yes`.
#[must_use]
pub fn real() -> String {
    std::fs::read_to_string(crate::setup::fixture("login.defs/debian-12")).unwrap()
}

/// The real file with its `USERGROUPS_ENAB` line replaced by `lines`.
#[must_use]
pub fn with(lines: &str) -> String {
    let line = "USERGROUPS_ENAB yes\n";
    let real = real();
    assert_eq!(real.matches(line).count(), 1);
    real.replace(line, lines)
}

/// Every form in which the file does not say yes to the real `useradd`, by name.
#[must_use]
pub fn restrictive() -> Vec<(&'static str, String)> {
    vec![
        ("no", with("USERGROUPS_ENAB no\n")),
        ("absent", with("")),
        ("commented", with("# USERGROUPS_ENAB yes\n")),
        ("twice", with("USERGROUPS_ENAB yes\nUMASK 027\nUSERGROUPS_ENAB no\n")),
        ("upper case", with("USERGROUPS_ENAB NO\n")),
        ("indented with tabs", with("\tUSERGROUPS_ENAB\t\tno\t\n")),
        ("quoted", with("USERGROUPS_ENAB \"no\"\n")),
        ("without a value", with("USERGROUPS_ENAB\n")),
        ("another word", with("USERGROUPS_ENAB true\n")),
        ("a comment behind the value", with("USERGROUPS_ENAB yes # for all\n")),
        ("an equals sign", with("USERGROUPS_ENAB=yes\n")),
        ("in lower case", with("usergroups_enab yes\n")),
        ("CRLF", with("USERGROUPS_ENAB no\n").replace('\n', "\r\n")),
        ("no final newline", with("").trim_end().to_owned() + "\nUSERGROUPS_ENAB no"),
        ("empty", String::new()),
    ]
}

/// Every form in which the file says yes to the real `useradd`, so that nothing need be changed, by name.
#[must_use]
pub fn permissive() -> Vec<(&'static str, String)> {
    vec![
        ("yes", real()),
        ("capitals", with("USERGROUPS_ENAB YES\n")),
        ("quoted", with("USERGROUPS_ENAB \"yes\"\n")),
        ("half a quote", with("USERGROUPS_ENAB \"yes\n")),
        ("CRLF", real().replace('\n', "\r\n")),
        ("then without a value", with("USERGROUPS_ENAB yes\nUSERGROUPS_ENAB\n")),
        ("twice", with("USERGROUPS_ENAB no\nUSERGROUPS_ENAB yes\n")),
        ("indented", with("  USERGROUPS_ENAB   yes  \n")),
        ("no final newline", with("").trim_end().to_owned() + "\nUSERGROUPS_ENAB yes"),
    ]
}
