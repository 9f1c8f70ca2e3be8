#![expect(clippy::disallowed_methods, reason = "the tests arrange files without the library")]

use std::fs;
use std::io::Write;

use super::*;
use crate::system::kernel::scratch;

const RELEASE: &str = "6.1.0-18-amd64";
const YES: &str = "CONFIG_BPF=y\nCONFIG_DEBUG_INFO_BTF=y\n";
const NO: &str = "# CONFIG_DEBUG_INFO_BTF is not set\nCONFIG_DEBUG_INFO_BTF_MODULES=y\nXCONFIG_DEBUG_INFO_BTF=y\n";

#[test]
fn the_configuration_shows_btf() {
    for place in [
        "/boot/config-6.1.0-18-amd64",
        "/lib/modules/6.1.0-18-amd64/config",
        "/usr/lib/ostree-boot/config-6.1.0-18-amd64",
    ] {
        let (_outside, root) = scratch(&[(place, YES)]);
        assert_eq!(btf(&root, RELEASE, false).unwrap(), Btf::Present(place.into()));
        let others = btf(&root, "6.1.0-9-amd64", false).unwrap();
        assert_eq!(others, Btf::Unknown, "another kernel's");
        let (_outside, root) = scratch(&[(place, NO)]);
        assert_eq!(btf(&root, RELEASE, false).unwrap(), Btf::Absent(Absence::NoOption(place.into())));
    }
}

#[test]
fn a_comment_need_not_be_utf_8() {
    let place = format!("/boot/config-{RELEASE}");
    let (_outside, root) = scratch(&[(&place, "")]);
    fs::write(root.host_path(&place), [b"# Andr\xe9\n", YES.as_bytes()].concat()).unwrap();
    assert_eq!(btf(&root, RELEASE, false).unwrap(), Btf::Present(place.as_str().into()));
}

/// The file came with 5.4, the option with 5.2, and Enterprise Linux has both in its older kernels.
#[test]
fn the_option_counts_from_5_4_on() {
    for (release, counts) in [
        ("5.3.0-76-generic", false),
        ("5.3.18-lp152.106-default", false),
        ("5.2.0-1-amd64", false),
        ("5.3.18-1.el8.elrepo.x86_64", false),
        ("5.4.0-42-generic", true),
        ("5.4.17-2136.302.7.2.el8uek.x86_64", true),
        ("5.4~rc1", false),
        ("6.1.0-18-amd64", true),
        ("10.0.0", true),
        ("4.18.0-348.el8.x86_64", true),
        ("4.18.0-553.rt7.342.el8_10.x86_64", true),
    ] {
        let place = format!("/boot/config-{release}");
        let (_outside, root) = scratch(&[(&place, YES)]);
        let expected = if counts {
            Btf::Present(place.as_str().into())
        } else {
            Btf::Absent(Absence::TooOld(place.as_str().into()))
        };
        assert_eq!(btf(&root, release, false).unwrap(), expected, "{release}");
        let (_outside, root) = scratch(&[]);
        let expected = if counts { Btf::Unknown } else { Btf::Absent(Absence::BeforeBtf) };
        assert_eq!(btf(&root, release, false).unwrap(), expected, "{release} without its configuration");
    }
}

#[test]
fn the_running_kernel_is_asked_itself() {
    let (_outside, root) = scratch(&[("/sys/kernel/btf/vmlinux", "BTF")]);
    assert_eq!(btf(&root, RELEASE, true).unwrap(), Btf::Present(FILE.into()));
    assert_eq!(btf(&root, RELEASE, false).unwrap(), Btf::Unknown);

    // The configuration says yes and the kernel no: it was copied there, or the option has no effect.
    let config = format!("/boot/config-{RELEASE}");
    let (_outside, root) = scratch(&[(&config, YES), ("/sys/kernel/uevent_seqnum", "1\n")]);
    assert_eq!(btf(&root, RELEASE, true).unwrap(), Btf::Absent(Absence::NoFile));
    assert_eq!(btf(&root, RELEASE, false).unwrap(), Btf::Present(config.as_str().into()));
}

#[test]
fn without_sysfs_the_running_kernel_has_its_configuration() {
    let (_outside, root) = scratch(&[("/proc/config.gz", "")]);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(YES.as_bytes()).unwrap();
    fs::write(root.host_path("/proc/config.gz"), packed.finish().unwrap()).unwrap();
    assert_eq!(btf(&root, RELEASE, true).unwrap(), Btf::Present("/proc/config.gz".into()));
    assert_eq!(btf(&root, RELEASE, false).unwrap(), Btf::Unknown);

    fs::write(root.host_path("/proc/config.gz"), "not packed").unwrap();
    assert!(btf(&root, RELEASE, true).unwrap_err().to_string().contains("/proc/config.gz"));
}
