use super::*;
use crate::testing::with as root;

const RELEASE: &str = "3.10.0-1160.el7.x86_64";

#[test]
fn a_loaded_module_has_a_directory_with_underscores() {
    let (_dir, root) = root(&[("/sys/module/amp_fsm/refcnt", b"1")]);
    assert!(is_loaded(&root, "amp-fsm") && is_loaded(&root, "amp_fsm") && !is_loaded(&root, "ampfsm"));
}

#[test]
fn it_is_found_by_modules_dep_or_in_a_place_for_the_release() {
    let places = [InRoot::from("/opt/cisco/amp/modules/{release}")];
    let find = |files: &[(&str, &[u8])]| find(&root(files).1, RELEASE, "ampfsm", &places).unwrap();
    assert_eq!(find(&[]), None);
    let dep = format!("/lib/modules/{RELEASE}/modules.dep");
    let listed: (&str, &[u8]) = (&dep, b"kernel/fs/ampfsmx.ko:\nextra/ampfsm.ko.xz: kernel/fs/other.ko\n");
    assert_eq!(find(&[listed]), None, "listed, and gone since");
    let file = format!("/lib/modules/{RELEASE}/extra/ampfsm.ko.xz");
    assert_eq!(find(&[listed, (&file, b"")]), Some(InRoot::from(&*file)));
    let file = format!("/opt/cisco/amp/modules/{RELEASE}/ampfsm.ko");
    assert_eq!(find(&[(&file, b"")]), Some(InRoot::from(&*file)));
    let other = "/opt/cisco/amp/modules/3.10.0-957.el7.x86_64/ampfsm.ko";
    assert_eq!(find(&[(other, b"")]), None, "for another kernel");
}

#[test]
fn a_signature_is_at_the_end() {
    let signed = [b"\x7fELF...", SIGNATURE_MARK].concat();
    let (_dir, root) = root(&[
        ("/a.ko", &signed),
        ("/b.ko", b"\x7fELF, and long enough to hold one"),
        ("/c.ko", b""),
        ("/d.ko.xz", b""),
    ]);
    let is_signed = |file: &str| is_signed(&root, &file.into()).unwrap();
    assert_eq!([is_signed("/a.ko"), is_signed("/b.ko"), is_signed("/c.ko")], [Some(true), Some(false), Some(false)]);
    assert_eq!(is_signed("/d.ko.xz"), None);
}
