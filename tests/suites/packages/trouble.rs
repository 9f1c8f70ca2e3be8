//! Bad states of a host that a package manager must survive.

use std::os::unix::process::CommandExt;
use std::process::Stdio;

use harness::{System, wait_until};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// Starts `line`, waits until it or a child of it calls `tool`, and kills all of it there. The tool does nothing.
pub fn kill_at(system: &System, tool: &str, line: &str) {
    let aside = format!("{tool}.aside");
    std::fs::rename(system.at(tool), system.at(&aside)).unwrap();
    system.executable(tool, "#!/bin/sh\n: >/tmp/held\nwhile [ ! -e /tmp/let-go ]; do sleep 0.05; done\nexit 1\n");
    let mut words = line.split_whitespace();
    let mut command = system.command(words.next().unwrap());
    let command = command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.process_group(0).spawn().unwrap();
    wait_until("the tool is called", || system.at("/tmp/held").exists().then_some(()));
    killpg(Pid::from_raw(child.id().cast_signed()), Signal::SIGKILL).unwrap();
    child.wait().unwrap();
    // If hostprep gave the tool its own process group, it ends by itself.
    system.file("/tmp/let-go", "");
    wait_until("hostprep is gone", || unlocked(system).then_some(()));
    std::fs::rename(system.at(&aside), system.at(tool)).unwrap();
}

/// Returns whether hostprep's lock is free.
pub fn unlocked(system: &System) -> bool {
    use nix::fcntl::{Flock, FlockArg};
    match std::fs::File::open(system.at("/run/cisco/hostprep.lock")) {
        Ok(file) => Flock::lock(file, FlockArg::LockExclusiveNonblock).is_ok(),
        Err(_) => true,
    }
}

/// Something that is wrong with a host, and how it is put right.
pub struct Spoiled {
    pub what: &'static str,
    pub spoil: fn(&System),
    pub repair: fn(&System),
}

pub const SPOILED: &[Spoiled] = &[
    Spoiled {
        what: "no useradd",
        spoil: |system| std::fs::rename(system.at("/usr/sbin/useradd"), system.at("/usr/sbin/useradd.aside")).unwrap(),
        repair: |system| std::fs::rename(system.at("/usr/sbin/useradd.aside"), system.at("/usr/sbin/useradd")).unwrap(),
    },
    Spoiled {
        what: "a useradd that fails",
        spoil: |system| {
            std::fs::rename(system.at("/usr/sbin/useradd"), system.at("/usr/sbin/useradd.aside")).unwrap();
            // Not for a lock, which hostprep would wait for: `races` shows that.
            let script = "#!/bin/sh\necho 'useradd: failure while writing changes to /etc/passwd' >&2\nexit 1\n";
            system.executable("/usr/sbin/useradd", script);
        },
        repair: |system| std::fs::rename(system.at("/usr/sbin/useradd.aside"), system.at("/usr/sbin/useradd")).unwrap(),
    },
    Spoiled {
        what: "a malformed login.defs",
        spoil: |system| system.edit("/etc/login.defs", |text| text + "USERGROUPS_ENAB n\0o\n"),
        repair: |system| system.edit("/etc/login.defs", |text| text.replace("USERGROUPS_ENAB n\0o\n", "")),
    },
    Spoiled {
        what: "a configuration that cannot be read",
        spoil: |system| _ = system.file("/etc/cisco/hostprep.toml", "skip = [\n"),
        repair: |system| std::fs::remove_file(system.at("/etc/cisco/hostprep.toml")).unwrap(),
    },
    Spoiled {
        what: "a fault store that cannot be read",
        spoil: |system| _ = system.file("/var/lib/cisco/faults/faults.json", "{"),
        repair: |system| std::fs::remove_file(system.at("/var/lib/cisco/faults/faults.json")).unwrap(),
    },
];
