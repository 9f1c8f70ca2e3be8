//! The load lock's record with any content: a malformed record keeps the component out, and a valid one stops a crash loop.

use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

use host::log::Log;
use host::process::CommandRunner;
use host::process::clock::Clock;
use host::system::distribution::Distribution;
use host::system::kind::SystemKind;
use installer::load_lock::{self, Decision, Record};
use installer::model::host_context::HostContext;
use installer::model::waiver::Waivers;
use installer::profile::Profile;
use jiff::Timestamp;
use policy::kernel::KernelMode;
use policy::testing::FakeKernel;

use crate::input::{expect_plain, parts, text};
use crate::scratch::Scratch;

const PATH: &str = "/state/load-lock.json";
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// A record, and the boot in which it is found.
pub fn check(data: &[u8]) {
    let [file, boot] = parts(data);
    let scratch = Scratch::new();
    scratch.file(PATH, file);
    // The kernel writes text.
    let boot = boot.map_or("c2f0c6d3-58a7-44dd-9f0d-2fd7a7a0a1be\n".into(), |boot| text(Some(boot)));
    scratch.file(BOOT_ID, Some(boot.as_bytes()));
    let understood = file.is_none_or(|file| {
        let parsed = Record::parse(&text(Some(file)), Path::new(PATH));
        parsed.inspect_err(|e| expect_plain(e, file)).is_ok() && std::str::from_utf8(file).is_ok()
    });
    let hour = Hour::default();
    with(&scratch, &hour, |cx| crash_again_and_again(cx, &scratch, file, understood));
    scratch.expect_inside();
}

fn crash_again_and_again(cx: &HostContext, scratch: &Scratch, file: Option<&[u8]>, understood: bool) {
    let before = scratch.tree();
    let status = load_lock::status(cx);
    assert_eq!(status.is_ok(), understood);
    assert_eq!(load_lock::keeps_out(cx), status.as_ref().map_or(true, load_lock::Status::is_locked));
    assert!(scratch.tree() == before, "looking changed something");
    let Ok(status) = status else {
        // Most inputs are malformed, and all of those take the same path: some are enough.
        if file.is_some_and(|file| !file.len().is_multiple_of(8)) {
            return;
        }
        assert!(
            load_lock::load_started(cx, &mut |e| panic!("{e}")).is_err(),
            "nothing is loaded without a readable record"
        );
        assert_eq!(scratch.content(PATH).as_deref(), file, "it is kept for a person to look at");
        assert!(load_lock::reset(cx, faults::Source::Manual, &mut |e| panic!("{e}")).unwrap());
        assert_eq!(load_lock::status(cx).unwrap().record, Record::default());
        return;
    };
    assert!(status.recent.unwrap() <= status.record.unclean_loads.len());

    let was_open = status.record.open.is_some();
    let first = load_lock::load_started(cx, &mut |e| panic!("{e}")).unwrap();
    assert!(first == Decision::Locked || !status.is_locked());
    assert!(first == Decision::Allowed || status.is_locked() || was_open);
    // Two more unclean loads in one boot and within the hour.
    cx.clock.sleep(Duration::from_secs(60));
    load_lock::load_started(cx, &mut |e| panic!("{e}")).unwrap();
    cx.clock.sleep(Duration::from_secs(60));
    assert_eq!(
        load_lock::load_started(cx, &mut |e| panic!("{e}")).unwrap(),
        Decision::Locked,
        "a crash loop is stopped"
    );
    let locked = load_lock::status(cx).unwrap();
    assert!(locked.is_locked() && load_lock::keeps_out(cx));
    let written = text(scratch.content(PATH).as_deref());
    assert_eq!(Record::parse(&written, Path::new(PATH)).unwrap(), locked.record);
    assert!(load_lock::reset(cx, faults::Source::Manual, &mut |e| panic!("{e}")).unwrap());
    assert_eq!(load_lock::load_started(cx, &mut |e| panic!("{e}")).unwrap(), Decision::Allowed);
    assert!(load_lock::load_ended(cx).unwrap());
}

/// A clock that moves when it is waited for, a while after a start of the host.
#[derive(Default)]
struct Hour {
    passed: Cell<Duration>,
}

impl Clock for Hour {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_772_437_000).unwrap() + self.passed.get()
    }

    fn monotonic(&self) -> Duration {
        self.passed.get()
    }

    fn since_boot(&self) -> Duration {
        Duration::from_secs(90) + self.passed.get()
    }

    fn sleep(&self, pause: Duration) {
        self.passed.set(self.passed.get() + pause);
    }
}

thread_local! {
    /// Read once, since that takes long.
    static PROFILE: Profile = Profile::built_in();
}

fn with(scratch: &Scratch, clock: &dyn Clock, work: impl FnOnce(&HostContext)) {
    let (root, log) = (scratch.system(), Log::silent(clock));
    let mut profile = PROFILE.with(Profile::clone);
    profile.paths.state = "/state".into();
    profile.paths.faults = "/faults".into();
    let kernel = FakeKernel::in_mode(KernelMode::NotRunning);
    let runner = CommandRunner::with_directories(Vec::new(), clock, &());
    work(&HostContext {
        root: &root,
        profile: &profile,
        clock,
        runner: &runner,
        log: &log,
        kernel: &kernel,
        bpf: &host::system::bpf::RunningKernel,
        kind: SystemKind::Running,
        kind_evidence: String::new(),
        distribution: Distribution::unknown(),
        distribution_problem: None,
        kernel_release: None,
        newest_kernel: std::cell::OnceCell::new(),
        force: false,
        waivers: Waivers::at(Vec::new(), clock.now()),
    });
}
