use super::*;

/// Returns `ID` and `VERSION_ID`.
fn parse(text: &str) -> (String, Option<String>) {
    let found = OsRelease::parse(text.as_bytes());
    (found.id, found.version)
}

#[test]
fn values_are_read_as_systemd_reads_them() {
    for (text, id, version) in [
        ("# ID=comment\n\n  ID='debian'  \nVERSION_ID=\"1\\\"2\\$\"\r\nNAME=\"a 'b' c\"\n", "debian", Some("1\"2$")),
        ("ID=fedora\nID=debian\n", "debian", None),
        ("; ID=comment\nID=debian", "debian", None),
        ("ID=\"\"\n", "linux", None),
        ("ID=\nVERSION_ID=12\n", "linux", Some("12")),
        ("NAME=Nameless\n", "linux", None),
        ("", "linux", None),
        ("ID = debian \n VERSION_ID\t=\t12\t\n", "debian", Some("12")),
        ("ID='deb'\"ian\"\n", "debian", None),
        ("ID=deb\\ian\nVERSION_ID=\"1\\2\"\n", "debian", Some("1\\2")),
        ("ID=deb\\\nian\n", "debian", None),
        ("ID=debian # twelve\n", "debian # twelve", None),
        ("# a comment \\\nID=debian\n", "debian", None),
        ("NAME='two\nID=fedora\nlines'\nID=debian\n", "debian", None),
        // A byte order mark is part of the first key.
        ("\u{feff}ID=fedora\nVERSION_ID=1\n", "linux", Some("1")),
    ] {
        assert_eq!(parse(text), (id.to_owned(), version.map(str::to_owned)), "{text:?}");
    }
}

#[test]
fn a_line_without_an_assignment_is_passed_over() {
    for bad in ["this is no assignment", "ID", "<<<<<<< HEAD", "ID: fedora", "\u{1}\u{2}", "export", "'", "\"", "\\"] {
        for text in [
            format!("ID=debian\n{bad}\nVERSION_ID=12\n"),
            format!("{bad}\nID=debian\nVERSION_ID=12\n"),
            format!("ID=debian\nVERSION_ID=12\n{bad}"),
        ] {
            assert_eq!(parse(&text), ("debian".into(), Some("12".into())), "{text:?}");
        }
    }
}

/// What is before it is read.
#[test]
fn an_open_quote_ends_with_the_file() {
    assert_eq!(parse("ID=debian\nNAME='open\nVERSION_ID=12\n"), ("debian".into(), None));
    assert_eq!(parse("VERSION_ID=12\nID=\"debian"), ("debian".into(), Some("12".into())));
    assert_eq!(parse("ID=debian\\"), ("debian".into(), None));
}

#[test]
fn bytes_that_are_no_text_spoil_their_value_alone() {
    let found = OsRelease::parse(b"NAME=\"Caf\xe9\"\nID=debian\nVERSION_ID=\xff\n\xfe\nID_LIKE=x\n\0ID=fedora\n");
    assert_eq!((found.id.as_str(), found.like.as_str()), ("debian", "x"));
    assert_eq!(found.version.as_deref(), Some("\u{fffd}"));
}

#[test]
fn enterprise_linux_is_known_by_what_says_so() {
    for (text, major) in [
        ("PLATFORM_ID=\"platform:el9\"", Some(9)),
        ("PLATFORM_ID=platform:el10", Some(10)),
        ("RHEL_VERSION=9.4", Some(9)),
        ("RHEL_VERSION=\"8\"", Some(8)),
        // TencentOS 3.
        ("PLATFORM_ID=\"platform:el8.2\"", Some(8)),
        ("PLATFORM_ID=\"platform:el3\"", None),
        ("PLATFORM_ID=\"platform:al8\"", None),
        ("PLATFORM_ID=\"platform:f42\"", None),
        ("PLATFORM_ID=\"platform:el\"", None),
        ("PLATFORM_ID=\"platform:eln\"", None),
        ("VERSION_ID=9", None),
        ("RHEL_VERSION=nine", None),
    ] {
        assert_eq!(OsRelease::parse(text.as_bytes()).enterprise_linux(), major, "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn no_content_is_too_strange(content in proptest::collection::vec(0u8..=255, 0..60)) {
        let _ = OsRelease::parse(&content);
    }

    #[test]
    fn a_double_quoted_value_comes_back(value in "[a-zA-Z0-9 .$`\"\\\\'\n]{0,20}") {
        let escaped: String =
            value.chars().flat_map(|c| "$`\"\\".contains(c).then_some('\\').into_iter().chain([c])).collect();
        let read = assignments(&format!("ID=\"{escaped}\""));
        proptest::prop_assert_eq!(read, vec![("ID".to_owned(), value)]);
    }
}
