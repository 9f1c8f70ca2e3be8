//! Who publishes: keys, hostprep's packages, and repositories of them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use harness::packages::{self, package_with};
use harness::{System, program, setup};
use tempfile::TempDir;

/// Where the repository is in a chroot.
pub const INSIDE: &str = "/srv/repository";

/// Keys, and hostprep's packages of this tree in `deb` and `rpm`, made once.
pub struct Publisher {
    place: TempDir,
    plain: OnceLock<()>,
}

impl Drop for Publisher {
    fn drop(&mut self) {
        for home in ["first", "second"] {
            let home = self.place.path().join(home);
            let _ = Command::new("gpgconf").arg("--homedir").arg(home).args(["--kill", "gpg-agent"]).status();
        }
    }
}

/// Returns the publisher that the tests share. A test holds it to its end: with the last, gpg's agents end too.
pub fn publisher() -> Arc<Publisher> {
    static SHARED: Mutex<Weak<Publisher>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let made = Arc::new(Publisher::make());
        *shared = Arc::downgrade(&made);
        made
    })
}

impl Publisher {
    fn make() -> Self {
        let place = setup::open_tempdir();
        // `expired` is how a host has the key `first` that was not told in time that it lives on.
        let script = "
            gpg() { command gpg --batch --quiet --homedir \"$@\"; }
            key() {
                mkdir -m 700 $1
                gpg $1 --faked-system-time 20200201T000000! --passphrase '' --quick-generate-key $1@odd.example rsa3072 sign $2
            }
            exec 2>log
            key first 2020-03-01
            gpg first --armor --export >expired.asc
            print=$(gpg first --with-colons --list-keys | sed -n 's/^fpr:*\\([0-9A-F]*\\):$/\\1/p')
            gpg first --faked-system-time 20200202T000000! --quick-set-expire $print 0
            gpg first --armor --export >first.asc
            key second never
            gpg second --armor --export >second.asc";
        setup::run(Command::new("sh").args(["-ec", script]).current_dir(place.path()));
        for ending in [".deb", ".rpm"] {
            let (directory, _) = package_with(program::binary(), ending);
            setup::run(Command::new("cp").arg("-a").arg(directory.path()).arg(place.path().join(&ending[1..])));
        }
        Self { place, plain: OnceLock::new() }
    }

    pub fn key(&self, name: &str) -> PathBuf {
        self.place.path().join(format!("{name}.asc"))
    }

    /// The repository of most tests, with the key `first`. The first call makes it.
    pub fn plain(&self) -> Repository {
        let kept = self.place.path().join("repository");
        self.plain.get_or_init(|| {
            let made = self.publish("first", None, "1", &format!("file://{INSIDE}"));
            setup::run(Command::new("cp").arg("-a").arg(made.path()).arg(&kept));
        });
        let place = setup::open_tempdir();
        setup::run(Command::new("cp").arg("-a").arg(&kept).arg(place.path()));
        Repository { place }
    }

    /// Makes a repository that is signed with the key `present`, and has the keyring package in this version.
    pub fn publish(&self, present: &str, next: Option<&str>, keyring: &str, url: &str) -> Repository {
        let place = setup::open_tempdir();
        let manifest = std::fs::read_to_string(setup::top().join("packaging/keyring.toml")).unwrap();
        let copyright = setup::top().join("packaging/debian/copyright");
        let manifest = manifest.replace("debian/copyright", copyright.to_str().unwrap());
        let manifest = manifest.replacen("version = \"1\"", &format!("version = \"{keyring}\""), 1);
        std::fs::write(place.path().join("keyring.toml"), manifest.replace("\"1-1\"", &format!("\"{keyring}-1\"")))
            .unwrap();
        let gpg = |what: &str| {
            format!("gpg --homedir '{}' --batch --quiet {what}", self.place.path().join(present).display())
        };
        let mut command = packages::package_command("repository");
        for format in ["deb", "rpm"] {
            command.arg("--packages").arg(self.place.path().join(format));
        }
        command
            .arg("--out")
            .arg(place.path().join("repository"))
            .arg("--keyring")
            .arg(place.path().join("keyring.toml"));
        command.arg("--public-key").arg(self.key(present)).args(["--url", url]);
        command.args(["--sign-with", &gpg("--detach-sign"), "--clearsign-with", &gpg("--clearsign")]);
        if let Some(next) = next {
            command.arg("--next-key").arg(self.key(next));
        }
        setup::run(&mut command);
        Repository { place }
    }
}

/// A repository, as it is published.
pub struct Repository {
    place: TempDir,
}

impl Repository {
    pub fn path(&self) -> PathBuf {
        self.place.path().join("repository")
    }

    /// Lays a copy of it into the system, in the place of what is there.
    pub fn lay(&self, system: &System) {
        let to = system.at(INSIDE);
        let _ = std::fs::remove_dir_all(&to);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        setup::run(Command::new("cp").arg("-a").arg(self.path()).arg(&to));
    }
}

/// Changes one byte in the middle of a file that is there.
pub fn damage(path: &Path) {
    let mut content = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let middle = content.len() / 2;
    content[middle] ^= 1;
    std::fs::write(path, content).unwrap();
}

/// Returns the only file in a directory whose name contains this.
pub fn only(directory: &Path, part: &str) -> PathBuf {
    let all = std::fs::read_dir(directory).unwrap_or_else(|e| panic!("{}: {e}", directory.display()));
    let mut found: Vec<PathBuf> = all.map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.file_name().unwrap().to_string_lossy().contains(part));
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}
