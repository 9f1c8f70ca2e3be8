//! The packages, as `packaging/packages.sh` builds them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::{program, setup};

/// The version of [`Packages::newer`]: of this tree.
pub const NEWER: &str = env!("CARGO_PKG_VERSION");
/// The version of [`Packages::older`]: the release before.
pub const OLDER: &str = "0.1.0";
/// The version of [`Packages::changed`].
pub const CHANGED: &str = concat!(env!("CARGO_PKG_VERSION"), "+changed");

/// Packages in directories.
#[derive(Debug)]
pub struct Packages {
    top: PathBuf,
    newer: PathBuf,
}

/// Builds them once for all tests of a program. `HOSTPREP_PACKAGES` names a directory in which `packaging/packages.sh` has just
/// built those of this tree.
#[must_use]
pub fn built() -> &'static Packages {
    static BUILT: OnceLock<Packages> = OnceLock::new();
    BUILT.get_or_init(|| {
        let top = setup::top().join("target/packages/tested");
        // Packages of another version of this tree would be among them.
        let _ = std::fs::remove_dir_all(&top);
        let newer = std::env::var_os("HOSTPREP_PACKAGES").map(PathBuf::from).unwrap_or_else(|| {
            let newer = top.join("newer");
            setup::run(Command::new(setup::top().join("packaging/packages.sh")).arg("--out").arg(&newer));
            newer
        });
        let manifest = setup::top().join("packaging/hostprep.toml");
        build_hostprep(&manifest, OLDER, &top.join("older"));
        build_hostprep(&changed_manifest(&manifest, &top), CHANGED, &top.join("changed"));
        Packages { top, newer }
    })
}

/// Writes a manifest with another logrotate configuration.
fn changed_manifest(manifest: &Path, place: &Path) -> PathBuf {
    let directory = manifest.parent().unwrap().display();
    let mut text = std::fs::read_to_string(manifest).unwrap();
    for key in ["source", "profile", "changelog"] {
        text = text.replace(&format!("\n{key} = \""), &format!("\n{key} = \"{directory}/"));
    }
    let logrotate = place.join("logrotate.conf");
    std::fs::write(&logrotate, "/var/log/cisco/hostprep.log {\n    weekly\n    missingok\n}\n").unwrap();
    let template = "template = \"logrotate.conf\"";
    assert!(text.contains(template));
    text = text.replace(template, &format!("source = \"{}\"", logrotate.display()));
    let changed = place.join("changed.toml");
    std::fs::write(&changed, text).unwrap();
    changed
}

fn build_hostprep(manifest: &Path, version: &str, out: &Path) {
    let target = setup::top().join("target");
    let mut build = package_build(manifest, out);
    build.arg("--hostprep").arg(target.join("portable/hostprep"));
    build.arg("--payload").arg(target.join("packages/payload")).args(["--version", version]);
    setup::run(&mut build);
}

/// hostprep's own package with `program` in the place of the portable binary, without documents and without the program's symbols,
/// which would take most of the time. It is built in seconds. `ending` is `.deb` or `.rpm`.
#[must_use]
pub fn package_with(program: &Path, ending: &str) -> (TempDir, PathBuf) {
    let place = setup::open_tempdir();
    let packed = place.path().join("program");
    std::fs::copy(program, &packed).unwrap_or_else(|e| panic!("{}: {e}", program.display()));
    if std::fs::read(&packed).unwrap().starts_with(b"\x7fELF") {
        setup::run(Command::new("strip").arg(&packed));
    }
    let mut build = package_build(&setup::top().join("packaging/hostprep.toml"), place.path());
    // A script does not tell for which architecture it is.
    build.args(["--architecture", std::env::consts::ARCH]);
    setup::run(build.args(["--format", ending.trim_start_matches('.'), "--hostprep"]).arg(&packed));
    std::fs::remove_file(packed).unwrap();
    let built = only(place.path(), ending);
    (place, built)
}

/// Builds both formats of a manifest in this version, with a program and payloads that are there.
pub fn build_version(manifest: &Path, payloads: &[PathBuf], program: &Path, version: &str, out: &Path) {
    let mut build = package_build(manifest, out);
    for payload in payloads {
        build.arg("--payload").arg(payload);
    }
    // A script does not tell for which architecture it is.
    build.args(["--architecture", std::env::consts::ARCH]);
    setup::run(build.arg("--hostprep").arg(program).args(["--version", version]));
}

fn package_build(manifest: &Path, out: &Path) -> Command {
    let mut build = package_command("build");
    build.arg("--manifest").arg(manifest).arg("--out").arg(out);
    build
}

/// Writes into `out` what `package render` does for this manifest.
pub fn render(manifest: &Path, out: &Path) {
    let mut render = package_command("render");
    setup::run(render.arg("--manifest").arg(manifest).arg("--out").arg(out).arg("--hostprep").arg(manifest));
}

/// A call of `package` with this subcommand, from the top of the source tree.
#[must_use]
pub fn package_command(subcommand: &str) -> Command {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let mut command = Command::new(PROGRAM.get_or_init(|| program::built("hostprep-packaging", "package")));
    command.arg(subcommand).current_dir(setup::top());
    command
}

impl Packages {
    /// The directory with the version of this tree.
    #[must_use]
    pub fn newer(&self) -> &Path {
        &self.newer
    }

    /// The directory with the version before.
    #[must_use]
    pub fn older(&self) -> PathBuf {
        self.top.join("older")
    }

    /// The directory with a later version that has another logrotate configuration.
    #[must_use]
    pub fn changed(&self) -> PathBuf {
        self.top.join("changed")
    }

    /// The directory with the example agent.
    #[must_use]
    pub fn example(&self) -> PathBuf {
        setup::top().join("target/packages/example")
    }
}

/// Returns the only file in `directory` with this ending.
#[must_use]
#[track_caller]
pub fn only(directory: &Path, ending: &str) -> PathBuf {
    let names = std::fs::read_dir(directory).unwrap_or_else(|e| panic!("{}: {e}", directory.display()));
    let mut found: Vec<_> = names.map(|name| name.unwrap().path()).collect();
    found.retain(|path| path.to_string_lossy().ends_with(ending));
    assert_eq!(found.len(), 1, "{}: {found:?}", directory.display());
    found.remove(0)
}

/// Returns the only package for this machine in `directory`, which may have those of other architectures too. `ending` is `.deb` or
/// `.rpm`.
#[must_use]
#[track_caller]
pub fn of_this_machine(directory: &Path, ending: &str) -> PathBuf {
    let debian = if std::env::consts::ARCH == "aarch64" { "arm64" } else { "amd64" };
    match ending {
        ".deb" => only(directory, &format!("_{debian}.deb")),
        _ => only(directory, &format!(".{}{ending}", std::env::consts::ARCH)),
    }
}

/// An RPM without files that provides what packages require and a host has from elsewhere: libc, libselinux, useradd, a shell,
/// and `more`.
#[must_use]
pub fn host_provides(more: &[&str]) -> (TempDir, PathBuf) {
    let usual = ["libc.so.6(GLIBC_2.17)(64bit)", "libselinux.so.1()(64bit)", "/usr/sbin/useradd", "/bin/sh"];
    build("host-provides", &format!("[rpm]\nprovides = {:?}\n", [&usual[..], more].concat()), None, ".rpm")
}

/// A package by our own builder: a manifest's head with this name, then `more`, and a payload.
#[must_use]
pub fn build(name: &str, more: &str, payload: Option<&Path>, ending: &str) -> (TempDir, PathBuf) {
    let place = setup::open_tempdir();
    let manifest = place.path().join("manifest.toml");
    // A payload may have programs.
    let architecture = if payload.is_some() { std::env::consts::ARCH } else { "noarch" };
    let head = format!(
        "schema = 1\n[package]\nname = '{name}'\nversion = '1'\nrelease = '1'\narchitecture = '{architecture}'\n\
         summary = 'for tests'\ndescription = 'For tests.'\nlicense = 'MIT'\nurl = 'https://hostprep.example/'\n\
         vendor = 'hostprep'\nmaintainer = 'hostprep <maintainers@hostprep.example>'\nsection = 'admin'\n\
         group = 'System Environment/Base'\n[[changelog]]\nversion = '1-1'\ndate = '2026-01-01'\nchanges = ['First.']\n"
    );
    std::fs::write(&manifest, head + more).unwrap();
    let out = place.path().join("out");
    let mut build = package_build(&manifest, &out);
    if let Some(payload) = payload {
        build.arg("--payload").arg(payload);
    }
    setup::run(&mut build);
    let built = only(&out, ending);
    (place, built)
}
