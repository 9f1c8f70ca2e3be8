//! The policy module, in a copy of a real store, by the real tools.

#![allow(clippy::disallowed_methods, reason = "the tests arrange the world around the program")]

use harness::{ScratchRoot, setup};

const ONLY: [&str; 5] = ["repair", "--format", "json", "--only", "selinux-module"];
const CHECK: [&str; 3] = ["check", "--format", "json"];

fn root() -> ScratchRoot {
    let root = ScratchRoot::of("debian-12");
    root.policy_store();
    root
}

fn ours(root: &ScratchRoot) -> Vec<String> {
    root.modules().into_iter().filter(|line| line.contains("cisco")).collect()
}

#[test]
fn it_is_installed_and_removed() {
    let root = ScratchRoot::of("debian-12");
    // Here with everything that the distribution's policy has.
    root.whole_policy_store();
    let others = root.modules();
    root.hostprep(&ONLY).expect_code(0);
    assert_eq!(ours(&root), ["300 cisco-secure-bpf cil"]);
    let status = root.hostprep(&["policy", "status", "--format", "json"]).expect_code(0).json();
    assert_eq!(status["priorities"], serde_json::json!([300]));
    assert_eq!((status["enabled"].as_bool(), status["same_content"].as_bool()), (Some(true), Some(true)));
    assert_eq!((status["type"].as_str(), status["domain"].as_str()), (Some("default"), Some("unconfined_service_t")));
    assert!(!root.at("/opt/cisco/hostprep").exists(), "nothing of the compiling is left");

    root.hostprep(&["remove"]).expect_code(0);
    assert_eq!(root.modules(), others, "only our module is removed");
}

/// Disabled by the administrator: a fault, until repair enables it again.
#[test]
fn it_is_enabled_again_and_removed() {
    let root = root();
    let others = root.modules();
    root.hostprep(&ONLY).expect_code(0);
    let mut semodule = harness::Caller::Root.command("semodule");
    semodule.arg("-p").arg(root.path()).args(["-n", "-s", &root.policy_type(), "-d", "cisco-secure-bpf"]);
    harness::Run::of(&mut semodule).expect_code(0);
    assert_eq!(ours(&root), ["300 cisco-secure-bpf cil disabled"]);
    let checked = root.hostprep(&CHECK).expect_code(3);
    assert_eq!(checked.step("selinux-module")["reason"], "module-disabled");
    let run = root.hostprep(&ONLY).expect_code(0);
    assert_eq!(run.outcomes(), ["selinux-module=changed"]);
    let did = run.step("selinux-module")["plan"].to_string();
    assert!(did.contains("enable the module, which was disabled"), "{did}");
    assert_eq!(ours(&root), ["300 cisco-secure-bpf cil"]);

    root.hostprep(&["remove"]).expect_code(0);
    assert_eq!(root.modules(), others, "only our module is removed");
}

/// Another root's tools may not read a package of this machine's module version.
#[test]
fn under_another_root_it_is_installed_from_cil() {
    let root = root();
    let run = root.hostprep(&ONLY).expect_code(0);
    let did = run.step("selinux-module")["plan"].to_string();
    assert!(!did.contains("checkmodule") && did.contains("cisco-secure-bpf.cil"), "{did}");
    assert_eq!(ours(&root), ["300 cisco-secure-bpf cil"]);
    root.hostprep(&["remove"]).expect_code(0);
    let run = root.hostprep_without(&["checkmodule", "semodule_package"], &ONLY).expect_code(0);
    assert_eq!(run.outcomes(), ["selinux-module=changed"]);
    assert_eq!(root.hostprep(&ONLY).expect_code(0).outcomes(), ["selinux-module=ok"]);
}

#[test]
fn a_store_of_el_7_2_is_reported_and_left_alone() {
    let root = ScratchRoot::of("centos-7");
    root.file("/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n");
    for file in ["active/base.pp", "active/commit_num", "active/modules/abrt.pp", "semanage.trans.LOCK"] {
        root.file(&format!("/etc/selinux/targeted/modules/{file}"), "x");
    }
    let before = root.snapshot();
    let selinux = |root: &ScratchRoot| harness::Snapshot::of(&root.at("/etc/selinux"));
    let store = selinux(&root);
    let status = root.hostprep(&["policy", "status"]).expect_code(3);
    let line = status.stdout.lines().find(|line| line.starts_with("store ")).unwrap_or_default();
    assert!(line.contains("not supported") && line.contains("older than 2.4;"), "{line}");
    let json = root.hostprep(&["policy", "status", "--format", "json"]).expect_code(3).json();
    assert_eq!(json["store"], root.at("/etc/selinux/targeted/modules/active").to_str().unwrap());
    assert_eq!((json["priorities"].to_string(), json["enabled"].as_bool()), ("[]".to_owned(), Some(false)));
    before.expect_untouched(&root.snapshot());

    assert_eq!(root.hostprep(&CHECK).expect_code(3).step("selinux-module")["reason"], "store-broken");
    let repaired = root.hostprep(&ONLY).expect_code(3);
    assert_eq!(repaired.outcomes(), ["selinux-module=fault"]);
    let chroot = format!("chroot {} yum update -y policycoreutils", root.path().display());
    let remedy = repaired.step("selinux-module")["remedy"].to_string();
    assert!(remedy.contains(&chroot), "{remedy}");
    let stored = root.hostprep(&["faults", "list", "--format", "json"]).expect_code(3).json().to_string();
    assert!(stored.contains("\"yum update -y policycoreutils libsemanage selinux-policy-targeted\""), "{stored}");
    root.hostprep(&["policy", "remove"]).expect_code(0);
    root.hostprep(&["remove"]).expect_code(0);
    store.expect_untouched(&selinux(&root));
}

/// On an alternate root hostprep runs this machine's tools, whatever the root's distribution is.
#[test]
fn without_semodule_this_machines_package_is_named() {
    let root = root();
    let hidden = ["semodule", "checkmodule", "semodule_package", "semanage"];
    let mut named = Vec::new();
    for distribution in ["rhel-7", "sles-15", "debian-12"] {
        let os_release = setup::fixture(&format!("os-release/{distribution}"));
        root.file("/etc/os-release", std::fs::read(os_release).unwrap());
        let run = root.hostprep_without(&hidden, &ONLY).expect_code(3);
        assert_eq!(run.faults(), [19], "{distribution}");
        let step = run.step("selinux-module");
        assert_eq!(step["reason"], "tools-missing", "{distribution}");
        named.push(step["remedy"][1].as_str().unwrap().to_owned());
        assert!(ours(&root).is_empty());
    }
    let manager = if std::path::Path::new("/usr/bin/apt-get").exists() { "apt-get" } else { "dnf" };
    assert!(named[0].starts_with(&format!("{manager} install -y policycoreutils ")), "{named:?}");
    assert!(named.iter().all(|command| *command == named[0]), "{named:?}");
}

#[test]
fn without_semodule_a_removal_names_this_machines_package() {
    let root = root();
    root.hostprep(&ONLY).expect_code(0);
    let manager = if std::path::Path::new("/usr/bin/apt-get").exists() { "apt-get" } else { "dnf" };
    for command in [&["policy", "remove"][..], &["remove"]] {
        let run = root.hostprep_without(&["semodule"], command).expect_code(1);
        assert!(run.stderr.contains("semodule is not installed (looked in "), "{run:?}");
        assert!(
            run.stderr.contains(". Run: ") && run.stderr.contains("install -y policycoreutils  # then "),
            "{run:?}"
        );
        assert!(run.stderr.contains(manager), "{run:?}");
    }
    let log = root.text("/var/log/cisco/hostprep.log");
    assert!(log.contains("info: semodule is not installed (") && !log.contains("failed after"), "{log}");
    root.hostprep(&["remove"]).expect_code(0);
    assert!(ours(&root).is_empty());
}

/// A later boot may enforce.
#[test]
fn permissive_and_disabled_are_made_ready() {
    let root = root();
    let check = ["check", "--format", "json", "--only", "selinux-module"];
    root.file("/etc/selinux/config", "SELINUX=disabled\nSELINUXTYPE=default\n");
    assert_eq!(root.hostprep(&check).expect_code(4).outcomes(), ["selinux-module=planned"]);
    for run in ["first", "second"] {
        let repaired = root.hostprep(&ONLY).expect_code(4);
        assert_eq!(
            (repaired.outcomes(), repaired.faults()),
            (vec!["selinux-module=deferred".to_owned()], vec![]),
            "{run}"
        );
        assert_eq!(ours(&root), ["300 cisco-secure-bpf cil"]);
    }
    root.file("/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=default\n");
    assert_eq!(root.hostprep(&check).expect_code(0).outcomes(), ["selinux-module=ok"], "enforcing later");
    root.hostprep(&["remove"]).expect_code(0);
    assert!(ours(&root).is_empty());
    root.file("/etc/selinux/config", "SELINUX=permissive\nSELINUXTYPE=default\n");
    let checked = root.hostprep(&check).expect_code(4);
    assert_eq!((checked.outcomes(), checked.faults()), (vec!["selinux-module=planned".to_owned()], vec![]));
}

#[test]
fn a_base_policy_that_allows_the_rule_gets_no_module() {
    let root = root();
    let place = tempfile::tempdir().unwrap();
    let site = place.path().join("site_policy.cil");
    let rule = "(allow unconfined_service_t self (bpf (map_create map_read map_write prog_load prog_run)))";
    std::fs::write(&site, rule).unwrap();
    let mut semodule = harness::Caller::Root.command("semodule");
    semodule.arg("-p").arg(root.path()).args(["-n", "-s", &root.policy_type(), "-X", "200", "-i"]).arg(site);
    harness::Run::of(&mut semodule).expect_code(0);
    let run = root.hostprep(&ONLY).expect_code(0);
    assert_eq!(run.outcomes(), ["selinux-module=ok"], "{}", run.stdout);
    assert!(ours(&root).is_empty());
}

#[test]
fn sources_are_printed_and_compiled() {
    let root = root();
    let te = root.hostprep(&["policy", "generate"]).expect_code(0).stdout;
    assert!(te.contains("allow unconfined_service_t self:bpf { map_create map_read map_write prog_load prog_run };"));
    let cil = root.hostprep(&["policy", "generate", "--form", "cil"]).expect_code(0).stdout;
    assert!(cil.contains("(allow unconfined_service_t self (bpf "), "{cil}");
    let place = tempfile::tempdir().unwrap();
    let run = root.hostprep(&["policy", "compile", place.path().to_str().unwrap()]).expect_code(0);
    assert_eq!(run.stdout.trim(), place.path().join("cisco-secure-bpf.pp").to_str().unwrap());
    let run = root.hostprep(&["policy", "compile", "--form", "cil", place.path().to_str().unwrap()]).expect_code(0);
    assert_eq!(
        (run.stdout.trim(), run.stderr.as_str()),
        (place.path().join("cisco-secure-bpf.cil").to_str().unwrap(), "")
    );
    assert_eq!(std::fs::read_to_string(place.path().join("cisco-secure-bpf.cil")).unwrap(), cil);
}

#[test]
fn nothing_is_compiled_in_a_directory_that_others_can_write() {
    let root = ScratchRoot::of("debian-12");
    root.file("/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=default\n").dir("/opt/cisco", 0o777);
    root.dir("/var/lib/selinux/default/active/modules", 0o755);
    root.file("/var/lib/selinux/default/active/commit_num", "1");
    let step = root.hostprep(&ONLY).expect_code(3).step("selinux-module");
    assert_eq!(step["reason"], "policy-load-failed");
    assert!(step["detail"].as_str().unwrap().contains("/opt/cisco can be written by others than root"), "{step}");
    assert!(!root.at("/opt/cisco/hostprep").exists());
}

#[test]
fn an_ordinary_user_sees_what_is_readable() {
    if !harness::need_root() {
        return;
    }
    let root = root();
    root.mode("/var/lib/selinux/default", 0o700);
    let run = root.hostprep_as_ordinary_user(&["policy", "status"]).expect_code(3);
    assert!(run.stdout.contains("policy.33 denies unconfined_service_t bpf"), "{}", run.stdout);
    assert!(run.stdout.contains("not seen") && run.stdout.contains("run as root"), "{}", run.stdout);
    root.mode("/etc/selinux/default/policy", 0o700);
    let run = root.hostprep_as_ordinary_user(&["policy", "status"]).expect_code(4);
    assert!(run.stdout.contains("unknown without the store: run as root"), "{}", run.stdout);
}

const POLICY: &str = "/etc/selinux/default/policy/policy.33";

/// Checks the module and returns its step.
fn checked(root: &ScratchRoot, code: i32) -> serde_json::Value {
    root.hostprep(&["check", "--format", "json", "--only", "selinux-module"]).expect_code(code).step("selinux-module")
}

/// The remedy, the repair by it, and that it is right afterwards.
#[track_caller]
fn expect_rebuilt(root: &ScratchRoot, reason: &str, detail: &str) {
    let step = checked(root, 3);
    assert_eq!(step["reason"], reason, "{step}");
    assert!(step["detail"].as_str().is_some_and(|text| text.contains(detail)), "{step}");
    let rebuild = format!("semodule -n -s default -p {} -B", root.path().display());
    assert_eq!(step["remedy"][0], rebuild, "{step}");
    let repaired = root.hostprep(&ONLY).expect_code(0).step("selinux-module");
    assert_eq!((&repaired["outcome"], &repaired["plan"][0]), (&"changed".into(), &rebuild.into()), "{repaired}");
    assert_eq!(checked(root, 0)["outcome"], "ok");
}

#[test]
fn a_compiled_policy_that_is_damaged_or_older_than_the_store_is_built_again() {
    let root = root();
    let before = std::fs::read(root.at(POLICY)).unwrap();
    root.hostprep(&ONLY).expect_code(0);
    std::fs::write(root.at(POLICY), &before).unwrap();
    expect_rebuilt(&root, "policy-denies", "although the module cisco-secure-bpf is in the store");
    std::fs::write(root.at(POLICY), b"").unwrap();
    expect_rebuilt(&root, "store-broken", "policy.33: not a compiled SELinux policy");
    std::fs::write(root.at(POLICY), &before[..before.len() / 2]).unwrap();
    expect_rebuilt(&root, "store-broken", "policy.33: truncated at byte ");
    std::fs::remove_file(root.at(POLICY)).unwrap();
    expect_rebuilt(&root, "store-broken", "no compiled policy in /etc/selinux/default/policy");
}

/// A root with a `/var` of its own that is not mounted.
#[test]
fn a_policy_without_its_store_is_a_fault_if_it_denies_the_rule() {
    let root = root();
    let (store, elsewhere) = (root.at("/var/lib/selinux"), root.at("/var/lib/elsewhere"));
    std::fs::rename(&store, &elsewhere).unwrap();
    let step = checked(&root, 3);
    assert_eq!(step["reason"], "store-broken", "{step}");
    assert!(step["detail"].as_str().unwrap().contains("there is no policy store for default"), "{step}");
    std::fs::rename(&elsewhere, &store).unwrap();
    root.hostprep(&ONLY).expect_code(0);
    std::fs::rename(&store, &elsewhere).unwrap();
    assert_eq!(checked(&root, 0)["outcome"], "ok", "the policy has the rule");
}

/// Whether the policy in force has the rule or not, what is said and done first is about the store: on what is left of it,
/// commands fail, or take away the previous policy.
#[test]
fn a_store_that_was_cut_short_is_restored_before_anything_else() {
    const STORE: &str = "/var/lib/selinux/small";
    for (shape, detail, script) in [
        ("no active", "has no active policy", "mv active previous; cp -r previous tmp"),
        ("semodule -l after that", "active is not complete", "mv active previous; mkdir -p active/modules"),
        ("active half removed", "active is not complete", "cp -r active previous; rm -r active/modules/100"),
        (
            "its number too",
            "active is not complete",
            "cp -r active previous; rm -r active/modules/100 active/commit_num",
        ),
    ] {
        let root = ScratchRoot::of("debian-12");
        root.small_policy_store();
        let others = root.modules();
        setup::run(std::process::Command::new("sh").args(["-ec", script]).current_dir(root.at(STORE)));
        let step = root.hostprep(&CHECK).expect_code(3).step("selinux-module");
        assert!(step["detail"].as_str().unwrap().ends_with("a transaction of it was cut short"), "{shape}: {step}");
        assert!(step["detail"].as_str().unwrap().contains(detail), "{shape}: {step}");
        let again = format!("hostprep repair --root {}", root.path().display());
        assert_eq!(step["remedy"], serde_json::json!([again]), "{shape}: {step}");
        root.hostprep(&ONLY).expect_code(0);
        assert_eq!(root.modules(), [&["300 cisco-secure-bpf cil".to_owned()], &others[..]].concat(), "{shape}");
        root.hostprep(&["remove"]).expect_code(0);
        assert_eq!(root.modules(), others, "{shape}");
    }
}

/// The base policy allows the rule: what an administrator has of the module's name is not touched.
#[test]
fn where_the_base_policy_allows_the_rule_nothing_is_done() {
    let root = root();
    let cil = root.at("/rule.cil");
    let all = "(bpf (map_create map_read map_write prog_load prog_run))";
    std::fs::write(&cil, format!("(allow unconfined_service_t self {all})")).unwrap();
    let semodule = |words: &[&str]| {
        let mut semodule = harness::Caller::Root.command("semodule");
        semodule.arg("-p").arg(root.path()).args(["-n", "-s", "default"]).args(words);
        harness::Run::of(&mut semodule).expect_code(0);
    };
    semodule(&["-X", "100", "-i", cil.to_str().unwrap()]);
    let other = root.at("/cisco-secure-bpf.cil");
    std::fs::write(&other, "(typeattribute an_administrators)").unwrap();
    semodule(&["-X", "400", "-i", other.to_str().unwrap()]);
    let others = root.modules();
    assert_eq!(checked(&root, 0)["outcome"], "ok");
    assert_eq!(root.hostprep(&ONLY).expect_code(0).outcomes(), ["selinux-module=ok"]);
    semodule(&["-d", "cisco-secure-bpf"]);
    assert_eq!(root.hostprep(&ONLY).expect_code(0).outcomes(), ["selinux-module=ok"]);
    assert_eq!(root.modules().len(), others.len());
    let status = root.hostprep(&["policy", "status"]).expect_code(0).stdout;
    assert!(status.contains("rule      allow unconfined_service_t unconfined_service_t:bpf { map_create"), "{status}");
}

#[test]
fn it_is_removed_without_a_usable_configuration() {
    let root = root();
    root.hostprep(&ONLY).expect_code(0);
    assert_eq!(ours(&root).len(), 1);
    root.file("/etc/selinux/config", b"# caf\xe9\nSELINUX=enforcing\nSELINUXTYPE=../x\n");
    root.hostprep(&["remove"]).expect_code(0);
    root.file("/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=default\n");
    assert!(ours(&root).is_empty());
}

/// A module that an upgrade left behind keeps every transaction from succeeding. The remedy that is named works.
#[test]
fn a_broken_store_names_the_way_out() {
    let root = root();
    let left = "/var/lib/selinux/default/active/modules/200/left";
    root.file(&format!("{left}/cil"), "(typeattributeset cil_gen_require gone_after_upgrade_t)");
    root.file(&format!("{left}/lang_ext"), "cil");
    let step = root.hostprep(&ONLY).expect_code(3).step("selinux-module");
    assert_eq!(step["reason"], "store-broken");
    assert!(step["detail"].as_str().unwrap().contains("the module left at priority 200"), "{step}");
    let remedy = step["remedies"][0]["argv"].as_array().unwrap();
    let argv: Vec<&str> = remedy.iter().map(|word| word.as_str().unwrap()).collect();
    assert_eq!(
        argv,
        ["semodule", "-n", "-s", "default", "-p", root.path().to_str().unwrap(), "-X", "200", "-r", "left"]
    );
    let mut command = harness::Caller::Root.command(argv[0]);
    command.args(&argv[1..]);
    harness::Run::of(&mut command).expect_code(0);
    root.hostprep(&ONLY).expect_code(0);

    root.hostprep(&["policy", "remove"]).expect_code(0);
    let records = "/var/lib/selinux/default/active/file_contexts.local";
    root.file(records, "# comment\n/srv/x(/.*)?    system_u:object_r:gone_t:s0\n");
    let step = root.hostprep(&ONLY).expect_code(3).step("selinux-module");
    assert_eq!(step["reason"], "store-broken");
    assert!(step["detail"].as_str().unwrap().contains(&format!("{records}, line 2")), "{step}");
    let expected = format!("chroot {} semanage fcontext -N -S default -d '/srv/x(/.*)?'", root.path().display());
    assert_eq!(step["remedy"][0], expected);
}

/// An image with its policy in the read-only base.
#[test]
fn a_policy_below_usr_is_found() {
    let root = root();
    root.dir("/usr/lib/selinux", 0o755);
    for (from, to) in [
        ("/var/lib/selinux/default", "/usr/lib/selinux/default"),
        ("/etc/selinux/default/policy", "/usr/lib/selinux/default/policy"),
    ] {
        std::fs::rename(root.at(from), root.at(to)).unwrap();
    }
    let step =
        root.hostprep(&["check", "--format", "json", "--only", "selinux-module"]).expect_code(3).step("selinux-module");
    assert_eq!(step["reason"], "module-missing", "{step}");
    let status = root.hostprep(&["policy", "status", "--format", "json"]).expect_code(3).json();
    assert_eq!(status["store"], root.at("/usr/lib/selinux/default").to_str().unwrap());
}

/// Two steps miss the same tools; what to do is printed once, below the line that says most.
#[test]
fn a_remedy_of_several_steps_is_printed_once() {
    let root = ScratchRoot::of("debian-12");
    root.small_policy_store();
    root.file("/etc/selinux/config", format!("SELINUX=enforcing\nSELINUXTYPE={}\n", root.policy_type()));
    let tools = ["semodule", "checkmodule", "semodule_package", "semanage"];
    let said = root.hostprep_without(&tools, &["hook", "deb", "postinst", "configure", ""]).expect_code(0).stderr;
    let count = |word: &str| said.lines().filter(|line| line.contains(word)).count();
    assert_eq!((count("fault 19: "), count("install -y policycoreutils")), (1, 1), "{said}");
    assert!(said.contains("semanage missing; "), "{said}");
}
