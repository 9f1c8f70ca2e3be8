use super::*;

#[test]
fn the_running_kernel_has_a_release() {
    assert!(is_release(&running_release()), "{}", running_release());
}

/// systemd's own (`src/test/test-string-util.c`, `strverscmp_improved`).
#[test]
fn the_order_is_that_of_systemd() {
    let ascending = [
        "~1",
        "",
        "ab",
        "abb",
        "abc",
        "0.0.1",
        "0.1.0",
        "0.10.0",
        "0001",
        "1.0.0",
        "002",
        "10.0.0",
        "12",
        "122",
        "122.9",
        "123~rc1",
        "123",
        "123-a",
        "123-a.1",
        "123-a1",
        "123-a1.1",
        "123-3",
        "123-3.1",
        "123^patch1",
        "123^1",
        "123.a-1",
        "123.1-1",
        "123a-1",
        "124",
    ];
    for (i, one) in ascending.iter().enumerate() {
        for (j, other) in ascending.iter().enumerate() {
            assert_eq!(compare_releases(one, other), i.cmp(&j), "{one:?} and {other:?}");
        }
    }
    for (older, newer) in [
        ("123.45-67.88", "123.45-67.89"),
        ("123.45-67.89", "123.45-67.89a"),
        ("123.45-67.ab", "123.45-67.89"),
        ("123.45-67.9", "123.45-67.89"),
        ("123.45-67", "123.45-67.89"),
        ("123-99.99", "123.45-67.89"),
        ("123~rc1-99.99", "123.45-67.89"),
        ("123~rc1-99.99", "123-45.67.89"),
        ("123~rc1-99.99", "123~rc2-67.89"),
        ("123~rc1-99.99", "123^aa2-67.89"),
        ("123~rc1-99.99", "123aa2-67.89"),
        ("123-99.99", "123^aa2-67.89"),
        ("123^45-67.89", "123.45-67.89"),
        ("123^aa2-67.89", "123aa2-67.89"),
        ("123.aa2-67.89", "123aa2-67.89"),
        ("123", "123."),
        ("12_3", "123"),
        ("12", "12_3"),
        ("12.3", "12_3"),
        ("123", "123.0"),
        ("123", "123_0"),
        ("123..0", "123.0"),
        ("1.0.0~rc1", "1.0.0"),
    ] {
        assert_eq!(compare_releases(older, newer), Ordering::Less, "{older} and {newer}");
        assert_eq!(compare_releases(newer, older), Ordering::Greater, "{newer} and {older}");
    }
    assert_eq!(compare_releases("123_aa2-67.89", "123aa+2-67.89"), Ordering::Equal);
    assert_eq!(compare_releases("6.01.0", "6.1.0"), Ordering::Equal);
}

#[test]
fn releases_of_distributions_are_ordered() {
    let ascending = [
        "3.10.0-1160.el7.x86_64",
        "4.18.0-80.el8.x86_64",
        "4.18.0-477.27.1.el8_8.x86_64",
        "5.14.0-70.13.1.el9_0.x86_64",
        "5.14.0-362.8.1.el9_3.x86_64",
        "5.14.0-362.13.1.el9_3.x86_64",
        "5.14.0-427.el9.x86_64",
        "6.1.0-9-amd64",
        "6.1.0-18-amd64",
        "6.1.0-18-amd64-custom",
        "6.10.0-1-amd64",
        "6.12~rc1",
        "6.12~rc2",
        "6.12",
        "6.12.1",
        "6.12.38+deb13-amd64",
    ];
    for (i, one) in ascending.iter().enumerate() {
        for (j, other) in ascending.iter().enumerate() {
            assert_eq!(compare_releases(one, other), i.cmp(&j), "{one} and {other}");
        }
    }
}

#[test]
fn the_plain_flavour_comes_after_its_variants() {
    for (plain, variant) in [
        ("6.1.0-18-amd64", "6.1.0-18-cloud-amd64"),
        ("6.1.0-18-amd64", "6.1.0-18-rt-amd64"),
        ("6.1.0-18-amd64", "6.1.0-18-amd64-custom"),
        ("6.12.38+deb13-amd64", "6.12.38+deb13-rt-amd64"),
        ("5.15.0-91-generic", "5.15.0-91-lowlatency"),
        ("5.15.0-91-generic", "5.15.0-91-generic-64k"),
        ("5.14.0-427.el9.x86_64", "5.14.0-427.el9.x86_64+debug"),
        ("5.14.0-427.el9.x86_64", "5.14.0-427.el9.x86_64+rt-debug"),
        ("5.14.0-427.el9.aarch64", "5.14.0-427.el9.aarch64+64k"),
        ("3.10.0-1160.el7.x86_64", "3.10.0-1160.el7.x86_64.debug"),
        ("4.18.0-553.el8_10.x86_64", "4.18.0-553.rt7.342.el8_10.x86_64"),
        ("6.4.0-150600.21-default", "6.4.0-150600.21-azure"),
        ("6.4.0-150600.21-default", "6.4.0-150600.21-rt"),
        ("6.4.0-150600.21-default", "6.4.0-150600.21-64kb"),
        ("6.6.58-desktop-2.mga9", "6.6.58-linus-2.mga9"),
        ("6.1.0-18-686", "6.1.0-18-rt-686-pae"),
    ] {
        assert_eq!(compare_installed(variant, plain), Ordering::Less, "{variant} and {plain}");
        assert_eq!(compare_installed(plain, variant), Ordering::Greater, "{plain} and {variant}");
    }
    assert_eq!(
        compare_installed("6.1.0-18-amd64", "6.1.0-19-cloud-amd64"),
        Ordering::Less,
        "the newer one first of all"
    );
    assert_eq!(compare_installed("6.12~rc1-amd64", "6.12-rt-amd64"), Ordering::Less);
}

#[test]
fn a_release_has_a_version_and_a_flavour() {
    for (release, version, flavour) in [
        ("6.1.0-18-amd64", "6.1.0-18", "amd64"),
        ("6.1.0-0.deb11.21-cloud-amd64", "6.1.0-0.deb11.21", "cloud-amd64"),
        ("6.12.38+deb13-amd64", "6.12.38+deb13", "amd64"),
        ("6.1.0-18-686-pae", "6.1.0-18", "686-pae"),
        ("6.6.9-amd64", "6.6.9", "amd64"),
        ("6.8.9-1-liquorix-amd64", "6.8.9-1", "liquorix-amd64"),
        ("5.15.0-91-generic-64k", "5.15.0-91", "generic-64k"),
        ("6.8.0-1008-aws", "6.8.0-1008", "aws"),
        ("6.8.12-1-pve", "6.8.12-1", "pve"),
        ("5.14.21-150500.55.39-default", "5.14.21-150500.55.39", "default"),
        ("6.4.0-150600.21-64kb", "6.4.0-150600.21", "64kb"),
        ("6.12.43+deb13-arm64-16k", "6.12.43+deb13", "arm64-16k"),
        ("6.6.58-desktop-2.mga9", "6.6.58-2.mga9", "desktop"),
        ("6.1.0-rc3-amd64", "6.1.0-rc3", "amd64"),
        ("5.14.0-427.el9.x86_64", "5.14.0-427.el9.x86_64", ""),
        ("5.14.0-427.el9.x86_64+rt-debug", "5.14.0-427.el9.x86_64", "rt-debug"),
        ("3.10.0-1160.el7.x86_64.debug", "3.10.0-1160.el7.x86_64", "debug"),
        ("4.18.0-553.rt7.342.el8_10.x86_64", "4.18.0-553.el8_10.x86_64", "rt"),
        ("6.6.57.1-2.azl3", "6.6.57.1-2.azl3", ""),
        ("", "", ""),
    ] {
        let found = Parts::of(release);
        assert_eq!((found.version.as_str(), found.flavour.as_str()), (version, flavour), "{release}");
    }
}

#[test]
fn a_kernel_shows_for_which_enterprise_linux_it_was_built() {
    for (release, major, own) in [
        ("5.14.0-427.47.1.el9_4.x86_64", Some(9), true),
        ("3.10.0-1160.el7.x86_64", Some(7), true),
        ("4.14.0-115.el7a.aarch64", Some(7), true),
        ("6.12.0-55.9.1.el10_0.x86_64", Some(10), true),
        ("5.3.18-1.el8.elrepo.x86_64", Some(8), false),
        ("5.4.17-2102.201.3.el7uek.x86_64", Some(7), false),
        ("5.10.134-16.3.al8.x86_64", None, false),
        ("4.19.91-27.al7.x86_64", None, false),
        // Those who build the kernel of Enterprise Linux 8 once more.
        ("4.18.0-477.13.1.0.1.an8.x86_64", None, true),
        ("4.18.0-372.9.1.vz8.1.8", None, true),
        ("5.10.134-19.3.1.an8.x86_64", None, false),
        ("5.3.0-elegant.x86_64", None, false),
        ("6.1.0-18-amd64", None, false),
    ] {
        assert_eq!(enterprise_linux_major(release), major, "{release}");
        assert_eq!(is_enterprise_linux(release), own, "{release}");
    }
}

#[test]
fn what_cannot_be_a_release() {
    for name in ["6.1.0-18-amd64", "6.12~rc1", "5.14.0-427.el9.x86_64+rt", "6.12.38+deb13-amd64"] {
        assert!(is_release(name), "{name}");
    }
    for name in
        ["", "6", "linux", "lts", "0-rescue-0123456789abcdef", "9-rescue-0", "6.1;rm", "6.1 0", "6.", ".1", "v6.1"]
    {
        assert!(!is_release(name), "{name}");
    }
    assert!(!is_release(&format!("6.1{}", "0".repeat(64))));
}

proptest::proptest! {
    #[test]
    fn the_order_of_releases_is_an_order(
        a in "[0-9a-c._+~^-]{0,8}", b in "[0-9a-c._+~^-]{0,8}", c in "[0-9a-c._+~^-]{0,8}"
    ) {
        for compare in [compare_releases, compare_installed] {
            let le = |x: &str, y: &str| compare(x, y) != Ordering::Greater;
            assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            if le(&a, &b) && le(&b, &c) {
                assert!(le(&a, &c));
            }
        }
    }

    #[test]
    fn no_release_is_too_strange(release in "\\PC{0,40}") {
        let _ = (Parts::of(&release), enterprise_linux_major(&release), is_release(&release));
    }
}
