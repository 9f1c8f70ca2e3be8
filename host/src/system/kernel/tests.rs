#![expect(clippy::disallowed_methods, reason = "the tests arrange files without the library")]

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

const RELEASE: &str = "6.1.0-18-amd64";
const OTHER: &str = "6.1.0-9-amd64";

/// A root with these files, each with its content.
fn scratch(files: &[(&str, &str)]) -> (TempDir, Root) {
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir(outside.path().join("etc")).unwrap();
    let root = Root::alternate(outside.path()).unwrap();
    for (path, content) in files {
        let path = root.host_path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    (outside, root)
}

fn uts(release: &str) -> String {
    format!("#define UTS_RELEASE \"{release}\"\n")
}

#[test]
fn releases_are_ordered_by_number() {
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
    ];
    for (i, one) in ascending.iter().enumerate() {
        for (j, other) in ascending.iter().enumerate() {
            assert_eq!(compare_releases(one, other), i.cmp(&j), "{one} and {other}");
        }
    }
    assert_eq!(compare_releases("6.01.0", "6.1.0"), Ordering::Equal);
    assert_eq!(compare_releases("", "1"), Ordering::Less);
}

#[test]
fn the_newest_installed_kernel_is_found() {
    let (_outside, root) = scratch(&[]);
    assert_eq!(newest_installed(&root).unwrap(), None);

    let (_outside, root) = scratch(&[
        ("/lib/modules/5.14.0-70.el9.x86_64/modules.dep", ""),
        ("/lib/modules/5.14.0-362.el9.x86_64/vmlinuz", ""),
        // Left behind by an erased kernel.
        ("/lib/modules/5.14.0-999.el9.x86_64/extra/ours.ko", ""),
    ]);
    assert_eq!(newest_installed(&root).unwrap().as_deref(), Some("5.14.0-362.el9.x86_64"));

    let (_outside, root) = scratch(&[
        ("/usr/lib/modules/6.1.0-9-amd64/modules.dep", ""),
        ("/boot/vmlinuz-6.1.0-18-amd64", ""),
        ("/boot/vmlinuz-0-rescue-0123456789abcdef", ""),
        ("/boot/vmlinuz-9-rescue-0123456789abcdef", ""),
        ("/boot/config-7.0", ""),
    ]);
    symlink("usr/lib", root.host_path("/lib")).unwrap();
    assert_eq!(newest_installed(&root).unwrap().as_deref(), Some(RELEASE));
}

#[test]
fn the_running_kernel_has_a_release() {
    assert!(running_release().starts_with(|c: char| c.is_ascii_digit()));
}

#[test]
fn the_configuration_shows_btf() {
    let yes = "CONFIG_BPF=y\nCONFIG_DEBUG_INFO_BTF=y\n";
    let no = "# CONFIG_DEBUG_INFO_BTF is not set\nCONFIG_DEBUG_INFO_BTF_MODULES=y\nXCONFIG_DEBUG_INFO_BTF=y\n";
    for place in ["/boot/config-6.1.0-18-amd64", "/lib/modules/6.1.0-18-amd64/config"] {
        let (_outside, root) = scratch(&[(place, yes)]);
        assert_eq!(btf(&root, RELEASE, false).unwrap(), Btf::Present(InRoot::from(place)));
        assert_eq!(btf(&root, OTHER, false).unwrap(), Btf::Absent(None), "another kernel's");
        let (_outside, root) = scratch(&[(place, no)]);
        assert_eq!(btf(&root, RELEASE, false).unwrap(), Btf::Absent(Some(InRoot::from(place))));
    }
}

#[test]
fn only_the_running_kernel_is_asked_itself() {
    let (_outside, root) = scratch(&[("/sys/kernel/btf/vmlinux", "BTF")]);
    assert_eq!(btf(&root, RELEASE, true).unwrap(), Btf::Present(BTF.into()));
    assert_eq!(btf(&root, RELEASE, false).unwrap(), Btf::Absent(None));

    let (_outside, root) = scratch(&[("/proc/config.gz", "")]);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"CONFIG_DEBUG_INFO_BTF=y\n").unwrap();
    fs::write(root.host_path("/proc/config.gz"), packed.finish().unwrap()).unwrap();
    assert_eq!(btf(&root, RELEASE, true).unwrap(), Btf::Present(InRoot::from("/proc/config.gz")));
    assert_eq!(btf(&root, RELEASE, false).unwrap(), Btf::Absent(None));

    fs::write(root.host_path("/proc/config.gz"), "not packed").unwrap();
    assert!(btf(&root, RELEASE, true).unwrap_err().to_string().contains("/proc/config.gz"));
}

#[test]
fn headers_of_this_kernel_are_found_in_every_place() {
    for place in [
        "/lib/modules/6.1.0-18-amd64/build",
        "/usr/src/kernels/6.1.0-18-amd64",
        "/usr/src/linux-headers-6.1.0-18-amd64",
    ] {
        for marker in ["include/generated/utsrelease.h", "include/linux/utsrelease.h"] {
            let (_outside, root) = scratch(&[(&format!("{place}/{marker}"), &uts(RELEASE))]);
            assert_eq!(headers(&root, RELEASE).unwrap(), Headers::Usable(InRoot::from(place)), "{place}/{marker}");
        }
        let (_outside, root) = scratch(&[(&format!("{place}/include/config/kernel.release"), "6.1.0-18-amd64\n")]);
        assert_eq!(headers(&root, RELEASE).unwrap(), Headers::Usable(InRoot::from(place)));
    }
}

#[test]
fn a_link_to_headers_counts_and_a_dangling_one_does_not() {
    let build = format!("/lib/modules/{RELEASE}/build");
    let (_outside, root) = scratch(&[
        ("/opt/headers/include/generated/utsrelease.h", &uts(RELEASE)),
        (&format!("/lib/modules/{RELEASE}/modules.dep"), ""),
    ]);
    symlink("/opt/headers", root.host_path(&build)).unwrap();
    assert_eq!(headers(&root, RELEASE).unwrap(), Headers::Usable(InRoot::from(&*build)));
    fs::rename(root.host_path("/opt/headers"), root.host_path("/opt/gone")).unwrap();
    assert_eq!(headers(&root, RELEASE).unwrap(), Headers::Missing);
}

#[test]
fn empty_directories_are_not_headers() {
    let (_outside, root) = scratch(&[]);
    for place in [
        format!("/lib/modules/{RELEASE}/build"),
        format!("/usr/src/kernels/{RELEASE}"),
        // The arch-independent part alone, and what an erased package left behind.
        "/usr/src/linux-headers-6.1.0-18-common/include".into(),
        format!("/usr/src/linux-headers-{OTHER}/scripts"),
    ] {
        fs::create_dir_all(root.host_path(place)).unwrap();
    }
    assert_eq!(headers(&root, RELEASE).unwrap(), Headers::Missing);
}

#[test]
fn headers_of_other_kernels_are_named() {
    let (_outside, root) = scratch(&[
        ("/usr/src/linux-headers-6.1.0-9-amd64/include/generated/utsrelease.h", &uts(OTHER)),
        ("/usr/src/kernels/5.0/include/generated/utsrelease.h", &uts("5.0")),
        ("/usr/src/something/Makefile", ""),
    ]);
    let others = Headers::OfOthers(vec!["5.0".into(), OTHER.into()]);
    assert_eq!(headers(&root, RELEASE).unwrap(), others);

    // A directory of the right name with another kernel's build files is not usable either.
    let wrong = root.host_path(format!("/usr/src/kernels/{RELEASE}/include/generated"));
    fs::create_dir_all(&wrong).unwrap();
    fs::write(wrong.join("utsrelease.h"), uts(OTHER)).unwrap();
    assert_eq!(headers(&root, RELEASE).unwrap(), others);
}

#[test]
fn build_files_without_a_release_count_by_their_directory() {
    let place = format!("/usr/src/kernels/{RELEASE}");
    let (_outside, root) = scratch(&[(&format!("{place}/Makefile"), "")]);
    assert_eq!(headers(&root, RELEASE).unwrap(), Headers::Usable(InRoot::from(&*place)));
}

proptest::proptest! {
    #[test]
    fn the_order_of_releases_is_an_order(a in "[0-9a-c._+-]{0,8}", b in "[0-9a-c._+-]{0,8}", c in "[0-9a-c._+-]{0,8}") {
        let le = |x: &str, y: &str| compare_releases(x, y) != Ordering::Greater;
        assert_eq!(compare_releases(&a, &b), compare_releases(&b, &a).reverse());
        if le(&a, &b) && le(&b, &c) {
            assert!(le(&a, &c));
        }
    }
}
