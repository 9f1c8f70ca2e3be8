#![expect(clippy::disallowed_methods, reason = "the tests arrange files without the library")]

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use nix::sched::{CloneFlags, unshare};
use nix::sys::stat::{SFlag, mknod, umask};
use nix::unistd::mkfifo;
use tempfile::TempDir;

use super::*;
use crate::ReadError;
use crate::fs::is_link;

/// An alternate root with an `etc`, and the directory it stands in.
fn scratch() -> (TempDir, Root) {
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir_all(outside.path().join("root/etc")).unwrap();
    let root = Root::alternate(&outside.path().join("root")).unwrap();
    (outside, root)
}

fn errno(result: Result<impl Sized, FileError>) -> Option<Errno> {
    result.err().and_then(|e| e.errno())
}

fn mode(path: impl AsRef<Path>) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_directory_with_etc_is_an_alternate_root() {
    let (outside, root) = scratch();
    assert!(root.is_alternate());
    assert_eq!(root.path(), outside.path().join("root"));
    assert_eq!(root.host_path("/etc/passwd"), outside.path().join("root/etc/passwd"));

    symlink("root", outside.path().join("link")).unwrap();
    let through_link = Root::alternate(&outside.path().join("link")).unwrap();
    assert_eq!(through_link.path(), root.path(), "the root is named by its real path");
}

#[test]
fn a_directory_without_a_system_is_refused_as_root() {
    let outside = tempfile::tempdir().unwrap();
    let at = |name: &str| outside.path().join(name);
    fs::write(at("file"), "").unwrap();
    mkfifo(&at("fifo"), Mode::S_IRWXU).unwrap();
    fs::create_dir(at("bare")).unwrap();
    fs::create_dir(at("etc-is-a-file")).unwrap();
    fs::write(at("etc-is-a-file/etc"), "").unwrap();
    symlink("/", at("slash")).unwrap();

    for name in ["missing", "file", "fifo"] {
        let e = Root::alternate(&at(name)).unwrap_err();
        assert!(matches!(e, RootError::NotADirectory { .. }), "{name}: {e}");
        assert!(e.to_string().contains(name), "{e}");
    }
    for path in [Path::new("/"), Path::new("/usr/.."), &at("slash")] {
        let e = Root::alternate(path).unwrap_err();
        assert!(matches!(e, RootError::IsSystem { .. }), "{}: {e}", path.display());
    }
    for name in ["bare", "etc-is-a-file"] {
        let e = Root::alternate(&at(name)).unwrap_err();
        assert!(matches!(e, RootError::NoEtc { .. }), "{name}: {e}");
    }
}

/// Remedies, scripts and JSON could not name it, also where a link leads to it.
#[test]
fn a_root_with_a_name_that_is_not_utf_8_is_refused() {
    let outside = tempfile::tempdir().unwrap();
    let root = outside.path().join(OsStr::from_bytes(b"root-\xff"));
    fs::create_dir_all(root.join("etc")).unwrap();
    symlink(&root, outside.path().join("link")).unwrap();
    for path in [root, outside.path().join("link")] {
        let e = Root::alternate(&path).unwrap_err();
        assert!(matches!(e, RootError::NotUtf8 { .. }), "{}: {e}", path.display());
    }
}

#[test]
fn links_are_resolved_inside_the_root() {
    let (outside, root) = scratch();
    let inside = outside.path().join("root");
    fs::write(outside.path().join("secret"), "outside").unwrap();
    fs::create_dir_all(inside.join("usr/etc")).unwrap();
    fs::write(inside.join("usr/etc/real"), "inside").unwrap();
    symlink("/usr/etc/real", inside.join("etc/absolute")).unwrap();
    symlink("../usr/etc/real", inside.join("etc/relative")).unwrap();
    symlink("../../../../../../usr/etc/real", inside.join("etc/too-far-up")).unwrap();
    symlink("/usr/etc", inside.join("etc/dir")).unwrap();
    symlink("absolute", inside.join("etc/twice")).unwrap();
    symlink("../../secret", inside.join("etc/escape")).unwrap();
    symlink(outside.path().join("secret"), inside.join("etc/escape-absolute")).unwrap();

    for name in ["absolute", "relative", "too-far-up", "dir/real", "dir/../etc/real", "twice"] {
        assert_eq!(root.read_text(format!("/etc/{name}")).unwrap(), "inside", "{name}");
    }
    for path in ["/etc/escape", "/etc/escape-absolute", "/../secret", "/etc/../../secret"] {
        assert_eq!(errno(root.open(path)), Some(Errno::ENOENT), "{path}");
        assert!(!root.exists(path), "{path}");
    }
    assert!(is_link(&root.stat("/etc/absolute").unwrap().unwrap()), "stat does not follow");
    assert!(!is_link(&root.stat_followed("/etc/absolute").unwrap().unwrap()));
    assert_eq!(root.link_target("/etc/relative"), Some("../usr/etc/real".into()));
    assert_eq!(root.link_target("/usr/etc/real"), None);
}

#[test]
fn a_loop_of_links_ends() {
    let (_outside, root) = scratch();
    symlink("b", root.host_path("/etc/a")).unwrap();
    symlink("a", root.host_path("/etc/b")).unwrap();
    symlink("c/c", root.host_path("/etc/c")).unwrap();
    for path in ["/etc/a", "/etc/a/x", "/etc/c"] {
        assert_eq!(errno(root.open(path)), Some(Errno::ELOOP), "{path}");
    }
    assert!(root.stat_followed("/etc/a").is_err());
}

#[test]
fn links_above_are_resolved_and_names_in_a_directory_are_not() {
    let (_outside, root) = scratch();
    fs::create_dir_all(root.host_path("/opt/cisco/amp")).unwrap();
    fs::create_dir_all(root.host_path("/srv")).unwrap();
    symlink("/opt/cisco", root.host_path("/srv/cisco")).unwrap();
    symlink("/opt", root.host_path("/link")).unwrap();

    assert!(root.dir("/srv/cisco/amp").is_ok());
    assert!(root.dir("/link").is_ok());
    let srv = root.dir("/srv").unwrap();
    assert!(matches!(errno(srv.dir("cisco")), Some(Errno::ELOOP | Errno::ENOTDIR)));
}

#[test]
fn only_regular_files_are_opened() {
    let (_outside, root) = scratch();
    mkfifo(&root.host_path("/etc/fifo"), Mode::S_IRWXU).unwrap();
    symlink("fifo", root.host_path("/etc/link-to-fifo")).unwrap();
    fs::create_dir(root.host_path("/etc/dir")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(root.host_path("/etc/socket")).unwrap();

    // None of these may block: opening a fifo for reading waits for a writer.
    for name in ["fifo", "link-to-fifo", "socket"] {
        assert_eq!(errno(root.open(format!("/etc/{name}"))), Some(Errno::EINVAL), "{name}");
    }
    assert_eq!(errno(root.open("/etc/dir")), Some(Errno::EISDIR));
    assert_eq!(errno(root.open("/")), Some(Errno::EISDIR));
    let etc = root.dir("/etc").unwrap();
    for flags in [OFlag::O_RDONLY, OFlag::O_WRONLY, OFlag::O_RDWR] {
        assert_eq!(errno(etc.open("fifo", flags)), Some(Errno::EINVAL), "{flags:?}");
    }
    assert_eq!(errno(etc.open("link-to-fifo", OFlag::O_RDONLY)), Some(Errno::ELOOP));
    // A device cannot be made by every user.
    let null = nix::sys::stat::makedev(1, 3);
    if mknod(&root.host_path("/etc/null"), SFlag::S_IFCHR, Mode::S_IRWXU, null).is_ok() {
        assert_eq!(errno(root.open("/etc/null")), Some(Errno::EINVAL));
    }
}

#[test]
fn reading_is_limited() {
    let (_outside, root) = scratch();
    fs::write(root.host_path("/etc/ten"), "0123456789").unwrap();
    assert_eq!(root.read("/etc/ten", 10).unwrap(), b"0123456789");
    assert_eq!(errno(root.read("/etc/ten", 9)), Some(Errno::EFBIG));

    // 1 GiB by its size, nothing on disk: refused without reading it all.
    File::create(root.host_path("/etc/huge")).unwrap().set_len(1 << 30).unwrap();
    assert!(matches!(root.read_text("/etc/huge"), Err(ReadError::File(e)) if e.errno() == Some(Errno::EFBIG)));
}

#[test]
fn text_that_is_not_utf_8_is_named_with_its_line() {
    let (_outside, root) = scratch();
    fs::write(root.host_path("/etc/latin"), b"one\ntwo\nd\xe9j\xe0 vu\n").unwrap();
    let e = root.read_text("/etc/latin").unwrap_err();
    assert!(matches!(&e, ReadError::Malformed(at) if at.line == Some(3)), "{e}");
    assert!(e.to_string().starts_with(&format!("{}, line 3: ", root.host_path("/etc/latin").display())), "{e}");
}

#[test]
fn a_missing_file_is_not_an_error_if_it_may_be_missing() {
    let (_outside, root) = scratch();
    fs::write(root.host_path("/etc/file"), "").unwrap();
    for path in ["/etc/missing", "/missing/too", "/etc/file/below"] {
        assert_eq!(root.read_text_if_there(path).unwrap(), None, "{path}");
        assert!(root.stat(path).unwrap().is_none(), "{path}");
        assert!(root.names(path).unwrap().is_empty(), "{path}");
    }
}

#[test]
fn names_are_sorted() {
    let (_outside, root) = scratch();
    for name in ["b", "a", ".hidden"] {
        fs::write(root.host_path("/etc").join(name), "").unwrap();
    }
    assert_eq!(root.names("/etc").unwrap(), [".hidden", "a", "b"]);
}

#[test]
fn modes_hold_whatever_the_umask() {
    // A umask of this thread's own, so that other tests keep theirs.
    unshare(CloneFlags::CLONE_FS).unwrap();
    let (_outside, root) = scratch();
    let before = umask(Mode::empty());
    for mask in [0o000, 0o022, 0o027, 0o077] {
        umask(Mode::from_bits_truncate(mask));
        let top = format!("/made-{mask:o}");
        let made = root.make_dirs(format!("{top}/below/deep"));
        let replaced = root.replace(format!("{top}/other/file"), b"content", 0o644);
        let created = made.as_ref().map(|dir| dir.create("created", 0o640).map(drop));
        umask(before);
        assert!(made.is_ok() && replaced.is_ok() && created.is_ok_and(|created| created.is_ok()), "umask {mask:o}");
        for dir in ["", "/below", "/below/deep", "/other"] {
            assert_eq!(mode(root.host_path(format!("{top}{dir}"))), 0o755, "{top}{dir}");
        }
        assert_eq!(mode(root.host_path(format!("{top}/other/file"))), 0o644);
        assert_eq!(mode(root.host_path(format!("{top}/below/deep/created"))), 0o640);
    }
}

#[test]
fn make_dirs_leaves_what_is_there_and_takes_paths_of_any_form() {
    let (_outside, root) = scratch();
    fs::create_dir(root.host_path("/opt")).unwrap();
    fs::set_permissions(root.host_path("/opt"), fs::Permissions::from_mode(0o700)).unwrap();
    root.make_dirs("/opt/cisco").unwrap();
    assert_eq!(mode(root.host_path("/opt")), 0o700);
    assert_eq!(mode(root.host_path("/opt/cisco")), 0o755);
    root.make_dirs("relative/path").unwrap();
    assert!(root.host_path("/relative/path").is_dir());
    root.make_dirs("/").unwrap();

    fs::write(root.host_path("/etc/file"), "").unwrap();
    assert_eq!(errno(root.make_dirs("/etc/file/below")), Some(Errno::ENOTDIR));
}

#[test]
fn many_make_the_same_directories_at_once() {
    for _ in 0..20 {
        let (_outside, root) = scratch();
        let failed = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| root.make_dirs("/run/cisco/deep/er").err())).collect();
            threads.into_iter().find_map(|thread| thread.join().unwrap())
        });
        assert!(failed.is_none(), "{failed:?}");
    }
}

#[test]
fn replacing_leaves_the_old_or_the_new() {
    let (_outside, root) = scratch();
    fs::write(root.host_path("/etc/file"), "old").unwrap();
    let old = fs::metadata(root.host_path("/etc/file")).unwrap().ino();
    // What a crash left is replaced.
    fs::write(root.host_path("/etc/.file.hostprep-new"), "half a").unwrap();

    root.replace("/etc/file", b"new", 0o640).unwrap();
    assert_eq!(fs::read_to_string(root.host_path("/etc/file")).unwrap(), "new");
    assert_eq!(mode(root.host_path("/etc/file")), 0o640);
    assert_ne!(fs::metadata(root.host_path("/etc/file")).unwrap().ino(), old, "the old content is never overwritten");
    assert_eq!(root.names("/etc").unwrap(), ["file"]);

    // After a failure, the old content is there and no temporary file.
    fs::create_dir_all(root.host_path("/etc/dir/full")).unwrap();
    assert!(root.replace("/etc/dir", b"new", 0o644).is_err());
    assert_eq!(root.names("/etc").unwrap(), ["dir", "file"]);
    assert_eq!(root.names("/etc/dir").unwrap(), ["full"]);
}

#[test]
fn a_failed_write_leaves_the_old_content() {
    let (_outside, root) = scratch();
    let etc = root.dir("/etc").unwrap();
    fs::write(root.host_path("/etc/file"), "old").unwrap();
    let failed = etc.replace_with("file", 0o644, |file| {
        file.write_all(b"half")?;
        Err(io::Error::other("no more"))
    });
    assert!(failed.unwrap_err().to_string().ends_with("/etc/file: no more"));
    assert_eq!(root.read_text("/etc/file").unwrap(), "old");
    assert_eq!(root.names("/etc").unwrap(), ["file"]);
}

#[test]
fn replacing_does_not_write_through_a_link() {
    let (outside, root) = scratch();
    fs::write(outside.path().join("victim"), "untouched").unwrap();
    symlink("../../victim", root.host_path("/etc/file")).unwrap();
    symlink(outside.path().join("victim"), root.host_path("/etc/.file.hostprep-new")).unwrap();
    root.replace("/etc/file", b"new", 0o644).unwrap();
    assert_eq!(fs::read_to_string(outside.path().join("victim")).unwrap(), "untouched");
    assert!(fs::symlink_metadata(root.host_path("/etc/file")).unwrap().is_file());
}

#[test]
fn creating_never_takes_what_is_there() {
    let (_outside, root) = scratch();
    let etc = root.dir("/etc").unwrap();
    fs::write(root.host_path("/etc/file"), "mine").unwrap();
    symlink("nowhere", root.host_path("/etc/dangling")).unwrap();
    for name in ["file", "dangling"] {
        assert_eq!(errno(etc.create(name, 0o644)), Some(Errno::EEXIST), "{name}");
    }
    assert!(!root.exists("/etc/nowhere"));
    assert_eq!(errno(etc.append("dangling", 0o644)), Some(Errno::ELOOP));
}

#[test]
fn appending_adds_to_the_end() {
    let (_outside, root) = scratch();
    let etc = root.dir("/etc").unwrap();
    for word in ["one ", "two"] {
        etc.append("log", 0o640).unwrap().write_all(word.as_bytes()).unwrap();
    }
    assert_eq!(root.read_text("/etc/log").unwrap(), "one two");
    assert_eq!(mode(root.host_path("/etc/log")), 0o640);
}

#[test]
fn names_are_linked_exchanged_renamed_and_removed() {
    let (_outside, root) = scratch();
    let etc = root.dir("/etc").unwrap();
    fs::write(root.host_path("/etc/one"), "1").unwrap();
    etc.link("one", "aside").unwrap();
    assert_eq!(errno(etc.link("one", "aside")), Some(Errno::EEXIST));
    fs::write(root.host_path("/etc/two"), "2").unwrap();
    etc.exchange("one", "two").unwrap();
    assert_eq!(root.read_text("/etc/one").unwrap(), "2");
    etc.rename("aside", "one").unwrap();
    assert_eq!(root.read_text("/etc/one").unwrap(), "1");
    assert_eq!(errno(etc.rename_new("one", "two")), Some(Errno::EEXIST));
    assert!(root.exists("/etc/one") && root.exists("/etc/two"));
    etc.rename_new("one", "three").unwrap();
    assert_eq!(root.read_text("/etc/three").unwrap(), "1");
    assert_eq!(errno(etc.rename_new("one", "four")), Some(Errno::ENOENT));
    etc.unlink("two").unwrap();
    etc.unlink("two").unwrap();

    fs::create_dir_all(root.host_path("/etc/full/not-empty")).unwrap();
    assert!(!etc.remove_dir("full").unwrap());
    fs::remove_dir(root.host_path("/etc/full/not-empty")).unwrap();
    assert!(etc.remove_dir("full").unwrap());
    assert!(etc.remove_dir("full").unwrap(), "already gone is success");
}

proptest::proptest! {
    /// Whatever components and links a path has, it never leads out.
    #[test]
    fn no_path_leads_out(
        links in proptest::collection::vec("(/|\\.\\./|a/|b/|l0/|l1/|\\./){0,4}(a|b|\\.\\.|l0|l1|secret)", 2),
        path in "/?(\\.\\./|a/|b/|l0/|l1/|//){0,6}(secret|l0|l1|\\.\\.)",
    ) {
        let (outside, root) = scratch();
        fs::write(outside.path().join("secret"), "outside").unwrap();
        fs::create_dir_all(root.host_path("/a/b")).unwrap();
        for (number, target) in links.iter().enumerate() {
            symlink(target, root.host_path(format!("/l{number}"))).unwrap();
            symlink(target, root.host_path(format!("/a/l{number}"))).unwrap();
        }
        let secret = fs::metadata(outside.path().join("secret")).unwrap().ino();
        let above = fs::metadata(outside.path()).unwrap().ino();
        for found in [root.stat(&path), root.stat_followed(&path)].into_iter().flatten().flatten() {
            assert_ne!(found.st_ino, secret);
            assert_ne!(found.st_ino, above);
        }
        if let Ok(dir) = root.dir(&path) {
            assert_ne!(dir.stat_self().unwrap().st_ino, above);
        }
    }
}
