//! The load lock among concurrent commands, in a chroot.

use std::process::{Command, Stdio};

use harness::{Run, System, program, wait_until};
use nix::fcntl::{Flock, FlockArg};

use crate::concurrent_commands::{Call, at_once, expect_reported, expect_well, limited, rounds};
use crate::store_invariants::CheckedStore;

fn mixed(number: usize) -> Call {
    match number % 8 {
        0 | 4 => Call::new("load-lock begin", &[0, 5]),
        1 => Call::new("load-lock end", &[0]),
        2 => Call::new("load-lock reset", &[0]),
        3 => Call::raise(18, number),
        5 => Call::clear(18),
        6 => Call::new("hook deb postinst configure 1.0", &[0]),
        _ => Call::new("load-lock status", &[0, 5]),
    }
}

fn system() -> System {
    let system = System::new("bookworm", &[]);
    system.copy(program::binary(), "/usr/bin/hostprep");
    system.file("/proc/sys/kernel/random/boot_id", "0b0ff8d5-6a6e-4f3b-9d0a-5a1d4c3f2e11\n");
    system
}

fn run(system: &System, line: &str) -> Run {
    Run::of(system.command("/usr/bin/hostprep").args(line.split(' ')))
}

/// Returns whether the load lock is locked, and checks that its faults agree.
#[track_caller]
fn is_locked(system: &System) -> bool {
    let locked = run(system, "load-lock status").code == Some(5);
    let list = run(system, "faults list --format json").json();
    let faults = list.as_array().unwrap().iter().filter(|fault| fault["reason"] == "load-locked").count();
    assert_eq!(faults, if locked { 2 } else { 0 }, "{list}");
    locked
}

#[test]
fn loads_begin_and_end_among_others() {
    if !harness::need_root() {
        return;
    }
    let system = system();
    let login_defs = system.text("/etc/login.defs");
    for _ in 0..rounds() {
        round(&system);
        assert_eq!(system.text("/etc/login.defs"), login_defs);
    }
}

fn round(system: &System) {
    let store = system.at("/var/lib/cisco/faults");
    let before = CheckedStore::of(&store).events.len();
    let ended = at_once((0..64).map(mixed).collect(), || {
        let mut command = limited("chroot".as_ref());
        command.arg(system.at("/")).arg("/usr/bin/hostprep").env("LC_ALL", "C.UTF-8");
        command
    });
    expect_well(&ended);
    expect_reported(&ended, &CheckedStore::of(&store).after(before));

    // Whatever came last.
    is_locked(system);
    run(system, "load-lock reset").expect_code(0);
    run(system, "load-lock begin").expect_code(0);
    run(system, "load-lock end").expect_code(0);
    // Left raised, it would be no news to the next round.
    run(system, "faults clear 18").expect_code(0);
    CheckedStore::of(&store);
}

/// Does `meanwhile` while a repair has looked and is about to tell the store what it saw.
fn between_look_and_verdict(system: &System, meanwhile: impl FnOnce()) {
    let hostprep = system.command("/usr/bin/hostprep");
    let mut command = Command::new("strace");
    // The first is hostprep's own lock, the second the store's.
    command.args(["-qq", "-o", "/dev/null", "-e", "trace=flock", "-e", "inject=flock:delay_enter=15s:when=2", "--"]);
    command.arg(hostprep.get_program()).args(hostprep.get_args()).arg("repair").stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    let at_the_second = || {
        let lock = std::fs::File::open(system.at("/run/cisco/hostprep.lock")).ok()?;
        let held = Flock::lock(lock, FlockArg::LockExclusiveNonblock).is_err();
        let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", child.id())).ok()?;
        let call = std::fs::read_to_string(format!("/proc/{}/syscall", children.trim())).ok()?;
        (held && call.starts_with(&format!("{} ", nix::libc::SYS_flock))).then_some(())
    };
    wait_until("the repair is about to tell the store", at_the_second);
    meanwhile();
    assert!(child.try_wait().unwrap().is_none(), "that took too long to be meanwhile");
    child.wait().unwrap();
}

#[test]
fn a_look_that_was_overtaken_does_not_have_the_last_word() {
    if !harness::need_root() {
        return;
    }
    let system = system();
    for code in [0, 0, 5] {
        run(&system, "load-lock begin").expect_code(code);
    }
    assert!(is_locked(&system));
    run(&system, "faults clear 8").expect_code(0);
    between_look_and_verdict(&system, || _ = run(&system, "load-lock reset").expect_code(0));
    assert!(!is_locked(&system), "it was locked when the repair looked");

    for code in [0, 0] {
        run(&system, "load-lock begin").expect_code(code);
    }
    run(&system, "faults raise 8 --reason load-locked").expect_code(0);
    between_look_and_verdict(&system, || _ = run(&system, "load-lock begin").expect_code(5));
    assert!(is_locked(&system), "it was not when the repair looked");
    CheckedStore::of(&system.at("/var/lib/cisco/faults"));
}
