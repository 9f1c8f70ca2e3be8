//! Test doubles (feature `test`).

use std::cell::{Cell, RefCell};
use std::time::Duration;

use jiff::Timestamp;

use crate::process::clock::Clock;
use crate::system::bpf::{Bpf, ProgramKind, Refusal};

/// A clock that moves only when a test or a sleep advances it.
#[derive(Debug, Default)]
pub struct VirtualClock {
    offset: Cell<Duration>,
}

impl VirtualClock {
    /// Advances the clock.
    pub fn advance(&self, by: Duration) {
        self.offset.set(self.offset.get() + by);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + self.offset.get()
    }

    fn monotonic(&self) -> Duration {
        self.offset.get()
    }

    fn since_boot(&self) -> Duration {
        self.offset.get()
    }

    fn sleep(&self, pause: Duration) {
        self.advance(pause);
    }
}

/// Runs the test `name` of this program again, in a process without other tests, where it must pass. Returns whether this process is
/// that one. For what belongs to a whole process: its memory, its limits, its open files.
///
/// # Panics
/// If it fails there.
#[expect(clippy::disallowed_methods, reason = "a test starts itself")]
#[must_use]
pub fn in_a_process_of_its_own(name: &str) -> bool {
    const ALONE: &str = "HOSTPREP_TEST_ALONE";
    if std::env::var_os(ALONE).is_some_and(|alone| alone == name) {
        return true;
    }
    let program = std::env::current_exe().expect("a test program has a path");
    let again = std::process::Command::new(program).args(["--exact", name]).env(ALONE, name).output();
    let again = again.expect("a test program can be started");
    let said = String::from_utf8_lossy(&again.stdout);
    assert!(again.status.success() && said.contains("test result: ok. 1 passed"), "{said}");
    false
}

/// A kernel with bpf(2) that answers as a test says.
#[derive(Debug)]
pub struct FakeBpf {
    /// The answer of [`Bpf::may_be_asked`]: unset for an ordinary user.
    pub may_be_asked: Cell<bool>,
    /// Why it refuses a map.
    pub map: RefCell<Option<Refusal>>,
    /// Why it refuses programs.
    pub program: RefCell<Option<Refusal>>,
    /// The programs that were loaded, by kind.
    pub loaded: RefCell<Vec<ProgramKind>>,
}

impl Default for FakeBpf {
    /// It accepts everything.
    fn default() -> Self {
        Self { may_be_asked: true.into(), map: None.into(), program: None.into(), loaded: RefCell::default() }
    }
}

impl Bpf for FakeBpf {
    fn may_be_asked(&self) -> bool {
        self.may_be_asked.get()
    }

    fn create_map(&self) -> Result<(), Refusal> {
        self.map.borrow().clone().map_or(Ok(()), Err)
    }

    fn load(&self, kind: ProgramKind) -> Result<(), Refusal> {
        self.loaded.borrow_mut().push(kind);
        self.program.borrow().clone().map_or(Ok(()), Err)
    }
}

#[cfg(test)]
pub(crate) use root::{tree, with};

#[cfg(test)]
mod root {
    #![allow(clippy::disallowed_methods, reason = "tests create the files that the library is then given")]

    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;

    use tempfile::TempDir;

    use crate::Root;

    /// An alternate root.
    pub(crate) struct Tree {
        _place: TempDir,
        /// Its path on this machine.
        pub top: PathBuf,
        pub root: Root,
    }

    impl Tree {
        /// Sets the mode of `path`, which is relative to the root.
        pub fn mode(&self, path: &str, mode: u32) {
            std::fs::set_permissions(self.top.join(path), std::fs::Permissions::from_mode(mode)).unwrap();
        }

        /// Creates the symbolic link `path`, which is relative to the root.
        pub fn link(&self, target: &str, path: &str) {
            symlink(target, self.top.join(path)).unwrap();
        }
    }

    /// Creates an alternate root with these directories and an `etc`.
    pub(crate) fn tree(directories: &[&str]) -> Tree {
        let place = tempfile::tempdir().unwrap();
        let top = place.path().join("root");
        for directory in ["etc"].iter().chain(directories) {
            std::fs::create_dir_all(top.join(directory)).unwrap();
        }
        let root = Root::alternate(&top).unwrap();
        Tree { _place: place, top, root }
    }

    /// Creates a root with these files that counts as the running system.
    pub(crate) fn with(files: &[(&str, &[u8])]) -> (TempDir, Root) {
        let dir = tempfile::tempdir().unwrap();
        // A root has an etc.
        for (path, content) in [&[("/etc/os-release", &b""[..])], files].concat() {
            let path = dir.path().join(path.trim_start_matches('/'));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let root = Root::for_test(dir.path()).unwrap();
        (dir, root)
    }
}
