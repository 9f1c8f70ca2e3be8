//! The load lock on a host with simulated boots and clocks.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use std::cell::Cell;
use std::time::Duration;

use common::{FILESYSTEM_MONITOR, Host, NETWORK_MONITOR};
use faults::{FaultId, Reason, Source};
use host::process::clock::Clock;
use installer::engine::remove::{self as removal, StateDirectory};
use installer::load_lock::{self, Decision, Status};
use installer::model::host_context::HostContext;
use installer::model::report::Outcome;
use jiff::{SignedDuration, Timestamp};

/// A host that goes down, with clocks that can be wrong.
struct Machine {
    host: Host,
    real: Cell<Duration>,
    booted: Cell<Duration>,
    skew: Cell<SignedDuration>,
    boots: Cell<u32>,
}

impl Clock for Machine {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_770_000_000).unwrap() + self.real.get() + self.skew.get()
    }

    fn monotonic(&self) -> Duration {
        self.real.get()
    }

    fn since_boot(&self) -> Duration {
        self.real.get() - self.booted.get()
    }

    fn sleep(&self, pause: Duration) {
        self.real.set(self.real.get() + pause);
    }
}

impl Machine {
    fn new() -> Self {
        let machine = Self {
            host: Host::enforcing("rhel-7"),
            real: Cell::default(),
            booted: Cell::default(),
            skew: Cell::default(),
            boots: Cell::default(),
        };
        machine.boots();
        machine
    }

    fn boots(&self) {
        self.boots.set(self.boots.get() + 1);
        self.sleep(Duration::from_secs(45));
        self.booted.set(self.real.get());
        self.host.file("proc/sys/kernel/random/boot_id", &format!("boot-{}\n", self.boots.get()));
        self.sleep(Duration::from_secs(20));
    }

    fn passes(&self, minutes: u64) {
        self.sleep(Duration::from_secs(60 * minutes));
    }

    fn begin(&self) -> Decision {
        self.host.with_clock(self, |cx| load_lock::load_started(cx, &mut |e| panic!("{e}")).unwrap())
    }

    fn end(&self) -> bool {
        self.host.with_clock(self, |cx| load_lock::load_ended(cx).unwrap())
    }

    fn status(&self) -> Status {
        self.host.with_clock(self, |cx| load_lock::status(cx).unwrap())
    }

    fn reset(&self, source: Source) -> bool {
        self.host.with_clock(self, |cx| load_lock::reset(cx, source, &mut |e| panic!("{e}")).unwrap())
    }

    /// Loads the component, and goes down with it after so many minutes.
    fn goes_down_after(&self, minutes: u64) {
        assert_eq!(self.begin(), Decision::Allowed);
        self.passes(minutes);
        self.boots();
    }

    /// The faults with the reason `load-locked`.
    fn locked_faults(&self) -> Vec<FaultId> {
        self.host.with_clock(self, |cx| {
            let snapshot = installer::engine::fault_updates::store(cx).read().unwrap();
            let locked = snapshot.faults.into_iter().filter(|fault| fault.finding.reason == Reason::LoadLocked);
            locked.map(|fault| fault.id).collect()
        })
    }

    fn locked() -> Self {
        let machine = Self::new();
        machine.goes_down_after(10);
        machine.goes_down_after(10);
        assert_eq!(machine.begin(), Decision::Locked);
        machine
    }
}

const BOTH: [FaultId; 2] = [FaultId::FILESYSTEM_MONITOR, FaultId::NETWORK_MONITOR];

#[test]
fn two_unclean_loads_within_an_hour_lock() {
    let machine = Machine::new();
    machine.goes_down_after(10);
    assert!(!machine.status().is_locked());
    machine.goes_down_after(10);
    assert_eq!(machine.locked_faults(), []);
    assert_eq!(machine.begin(), Decision::Locked, "the second is noticed now");
    assert_eq!(machine.locked_faults(), BOTH);
    assert_eq!((machine.status().is_locked(), machine.status().recent), (true, Some(2)));
    let detail = machine.host.check(FILESYSTEM_MONITOR).detail;
    assert!(detail.contains("2 loads of the kernel component did not end cleanly"), "{detail}");

    machine.passes(24 * 60);
    assert_eq!(machine.begin(), Decision::Locked, "time alone does not unlock");
    machine.boots();
    assert_eq!(machine.begin(), Decision::Locked);
    assert_eq!(machine.status().record.unclean_loads.len(), 2, "while it is locked nothing is loaded that could end");
}

#[test]
fn ends_in_order_and_ends_long_ago_do_not() {
    let machine = Machine::new();
    for _ in 0..5 {
        assert_eq!(machine.begin(), Decision::Allowed);
        machine.passes(1);
        assert!(machine.end());
        assert!(!machine.end(), "it has ended already");
        machine.boots();
    }
    assert_eq!(machine.status().record.unclean_loads, []);
    for _ in 0..5 {
        machine.goes_down_after(61);
    }
    assert_eq!(machine.begin(), Decision::Allowed, "never two within an hour");
    assert_eq!((machine.status().record.unclean_loads.len(), machine.status().recent), (5, Some(1)));
    assert_eq!(machine.locked_faults(), []);
}

#[test]
fn the_profile_sets_count_and_time() {
    let mut machine = Machine::new();
    machine.host.profile.load_lock.unclean_loads = 3;
    machine.host.profile.load_lock.within = Duration::from_secs(25 * 60);
    for _ in 0..3 {
        machine.goes_down_after(10);
    }
    assert_eq!(machine.begin(), Decision::Locked);
    let mut machine = Machine::new();
    machine.host.profile.load_lock.unclean_loads = 3;
    machine.host.profile.load_lock.within = Duration::from_secs(20 * 60);
    for _ in 0..3 {
        machine.goes_down_after(10);
    }
    assert_eq!(machine.begin(), Decision::Allowed);
}

#[test]
fn a_clock_set_back_neither_unlocks_nor_locks() {
    let machine = Machine::new();
    machine.goes_down_after(10);
    machine.skew.set(SignedDuration::from_hours(-24));
    machine.goes_down_after(10);
    machine.skew.set(SignedDuration::from_hours(-48));
    assert_eq!(machine.begin(), Decision::Locked);

    let machine = Machine::new();
    machine.goes_down_after(10);
    assert_eq!(machine.begin(), Decision::Allowed);
    machine.passes(3 * 24 * 60);
    assert!(machine.end());
    machine.skew.set(SignedDuration::from_hours(-72));
    machine.goes_down_after(10);
    assert_eq!(machine.begin(), Decision::Allowed, "the end of days ago is not made recent by the clock");
    assert_eq!((machine.status().record.unclean_loads.len(), machine.status().recent), (2, Some(1)));
}

/// An upgrade recreates the record. The hooks call this for install and upgrade.
#[test]
fn an_upgrade_or_reset_unlocks_and_clears_its_faults() {
    for source in [Source::Upgrade, Source::Install, Source::LoadLock] {
        let machine = Machine::locked();
        assert!(machine.reset(source.clone()));
        assert!(!machine.status().is_locked() && machine.status().record.is_empty());
        assert_eq!(machine.locked_faults(), []);
        let cleared: Vec<_> = machine.host.with_clock(&machine, |cx| {
            let events = installer::engine::fault_updates::store(cx).events().unwrap().map(Result::unwrap);
            events.filter(|event| event.event == faults::EventKind::Cleared).map(|event| event.source).collect()
        });
        assert_eq!(cleared, [source.clone(), source.clone()]);
        assert!(!machine.reset(source), "nothing is left to forget");
        assert_eq!(machine.begin(), Decision::Allowed);
    }
}

/// A person removes the file; the next load recreates it and clears the faults.
#[test]
fn the_file_removed_by_hand_unlocks() {
    let machine = Machine::locked();
    let file = machine.host.path("var/lib/cisco/hostprep/load-lock.json");
    std::fs::remove_file(&file).unwrap();
    assert!(!machine.status().is_locked());
    assert_eq!(machine.begin(), Decision::Allowed);
    assert!(file.exists());
    assert_eq!(machine.locked_faults(), []);

    let machine = Machine::locked();
    std::fs::remove_file(machine.host.path("var/lib/cisco/hostprep/load-lock.json")).unwrap();
    for step in [FILESYSTEM_MONITOR, NETWORK_MONITOR] {
        assert_eq!(machine.host.repair(step).outcome, Outcome::Ok);
    }
    assert_eq!(machine.locked_faults(), [], "or a repair clears them");
}

/// The third way out: removed and installed again.
#[test]
fn removal_takes_the_record_along() {
    let machine = Machine::locked();
    machine.host.with_clock(&machine, |cx| {
        removal::remove(cx, StateDirectory::Remove, Duration::from_secs(1), &mut || {}).unwrap();
    });
    assert_eq!(machine.locked_faults(), []);
    assert!(!machine.host.path("var/lib/cisco/hostprep").exists());
    assert_eq!(machine.begin(), Decision::Allowed);
    assert_eq!(machine.status().record.unclean_loads, []);
}

#[test]
fn an_active_load_survives_a_reset() {
    let machine = Machine::new();
    machine.goes_down_after(10);
    assert_eq!(machine.begin(), Decision::Allowed);
    assert!(machine.reset(Source::Upgrade));
    machine.passes(5);
    machine.boots();
    assert_eq!(machine.begin(), Decision::Allowed);
    assert_eq!(machine.status().record.unclean_loads.len(), 1, "the crash after the upgrade counts");
}

#[test]
fn a_damaged_record_keeps_the_component_out_until_it_is_reset() {
    let machine = Machine::new();
    machine.host.file("var/lib/cisco/hostprep/load-lock.json", "{\"schema\":1,");
    let begin = |cx: &HostContext| load_lock::load_started(cx, &mut |e| panic!("{e}")).unwrap_err().to_string();
    let error = machine.host.with_clock(&machine, begin);
    assert!(error.contains("load-lock.json, line 1") && error.contains("hostprep load-lock reset"), "{error}");
    assert_eq!(machine.locked_faults(), BOTH, "nothing is loaded, so nothing watches");
    let check = machine.host.check(NETWORK_MONITOR);
    assert!(check.outcome == Outcome::Fault && check.detail.contains("load-lock.json, line 1"), "{check:?}");
    assert!(!check.detail.contains("Run:") && check.findings.iter().all(|it| !it.remedy.is_empty()), "{check:?}");
    assert!(machine.host.with_clock(&machine, load_lock::keeps_out));
    assert!(machine.reset(Source::LoadLock));
    assert_eq!(machine.locked_faults(), []);
    assert_eq!(machine.begin(), Decision::Allowed);
}

/// The answer does not depend on the fault store, which may be damaged.
#[test]
fn a_damaged_fault_store_is_reported_and_changes_no_answer() {
    let machine = Machine::new();
    machine.goes_down_after(10);
    machine.goes_down_after(10);
    machine.host.file("var/lib/cisco/faults/faults.json", "{");
    let mut told = Vec::new();
    let begin = |cx: &HostContext| load_lock::load_started(cx, &mut |e| told.push(e.to_string())).unwrap();
    assert_eq!(machine.host.with_clock(&machine, begin), Decision::Locked);
    assert!(machine.status().is_locked());
    let reset = |cx: &HostContext| load_lock::reset(cx, Source::Upgrade, &mut |e| told.push(e.to_string())).unwrap();
    assert!(machine.host.with_clock(&machine, reset));
    assert!(!machine.status().is_locked());
    assert!(told.len() == 2 && told.iter().all(|told| told.contains("faults.json, line 1")), "{told:?}");
}

#[test]
fn another_root_has_no_loads_and_a_record_that_can_be_looked_at() {
    let mut machine = Machine::locked();
    machine.host.alternate = true;
    let begin =
        machine.host.with_clock(&machine, |cx| load_lock::load_started(cx, &mut |_| ()).unwrap_err().to_string());
    assert!(begin.contains("--root is not valid here"), "{begin}");
    assert_eq!((machine.status().is_locked(), machine.status().recent), (true, None));
    machine.host.file("var/lib/cisco/hostprep/load-lock.json", "{");
    let damaged = machine.host.with_clock(&machine, |cx| load_lock::status(cx).unwrap_err().to_string());
    let next = format!("Run: hostprep load-lock reset --root {}", machine.host.path("etc").parent().unwrap().display());
    assert!(damaged.contains("load-lock.json, line 1") && damaged.ends_with(&next), "{damaged}");
    assert!(machine.reset(Source::LoadLock));
    assert!(!machine.status().is_locked());
}

/// If a call is killed after the record is on disk, the next call raises the faults.
#[test]
fn a_lock_without_its_faults_is_completed() {
    let machine = Machine::locked();
    machine.host.with_clock(&machine, |cx| {
        let wanted = BOTH.map(faults::FaultUpdate::Clear);
        installer::engine::fault_updates::apply(cx, &wanted, Source::Manual).unwrap();
    });
    assert_eq!(machine.begin(), Decision::Locked);
    assert_eq!(machine.locked_faults(), BOTH);
}
