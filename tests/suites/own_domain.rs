//! A module with a domain of the agent's own, in copies of real stores, by the real semodule: policydb reads what it compiled.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

use std::fs;
use std::path::PathBuf;

use harness::snapshot::Compare;
use harness::{Run, ScratchRoot, Snapshot, setup};
use policydb::Policy;
use serde_json::Value;

const ONLY: [&str; 5] = ["repair", "--format", "json", "--only", "selinux-module"];
const CHECK: [&str; 5] = ["check", "--format", "json", "--only", "selinux-module"];
const PROGRAM: &str = "/opt/other-agent/bin/agentd";
const BIN: &str = "system_u:object_r:bin_t:s0";
const RIGHT: &str = "system_u:object_r:other_agent_exec_t:s0";
const RULE: [&str; 5] = ["map_create", "map_read", "map_write", "prog_load", "prog_run"];

/// A root with the other agent, and the profile that its vendor wrote.
struct Host {
    root: ScratchRoot,
    place: tempfile::TempDir,
}

impl Host {
    fn with(store: impl Fn(&ScratchRoot) -> &ScratchRoot) -> Self {
        let root = ScratchRoot::of("debian-12");
        store(&root).file(PROGRAM, "program").mode(PROGRAM, 0o755);
        let host = Self { root, place: tempfile::tempdir().unwrap() };
        host.label(BIN);
        host.profile("");
        host
    }

    /// Adds lines to the profile.
    fn profile(&self, more: &str) {
        let text = fs::read_to_string(setup::top().join("tests/vm/scenarios/18-own-domain/profile.toml")).unwrap();
        fs::write(self.profile_path(), text + more).unwrap();
    }

    fn profile_path(&self) -> PathBuf {
        self.place.path().join("profile.toml")
    }

    fn hostprep(&self, args: &[&str]) -> Run {
        self.root.hostprep(&[args, &["--profile", self.profile_path().to_str().unwrap()]].concat())
    }

    fn label(&self, context: &str) {
        xattr::set(self.root.at(PROGRAM), "security.selinux", format!("{context}\0").as_bytes()).unwrap();
    }

    fn labelled(&self) -> String {
        let label = xattr::get(self.root.at(PROGRAM), "security.selinux").unwrap().unwrap_or_default();
        String::from_utf8(label).unwrap().trim_end_matches('\0').to_owned()
    }

    /// The compiled policy.
    fn policy(&self) -> Vec<u8> {
        let directory = self.root.at(&format!("/etc/selinux/{}/policy", self.root.policy_type()));
        let [file] = &fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>()[..]
        else {
            panic!("not one compiled policy")
        };
        fs::read(file).unwrap()
    }

    fn modules(&self) -> Vec<String> {
        self.root.modules().into_iter().filter(|line| line.contains("other-agent")).collect()
    }

    fn status(&self, code: i32) -> Value {
        self.hostprep(&["policy", "status", "--format", "json"]).expect_code(code).json()
    }
}

fn allows(policy: &[u8], source: &str, target: &str, class: &str, permissions: &[&str]) -> bool {
    let policy = Policy::parse(policy).unwrap();
    // Constraints ask for user, role and range.
    let context = |role: &str, name: &str| policy.context(&format!("system_u:{role}:{name}:s0")).ok();
    let role = if class == "file" { "object_r" } else { "system_r" };
    let (Some(source), Some(target)) = (context("system_r", source), context(role, target)) else {
        return false;
    };
    policy.decide(&source, Some(&target), class, permissions).is_allowed().unwrap()
}

fn is_permissive(policy: &[u8]) -> bool {
    let policy = Policy::parse(policy).unwrap();
    policy.decide(&policy.context_of_type("other_agent_t").unwrap(), None, "bpf", &["map_create"]).permissive
}

fn transition(policy: &[u8]) -> Option<String> {
    let policy = Policy::parse(policy).unwrap();
    policy.transition("init_t", "other_agent_exec_t", "process").map(str::to_owned)
}

/// With everything that the distribution's policy has: from nothing to enforcing, and back.
#[test]
fn the_agents_domain_gets_ebpf_and_no_other() {
    let host = Host::with(ScratchRoot::whole_policy_store);
    let others = host.root.modules();
    let checked = host.hostprep(&CHECK).expect_code(3);
    assert_eq!(checked.step("selinux-module")["reason"], "module-missing");
    assert!(checked.step("selinux-module")["detail"].to_string().contains("does not have the domain other_agent_t"));
    assert_eq!(host.labelled(), BIN);

    let run = host.hostprep(&ONLY).expect_code(0);
    assert_eq!(run.outcomes(), ["selinux-module=changed"]);
    assert_eq!(host.modules(), ["300 other-agent cil"]);
    let policy = host.policy();
    assert!(allows(&policy, "other_agent_t", "other_agent_t", "bpf", &RULE));
    for other in ["unconfined_service_t", "sshd_t", "crond_t"] {
        assert!(!allows(&policy, other, other, "bpf", &["map_create"]), "{other}");
    }
    assert!(is_permissive(&policy), "denials are logged first");
    // What systemd needs to start it, also with NoNewPrivileges= and from nosuid.
    assert_eq!(transition(&policy).as_deref(), Some("other_agent_t"));
    for (source, target, class, permission) in [
        ("init_t", "other_agent_t", "process", "transition"),
        ("init_t", "other_agent_t", "process", "rlimitinh"),
        ("init_t", "other_agent_t", "process2", "nnp_transition"),
        ("init_t", "other_agent_t", "process2", "nosuid_transition"),
        ("other_agent_t", "other_agent_exec_t", "file", "entrypoint"),
        ("other_agent_t", "init_t", "unix_stream_socket", "write"),
        ("other_agent_t", "other_agent_t", "capability2", "bpf"),
        // By the attributes: what each domain may do, and what may be done to each program.
        ("other_agent_t", "ld_so_t", "file", "execute"),
        ("init_t", "other_agent_t", "process", "sigkill"),
        ("dpkg_t", "other_agent_exec_t", "file", "relabelto"),
    ] {
        assert!(allows(&policy, source, target, class, &[permission]), "{source} {target} {class} {permission}");
    }
    let contexts = host.root.text("/etc/selinux/default/contexts/files/file_contexts");
    let ours: Vec<&str> = contexts.lines().filter(|line| line.contains("other_agent")).collect();
    assert_eq!(ours.len(), 1);
    assert_eq!(ours[0].split_whitespace().collect::<Vec<_>>(), [PROGRAM, "--", RIGHT]);
    assert_eq!(host.labelled(), RIGHT);
    assert_eq!(host.hostprep(&ONLY).expect_code(0).outcomes(), ["selinux-module=ok"]);

    let status = host.status(0);
    let own = &status["own_domain"];
    assert_eq!((own["mode"].as_str(), own["permissive"].as_bool()), (Some("permissive"), Some(true)));
    assert_eq!((own["label"].as_str(), own["label_is_right"].as_bool()), (Some(RIGHT), Some(true)));
    assert_eq!(own["started_in"], "other_agent_t");
    assert!(own["denials"].is_null() && own["denials_unknown"].is_string(), "{own}");
    assert_eq!(status["redundant"], false);

    host.profile("domain_mode = \"enforcing\"\n");
    assert_eq!(host.hostprep(&CHECK).expect_code(4).outcomes(), ["selinux-module=planned"]);
    let status = host.hostprep(&["policy", "status"]).stdout;
    let content = status.lines().find(|line| line.starts_with("content")).unwrap();
    assert!(
        content.starts_with("content   different  -  `hostprep repair") && content.ends_with("` replaces it"),
        "{content}"
    );
    assert_eq!(host.hostprep(&ONLY).expect_code(0).outcomes(), ["selinux-module=changed"]);
    let enforcing = host.policy();
    assert!(!is_permissive(&enforcing) && allows(&enforcing, "other_agent_t", "other_agent_t", "bpf", &RULE));
    assert_eq!(host.hostprep(&ONLY).expect_code(0).outcomes(), ["selinux-module=ok"]);

    host.hostprep(&["remove"]).expect_code(0);
    assert_eq!(host.root.modules(), others, "only our module is removed");
    assert_eq!(host.labelled(), BIN, "the label is back");
    assert!(!allows(&host.policy(), "other_agent_t", "other_agent_t", "bpf", &RULE));
}

/// The same host with the built-in profile: the rule is for everybody.
#[test]
fn the_vendors_rule_is_for_every_service() {
    let root = ScratchRoot::of("debian-12");
    root.policy_store();
    root.hostprep(&ONLY).expect_code(0);
    let host = Host { root, place: tempfile::tempdir().unwrap() };
    let policy = host.policy();
    assert!(allows(&policy, "unconfined_service_t", "unconfined_service_t", "bpf", &RULE));
    assert!(!Policy::parse(&policy).unwrap().knows_type("other_agent_t"));
    let status = host.root.hostprep(&["policy", "status", "--format", "json"]).expect_code(0).json();
    assert!(status.get("own_domain").is_none(), "{status}");
}

/// A policy that has hardly anything: what it lacks is left out, one by one.
#[test]
fn a_small_policy_takes_the_module_too() {
    let host = Host::with(ScratchRoot::small_policy_store);
    let label = "system_u:object_r:etc_t:s0";
    host.label(label);
    host.profile(
        "[[module.allow]]\ntarget = \"etc_t\"\nclass = \"file\"\npermissions = [\"open\", \"read\"]\n\
         [[module.allow]]\ntarget = \"type_of_another_policy_t\"\nclass = \"file\"\npermissions = [\"read\"]\n",
    );
    assert_eq!(host.hostprep(&ONLY).expect_code(0).outcomes(), ["selinux-module=changed"]);
    let policy = host.policy();
    assert!(allows(&policy, "other_agent_t", "other_agent_t", "bpf", &RULE));
    assert!(!allows(&policy, "unconfined_service_t", "unconfined_service_t", "bpf", &["prog_load"]));
    assert_eq!(transition(&policy).as_deref(), Some("other_agent_t"));
    assert!(allows(&policy, "other_agent_t", "etc_t", "file", &["open", "read"]));
    assert!(!allows(&policy, "other_agent_t", "etc_t", "file", &["write"]));
    assert!(allows(&policy, "other_agent_t", "other_agent_t", "process", &["fork"]), "as each domain of that policy");
    assert_eq!(host.labelled(), RIGHT);
    assert_eq!(host.hostprep(&ONLY).expect_code(0).outcomes(), ["selinux-module=ok"]);
    host.hostprep(&["remove"]).expect_code(0);
    assert_eq!((host.modules(), host.labelled()), (vec![], label.to_owned()));
}

/// A policy in which process 1 has another domain starts the program elsewhere: that is a fault, and not called in force.
#[test]
fn a_policy_without_the_transition_is_told() {
    let host = Host::with(ScratchRoot::small_policy_store);
    let base = fs::read_to_string(setup::fixture("policy/small_base.cil")).unwrap();
    let other = host.place.path().join("small_base.cil");
    fs::write(&other, base.replace("init_t", "systemd_t")).unwrap();
    let mut semodule = harness::Caller::Root.command("semodule");
    semodule.arg("-p").arg(host.root.path()).args(["-n", "-s", "small", "-X", "100", "-i"]).arg(&other);
    Run::of(&mut semodule).expect_code(0);
    let step = host.hostprep(&ONLY).expect_code(3).step("selinux-module");
    assert_eq!(step["reason"], "policy-denies");
    assert!(step["detail"].to_string().contains("starts /opt/other-agent/bin/agentd in init_t, not in other_agent_t"));
    // The rule itself is there.
    assert!(allows(&host.policy(), "other_agent_t", "other_agent_t", "bpf", &RULE));
    assert_eq!(transition(&host.policy()), None);
}

/// What a transaction, a label and the receipt add up to, for the whole tree: nothing is left.
#[test]
fn a_removal_leaves_the_tree_as_it_was() {
    let host = Host::with(ScratchRoot::small_policy_store);
    // What a transaction rebuilds differs from what semodule wrote first.
    host.hostprep(&["repair"]).expect_code(0);
    host.hostprep(&["remove"]).expect_code(0);
    let tree = || Snapshot::of(&host.root.at("/opt/other-agent"));
    let before = tree();
    host.hostprep(&["repair"]).expect_code(0);
    let receipt = host.root.text("/var/lib/other-agent/prep/journal.json");
    assert!(receipt.contains("\"label\"") && receipt.contains(BIN), "{receipt}");
    host.hostprep(&["remove"]).expect_code(0);
    assert_eq!(before.difference(&tree(), Compare::SameTree), "");
}

impl Host {
    /// Replaces words of the profile.
    fn change(&self, changes: &[(&str, &str)]) {
        let text = fs::read_to_string(self.profile_path()).unwrap();
        let change = |text: String, (from, to): &(&str, &str)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        };
        fs::write(self.profile_path(), changes.iter().fold(text, change)).unwrap();
    }

    fn receipt(&self) -> String {
        fs::read_to_string(self.root.at("/var/lib/other-agent/prep/journal.json")).unwrap_or_default()
    }
}

const TO_SERVICE: [(&str, &str); 3] = [
    ("confinement = \"domain\"\n", ""),
    ("executable_type = \"other_agent_exec_t\"\n", ""),
    ("domain = \"other_agent_t\"", "domain = \"unconfined_service_t\""),
];

/// A vendor gives the domain up: the rule is for every service again, and systemd can start the program.
#[test]
fn a_profile_without_the_domain_puts_the_label_back() {
    let host = Host::with(ScratchRoot::small_policy_store);
    let other = "/opt/other-agent/bin/other";
    host.root.file(other, "program").mode(other, 0o755);
    host.hostprep(&ONLY).expect_code(0);
    assert_eq!(host.labelled(), RIGHT);

    host.change(&TO_SERVICE);
    let run = host.hostprep(&ONLY).expect_code(0);
    assert_eq!(run.outcomes(), ["selinux-module=changed"]);
    assert_eq!((host.labelled(), host.modules()), (BIN.to_owned(), vec!["300 other-agent cil".to_owned()]));
    let policy = host.policy();
    assert!(allows(&policy, "unconfined_service_t", "unconfined_service_t", "bpf", &RULE));
    assert!(!Policy::parse(&policy).unwrap().knows_type("other_agent_t"));
    assert!(!host.receipt().contains("label"), "{}", host.receipt());
    assert_eq!(host.hostprep(&ONLY).expect_code(0).outcomes(), ["selinux-module=ok"]);

    // And back.
    let back: Vec<_> = [
        TO_SERVICE[2],
        (
            "name = \"other-agent\"\npriority",
            "name = \"other-agent\"\nconfinement = \"domain\"\nexecutable_type = \"other_agent_exec_t\"\npriority",
        ),
    ]
    .into();
    host.change(&[(back[0].1, back[0].0), back[1]]);
    host.hostprep(&ONLY).expect_code(0);
    assert_eq!(host.labelled(), RIGHT);

    // Another program: the former one is started as before.
    host.change(&[(PROGRAM, other)]);
    host.hostprep(&ONLY).expect_code(0);
    assert_eq!(host.labelled(), BIN);
    assert_eq!(host.hostprep(&ONLY).expect_code(0).outcomes(), ["selinux-module=ok"]);
    host.hostprep(&["remove"]).expect_code(0);
    assert_eq!((host.modules(), host.labelled()), (vec![], BIN.to_owned()));
}

/// Only the label is left: by a version of hostprep that did not put it back.
#[test]
fn a_label_that_is_left_is_a_fault_until_it_is_put_back() {
    let host = Host::with(ScratchRoot::small_policy_store);
    host.hostprep(&ONLY).expect_code(0);
    let receipt = host.receipt();
    host.change(&TO_SERVICE);
    host.hostprep(&ONLY).expect_code(0);
    host.root.file("/var/lib/other-agent/prep/journal.json", &receipt);
    assert_eq!(host.hostprep(&CHECK).expect_code(0).outcomes(), ["selinux-module=ok"], "the file has its own label");
    host.label(RIGHT);
    let step = host.hostprep(&CHECK).expect_code(3).step("selinux-module");
    assert_eq!(step["reason"], "program-label");
    assert!(
        step["detail"].to_string().contains("still has the label system_u:object_r:other_agent_exec_t:s0"),
        "{step}"
    );
    assert_eq!(host.hostprep(&ONLY).expect_code(0).outcomes(), ["selinux-module=changed"]);
    assert_eq!(host.labelled(), BIN);
}

/// What an earlier profile called otherwise is removed under its former name.
#[test]
fn a_removal_knows_former_names() {
    for (from, to) in [
        ("name = \"other-agent\"\npriority", "name = \"agent-policy\"\npriority"),
        ("other_agent_exec_t", "agent_program_t"),
    ] {
        let host = Host::with(ScratchRoot::small_policy_store);
        host.hostprep(&ONLY).expect_code(0);
        host.change(&[(from, to)]);
        host.hostprep(&ONLY).expect_code(0);
        host.hostprep(&["remove"]).expect_code(0);
        let left: Vec<_> = host.root.modules().into_iter().filter(|module| module.contains("agent")).collect();
        assert_eq!((left, host.labelled(), host.receipt()), (vec![], BIN.to_owned(), String::new()), "{to}");
    }
}

/// The policy has the name already: nothing is changed, and the profile is what helps.
#[test]
fn a_name_of_the_base_policy_is_told() {
    for (from, to, word) in
        [("other_agent_t", "unconfined_service_t", "`domain`"), ("other_agent_exec_t", "etc_t", "`executable_type`")]
    {
        let host = Host::with(ScratchRoot::small_policy_store);
        host.change(&[(from, to)]);
        let before = host.root.modules();
        let step = host.hostprep(&ONLY).expect_code(3).step("selinux-module");
        let remedy = step["remedy"].to_string();
        assert!(remedy.contains(word) && remedy.contains("a name of its own"), "{to}: {step}");
        assert_eq!((host.root.modules(), host.labelled()), (before, BIN.to_owned()));
    }
}

#[test]
fn the_configuration_chooses_the_mode() {
    let host = Host::with(ScratchRoot::small_policy_store);
    host.root.file("/etc/cisco/hostprep.toml", "domain-mode = \"enforcing\"\n");
    host.hostprep(&ONLY).expect_code(0);
    assert!(!is_permissive(&host.policy()));
    host.root.file("/etc/cisco/hostprep.toml", "domain-mode = \"permissive\"\n");
    host.hostprep(&ONLY).expect_code(0);
    assert!(is_permissive(&host.policy()));
    host.root.file("/etc/cisco/hostprep.toml", "domain-mode = \"off\"\n");
    let refused = host.hostprep(&ONLY).expect_code(1).stderr;
    assert!(refused.contains("line 1") && refused.contains("`permissive`"), "{refused}");
    // It is no key for a rule of the base policy's domain.
    host.root.file("/etc/cisco/hostprep.toml", "domain-mode = \"enforcing\"\n");
    let generated = host.root.hostprep(&["policy", "generate", "--form", "cil"]).expect_code(0).stdout;
    assert!(generated.contains("unconfined_service_t self (bpf"), "{generated}");
}

#[test]
fn the_source_is_cil_alone() {
    let host = Host::with(ScratchRoot::small_policy_store);
    let cil = host.hostprep(&["policy", "generate", "--form", "cil"]).expect_code(0).stdout;
    assert!(cil.contains("(type other_agent_t)"), "{cil}");
    let refused = host.hostprep(&["policy", "generate"]).expect_code(1).stderr;
    assert!(refused.contains("--form cil"), "{refused}");
    let place = host.place.path().join("compiled");
    fs::create_dir(&place).unwrap();
    let compiled = host.hostprep(&["policy", "compile", place.to_str().unwrap()]).expect_code(0);
    assert!(compiled.stdout.trim().ends_with("compiled/other-agent.cil"), "{compiled:?}");
}
