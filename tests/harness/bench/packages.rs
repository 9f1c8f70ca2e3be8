//! Building both packages, against rpmbuild and dpkg-deb with the same content and the same compressors.

use std::path::Path;
use std::process::Command;

use super::measure::{Cost, in_turn};
use super::report::Report;
use super::{Size, built};
use crate::packages::only;
use crate::setup;

/// Measures each format. `binary` and `payload` are what `make packages` puts into the packages.
pub fn measure(size: Size, binary: &Path, payload: &Path, report: &mut Report) {
    let package = built("hostprep-packaging", "--bin", "package");
    let place = setup::open_tempdir();
    let at = |name: &str| place.path().join(name);
    let ours = |format: &str| {
        let mut build = Command::new(&package);
        build.arg("build").arg("--manifest").arg(setup::top().join("packaging/hostprep.toml"));
        build.arg("--hostprep").arg(binary).arg("--payload").arg(payload).arg("--out").arg(at("ours"));
        build.args(["--format", format]);
        build
    };
    let rpmbuild = || {
        let mut build = Command::new("rpmbuild");
        build.args(["-bb", "--quiet", "--define", "_binary_payload w9.gzdio"]);
        build.arg("--define").arg(format!("_topdir {}", at("rpmbuild").display()));
        build.arg("--define").arg(format!("_rpmdir {}", at("theirs").display())).arg(at("bench.spec"));
        build
    };
    let dpkg_deb = |threads: usize| {
        let mut build = Command::new("dpkg-deb");
        build.args(["--root-owner-group", "-Zxz", "-z6", &format!("--threads-max={threads}"), "--build"]);
        build.arg(at("deb")).arg(at("theirs"));
        build
    };
    // These first runs fill the caches.
    for format in ["rpm", "deb"] {
        Cost::of(&mut ours(format), &[0]);
    }
    let mut prepare = Command::new(setup::top().join("packaging/bench/prepare.sh"));
    setup::run(prepare.arg(only(&at("ours"), ".rpm")).arg(only(&at("ours"), ".deb")).arg(place.path()));
    std::fs::create_dir(at("theirs")).unwrap();
    let [rpm, their_rpm] = in_turn(size.runs, |who| match who {
        0 => Cost::of(&mut ours("rpm"), &[0]),
        _ => Cost::of(&mut rpmbuild(), &[0]),
    })
    .map(|samples| samples.median());
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let [deb, one_thread, all_threads] = in_turn(size.runs, |who| match who {
        0 => Cost::of(&mut ours("deb"), &[0]),
        1 => Cost::of(&mut dpkg_deb(1), &[0]),
        _ => Cost::of(&mut dpkg_deb(processors), &[0]),
    })
    .map(|samples| samples.median());
    report.row("build the RPM", rpm, "rpmbuild -bb", their_rpm);
    report.row("build the DEB", deb, "dpkg-deb, one thread", one_thread);
    report.row("build the DEB", deb, "dpkg-deb, all threads", all_threads);
    let kibibytes = |path: &Path| std::fs::metadata(path).unwrap().len().div_ceil(1024);
    let rpmbuilt = setup::run(Command::new("find").arg(at("theirs")).args(["-name", "*.rpm"]));
    report.note(format!(
        "Packages: RPM {} KiB (rpmbuild {} KiB), DEB {} KiB (dpkg-deb {} KiB).",
        kibibytes(&only(&at("ours"), ".rpm")),
        kibibytes(Path::new(rpmbuilt.trim())),
        kibibytes(&only(&at("ours"), ".deb")),
        kibibytes(&only(&at("theirs"), ".deb"))
    ));
}
