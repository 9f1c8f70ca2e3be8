use super::*;
use crate::testing::FakeKernel;

fn config(mode: ConfiguredMode) -> SelinuxConfig {
    SelinuxConfig { mode, policy_type: "targeted".into() }
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
        (Where::Chroot, Running::Enforcing, Some(Mode::Enforcing), State::ConfiguredNotRunning),
        (Where::Chroot, Running::Enforcing, Some(Mode::Disabled), State::Disabled),
        (Where::Chroot, Running::Enforcing, None, State::Absent),
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
