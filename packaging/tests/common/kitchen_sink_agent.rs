//! An agent with everything that a package can hold, each in a form that once broke some builder.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Command;

use super::{EPOCH, Run, package, run, source};

/// The start of a program for x86_64 that need not run: `e_machine` is 62.
pub const PROGRAM: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0 and a few bytes more";
/// The same for aarch64: `e_machine` is 183.
pub const ARM_PROGRAM: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\xb7\0 and a few bytes more";

pub const MANIFEST: &str = r#"
schema = 1

[package]
name = "odd-agent"
version = "1.2~rc1+b"
release = "3.el7"
architecture = "x86_64"
summary = "an agent with odd names"
description = """
A paragraph of
two lines.

  A line as it stands.

The last."""
license = "MIT"
url = "https://odd.example/"
vendor = "Odd & Sons"
maintainer = "Ódd Agents <agents@odd.example>"
section = "admin"
group = "System Environment/Daemons"

[hooks]
program = "/opt/odd/bin/hostprep"
profile = "profile.toml"
profile_path = "/opt/odd/profile.toml"
ident = "odd-hostprep"
units = ["odd.service"]

[[directory]]
path = "/opt/odd"

[[directory]]
path = "/var/lib/odd"

[[directory]]
path = "/usr/share/licenses/odd-agent"
only = "rpm"

[[link]]
path = "/usr/sbin/odd"
target = "/opt/odd/bin/tool"

[[file]]
path = "/usr/share/licenses/odd-agent/LICENSE"
source = "LICENSE"
only = "rpm"

[[file]]
path = "/usr/share/doc/odd-agent/copyright"
source = "LICENSE"
only = "deb"

[[file]]
path = "/usr/sbin/odd-boot"
template = "command.sh"
executable = true

[[file]]
path = "/etc/logrotate.d/odd"
template = "logrotate.conf"

[rpm]
requires = ["policycoreutils", "glibc >= 2.17"]
requires_for_scripts = ["/usr/sbin/useradd"]
provides = ["agent = 1"]
triggers = ["checkpolicy"]
kernel_triggers = ["kernel-devel"]
file_triggers = ["/lib/modules", "/usr/src/kernels"]

[deb]
depends = ["libc6 (>= 2.17)", "passwd"]
suggests = ["checkpolicy | setools"]
interests = ["/usr/src", "/lib/modules"]

[[changelog]]
version = "1.2~rc1+b-3.el7"
date = "2026-03-02"
changes = ["Second of two.", "With two lines."]

[[changelog]]
version = "1.1-1"
date = "2025-12-31"
changes = ["First."]
"#;

/// A directory with a manifest, its files and a payload, and with the packages that are built from them.
pub struct Workshop {
    pub directory: tempfile::TempDir,
}

impl Workshop {
    /// Creates a workshop with the manifest, the files that it names, and an empty payload.
    pub fn bare() -> Self {
        let workshop = Self { directory: tempfile::tempdir().unwrap() };
        workshop.write("manifest.toml", MANIFEST);
        workshop.write("LICENSE", "Do as you like.\n");
        workshop.write("program", PROGRAM);
        let profile = fs::read_to_string(source("example/profile.toml")).unwrap();
        let names = "command = \"odd-boot\"\nident = \"odd-hostprep\"";
        workshop.write("profile.toml", profile.replace("command = \"acme-hostprep\"", names));
        fs::create_dir(workshop.at("payload")).unwrap();
        workshop
    }

    /// Creates a workshop with the odd payload.
    pub fn full() -> Self {
        let workshop = Self::bare();
        for (path, content, mode) in files() {
            workshop.payload(&path, &content, mode);
        }
        for (path, target) in links() {
            let path = workshop.at(&format!("payload{path}"));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            symlink(target, path).unwrap();
        }
        for directory in EMPTY {
            let path = workshop.at(&format!("payload{directory}"));
            fs::create_dir_all(&path).unwrap();
            // Of a payload's modes, only the executable bit of files counts.
            fs::set_permissions(path, PermissionsExt::from_mode(0o700)).unwrap();
        }
        workshop
    }

    pub fn at(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    pub fn out(&self) -> PathBuf {
        self.at("out")
    }

    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub fn payload(&self, path: &str, content: &[u8], mode: u32) {
        let path = format!("payload{path}");
        self.write(&path, content);
        fs::set_permissions(self.at(&path), PermissionsExt::from_mode(mode)).unwrap();
    }

    /// Replaces `from`, which must be there, in the manifest.
    #[track_caller]
    pub fn change(&self, from: &str, to: &str) {
        self.change_in("manifest.toml", from, to);
    }

    #[track_caller]
    pub fn change_in(&self, file: &str, from: &str, to: &str) {
        let old = fs::read_to_string(self.at(file)).unwrap();
        assert!(old.contains(from), "{from} is not in {file}");
        self.write(file, old.replacen(from, to, 1));
    }

    /// Returns the command `package build` with all of this, at [`EPOCH`].
    pub fn command(&self) -> Command {
        let mut command = package();
        command.env("SOURCE_DATE_EPOCH", EPOCH).arg("build");
        command.arg("--manifest").arg(self.at("manifest.toml")).arg("--payload").arg(self.at("payload"));
        command.arg("--hostprep").arg(self.at("program")).arg("--out").arg(self.out());
        command
    }

    pub fn build(&self) -> Run {
        run(&mut self.command())
    }

    /// Builds, and returns the path of the RPM or DEB.
    #[track_caller]
    pub fn built(&self, end: &str) -> PathBuf {
        self.build().succeeded();
        super::only(&self.out(), end)
    }
}

/// Adds the units that check a host at boot and daily to the manifest, as `odd-boot`.
pub fn add_boot_units(workshop: &Workshop) {
    let row = |path: &str, template: &str| format!("\n[[file]]\npath = \"{path}\"\ntemplate = \"{template}\"\n");
    let rows = [
        row("/usr/lib/systemd/system/odd-boot.service", "boot.service"),
        row("/usr/lib/systemd/system/odd-boot-daily.service", "daily.service"),
        row("/usr/lib/systemd/system/odd-boot.timer", "daily.timer"),
        row("/usr/lib/systemd/system-preset/80-odd-boot.preset", "boot.preset"),
    ];
    workshop.change("units = [\"odd.service\"]", "units = [\"odd.service\"]\nboot = \"odd-boot\"");
    workshop.change("\n[rpm]\n", &(rows.concat() + "\n[rpm]\n"));
}

/// Empty directories: one below a directory of the package, and one outside.
pub const EMPTY: [&str; 2] = ["/opt/odd/empty directory", "/usr/share/odd-spool"];

/// Returns a path of exactly this many bytes, in a directory of its own.
pub fn path_of(bytes: usize) -> String {
    let above = format!("/opt/odd/{}/", "d".repeat(50));
    let name = "n".repeat(bytes - above.len());
    above + &name
}

/// The payload's files: path, content and mode.
pub fn files() -> Vec<(String, Vec<u8>, u32)> {
    let plain = |path: &str, content: &[u8]| (path.to_owned(), content.to_vec(), 0o644);
    let mut files = vec![
        ("/opt/odd/bin/tool".into(), b"#!/bin/sh\n".to_vec(), 0o700),
        ("/opt/odd/secret".into(), b"s".to_vec(), 0o600),
        plain("/opt/odd/no bytes", b""),
        plain("/opt/odd/1024", &[b'x'; 1024]),
        plain("/opt/odd/1025", &[b'x'; 1025]),
        plain("/opt/odd/a-b", b"sorts before the directory's files"),
        plain("/opt/odd/a/c", b"c"),
        plain("/opt/odd/größe € und \\ mehr", b"UTF-8"),
        plain("/etc/odd/odd.conf", b"a = 1\n"),
        plain("/etc/odd/sub/two words.conf", b"b = 2\n"),
        plain("/usr/share/man/man8/odd.8", b".TH ODD 8\n"),
        plain("/usr/share/zsh/site-functions/_odd", b"#compdef odd\n"),
    ];
    // `./` and the name fill tar's field, leave a byte, or are one too many: the limit is 100.
    for bytes in [98, 99, 100, 101, 250] {
        files.push(plain(&path_of(bytes), bytes.to_string().as_bytes()));
    }
    // The 100th byte is in the middle of a character.
    files.push(plain(&format!("/opt/odd/{}€€", "u".repeat(88)), b"cut"));
    files
}

/// The payload's links: path and target.
pub fn links() -> Vec<(String, String)> {
    let mut links = vec![
        ("/opt/odd/current".into(), "a".into()),
        ("/opt/odd/nowhere".into(), "../not/there €".into()),
        ("/etc/odd/link.conf".into(), "odd.conf".into()),
        ("/usr/share/man/man8/odder.8".into(), "odd.8".into()),
    ];
    for bytes in [99, 100, 101, 250] {
        links.push((format!("/opt/odd/to-{bytes}"), "t".repeat(bytes)));
    }
    links.push((path_of(120), path_of(130)));
    links
}
