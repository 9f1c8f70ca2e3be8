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
    let scratch = tempfile::tempdir().unwrap();
    let alternate = crate::testing::root_with(scratch.path(), &[]);
    let system = Root::system().unwrap();
    let cases = [
        (&system, Where::Host, Running::Enforcing, Some(Mode::Permissive), State::Enforcing),
        (&system, Where::Host, Running::Enforcing, None, State::Enforcing),
        (&system, Where::Host, Running::Permissive, Some(Mode::Enforcing), State::Permissive),
        (&system, Where::Host, Running::NotRunning, Some(Mode::Enforcing), State::ConfiguredNotRunning),
        (&system, Where::Host, Running::NotRunning, Some(Mode::Permissive), State::ConfiguredNotRunning),
        (&system, Where::Host, Running::NotRunning, Some(Mode::Disabled), State::Disabled),
        (&system, Where::Host, Running::NotRunning, None, State::Absent),
        (&system, Where::Chroot, Running::Enforcing, Some(Mode::Enforcing), State::ConfiguredNotRunning),
        (&system, Where::Chroot, Running::Enforcing, Some(Mode::Disabled), State::Disabled),
        (&system, Where::Chroot, Running::Enforcing, None, State::Absent),
        (&system, Where::Container, Running::Enforcing, Some(Mode::Enforcing), State::InContainer),
        (&alternate, Where::Host, Running::Permissive, Some(Mode::Enforcing), State::Enforcing),
        (&alternate, Where::Host, Running::Enforcing, Some(Mode::Permissive), State::Permissive),
        (&alternate, Where::Host, Running::Enforcing, Some(Mode::Disabled), State::Disabled),
        (&alternate, Where::Host, Running::Enforcing, None, State::Absent),
    ];
    for (root, surroundings, running, configured, expected) in cases {
        let kernel = FakeKernel::in_mode(running);
        let config = configured.map(config);
        let state = State::of(root, surroundings, &kernel, config.as_ref());
        assert_eq!(state, expected, "{} {surroundings:?} {running:?} {configured:?}", root.path().display());
        let asks = surroundings == Where::Host && !root.is_alternate();
        assert_eq!(kernel.mode_asked.get() > 0, asks, "the kernel is asked on a host only");
    }
}
