//! The program in the finished packages: one for every host with glibc 2.17 and any libselinux.

use std::path::Path;
use std::process::Command;

use harness::packages::{built, only};
use harness::{Run, program, setup};

const PROGRAM: &str = "opt/cisco/hostprep/bin/hostprep";

fn verify(program: &Path) -> Run {
    let script = setup::top().join("packaging/portable/verify.sh");
    Run::of(Command::new(script).arg(program).arg("2.17").arg(setup::top()))
}

#[test]
fn it_asks_for_nothing_newer() {
    let place = setup::open_tempdir();
    let (deb, rpm) = (place.path().join("deb"), place.path().join("rpm"));
    std::fs::create_dir(&rpm).unwrap();
    setup::run(Command::new("dpkg-deb").arg("--extract").arg(only(&built().newer(), ".deb")).arg(&deb));
    let unpack = "rpm2cpio \"$0\" | cpio --quiet --extract --make-directories";
    let package = only(&built().newer(), ".rpm");
    setup::run(Command::new("sh").arg("-c").arg(unpack).arg(package).current_dir(&rpm));
    let programs = [deb.join(PROGRAM), rpm.join(PROGRAM)];
    for program in &programs {
        verify(program).expect_code(0);
        let version = Run::of(Command::new(program).arg("--version")).expect_code(0).stdout;
        assert_eq!(version.trim(), format!("hostprep {}", env!("CARGO_PKG_VERSION")));
    }
    let [one, other] = programs.map(|program| std::fs::read(program).unwrap());
    assert!(one == other, "both packages hold the same program");
}

/// The ordinary build asks for this machine's glibc and libselinux.
#[test]
fn the_examination_finds_a_binary_that_does() {
    let run = verify(program::binary());
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains("asks for"), "{run:?}");
}
