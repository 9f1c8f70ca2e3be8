//! Helpers for the tests of the builder: the `package` program, a workshop with a kitchen-sink agent, and the real tools.

#![allow(dead_code, reason = "each test program uses another part")]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests arrange files and processes, and fail by panicking"
)]

pub mod header;
pub mod kitchen_sink_agent;
pub mod tree;

use std::path::{Path, PathBuf};
use std::process::Command;

/// Noon of 2020-02-02, UTC: no day of any changelog here.
pub const EPOCH: &str = "1580644800";

/// The result of a program. Not the harness's `Run`: that would make this crate depend on the tests of the whole workspace for
/// three fields, and it decodes lossily, while these tests insist on UTF-8.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    #[track_caller]
    pub fn succeeded(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// Expects an error in the project's form: status 1, and one or two lines that contain each of `words`.
    #[track_caller]
    pub fn refused(self, words: &[&str]) {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert_eq!(self.stdout, "");
        assert!(self.stderr.starts_with("package: ") && self.stderr.ends_with('\n'), "{self:?}");
        assert!((1..=2).contains(&self.stderr.lines().count()), "{self:?}");
        for word in words {
            assert!(self.stderr.contains(word), "`{word}` is not in: {}", self.stderr);
        }
        let reasons: Vec<&str> = self.stderr.split(": ").map(str::trim).collect();
        let is_said_again = reasons.iter().enumerate().any(|(i, reason)| reasons[..i].contains(reason));
        assert!(!is_said_again, "a reason is printed twice: {}", self.stderr);
    }
}

#[track_caller]
pub fn run(command: &mut Command) -> Run {
    let output =
        command.output().unwrap_or_else(|e| panic!("{command:?}: {e}; tests/setup/install-build-needs.sh installs it"));
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Returns the output of a tool in the C locale and UTC. The tool must succeed.
#[track_caller]
pub fn tool(name: &str, arguments: &[&str]) -> String {
    run(&mut tool_command(name, arguments)).succeeded()
}

pub fn tool_command(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).env("LC_ALL", "C.UTF-8").env("TZ", "UTC0");
    command
}

/// Runs a line of shell and returns its output.
#[track_caller]
pub fn shell(line: &str, directory: &Path) -> String {
    run(tool_command("sh", &["-ec", line]).current_dir(directory)).succeeded()
}

/// Does the same as root, or as root of a new user namespace, for package managers that unpack.
#[track_caller]
pub fn shell_as_root(line: &str, directory: &Path) -> String {
    if tool("id", &["-u"]).trim() == "0" {
        return shell(line, directory);
    }
    run(tool_command("unshare", &["--map-root-user", "sh", "-ec", line]).current_dir(directory)).succeeded()
}

/// Returns the command `package` without the caller's variables that change its result.
pub fn package() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_package"));
    command.env_remove("SOURCE_DATE_EPOCH").env("LC_ALL", "C.UTF-8");
    command
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Returns the path of a file of this crate.
pub fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Returns the only file in `directory` with this ending.
#[track_caller]
pub fn only(directory: &Path, end: &str) -> PathBuf {
    let all = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let found: Vec<PathBuf> = all.filter(|path| text(path).ends_with(end)).collect();
    let [one] = found.as_slice() else { panic!("{found:?}") };
    one.clone()
}

/// Builds hostprep's own packages, with a few bytes for the program.
pub fn build_own(work: &Path) -> PathBuf {
    let program = work.join("program");
    std::fs::write(&program, kitchen_sink_agent::PROGRAM).unwrap();
    let out = work.join("out");
    let arguments = ["--hostprep", text(&program), "--out", text(&out)];
    run(package().args(["build", "--manifest", text(&source("hostprep.toml"))]).args(arguments)).succeeded();
    out
}

/// Checks that the RPM has the size of its uncompressed archive in the tag from which rpm 4.11 takes the total of its progress
/// bar, and not only in `LONGARCHIVESIZE`, which later versions compute.
#[track_caller]
pub fn assert_archive_size(package: &Path) {
    let length = shell(&format!("rpm2cpio '{}' | wc -c", text(package)), Path::new("/"));
    for tag in ["LONGARCHIVESIZE", "ARCHIVESIZE"] {
        let said = tool("rpm", &["-qp", "--qf", &format!("%{{{tag}}}"), text(package)]);
        assert_eq!(said, length.trim(), "{tag} of {package:?}");
    }
}

/// Splits a line into `count` words; the last keeps its spaces.
pub fn columns(line: &str, count: usize) -> Vec<&str> {
    let mut rest = line;
    let mut columns = Vec::new();
    while columns.len() + 1 < count {
        let (word, after) = rest.trim_start().split_once(' ').unwrap_or((rest, ""));
        columns.push(word);
        rest = after;
    }
    columns.push(rest);
    columns
}
