#![expect(clippy::disallowed_methods, reason = "the tests arrange files without the library")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};

use nix::unistd::geteuid;

use super::*;
use crate::Dir;
use crate::testing::tree;

fn refusal(result: Result<Dir, FileError>) -> String {
    result.map(|dir| dir.path().display().to_string()).unwrap_err().to_string()
}

const STORE: &str = "/var/lib/cisco/faults";

#[test]
fn a_link_below_the_systems_directories_is_not_followed() {
    let tree = tree(&["var/lib", "srv/elsewhere/faults"]);
    tree.link("/srv/elsewhere", "var/lib/cisco");
    for refused in [tree.root.open_private_dir(STORE), tree.root.create_private_dir(STORE)] {
        assert!(refusal(refused).ends_with(
            "/var/lib/cisco: it is a symbolic link, which is not followed; use a bind mount instead, or move it away"
        ));
    }
    let error = tree.root.read_private("/var/lib/cisco/faults/faults.json").unwrap_err();
    assert!(error.to_string().contains("symbolic link"), "{error}");
}

#[test]
fn a_link_of_the_system_is_followed() {
    let tree = tree(&["var", "usr/lib-of-var"]);
    tree.link("/usr/lib-of-var", "var/lib");
    tree.root.create_private_dir(STORE).unwrap();
    assert!(tree.top.join("usr/lib-of-var/cisco/faults").is_dir());
}

#[test]
fn a_file_in_the_place_of_a_directory_is_an_error() {
    let tree = tree(&["var/lib"]);
    fs::write(tree.top.join("var/lib/cisco"), "").unwrap();
    let error = tree.root.open_private_dir(STORE).unwrap_err();
    assert!(!error.is_missing() && error.to_string().contains("not a directory"), "{error}");
}

#[test]
fn a_directory_that_others_can_write_to_is_refused() {
    let tree = tree(&["var/lib/cisco/faults"]);
    tree.root.open_private_dir(STORE).unwrap();
    // The system's own directory may be anything: on some hosts /var/log is a group's too.
    tree.mode("var/lib", 0o775);
    tree.root.open_private_dir(STORE).unwrap();
    for (path, mode) in [("var/lib/cisco", 0o775), ("var/lib/cisco", 0o1777), ("var/lib/cisco/faults", 0o757)] {
        tree.mode(path, mode);
        let refused = refusal(tree.root.open_private_dir(STORE));
        assert!(refused.contains(&format!("{path}: it is writable by others (mode {mode:04o})")), "{refused}");
        tree.mode(path, 0o755);
    }
    if geteuid().is_root() {
        chown(tree.top.join("var/lib/cisco"), Some(1000), None).unwrap();
        let refused = refusal(tree.root.create_private_dir(STORE));
        assert!(refused.contains("var/lib/cisco: it belongs to uid 1000"), "{refused}");
        // The owner of the whole tree can change everything in it anyway.
        chown(&tree.top, Some(1000), None).unwrap();
        tree.root.open_private_dir(STORE).unwrap();
    }
}

#[test]
fn configuration_that_others_can_change_is_refused() {
    let tree = tree(&["etc/cisco", "srv"]);
    let read = || tree.root.read_trusted_text("/etc/cisco/hostprep.toml").map_err(|e| e.to_string());
    assert_eq!(read(), Ok(None));
    fs::write(tree.top.join("srv/real"), "lang = 'en'").unwrap();
    tree.link("/srv/real", "etc/cisco/hostprep.toml");
    assert_eq!(read(), Ok(Some("lang = 'en'".into())), "an administrator may link it");
    for (path, loose, tight) in [("srv/real", 0o664, 0o644), ("srv", 0o777, 0o755), ("etc/cisco", 0o775, 0o755)] {
        tree.mode(path, loose);
        // The file is named by the path that was asked for, a directory by its own.
        let named = if path == "srv/real" { "it".into() } else { tree.top.join(path).display().to_string() };
        assert!(
            read().is_err_and(|e| e.contains(&format!("{named} is writable by others (mode {loose:04o})"))),
            "{path}"
        );
        tree.mode(path, tight);
    }
    // Names in such a directory are their owners'.
    tree.mode("srv", 0o1777);
    assert!(read().is_ok());
}

#[test]
fn a_program_is_trusted_if_everything_on_its_path_is() {
    let tree = tree(&["usr/sbin", "etc/alternatives", "srv"]);
    for program in ["usr/sbin/real", "srv/real"] {
        fs::write(tree.top.join(program), "").unwrap();
    }
    tree.link("/etc/alternatives/tool", "usr/sbin/tool");
    tree.link("/usr/sbin/real", "etc/alternatives/tool");
    let trusted = || tree.root.is_trusted("/usr/sbin/tool");
    assert!(trusted());
    for (path, loose, tight) in [
        ("usr/sbin/real", 0o775, 0o755),
        ("usr/sbin", 0o1777, 0o755),
        ("usr", 0o775, 0o755),
        ("etc/alternatives", 0o775, 0o755),
        ("etc/alternatives", 0o1777, 0o755),
    ] {
        tree.mode(path, loose);
        assert!(!trusted(), "{path} {loose:o}");
        tree.mode(path, tight);
    }
    assert!(trusted());
    if geteuid().is_root() {
        for path in ["usr/sbin/real", "usr/sbin", "usr", "etc/alternatives"] {
            chown(tree.top.join(path), Some(1000), None).unwrap();
            assert!(!trusted(), "{path} belongs to another user");
            chown(tree.top.join(path), Some(0), None).unwrap();
        }
        std::os::unix::fs::lchown(tree.top.join("etc/alternatives/tool"), Some(1000), None).unwrap();
        assert!(!trusted(), "the link belongs to another user");
    }
    assert!(!tree.root.is_trusted("/usr/sbin/missing"));
}

#[test]
fn who_asks_does_not_matter() {
    let tree = tree(&["data/cisco"]);
    let found = |root: &Root| root.find_untrusted("/data/cisco").unwrap().map(|why| why.path().to_owned());
    assert_eq!(found(&tree.root), None, "the owner of the tree");
    // Of the running system, even its root directory must be root's.
    let system = Root::for_test(&tree.top).unwrap().trusting_root_alone();
    let tester = geteuid().as_raw();
    assert_eq!(found(&system), (tester != 0).then(|| tree.top.clone()));
    if tester == 0 {
        chown(&tree.top, Some(1000), None).unwrap();
        assert_eq!(found(&system), Some(tree.top.clone()));
        assert_eq!(found(&tree.root), None);
        chown(&tree.top, Some(0), None).unwrap();
        chown(tree.top.join("data"), Some(1000), None).unwrap();
        for root in [&tree.root, &system] {
            assert_eq!(found(root), Some(tree.top.join("data")));
        }
    }
}

#[test]
fn everything_that_lets_another_user_change_it_is_named() {
    let tree = tree(&["data/cisco", "opt"]);
    tree.link("../data/link", "opt/cisco");
    tree.link("cisco", "data/link");
    for path in ["opt", "data", "data/cisco"] {
        tree.mode(path, 0o777);
    }
    let found: Vec<_> = tree.root.find_all_untrusted("/opt/cisco").unwrap();
    let paths: Vec<String> = found.iter().map(|(path, _)| path.to_string()).collect();
    assert_eq!(paths, ["/opt", "/data", "/data/cisco"], "each once");
    assert!(found.iter().all(|(_, why)| *why == Untrusted::Mode(0o777)));
}

#[test]
fn what_lets_another_user_change_a_directory_is_named() {
    let tree = tree(&["data/cisco", "opt"]);
    tree.link("../data/link", "opt/cisco");
    tree.link("cisco", "data/link");
    let inside = |why: UntrustedAbove| why.at(tree.root.display_inside(why.path())).to_string();
    let found = || tree.root.find_untrusted("/opt/cisco").map(|why| why.map(inside));
    assert_eq!(found().unwrap(), None);
    for (path, loose) in [("data/cisco", 0o775), ("data", 0o1777), ("data", 0o777), ("opt", 0o775)] {
        tree.mode(path, loose);
        let why = found().unwrap().unwrap();
        assert!(why.starts_with(&format!("/{path} is writable by others (mode {loose:04o})")), "{path}: {why}");
        tree.mode(path, 0o755);
    }
    assert_eq!(tree.root.find_untrusted("/data/..").unwrap(), None, "a directory that was opened on the way");
    fs::remove_dir(tree.top.join("data/cisco")).unwrap();
    assert!(found().unwrap_err().is_missing());
}

#[test]
fn a_file_that_is_appended_to_has_one_name_and_a_trusted_owner() {
    use std::io::Write;
    let tree = tree(&["var/log"]);
    let log = tree.root.dir("/var/log").unwrap();
    log.append("ours", 0o640).unwrap();
    tree.mode("var/log/ours", 0o666);
    log.append("ours", 0o640).unwrap().write_all(b"x").unwrap();
    let mode = fs::metadata(tree.top.join("var/log/ours")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o644, "no more than it was, less what lets others write");

    fs::write(tree.top.join("victim"), "kept").unwrap();
    fs::hard_link(tree.top.join("victim"), tree.top.join("var/log/linked")).unwrap();
    tree.mode("victim", 0o666);
    let refused = log.append("linked", 0o640).unwrap_err().to_string();
    assert!(refused.contains("it has 2 names"), "{refused}");
    let victim = fs::metadata(tree.top.join("victim")).unwrap();
    assert_eq!((victim.len(), victim.permissions().mode() & 0o7777), (4, 0o666));
    if geteuid().is_root() {
        chown(tree.top.join("var/log/ours"), Some(1000), None).unwrap();
        assert!(log.append("ours", 0o640).is_err());
    }
}

#[test]
fn an_untrusted_directory_is_named_as_its_reader_sees_it() {
    use crate::InsideText;
    let tree = tree(&["etc/two words"]);
    fs::write(tree.top.join("etc/two words/hostprep.toml"), "").unwrap();
    tree.mode("etc/two words", 0o777);
    let error = tree.root.read_trusted_text("/etc/two words/hostprep.toml").unwrap_err();
    assert_eq!(
        error.inside_text(&tree.root),
        "cannot use /etc/two words/hostprep.toml: /etc/two words is writable by others (mode 0777); \
         check its contents, then run: chmod go-w '/etc/two words'"
    );
}
