//! A package manager is killed or interrupted while the hook runs: alone, so that the hook continues, or with all processes
//! that it started.

use std::collections::HashMap;
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};

use harness::{Snapshot, System, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::trouble::unlocked;
use crate::{debian, expect, redhat};

const USERADD: &str = "/usr/sbin/useradd";

/// Who gets the signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whom {
    /// The process that was started, alone.
    Manager,
    /// All between it and the hook, and the hook's shell; the hook itself lives on.
    AllButTheHook,
    /// It and all below it.
    Everything,
}

/// The processes below `top`, each with its name, `top` first.
fn below(top: Pid) -> Vec<(Pid, String)> {
    let mut children: HashMap<i32, Vec<(i32, String)>> = HashMap::new();
    for entry in std::fs::read_dir("/proc").unwrap() {
        // `1234 (name) S 1200 …`; one may end at any moment.
        let Ok(stat) = std::fs::read_to_string(entry.unwrap().path().join("stat")) else { continue };
        let Some((head, tail)) = stat.rsplit_once(") ") else { continue };
        let Some((id, name)) = head.split_once(" (") else { continue };
        let parent = tail.split(' ').nth(1).unwrap().parse().unwrap();
        children.entry(parent).or_default().push((id.parse().unwrap(), name.to_owned()));
    }
    let mut found = vec![(top, "manager".to_owned())];
    let mut at = 0;
    while let Some((id, _)) = found.get(at) {
        let more = children.remove(&id.as_raw()).unwrap_or_default();
        found.extend(more.into_iter().map(|(id, name)| (Pid::from_raw(id), name)));
        at += 1;
    }
    found
}

/// Starts `line`, sends the signal while the hook has the window open and `useradd` is held, lets `useradd` do its work if it
/// lives, and waits until all have ended.
fn signalled(system: &System, line: &str, signal: Signal, whom: Whom) {
    let aside = format!("{USERADD}.aside");
    std::fs::rename(system.at(USERADD), system.at(&aside)).unwrap();
    let held =
        format!("#!/bin/sh\n: >/tmp/held\nwhile [ ! -e /tmp/let-go ]; do sleep 0.05; done\nexec {aside} \"$@\"\n");
    system.executable(USERADD, &held);
    let mut words = line.split_whitespace();
    let mut command = system.command(words.next().unwrap());
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let mut child: Child = command.spawn().unwrap();
    wait_until("useradd is called", || system.at("/tmp/held").exists().then_some(()));
    assert!(system.text("/etc/login.defs").contains("USERGROUPS_ENAB yes"), "the window is open");

    let all = below(Pid::from_raw(child.id().cast_signed()));
    let hook = all.iter().position(|(_, name)| name == "hostprep").unwrap_or_else(|| panic!("no hook in {all:?}"));
    let gets_it = |at: usize| match whom {
        Whom::Manager => at == 0,
        Whom::AllButTheHook => at < hook,
        Whom::Everything => true,
    };
    for (_, (id, _)) in all.iter().enumerate().filter(|(at, _)| gets_it(*at)) {
        // One may have ended with the one above it.
        let _ = kill(*id, signal);
    }
    system.file("/tmp/let-go", "");
    wait_until("the package manager ends", || child.try_wait().unwrap());
    wait_until("all below it have ended", || all.iter().all(|(id, _)| kill(*id, None).is_err()).then_some(()));
    assert!(unlocked(system));
    std::fs::rename(system.at(&aside), system.at(USERADD)).unwrap();
    for path in ["/tmp/held", "/tmp/let-go"] {
        std::fs::remove_file(system.at(path)).unwrap();
    }
}

/// But for the history of faults: what is interrupted may have raised one.
fn tree(system: &System) -> Snapshot {
    expect::tree(system).without(&["/var/lib/cisco/faults"])
}

struct Case {
    line: &'static str,
    signal: Signal,
    whom: Whom,
    /// The administrator's next commands.
    then: &'static [&'static str],
}

/// A hook that continues closes the window; a killed one leaves it to the next run. Then everything is as without the kill.
fn play(system: &System, normal: &Snapshot, case: &Case) {
    let Case { line, signal, whom, then } = case;
    let what = format!("{line}, {signal} to {whom:?}");
    let login_defs = Snapshot::of(&system.at("/etc/login.defs"));
    signalled(system, line, *signal, *whom);
    if (*whom, *signal) == (Whom::Everything, Signal::SIGKILL) {
        assert!(system.text("/etc/login.defs").contains("USERGROUPS_ENAB yes"), "{what}: killed inside the window");
    } else {
        login_defs.expect_untouched(&Snapshot::of(&system.at("/etc/login.defs")));
    }
    for line in *then {
        system.run(line).expect_code(0);
    }
    login_defs.expect_untouched(&Snapshot::of(&system.at("/etc/login.defs")));
    expect::same(&what, normal, &tree(system));
    assert!(expect::raised(system).is_empty(), "{what}");
    expect::scan_user(system);
}

const CONFIGURE: &str = "dpkg --configure --pending";
const REPAIR: &str = "/usr/sbin/hostprep repair --only scan-user";

#[test]
fn apt_and_dpkg() {
    if !harness::need_root() {
        return;
    }
    const APT: &str = "apt-get install --yes /tmp/newer.deb";
    const DPKG: &str = "dpkg --install /tmp/newer.deb";
    let system = debian::system("bookworm", &[]);
    debian::expect_well(system.run(DPKG));
    let normal = tree(&system);
    for case in [
        Case { line: APT, signal: Signal::SIGKILL, whom: Whom::Manager, then: &[CONFIGURE] },
        Case { line: APT, signal: Signal::SIGTERM, whom: Whom::Everything, then: &[CONFIGURE, REPAIR] },
        Case { line: APT, signal: Signal::SIGKILL, whom: Whom::Everything, then: &[REPAIR, CONFIGURE] },
        Case { line: DPKG, signal: Signal::SIGKILL, whom: Whom::AllButTheHook, then: &[CONFIGURE] },
        Case { line: DPKG, signal: Signal::SIGINT, whom: Whom::Everything, then: &[CONFIGURE, REPAIR] },
    ] {
        system.run("dpkg --purge hostprep").expect_code(0);
        play(&system, &normal, &case);
    }
}

#[test]
fn dnf_and_rpm() {
    if !harness::need_root() {
        return;
    }
    const DNF: &str = "dnf --assumeyes --disablerepo=* --releasever=9 --quiet install /tmp/newer.rpm";
    const RPM: &str = "rpm --upgrade /tmp/newer.rpm";
    const AGAIN: &str = "rpm --upgrade --replacepkgs /tmp/newer.rpm";
    let system = redhat::with_tools();
    redhat::expect_well(system.run(RPM));
    let normal = tree(&system);
    for case in [
        Case { line: DNF, signal: Signal::SIGKILL, whom: Whom::AllButTheHook, then: &[AGAIN] },
        Case { line: DNF, signal: Signal::SIGTERM, whom: Whom::Manager, then: &[AGAIN] },
        Case { line: DNF, signal: Signal::SIGINT, whom: Whom::Everything, then: &[AGAIN] },
        Case { line: DNF, signal: Signal::SIGKILL, whom: Whom::Everything, then: &[REPAIR, AGAIN] },
        Case { line: RPM, signal: Signal::SIGTERM, whom: Whom::Everything, then: &[AGAIN] },
    ] {
        system.run("rpm --erase hostprep").expect_code(0);
        play(&system, &normal, &case);
    }
}
