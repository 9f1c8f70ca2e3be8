//! An editor rewrites login.defs while `useradd` runs inside the window: its change is kept and ours is undone, whether
//! hostprep survives or is killed, before or after the edit.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use harness::{BlockedTool, ScratchRoot, program, setup, signals};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A change to the file, and the expected text, made from the text before the window.
struct Edit {
    name: &'static str,
    edit: fn(&Path),
    after: fn(String) -> Option<String>,
}

const OURS: &str = "USERGROUPS_ENAB yes";
const THEIRS: &str = "USERGROUPS_ENAB no";
const BY_HAND: &str = "# by hand\n";

fn shell(path: &Path, script: &str) {
    setup::run(Command::new("/bin/sh").args(["-ec", script, "sh"]).arg(path));
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

fn with_a_line(text: String) -> Option<String> {
    Some(text + BY_HAND)
}

const EDITS: [Edit; 15] = [
    Edit { name: "appended", edit: |path| shell(path, "echo '# by hand' >>\"$1\""), after: with_a_line },
    Edit {
        name: "truncated and written",
        edit: |path| fs::write(path, text(path) + BY_HAND).unwrap(),
        after: with_a_line,
    },
    Edit {
        name: "written over in place",
        edit: |path| {
            let text = text(path).replacen("# /etc/login.defs", "# /ETC/login.defs", 1);
            OpenOptions::new().write(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
        },
        after: |text| Some(text.replacen("# /etc/login.defs", "# /ETC/login.defs", 1)),
    },
    Edit { name: "sed -i", edit: |path| shell(path, "sed -i 's/^UMASK.*/UMASK 077/' \"$1\""), after: umask },
    Edit {
        name: "renamed and rewritten, as vim does",
        edit: |path| shell(path, "mv \"$1\" \"$1~\"; sed 's/^UMASK.*/UMASK 077/' \"$1~\" >\"$1\"; rm \"$1~\""),
        after: umask,
    },
    Edit {
        name: "a new file over it",
        edit: |path| shell(path, "cp -p \"$1\" \"$1.new\"; echo '# by hand' >>\"$1.new\"; mv \"$1.new\" \"$1\""),
        after: with_a_line,
    },
    Edit {
        name: "cut off",
        edit: |path| shell(path, "truncate -s 100 \"$1\""),
        after: |text| Some(text[..100].to_owned()),
    },
    Edit {
        name: "our line says no again",
        edit: |path| shell(path, "sed -i 's/^USERGROUPS_ENAB.*/USERGROUPS_ENAB no/' \"$1\""),
        after: Some,
    },
    Edit {
        name: "our line says something else",
        edit: |path| fs::write(path, text(path).replace(OURS, "USERGROUPS_ENAB maybe")).unwrap(),
        after: |text| Some(text.replace(THEIRS, "USERGROUPS_ENAB maybe")),
    },
    Edit {
        name: "our line is gone",
        edit: |path| shell(path, "sed -i '/^USERGROUPS_ENAB/d' \"$1\""),
        after: |text| Some(text.replace("USERGROUPS_ENAB no\n", "")),
    },
    Edit {
        name: "a new line after ours",
        edit: |path| shell(path, "echo 'USERGROUPS_ENAB no' >>\"$1\""),
        after: |text| Some(text + "USERGROUPS_ENAB no\n"),
    },
    Edit {
        name: "the package's file put back",
        edit: |path| fs::write(path, "UMASK 022\n").unwrap(),
        after: |_| Some("UMASK 022\n".into()),
    },
    Edit {
        name: "another mode",
        edit: |path| fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap(),
        after: Some,
    },
    Edit { name: "removed", edit: |path| fs::remove_file(path).unwrap(), after: Some },
    Edit {
        name: "a link to another file",
        edit: |path| {
            fs::write(path.with_file_name("site.defs"), "UMASK 007\n").unwrap();
            fs::remove_file(path).unwrap();
            symlink("site.defs", path).unwrap();
        },
        after: |_| None,
    },
];

fn umask(text: String) -> Option<String> {
    let lines = text.lines().map(|line| if line.starts_with("UMASK") { "UMASK 077" } else { line });
    Some(lines.map(|line| format!("{line}\n")).collect())
}

/// When hostprep is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Killed {
    Never,
    BeforeTheEdit,
    AfterTheEdit,
}

fn edited(edit: &Edit, killed: Killed) {
    let what = format!("{}, killed: {killed:?}", edit.name);
    let root = signals::root();
    let before = root.text("/etc/login.defs");
    let path = root.at("/etc/login.defs");
    let useradd = BlockedTool::new("useradd");
    let mut command = useradd.command(program::binary());
    command.args(root.args(&["repair"])).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    useradd.wait_until_started();
    assert!(root.text("/etc/login.defs").contains(OURS), "{what}");
    let kill = || kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGKILL).unwrap();
    if killed == Killed::BeforeTheEdit {
        kill();
    }
    (edit.edit)(&path);
    if killed == Killed::AfterTheEdit {
        kill();
    }
    useradd.unblock();
    let output = child.wait_with_output().unwrap();
    harness::wait_until("useradd ends", || useradd.has_ended().then_some(()));
    if killed == Killed::Never {
        assert_eq!(output.status.code(), Some(3), "{what}: {output:?}");
        expect(&root, edit, &before, &what);
    }
    root.hostprep(&["repair"]).expect_code(3);
    expect(&root, edit, &before, &what);
    // The user and its group exist in any case.
    let (user, group) = (root.account("passwd", "cisco-amp-scan-svc"), root.account("group", "cisco-amp-scan-svc"));
    assert_eq!(user.unwrap()[3], group.unwrap()[2], "{what}");
}

#[track_caller]
fn expect(root: &ScratchRoot, edit: &Edit, before: &str, what: &str) {
    let path = root.at("/etc/login.defs");
    match (edit.after)(before.to_owned()) {
        Some(after) => assert_eq!(text(&path), after, "{what}"),
        None => assert!(fs::symlink_metadata(&path).unwrap().is_symlink() && text(&path) == "UMASK 007\n", "{what}"),
    }
    let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
    match edit.name {
        "another mode" => assert_eq!(mode, 0o600, "{what}"),
        "appended" | "removed" | "sed -i" => assert_eq!(mode, 0o604, "{what}"),
        _ => {}
    }
    let ours: Vec<_> = root
        .snapshot()
        .paths()
        .filter(|path| path.to_string_lossy().contains("login") && !path.starts_with("/usr"))
        .collect();
    assert_eq!(ours, [Path::new("/etc/login.defs")], "{what}: a temporary file is left");
}

#[test]
fn an_edit_inside_the_window_is_kept() {
    EDITS.iter().for_each(|edit| edited(edit, Killed::Never));
}

#[test]
fn an_edit_is_kept_also_where_hostprep_is_killed() {
    for edit in &EDITS {
        edited(edit, Killed::AfterTheEdit);
        edited(edit, Killed::BeforeTheEdit);
    }
}
