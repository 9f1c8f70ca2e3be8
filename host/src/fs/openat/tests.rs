#![expect(clippy::disallowed_methods, reason = "the tests arrange files without the library")]

use std::fs::{self, File};
use std::os::unix::fs::symlink;

use super::*;

fn both(dir: &File, name: &str, flags: OFlag) -> [Result<OwnedFd, Errno>; 2] {
    let flags = flags | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let name = OsStr::new(name);
    [newer(dir, name, flags, Mode::empty()), openat(dir, name, flags, Mode::empty())]
}

#[test]
fn both_calls_refuse_a_link() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("file"), "").unwrap();
    for (name, target) in [("to-file", "file"), ("out", "/etc/passwd"), ("up", ".."), ("dangling", "nothing")] {
        symlink(target, place.path().join(name)).unwrap();
    }
    let dir = File::open(place.path()).unwrap();
    for opened in both(&dir, "file", OFlag::O_RDWR) {
        // A kernel without the newer call, or a filter, refuses it; the older call remains.
        assert!(matches!(opened, Ok(_) | Err(Errno::ENOSYS | Errno::EPERM)), "{opened:?}");
    }
    for name in ["to-file", "out", "up", "dangling"] {
        for opened in both(&dir, name, OFlag::O_RDONLY) {
            assert!(matches!(opened, Err(Errno::ELOOP | Errno::ENOSYS | Errno::EPERM)), "{name}: {opened:?}");
        }
    }
}

#[test]
fn a_path_is_not_a_name() {
    let dir = File::open("/").unwrap();
    for name in ["", ".", "..", "etc/passwd", "/etc", "etc/"] {
        let opened = open_at(&dir, OsStr::new(name), OFlag::O_RDONLY, Mode::empty());
        assert_eq!(opened.unwrap_err(), Errno::EINVAL, "{name:?}");
    }
}

#[test]
fn a_mode_goes_with_a_new_file_alone() {
    let place = tempfile::tempdir().unwrap();
    let dir = File::open(place.path()).unwrap();
    let name = OsStr::new("new");
    let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL;
    open_at(&dir, name, flags, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
    assert_eq!(open_at(&dir, name, flags, Mode::S_IRUSR).unwrap_err(), Errno::EEXIST);
    open_at(&dir, name, OFlag::O_RDONLY, Mode::S_IRUSR).unwrap();
    open_at(&dir, name, OFlag::O_PATH, Mode::empty()).unwrap();
}
