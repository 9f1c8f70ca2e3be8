#![expect(clippy::disallowed_methods, reason = "the tests arrange files without the library")]

use std::fs;
use std::os::unix::fs::symlink;

use std::path::Path;

use super::*;

#[test]
fn a_link_that_tools_take_elsewhere_is_found() {
    let place = tempfile::tempdir().unwrap();
    let (outside, top) = (place.path().join("outside"), place.path().join("root"));
    fs::create_dir_all(&outside).unwrap();
    fs::create_dir_all(top.join("etc/selinux/targeted")).unwrap();
    fs::write(top.join("etc/passwd"), "").unwrap();
    let root = Root::alternate(&top).unwrap();
    let found = |path: &str| root.find_escaping_symlink(&[path.into()]).unwrap();
    let place = |target: &Path, inside: &str| {
        symlink(target, top.join(inside)).unwrap();
    };

    assert_eq!(found("/etc/passwd"), None);
    assert_eq!(found("/etc/missing"), None);
    place(Path::new("passwd"), "etc/relative");
    place(Path::new("/etc/passwd"), "etc/absolute");
    place(Path::new("../../outside/file"), "etc/upwards");
    place(&outside, "etc/directory");
    assert_eq!(found("/etc/relative"), None, "it leads a tool to the same file");
    for path in ["/etc/absolute", "/etc/upwards", "/etc/directory", "/etc/directory/new"] {
        assert_eq!(found(path), Some(path.into()));
    }
    assert_eq!(found("/etc/selinux"), None);
    place(&outside, "etc/selinux/targeted/active");
    assert_eq!(found("/etc/selinux"), Some("/etc/selinux/targeted/active".into()));

    let running = Root::for_test(&top).unwrap();
    assert_eq!(
        running.find_escaping_symlink(&["/etc/upwards".into()]).unwrap(),
        None,
        "on the running system, both are the same"
    );
}

/// Another process writes the files meanwhile: shadow's tools make and remove `.lock`, and rename a new file into place.
#[test]
fn files_that_change_meanwhile_lead_nowhere_else() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    fs::create_dir_all(at("etc/real")).unwrap();
    fs::write(at("etc/real/group"), "").unwrap();
    symlink("real/group", at("etc/group")).unwrap();
    let root = Root::alternate(place.path()).unwrap();
    let paths = ["/etc/passwd.lock", "/etc/group", "/etc/real"].map(InRoot::from);
    let changing = std::sync::atomic::AtomicBool::new(true);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while changing.load(std::sync::atomic::Ordering::Relaxed) {
                fs::write(at("etc/passwd.lock"), "").unwrap();
                fs::write(at("etc/real/new"), "").unwrap();
                fs::rename(at("etc/real/new"), at("etc/real/group")).unwrap();
                fs::create_dir(at("etc/real/sandbox")).unwrap();
                fs::remove_dir(at("etc/real/sandbox")).unwrap();
                fs::remove_file(at("etc/passwd.lock")).unwrap();
            }
        });
        let found: Vec<_> = (0..2000).map(|_| root.find_escaping_symlink(&paths)).collect();
        changing.store(false, std::sync::atomic::Ordering::Relaxed);
        for found in found {
            assert_eq!(found.unwrap(), None);
        }
    });
}
