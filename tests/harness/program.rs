//! The built program.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use nix::unistd::Uid;

/// The program, built first where it is not up to date. `HOSTPREP_BINARY` names another one, for instance out of a package.
#[must_use]
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| match std::env::var_os("HOSTPREP_BINARY") {
        Some(given) => given.into(),
        None => built("hostprep", "hostprep"),
    })
}

/// Builds a program of this tree where it is not up to date.
pub(crate) fn built(package: &str, program: &str) -> PathBuf {
    // target/PROFILE/deps/TEST: the program goes where this test came from.
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().find(|path| path.ends_with("debug") || path.ends_with("release")).unwrap();
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--locked", "--package", package, "--bin", program, "--target-dir"]);
    build.arg(profile.parent().unwrap()).current_dir(crate::setup::top());
    if profile.ends_with("release") {
        build.arg("--release");
    }
    crate::setup::run(&mut build);
    profile.join(program)
}

/// The user who runs a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Root; where the tests run as an ordinary user, the root of a user namespace.
    Root,
    /// An ordinary user: the caller of the tests, or `nobody` if that is root.
    Ordinary,
}

impl Caller {
    /// A command that starts `program` on behalf of this caller.
    #[must_use]
    pub fn command(self, program: impl AsRef<OsStr>) -> Command {
        use std::os::unix::process::CommandExt;
        const NOBODY: u32 = 65534;
        let mut command = match (self, Uid::effective().is_root()) {
            (Self::Root, true) | (Self::Ordinary, false) => Command::new(program),
            (Self::Root, false) => {
                let mut command = Command::new("unshare");
                command.args(["--user", "--map-root-user", "--"]).arg(program);
                command
            }
            (Self::Ordinary, true) => {
                let mut command = Command::new(program);
                command.uid(NOBODY).gid(NOBODY);
                command
            }
        };
        // The tests expect English, whatever the caller's locale is.
        command.env("LC_ALL", "C.UTF-8");
        command
    }
}

impl Caller {
    /// A command that starts `program` where the programs `hidden` cannot be executed, in a mount namespace of its own.
    #[must_use]
    pub fn without(self, hidden: &[&str], program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("unshare");
        command.arg("--mount");
        if !Uid::effective().is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        // A device cannot be executed.
        let hide = "for name in $0; do for dir in /usr/sbin /usr/bin; do
            [ ! -e $dir/$name ] || mount --bind /dev/null \"$(readlink -f $dir/$name)\" || exit
            done; done; exec \"$@\"";
        command.args(["--", "/bin/sh", "-c", hide, &hidden.join(" ")]).arg(program);
        command
    }
}

/// A run that has ended.
#[derive(Debug)]
pub struct Run {
    /// The exit status; `None` where a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    /// Runs `command` to its end with nothing on its standard input. What hostprep prints as JSON fits its schema, or the test fails.
    #[must_use]
    #[track_caller]
    pub fn of(command: &mut Command) -> Self {
        let output = command.stdin(std::process::Stdio::null()).output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
        let run = Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        crate::contract::validate(command, run.code, &run.stdout);
        run
    }

    /// Fails the test, showing all that was said, unless the exit status is `code`.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// Standard output as JSON.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}\n{}\n{}", self.stdout, self.stderr))
    }

    /// The `faults` of a `check` or `repair` in JSON.
    #[must_use]
    #[track_caller]
    pub fn faults(&self) -> Vec<u64> {
        self.json()["faults"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect()
    }

    /// The step `name` of a `check` or `repair` in JSON.
    #[must_use]
    #[track_caller]
    pub fn step(&self, name: &str) -> serde_json::Value {
        let json = self.json();
        let steps = json["steps"].as_array().unwrap();
        steps.iter().find(|step| step["name"] == name).unwrap_or_else(|| panic!("no step {name} in {json}")).clone()
    }

    /// The outcome of each step, as `name=outcome`.
    #[must_use]
    #[track_caller]
    pub fn outcomes(&self) -> Vec<String> {
        let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let json = self.json();
        let steps = json["steps"].as_array().unwrap();
        steps.iter().map(|step| format!("{}={}", word(&step["name"]), word(&step["outcome"]))).collect()
    }
}

/// Runs the built program as root.
#[must_use]
pub fn run_hostprep<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Run {
    Run::of(Caller::Root.command(binary()).args(args))
}

/// Runs the built program as an ordinary user.
#[must_use]
pub fn run_hostprep_as_ordinary_user<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Run {
    // A copy, because other users may not be able to reach the build directory.
    let place = crate::setup::open_tempdir();
    let copy = place.path().join("hostprep");
    crate::setup::run(Command::new("cp").arg(binary()).arg(&copy));
    Run::of(Caller::Ordinary.command(copy).args(args))
}
