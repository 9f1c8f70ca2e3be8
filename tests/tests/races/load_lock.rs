//! The load lock among others, in a small system of its own.

use harness::{Run, System, program};

use crate::crowd::{Call, at_once, expect_told, expect_well, limited, rounds};
use crate::ledger::Ledger;

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

#[test]
fn loads_begin_and_end_among_others() {
    if !harness::need_root() {
        return;
    }
    let system = System::new("bookworm", &[]);
    system.copy(program::binary(), "/usr/bin/hostprep");
    system.file("/proc/sys/kernel/random/boot_id", "0b0ff8d5-6a6e-4f3b-9d0a-5a1d4c3f2e11\n");
    let login_defs = system.text("/etc/login.defs");
    for _ in 0..rounds() {
        round(&system);
        assert_eq!(system.text("/etc/login.defs"), login_defs);
    }
}

fn round(system: &System) {
    let store = system.at("/var/lib/cisco/faults");
    let before = Ledger::of(&store).events.len();
    let ended = at_once((0..64).map(mixed).collect(), || {
        let mut command = limited("chroot".as_ref());
        command.arg(system.at("/")).arg("/usr/bin/hostprep").env("LC_ALL", "C.UTF-8");
        command
    });
    expect_well(&ended);
    expect_told(&ended, &Ledger::of(&store).after(before));

    // Whatever came last, the lock and its faults say the same.
    let run = |line: &str| Run::of(system.command("/usr/bin/hostprep").args(line.split(' ')));
    let locked = run("load-lock status").code == Some(5);
    let list = run("faults list --format json").json();
    let faults = list.as_array().unwrap().iter().filter(|fault| fault["reason"] == "load-locked").count();
    assert_eq!(faults, if locked { 2 } else { 0 }, "{list}");
    run("load-lock reset").expect_code(0);
    run("load-lock begin").expect_code(0);
    run("load-lock end").expect_code(0);
    Ledger::of(&store);
}
