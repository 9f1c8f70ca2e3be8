//! Kernels before 5.6, and seccomp filters, without `openat2`: the same safety without it.

use harness::{Run, program};

use crate::links::representative;
use crate::postconditions::{expect_healthy, sick, sick_on_disk};
use crate::run::{decent, limited, words};

/// A run where every `openat2` is refused.
fn refused(root: &harness::ScratchRoot, args: &[&str], error: &str) -> Run {
    let mut command = limited("strace");
    command.args(["-f", "--quiet=all", "-o", "/dev/null", "-e", "trace=openat2"]);
    command.arg("-e").arg(format!("inject=openat2:error={error}")).arg(program::binary());
    let mut run = Run::of(command.args(words(root, args)));
    if args[0] == "hook" {
        run.stderr.clear();
    }
    decent(run, &format!("{args:?} without openat2 ({error})"))
}

#[test]
fn a_host_is_prepared_without_it() {
    // ENOSYS is an older kernel; EPERM what old container engines answer.
    for error in ["ENOSYS", "EPERM"] {
        let root = sick();
        assert_eq!(refused(&root, &["repair"], error).code, Some(3), "{error}");
        expect_healthy(&root, error);
    }
}

/// The calls of these kinds that a run makes, where each `openat2` gets `error`.
pub fn calls(args: &[&str], kinds: &str, error: Option<&str>) -> Vec<String> {
    let place = harness::setup::open_tempdir();
    let output = place.path().join("calls");
    let root = sick_on_disk();
    let mut command = limited("strace");
    command.args(["-f", "--quiet=all", "-y", "-s", "4096", "-e", &format!("trace={kinds}"), "-o"]).arg(&output);
    if let Some(error) = error {
        command.arg("-e").arg(format!("inject=openat2:error={error}"));
    }
    let run = Run::of(command.arg(program::binary()).args(words(&root, args)));
    assert!(matches!(run.code, Some(0 | 3)), "{run:?}");
    let calls = std::fs::read_to_string(output).unwrap();
    let inside = root.path().to_str().unwrap();
    calls.lines().filter(|line| line.contains(inside)).map(str::to_owned).collect()
}

#[test]
fn it_is_used_where_it_is_known() {
    let opened = calls(&["faults", "raise", "18"], "openat,openat2", None);
    assert!(opened.len() > 10, "{opened:#?}");
    for call in opened.iter().filter(|call| !call.contains("openat(AT_FDCWD")) {
        let is_sure = call.contains("RESOLVE_BENEATH") && call.contains("RESOLVE_NO_SYMLINKS");
        // A directory that is open is opened once more to be listed.
        assert!(is_sure || call.contains(", \".\""), "{call}");
    }
}

#[test]
fn without_it_no_link_is_followed_either() {
    let opened = calls(&["faults", "raise", "18"], "openat,openat2", Some("ENOSYS"));
    assert_eq!(opened.iter().filter(|call| call.contains("openat2(")).count(), 1, "it is asked once: {opened:#?}");
    let older: Vec<_> = opened.iter().filter(|call| call.contains("openat(") && !call.contains("AT_FDCWD")).collect();
    assert!(older.len() > 10, "{opened:#?}");
    for call in older {
        assert!(call.contains("O_NOFOLLOW") || call.contains(", \".\""), "{call}");
    }
}

#[test]
fn obstacles_without_it() {
    representative(&|root, args| refused(root, args, "ENOSYS"));
}
