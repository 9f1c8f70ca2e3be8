//! Another process has the policy store locked for longer than it is waited for: the real `semodule`, and a clock that hurries.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests make the files that the program is then given"
)]

mod common;

use std::cell::Cell;
use std::fs::File;
use std::process::Command;
use std::time::Duration;

use common::{Host, SELINUX_MODULE};
use host::process::clock::{Clock, SystemClock};
use installer::engine;
use installer::model::report::Outcome;
use nix::fcntl::{Flock, FlockArg};

/// Each pause is a minute long in this clock, but takes no time.
#[derive(Default)]
struct Hurries {
    ahead: Cell<Duration>,
}

impl Clock for Hurries {
    fn now(&self) -> jiff::Timestamp {
        SystemClock.now()
    }

    fn monotonic(&self) -> Duration {
        SystemClock.monotonic() + self.ahead.get()
    }

    fn since_boot(&self) -> Duration {
        SystemClock.since_boot()
    }

    fn sleep(&self, _pause: Duration) {
        self.ahead.set(self.ahead.get() + Duration::from_secs(60));
    }
}

/// An alternate root with the real `semodule` and a store with the smallest policy.
fn host() -> Host {
    let host = Host { alternate: true, ..Host::enforcing("debian-12") };
    host.tool("semodule", "exec /usr/sbin/semodule \"$@\"");
    host.file("etc/selinux/semanage.conf", "module-store = direct\nexpand-check=1\nbzip-blocksize=9\n");
    for needed in ["etc/selinux/targeted/policy", "etc/selinux/targeted/contexts/files", "opt/cisco"] {
        host.directory(needed);
    }
    std::fs::remove_dir_all(host.path("var/lib/selinux/targeted")).unwrap();
    host.file("base.cil", include_str!("../../policy/fixtures/tiny/base.cil"));
    assert!(semodule(&host).args(["-X", "100", "-i"]).arg(host.path("base.cil")).status().unwrap().success());
    host
}

fn semodule(host: &Host) -> Command {
    let mut command = Command::new("/usr/sbin/semodule");
    command.args(["-n", "-s", "targeted", "-p"]).arg(host.dir.path());
    command
}

fn modules(host: &Host) -> String {
    String::from_utf8(semodule(host).arg("-lfull").output().unwrap().stdout).unwrap()
}

#[test]
fn a_store_that_stays_locked_is_the_fault_s_reason_until_the_next_run() {
    let host = host();
    let lock = File::options().append(true).open(host.path("var/lib/selinux/targeted/semanage.trans.LOCK")).unwrap();
    let held = Flock::lock(lock, FlockArg::LockExclusiveNonblock).unwrap();
    let before = modules(&host);
    let request = Host::request(&[SELINUX_MODULE]);
    let clock = Hurries::default();
    let results =
        host.with_clocks(&clock, &SystemClock, |cx| engine::repair::repair(cx, &request, &mut || {}).unwrap());
    let finding = results.reports[0].finding().unwrap();
    assert_eq!((results.reports[0].outcome, finding.reason.as_str()), (Outcome::Fault, "store-locked"), "{finding:?}");
    assert!(finding.detail.contains("(tried "), "{finding:?}");
    assert_eq!(host.raised(), [19]);
    assert_eq!(modules(&host), before);
    assert!(!host.path("opt/cisco/hostprep").exists() && !host.path("var/lib/cisco/hostprep/journal.json").exists());

    drop(held);
    let report = host.repair(SELINUX_MODULE);
    assert_eq!(report.outcome, Outcome::Changed, "{report:?}");
    assert!(modules(&host).contains("300 cisco-secure-bpf"), "{}", modules(&host));
    assert!(host.raised().is_empty());
}
