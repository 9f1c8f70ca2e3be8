use super::*;
use crate::testing::FakeKernel;

fn config(mode: ConfiguredMode) -> SelinuxConfig {
    SelinuxConfig { mode, policy_type: "targeted".into() }
}

#[test]
fn only_the_policy_of_a_booted_host_is_in_the_kernel() {
    use State::{Absent, ConfiguredNotRunning, Disabled, Enforcing, Permissive};
    for state in [Enforcing, Permissive, ConfiguredNotRunning, Disabled, Absent] {
        let runs = matches!(state, Enforcing | Permissive);
        assert_eq!(state.is_in_kernel(SystemKind::Running), runs, "{state:?}");
        for kind in [SystemKind::Offline, SystemKind::Container, SystemKind::Image] {
            assert!(!state.is_in_kernel(kind), "{state:?} {kind:?}");
        }
    }
}

#[test]
fn every_state() {
    use ConfiguredMode as Mode;
    use KernelMode as Running;
    use SystemKind as Where;
    let cases = [
        (Where::Running, Running::Enforcing, Some(Mode::Permissive), State::Enforcing),
        (Where::Running, Running::Enforcing, None, State::Enforcing),
        (Where::Running, Running::Permissive, Some(Mode::Enforcing), State::Permissive),
        (Where::Running, Running::NotRunning, Some(Mode::Enforcing), State::ConfiguredNotRunning),
        (Where::Running, Running::NotRunning, Some(Mode::Permissive), State::ConfiguredNotRunning),
        (Where::Running, Running::NotRunning, Some(Mode::Disabled), State::Disabled),
        (Where::Running, Running::NotRunning, None, State::Absent),
        (Where::Offline, Running::Permissive, Some(Mode::Enforcing), State::Enforcing),
        (Where::Offline, Running::Enforcing, Some(Mode::Disabled), State::Disabled),
        (Where::Offline, Running::Enforcing, None, State::Absent),
        (Where::Container, Running::Enforcing, Some(Mode::Enforcing), State::InContainer),
        (Where::Image, Running::Permissive, Some(Mode::Enforcing), State::Enforcing),
        (Where::Image, Running::Enforcing, Some(Mode::Permissive), State::Permissive),
        (Where::Image, Running::Enforcing, Some(Mode::Disabled), State::Disabled),
        (Where::Image, Running::Enforcing, None, State::Absent),
    ];
    for (kind, running, configured, expected) in cases {
        let kernel = FakeKernel::in_mode(running);
        let config = configured.map(config);
        let state = State::of(kind, &kernel, config.as_ref());
        assert_eq!(state, expected, "{kind:?} {running:?} {configured:?}");
        let asks = kind == Where::Running;
        assert_eq!(kernel.mode_asked.get() > 0, asks, "the kernel is asked on a host only");
    }
}
