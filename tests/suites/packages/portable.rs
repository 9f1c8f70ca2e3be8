//! The program in the finished packages: one for every host with glibc 2.17 and any libselinux.

use std::path::Path;
use std::process::Command;

use harness::packages::{built, only};
use harness::{Run, program, setup};

const PROGRAM: &str = "opt/cisco/hostprep/bin/hostprep";

fn verify(program: &Path, architecture: &str) -> Run {
    let script = setup::top().join("packaging/portable/verify.sh");
    Run::of(Command::new(script).arg(program).args([architecture, "2.17"]).arg(setup::top()))
}

#[test]
fn it_asks_for_nothing_newer() {
    let place = setup::open_tempdir();
    let (deb, rpm) = (place.path().join("deb"), place.path().join("rpm"));
    std::fs::create_dir(&rpm).unwrap();
    setup::run(Command::new("dpkg-deb").arg("--extract").arg(only(built().newer(), ".deb")).arg(&deb));
    let unpack = "rpm2cpio \"$0\" | cpio --quiet --extract --make-directories";
    let package = only(built().newer(), ".rpm");
    setup::run(Command::new("sh").arg("-c").arg(unpack).arg(package).current_dir(&rpm));
    let programs = [deb.join(PROGRAM), rpm.join(PROGRAM)];
    for program in &programs {
        verify(program, std::env::consts::ARCH).expect_code(0);
        let version = Run::of(Command::new(program).arg("--version")).expect_code(0).stdout;
        assert_eq!(version.trim(), format!("hostprep {}", env!("CARGO_PKG_VERSION")));
    }
    let [one, other] = programs.map(|program| std::fs::read(program).unwrap());
    assert!(one == other, "both packages hold the same program");
}

/// The ordinary build asks for this machine's glibc and libselinux.
#[test]
fn the_examination_finds_a_binary_that_does() {
    let run = verify(program::binary(), std::env::consts::ARCH);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains("asks for"), "{run:?}");
}

/// Neither architecture needs a compiler of its own for this: zig has all of them.
#[test]
fn the_stub_and_the_examination_are_right_for_each_architecture() {
    let _ = built();
    let venv = setup::top().join("target/portable/venv/lib");
    let python = std::fs::read_dir(&venv).unwrap().next().unwrap().unwrap().path();
    let zig = python.join("site-packages/ziglang/zig");
    let place = setup::open_tempdir();
    let at = |name: &str| place.path().join(name);
    let source = "#include <stdlib.h>\nint is_selinux_enabled(void);\nint main(void) { exit(is_selinux_enabled()); }\n";
    std::fs::write(at("program.c"), source).unwrap();
    let cache = setup::top().join("target/portable/zig");
    let with_cache = |command: &mut Command| {
        setup::run(command.env("ZIG_GLOBAL_CACHE_DIR", &cache).env("ZIG_LOCAL_CACHE_DIR", &cache));
    };
    let functions = setup::top().join("packaging/portable/libselinux-2.5-functions.txt");
    let functions = std::fs::read_to_string(functions).unwrap();
    let architectures = [("x86_64", "aarch64", "X86-64"), ("aarch64", "x86_64", "AArch64")];
    for (architecture, other, machine) in architectures {
        let stub = at("libselinux.so");
        let script = setup::top().join("packaging/portable/stub.sh");
        with_cache(Command::new(&script).arg(&zig).args([architecture, "2.17"]).arg(&stub));
        let again = at("again.so");
        with_cache(Command::new(script).arg(&zig).args([architecture, "2.17"]).arg(&again));
        let is_same = std::fs::read(&stub).unwrap() == std::fs::read(&again).unwrap();
        assert!(is_same, "where it differs, cargo builds the whole program anew");
        let said = setup::run(Command::new("readelf").args(["--wide", "-h", "-d", "--dyn-syms"]).arg(&stub));
        assert!(said.contains(machine) && said.contains("[libselinux.so.1]"), "{said}");
        let symbols = said.lines().filter(|line| line.contains(" FUNC "));
        let mut defined: Vec<&str> = symbols.filter_map(|line| line.split_whitespace().nth(7)).collect();
        defined.sort_unstable();
        let mut expected: Vec<&str> = functions.lines().collect();
        expected.sort_unstable();
        assert_eq!(defined, expected, "all of them, each without a version");

        let program = at("program");
        let mut link = Command::new(&zig);
        link.args(["cc", "-s", "-target", &format!("{architecture}-linux-gnu.2.17"), "-L"]).arg(place.path());
        with_cache(link.arg("-o").arg(&program).arg(at("program.c")).arg("-lselinux"));
        verify(&program, architecture).expect_code(0);
        let run = verify(&program, other).expect_code(1);
        assert!(run.stderr.contains(machine) && run.stderr.contains(&format!("not for {other}")), "{run:?}");
    }
}
