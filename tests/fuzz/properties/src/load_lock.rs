//! The load lock's record, whatever it says: one that is not understood keeps the component out, and one that is lets no
//! crash loop through.

use std::cell::{Cell, OnceCell};
use std::path::Path;
use std::time::Duration;

use host::log::Log;
use host::process::CommandRunner;
use host::process::clock::Clock;
use host::system::distribution::Distribution;
use host::system::kind::SystemKind;
use installer::load_lock::{self, Begun, Record};
use installer::model::host_context::HostContext;
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
    let standing = load_lock::status(cx);
    assert_eq!(standing.is_ok(), understood);
    assert_eq!(load_lock::keeps_out(cx), standing.as_ref().map_or(true, load_lock::Standing::is_locked));
    assert!(scratch.tree() == before, "looking changed something");
    let Ok(standing) = standing else {
        // Most inputs are none of ours, and all of those go the same way: some will do.
        if file.is_some_and(|file| !file.len().is_multiple_of(8)) {
            return;
        }
        assert!(load_lock::begin(cx, &mut |e| panic!("{e}")).is_err(), "nobody knows, so nothing is loaded");
        assert_eq!(scratch.content(PATH).as_deref(), file, "it is kept for a person to look at");
        assert!(load_lock::reset(cx, faults::Source::Manual, &mut |e| panic!("{e}")).unwrap());
        assert_eq!(load_lock::status(cx).unwrap().record, Record::default());
        return;
    };
    assert!(standing.recent.unwrap() <= standing.record.ends.len());

    let was_open = standing.record.open.is_some();
    let first = load_lock::begin(cx, &mut |e| panic!("{e}")).unwrap();
    assert!(first == Begun::Locked || !standing.is_locked());
    assert!(first == Begun::Go || standing.is_locked() || was_open);
    // Two more loads that nobody ends, in one boot and within the hour.
    cx.clock.sleep(Duration::from_secs(60));
    load_lock::begin(cx, &mut |e| panic!("{e}")).unwrap();
    cx.clock.sleep(Duration::from_secs(60));
    assert_eq!(load_lock::begin(cx, &mut |e| panic!("{e}")).unwrap(), Begun::Locked, "a crash loop goes on");
    let locked = load_lock::status(cx).unwrap();
    assert!(locked.is_locked() && load_lock::keeps_out(cx));
    let written = text(scratch.content(PATH).as_deref());
    assert_eq!(Record::parse(&written, Path::new(PATH)).unwrap(), locked.record);
    assert!(load_lock::reset(cx, faults::Source::Manual, &mut |e| panic!("{e}")).unwrap());
    assert_eq!(load_lock::begin(cx, &mut |e| panic!("{e}")).unwrap(), Begun::Go);
    assert!(load_lock::end(cx).unwrap());
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
    let processes = CommandRunner::with_directories(Vec::new(), clock, &());
    work(&HostContext {
        root: &root,
        profile: &profile,
        clock,
        processes: &processes,
        log: &log,
        kernel: &kernel,
        bpf: &host::system::bpf::RunningKernel,
        kind: SystemKind::Running,
        distribution: Distribution::unknown(),
        kernel_release: None,
        base_rule: OnceCell::new(),
    });
}
