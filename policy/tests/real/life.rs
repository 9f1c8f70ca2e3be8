//! A module from installation to removal, with the real `semodule`, `checkmodule`, `semodule_package` and
//! `checkpolicy`.

use host::process::clock::SystemClock;
use host::system::kind::SystemKind;
use policy::kernel::{ClassKnowledge, KernelMode};
use policy::policy_file::{self, PolicyFile};
use policy::rules::Rules;
use policy::testing::FakeKernel;
use policy::transaction::{InstalledAt, remove};
use policy::{Cause, ModuleSpec, RuleState, State, System, assess, load};

use crate::support::{Scratch, no_compiler, runner, spec};

const ALLOWED: &str = "(bpf (map_create map_read map_write prog_load prog_run))";

fn priorities(scratch: &Scratch) -> Vec<u16> {
    InstalledAt::in_store(&scratch.store(), "agent-bpf").unwrap().priorities
}

fn gone(scratch: &Scratch) -> bool {
    remove(&runner(), &SystemClock, &scratch.target(), &scratch.store(), &spec()).unwrap()
}

#[test]
fn package_then_cil_then_nothing() {
    let scratch = Scratch::tiny(str::to_owned);
    let wanted = Rules::of_spec(&spec(), "initrc_t");
    let effective = || scratch.store().effective("agent-bpf").unwrap().unwrap();
    assert!(!gone(&scratch), "nothing is there to be removed");

    scratch.install(&runner(), &spec(), "initrc_t").unwrap();
    assert_eq!((effective().priority, effective().language.as_str()), (300, "pp"));
    assert!(effective().content.is(&wanted), "{:?}", effective());
    assert!(scratch.linked_rules("initrc_t").contains(ALLOWED));
    let cil = scratch.root.read(scratch.store().path().join("active/modules/300/agent-bpf/cil"), 65536).unwrap();
    assert!(cil.starts_with(b"BZh"), "this store compresses");

    scratch.install(&no_compiler(&SystemClock), &spec(), "initrc_t").unwrap();
    assert_eq!(effective().language, "cil");
    assert!(effective().content.is(&wanted), "the same in the other form");
    assert!(scratch.host_path("active/modules/300/agent-bpf/hll").exists(), "the earlier package is left behind");
    assert!(scratch.linked_rules("initrc_t").contains(ALLOWED));

    let fewer = ModuleSpec { permissions: vec!["map_create".into()], ..spec() };
    scratch.install(&runner(), &fewer, "initrc_t").unwrap();
    assert!(!effective().content.is(&wanted), "other content under the same name");

    assert!(gone(&scratch));
    assert!(priorities(&scratch).is_empty());
    assert_eq!(scratch.linked_rules("initrc_t"), "");
    assert!(!gone(&scratch), "a second time there is nothing to do");
}

#[test]
fn former_priorities_and_those_of_others() {
    let scratch = Scratch::tiny(str::to_owned);
    let former = ModuleSpec { priority: 400, ..spec() };
    scratch.install(&runner(), &former, "initrc_t").unwrap();
    scratch.add(200, "agent-bpf", "(typeattribute another_packages)").unwrap();
    scratch.semodule(&["-d", "agent-bpf"]).unwrap();
    assert_eq!(scratch.linked_rules("initrc_t"), "");

    let kernel = FakeKernel::in_mode(KernelMode::NotRunning);
    let runner = runner();
    let system = System { root: &scratch.root, kind: SystemKind::Image, kernel: &kernel, runner: &runner };
    let assessed = || assess(&system, &spec()).unwrap();
    let cause = || assessed().rule.problem().map(|problem| problem.cause);
    assert_eq!((assessed().state, assessed().domain.as_deref()), (State::Enforcing, Some("initrc_t")));
    assert_eq!(cause(), Some(Cause::ModuleDisabled));
    assert!(assessed().answer.is_none());

    let build_dir = scratch.root.make_dirs("/build").unwrap();
    let loaded = load::load(&system, &SystemClock, &spec(), &build_dir).unwrap();
    assert!(matches!(loaded.rule, RuleState::InForce(_)), "{loaded:?}");
    assert!(build_dir.names().unwrap().is_empty());
    assert_eq!(priorities(&scratch), [300, 200], "moved from 400 in the same transaction");
    assert!(!assessed().module.disabled, "and enabled again");
    assert!(scratch.linked_rules("initrc_t").contains(ALLOWED));

    assert!(gone(&scratch));
    assert_eq!(priorities(&scratch), [200], "another package's stays");
    assert_eq!(cause(), Some(Cause::RuleDenied), "which has other rules");

    scratch.add(400, "agent-bpf", "(typeattribute an_administrators)").unwrap();
    let overridden = load::load(&system, &SystemClock, &spec(), &build_dir).unwrap();
    assert!(matches!(overridden.rule, RuleState::Overridden { priority: 400, .. }), "{overridden:?}");
    assert_eq!(priorities(&scratch), [400, 200], "an administrator's module is not replaced");
}

/// Three transactions on a distribution's whole policy, some seconds each.
#[test]
fn on_a_distributions_store() {
    let scratch = Scratch::real();
    let wanted = Rules::of_spec(&spec(), "unconfined_service_t");
    if InstalledAt::in_store(&scratch.store(), "agent-bpf").unwrap() != InstalledAt::default() {
        panic!("the prepared store already has the module");
    }
    let before = PolicyFile::newest(&scratch.root, "default", "bpf").unwrap().unwrap();
    let policy = before.policy().unwrap();
    let answer = policy_file::ask(&policy, &spec()).unwrap();
    assert_eq!(answer.domain, "unconfined_service_t", "the fixture module declares it");
    assert_eq!((answer.class, answer.missing().len()), (ClassKnowledge::Known, 5));
    let unconfined = ModuleSpec { domain: "unconfined_t".into(), ..spec() };
    assert!(policy_file::ask(&policy, &unconfined).unwrap().allows_all());
    let rule = "allow unconfined_domain_type domain:bpf { map_create map_read map_write prog_load prog_run };";
    assert_eq!(policy_file::allow_rules(&policy, &spec(), "unconfined_t"), [rule]);

    let former = ModuleSpec { priority: 400, ..spec() };
    scratch.install(&runner(), &former, "unconfined_service_t").unwrap();
    assert!(scratch.store().effective("agent-bpf").unwrap().unwrap().content.is(&wanted));

    // What `semodule -d` leaves in the store.
    let disabled = scratch.store().path().join("active/modules/disabled/agent-bpf");
    scratch.root.replace(disabled, b"", 0o600).unwrap();
    scratch.install(&no_compiler(&SystemClock), &spec(), "unconfined_service_t").unwrap();
    assert_eq!(
        InstalledAt::in_store(&scratch.store(), "agent-bpf").unwrap(),
        InstalledAt { priorities: vec![300], disabled: false }
    );
    assert!(scratch.store().effective("agent-bpf").unwrap().unwrap().content.is(&wanted));
    let listed = scratch.semodule(&["-lfull"]).unwrap();
    assert!(listed.lines().any(|line| line.split_whitespace().eq(["300", "agent-bpf", "cil"])), "{listed}");
    assert!(scratch.linked_rules("unconfined_service_t").contains(ALLOWED));

    assert!(gone(&scratch));
    assert!(priorities(&scratch).is_empty());
    assert_eq!(scratch.linked_rules("unconfined_service_t"), "");
}
