//! Runs the scripts in `tests/setup`, which create things once for all tests.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// The top of the source tree.
#[must_use]
pub fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A file under `tests/fixtures`.
#[must_use]
pub fn fixture(path: &str) -> PathBuf {
    top().join("tests/fixtures").join(path)
}

/// The directory with the real policy stores: `root` holds all modules of the policy, `core` only those that its base
/// needs. They are caches: copy them.
#[must_use]
pub fn policy_stores() -> &'static Path {
    static STORES: OnceLock<PathBuf> = OnceLock::new();
    STORES.get_or_init(|| {
        run(&mut Command::new(top().join("tests/setup/policy-store.sh")));
        top().join("target/test-store")
    })
}

/// A small Debian system of its own, unpacked in a new place; `packages` are installed in it. `name` names the cache.
#[must_use]
pub fn chroot(name: &str, packages: &[&str]) -> TempDir {
    let tar = run(Command::new(top().join("tests/setup/chroot.sh")).arg(name).args(packages));
    let place = open_tempdir();
    let mut unpack = Command::new("tar");
    if !nix::unistd::Uid::effective().is_root() {
        // In a namespace with one user, everything is that user's.
        unpack = Command::new("unshare");
        unpack.args(["--user", "--map-root-user", "tar", "--no-same-owner", "--exclude=./dev/*"]);
    }
    run(unpack.arg("-C").arg(place.path()).arg("-xf").arg(tar.trim()));
    place
}

/// Debian packages as files, by name.
#[must_use]
pub fn debs(names: &[&str]) -> Vec<PathBuf> {
    run(Command::new(top().join("tests/setup/debs.sh")).args(names));
    names.iter().map(|name| top().join("target/test-debs").join(format!("{name}.deb"))).collect()
}

/// A temporary directory that every user may look into.
#[must_use]
pub fn open_tempdir() -> TempDir {
    open_tempdir_in(&std::env::temp_dir())
}

/// Returns the same in memory, if there is a tmpfs.
#[must_use]
pub fn open_tempdir_in_memory() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { open_tempdir_in(memory) } else { open_tempdir() }
}

fn open_tempdir_in(above: &Path) -> TempDir {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::Builder::new().prefix("hostprep-test-").tempdir_in(above).unwrap();
    std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    place
}

/// Writes a program with the mode 0755. Another process writes it: one that a parallel test starts would inherit our open file, and
/// the kernel runs no program that is open for writing (ETXTBSY).
pub fn executable(path: &Path, content: impl AsRef<[u8]>) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut writer = Command::new("sh");
    writer.args(["-c", "cat >\"$0\" && chmod 0755 \"$0\""]).arg(path).stdin(Stdio::piped());
    let mut writer = writer.spawn().unwrap();
    writer.stdin.take().unwrap().write_all(content.as_ref()).unwrap();
    assert!(writer.wait().unwrap().success(), "{}", path.display());
}

/// Runs a command that must succeed and returns what it printed.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{stderr}", output.status);
    String::from_utf8(output.stdout).unwrap()
}
