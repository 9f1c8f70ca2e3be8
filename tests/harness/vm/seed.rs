//! The second disk: packages, scenarios, and what they run.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::packages::{self, of_this_machine};
use crate::setup;

/// A disk image in a temporary place.
#[derive(Debug)]
pub struct Seed {
    place: TempDir,
}

impl Seed {
    /// Packs it. `newer` and `older` are directories with a DEB and an RPM each.
    #[must_use]
    pub fn of(newer: &Path, older: &Path) -> Self {
        let place = tempfile::Builder::new().prefix("seed-").tempdir_in(setup::top().join("target/vm")).unwrap();
        let tree = place.path().join("tree");
        lay(&tree, newer, older);
        let disk = place.path().join("seed.img");
        setup::run(Command::new("mke2fs").args(["-q", "-t", "ext4", "-d"]).arg(&tree).arg(disk).arg("32M"));
        Self { place }
    }

    /// The disk.
    #[must_use]
    pub fn disk(&self) -> PathBuf {
        self.place.path().join("seed.img")
    }
}

/// Lays out what a guest gets as `/srv/hostprep`, in a new directory.
pub fn lay(tree: &Path, newer: &Path, older: &Path) {
    let scripts = setup::top().join("tests/vm");
    std::fs::create_dir_all(tree.join("packages")).unwrap();
    let copy = |from: &Path, to: &str| {
        setup::run(Command::new("cp").arg("-R").arg(from).arg(tree.join(to)));
    };
    for (directory, name) in [(newer, "newer"), (older, "older")] {
        for ending in ["deb", "rpm"] {
            copy(&of_this_machine(directory, &format!(".{ending}")), &format!("packages/{name}.{ending}"));
        }
    }
    let (_place, provides) = packages::host_provides(&["policycoreutils"]);
    copy(&provides, "packages/host-provides.rpm");
    copy(&setup::fixture("os-release/almalinux-9"), "os-release");
    copy(&setup::top().join("profile.toml"), "profile.toml");
    copy(&scripts, "vm");
    setup::run(
        Command::new("cc")
            .args(["-static", "-O1", "-D_GNU_SOURCE", "-Wall", "-Werror", "-o"])
            .arg(tree.join("probe"))
            .arg(scripts.join("probe.c")),
    );
    copy(&running_kernel(), "running-kernel");
}

/// Builds the program that compares policydb with the kernel, without any library that a host might lack.
fn running_kernel() -> PathBuf {
    let target = setup::top().join("target/vm/build");
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let mut build = Command::new(cargo);
    build.args(["rustc", "--quiet", "--locked", "--release", "--package", "hostprep-policydb"]);
    build.args(["--example", "running_kernel", "--target-dir"]).arg(&target).current_dir(setup::top());
    setup::run(build.args(["--", "-C", "target-feature=+crt-static"]));
    target.join("release/examples/running_kernel")
}
