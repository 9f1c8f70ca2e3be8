//! When a policy transaction runs, what it leaves, and when it is not run again: small real stores, by the real semodule.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

use std::fs;

use harness::snapshot::Compare;
use harness::{Caller, Run, ScratchRoot, Trace, program};
use serde_json::Value;

const ONLY: [&str; 5] = ["repair", "--format", "json", "--only", "selinux-module"];
const CHECK: [&str; 5] = ["check", "--format", "json", "--only", "selinux-module"];
const RECORD: &str = "/var/lib/cisco/hostprep/policy-attempt.json";
const POLICIES: &str = "/etc/selinux/small/policy";
const ACTIVE: &str = "/var/lib/selinux/small/active";
const RULE: &str = "(allow unconfined_service_t self (bpf (map_create map_read map_write prog_load prog_run)))";

fn root() -> ScratchRoot {
    let root = ScratchRoot::of("debian-12");
    root.small_policy_store();
    // What the hooks would do besides.
    root.hostprep(&["repair", "--only", "scan-user", "--only", "directories"]).expect_code(0);
    root
}

/// Runs semodule on the store.
fn semodule(root: &ScratchRoot, words: &[&str]) {
    let mut semodule = Caller::Root.command("semodule");
    semodule.arg("-p").arg(root.path()).args(["-n", "-s", "small"]).args(words);
    Run::of(&mut semodule).expect_code(0);
}

/// Installs another module.
fn install(root: &ScratchRoot, priority: &str, name: &str, cil: &str) {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join(format!("{name}.cil"));
    fs::write(&file, cil).unwrap();
    semodule(root, &["-X", priority, "-i", file.to_str().unwrap()]);
}

fn names(root: &ScratchRoot, directory: &str) -> Vec<String> {
    let entries = fs::read_dir(root.at(directory)).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn commits(root: &ScratchRoot) -> String {
    root.text(&format!("{ACTIVE}/commit_num")).trim_matches('\0').to_owned()
}

/// Runs hostprep once more: the step, after making sure that no process ran and nothing changed but what a run records of itself. A
/// hook writes its log.
#[track_caller]
fn expect_idle(root: &ScratchRoot, args: &[&str], code: i32) -> Value {
    let trees = || {
        ["/etc", "/opt", "/var/lib"]
            .map(|inside| harness::Snapshot::of(&root.at(inside)).without(&["/cisco/hostprep/last-run.json"]))
    };
    let before = trees();
    let trace = Trace::of(program::binary(), root.args(args));
    let run = trace.run.expect_code(code);
    assert_eq!((trace.started, trace.forks), (vec![], 0), "{args:?}");
    let of_the_run = |change: &String| {
        let log = args[0] == "hook" && change.contains("hostprep.log");
        log || change.contains("last-run.json") || change.contains("hostprep.lock")
    };
    let changes: Vec<String> = trace.changes.into_iter().filter(|change| !of_the_run(change)).collect();
    assert_eq!(changes, [""; 0], "{args:?}");
    for (before, after) in before.iter().zip(&trees()) {
        assert_eq!(before.difference(after, Compare::SameTree), "", "{args:?}");
    }
    if args.contains(&"json") { run.step("selinux-module") } else { Value::Null }
}

fn remedies(step: &Value) -> Vec<String> {
    step["remedy"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

/// The one policy of the root is of version 31, as EL 8's tools write it.
fn with_policy_31() -> ScratchRoot {
    let root = root();
    fs::rename(root.at(&format!("{POLICIES}/policy.33")), root.at(&format!("{POLICIES}/policy.31"))).unwrap();
    root
}

/// What `semodule -B` of EL 8 does.
fn build_by_own_tools(root: &ScratchRoot) {
    semodule(root, &["-B"]);
    fs::rename(root.at(&format!("{POLICIES}/policy.33")), root.at(&format!("{POLICIES}/policy.31"))).unwrap();
}

#[test]
fn a_policy_of_a_version_that_the_root_does_not_load_is_no_success() {
    let root = with_policy_31();
    let step = root.hostprep(&ONLY).expect_code(3).step("selinux-module");
    assert_eq!((&step["outcome"], &step["reason"]), (&"fault".into(), &"policy-version".into()), "{step}");
    let detail = step["detail"].as_str().unwrap();
    assert!(detail.contains("policy.33") && detail.contains("/etc/selinux/small/policy/policy.31"), "{detail}");
    assert_eq!(names(&root, POLICIES), ["policy.31"], "nothing stray is left");
    assert_eq!(root.modules()[0], "300 cisco-secure-bpf cil", "the root's own tools build it in");
    let shown = root.path().display();
    let build = format!("chroot {shown} semodule -n -s small -B  # the tools of that system");
    assert_eq!(remedies(&step), [build, format!("hostprep repair --root {shown}")]);
    // The root's own fault store names everything from inside.
    let stored = root.text("/var/lib/cisco/faults/faults.json");
    assert!(stored.contains("\"semodule -n -s small -B  # the tools of that system\""), "{stored}");
    assert!(!stored.contains(&*shown.to_string()) && !root.text(RECORD).contains(&*shown.to_string()), "{stored}");

    // It comes to the same, until an administrator asks for it.
    for args in [&ONLY[..], &CHECK, &["repair"], &["hook", "rpm", "trigger", "1"]] {
        let code = if args[0] == "hook" { 0 } else { 3 };
        let step = expect_idle(&root, args, code);
        assert!(step.is_null() || step["reason"] == "policy-version", "{args:?} {step}");
    }
    let commit = commits(&root);
    let dry = root.hostprep(&["repair", "--dry-run", "--force"]).expect_code(3).stdout;
    assert!(dry.contains(&format!("would run: semodule -n -s small -p {shown} -B")), "{dry}");
    root.hostprep(&[&ONLY[..], &["--force"]].concat()).expect_code(3);
    assert_ne!(commits(&root), commit, "it was run");
    assert_eq!(names(&root, POLICIES), ["policy.31"]);

    build_by_own_tools(&root);
    assert_eq!(root.hostprep(&ONLY).expect_code(0).outcomes(), ["selinux-module=ok"]);
    root.hostprep(&["faults", "list"]).expect_code(0);

    // Out of the store, but not of the policy that is loaded.
    let removed = root.hostprep(&["remove"]).expect_code(1);
    let command = format!("run `chroot {shown} semodule -n -s small -B`");
    assert!(
        removed.stderr.contains("policy.31, which has its rule") && removed.stderr.contains(&command),
        "{removed:?}"
    );
    assert_eq!(names(&root, POLICIES), ["policy.31"], "nothing stray is left");
    assert_eq!(root.modules().len(), 1);
    build_by_own_tools(&root);
    assert!(!root.hostprep(&["remove"]).expect_code(0).stdout.contains("semodule"));
    assert!(!root.at(RECORD).exists());
}

/// Where nothing is enforced it is no fault, and not in order either.
#[test]
fn a_policy_of_another_version_in_a_permissive_root() {
    let root = with_policy_31();
    root.file("/etc/selinux/config", "SELINUX=permissive\nSELINUXTYPE=small\n");
    let run = root.hostprep(&ONLY).expect_code(4);
    assert_eq!((run.outcomes(), run.faults()), (vec!["selinux-module=deferred".to_owned()], vec![]));
    assert!(run.step("selinux-module")["detail"].as_str().unwrap().contains("policy.31"), "{}", run.stdout);
    assert_eq!(names(&root, POLICIES), ["policy.31"]);
    expect_idle(&root, &ONLY, 4);
}

/// The store of EL 7 and Amazon Linux 2, and the empty one that `semodule -l` makes beside it.
#[test]
fn a_store_that_this_machines_tools_do_not_work_on_is_left_to_the_roots_own() {
    for with_empty_store in [false, true] {
        let root = root();
        fs::rename(root.at("/var/lib/selinux/small"), root.at("/etc/selinux/small/store")).unwrap();
        for entry in names(&root, "/etc/selinux/small/store") {
            let from = root.at(&format!("/etc/selinux/small/store/{entry}"));
            fs::rename(from, root.at(&format!("/etc/selinux/small/{entry}"))).unwrap();
        }
        root.remove("/etc/selinux/small/store");
        if with_empty_store {
            let _ = root.modules();
            assert!(root.at(&format!("{ACTIVE}/modules")).is_dir());
        }
        let selinux = |root: &ScratchRoot| {
            ["/etc/selinux", "/var/lib/selinux"].map(|inside| harness::Snapshot::of(&root.at(inside)))
        };
        let before = selinux(&root);
        let step = root.hostprep(&ONLY).expect_code(3).step("selinux-module");
        assert_eq!(step["reason"], "module-missing", "{step}");
        let detail = step["detail"].as_str().unwrap();
        assert!(detail.contains("would work on /var/lib/selinux/small, which is not the store"), "{detail}");
        let shown = root.path().display();
        let cil = "etc/selinux/small/cisco-secure-bpf.cil";
        assert_eq!(
            remedies(&step),
            [
                format!("hostprep policy compile --form cil {shown}/etc/selinux/small --root {shown}"),
                format!("chroot {shown} semodule -n -s small -X 300 -i /{cil}"),
                format!("rm {shown}/{cil}"),
                format!("hostprep repair --root {shown}")
            ]
        );
        let stored = root.hostprep(&["faults", "list", "--format", "json"]).expect_code(3).json();
        assert_eq!(stored[0]["remedy"], serde_json::json!(["hostprep repair"]), "{stored}");
        for (before, after) in before.iter().zip(selinux(&root)) {
            before.expect_untouched(&after);
        }
        let status = root.hostprep(&["policy", "status", "--format", "json"]).expect_code(3).json();
        assert_eq!(status["store"], root.at("/etc/selinux/small").to_str().unwrap());
        assert_eq!(status["tools_elsewhere"], root.at("/var/lib/selinux/small").to_str().unwrap());

        // As the root's own tools do it.
        let place = root.at("/etc/selinux/small");
        root.hostprep(&["policy", "compile", "--form", "cil", place.to_str().unwrap()]).expect_code(0);
        let file = root.at(&format!("/{cil}"));
        semodule(&root, &["-S", "/etc/selinux", "-X", "300", "-i", file.to_str().unwrap()]);
        fs::remove_file(file).unwrap();
        assert_eq!(root.hostprep(&ONLY).expect_code(0).outcomes(), ["selinux-module=ok"]);
        let removed = root.hostprep(&["remove"]).expect_code(1);
        let command = format!("Run: chroot {shown} semodule -n -s small -X 300 -r cisco-secure-bpf");
        assert!(removed.stderr.contains(&command), "{removed:?}");
        semodule(&root, &["-S", "/etc/selinux", "-X", "300", "-r", "cisco-secure-bpf"]);
        root.hostprep(&["remove"]).expect_code(0);
    }
}

/// `store-root` says that they do.
#[test]
fn a_store_in_etc_that_the_configuration_names_is_worked_on() {
    let root = root();
    fs::remove_dir_all(root.at("/var/lib/selinux")).unwrap();
    let conf = root.text("/etc/selinux/semanage.conf");
    root.file("/etc/selinux/semanage.conf", format!("{conf}\nstore-root=\"/etc/selinux\"\n"));
    let base = harness::setup::fixture("policy/small_base.cil");
    semodule(&root, &["-X", "100", "-i", base.to_str().unwrap()]);
    assert_eq!(root.hostprep(&ONLY).expect_code(0).outcomes(), ["selinux-module=changed"]);
    assert!(root.at("/etc/selinux/small/active/modules/300/cisco-secure-bpf").is_dir());
    root.hostprep(&["remove"]).expect_code(0);
}

/// Enabled, installed, and removed at a former priority.
#[test]
fn everything_is_done_in_one_commit() {
    let root = root();
    let former = "former_priorities = [250, 350]";
    let profile = fs::read_to_string(harness::setup::top().join("profile.toml")).unwrap();
    root.file("/etc/profile.toml", profile.replace("former_priorities = []", former));
    let profile = root.at("/etc/profile.toml");
    install(&root, "250", "cisco-secure-bpf", "(typeattribute older)");
    install(&root, "350", "cisco-secure-bpf", "(typeattribute old)");
    semodule(&root, &["-d", "cisco-secure-bpf"]);
    let before: u32 = commits(&root).parse().unwrap();
    let args = [&["--profile", profile.to_str().unwrap()], &ONLY[..]].concat();
    let step = root.hostprep(&args).expect_code(3).step("selinux-module");
    // At 350 it counts before ours, and has other rules: an administrator's, as far as hostprep knows.
    assert_eq!(step["reason"], "policy-denies", "{step}");
    semodule(&root, &["-X", "350", "-r", "cisco-secure-bpf"]);
    let run = root.hostprep(&args).expect_code(0);
    assert_eq!(run.outcomes(), ["selinux-module=changed"]);
    let calls = run.step("selinux-module")["plan"].to_string().matches("semodule -n").count();
    assert_eq!((calls, commits(&root).parse::<u32>().unwrap()), (1, before + 2), "{}", run.stdout);
    assert_eq!(root.modules(), ["300 cisco-secure-bpf cil", "100 small_base cil"]);
    expect_idle(&root, &args, 0);
    // An upgrade with the same rule.
    for hook in [["hook", "rpm", "posttrans", "2"], ["hook", "deb", "postinst", "configure"]] {
        root.hostprep(&hook).expect_code(0);
        expect_idle(&root, &hook, 0);
    }
    assert_eq!(commits(&root).parse::<u32>().unwrap(), before + 2);
}

#[test]
fn a_transaction_that_a_neverallow_rule_forbids_is_not_repeated() {
    let root = root();
    root.file("/etc/selinux/semanage.conf", "module-store = direct\nexpand-check=1\n");
    install(&root, "400", "strict", "(neverallow unconfined_service_t self (bpf (prog_load)))");
    let step = root.hostprep(&ONLY).expect_code(3).step("selinux-module");
    assert_eq!(step["reason"], "neverallow", "{step}");
    let shown = root.path().display();
    let change =
        "# change or remove the neverallow rule in the module strict at priority 400: it forbids what the agent needs";
    assert_eq!(remedies(&step), [change.to_owned(), format!("hostprep repair --force --root {shown}")]);
    for args in [&ONLY[..], &["hook", "rpm", "posttrans", "1"], &["hook", "deb", "postinst", "triggered", "x"]] {
        let again = expect_idle(&root, args, if args[0] == "hook" { 0 } else { 3 });
        assert!(
            again.is_null() || (&again["reason"], &again["remedy"]) == (&step["reason"], &step["remedy"]),
            "{again}"
        );
    }
    let explained = root.hostprep(&["faults", "show", "19"]).expect_code(3).stdout;
    assert!(explained.contains("neverallow"), "{explained}");
    // Asked for.
    let forced = root.hostprep(&[&ONLY[..], &["--force"]].concat()).expect_code(3);
    assert_eq!(forced.step("selinux-module")["reason"], "neverallow");

    // Each input of it.
    semodule(&root, &["-X", "400", "-r", "strict"]);
    assert_eq!(root.hostprep(&ONLY).expect_code(0).outcomes(), ["selinux-module=changed"]);
    assert!(!root.at(RECORD).exists(), "it is done");
    root.hostprep(&["faults", "list"]).expect_code(0);
}

/// Not by a transaction, but by hand.
#[test]
fn a_broken_module_that_is_gone_lets_the_transaction_run_again() {
    let root = root();
    let left = format!("{ACTIVE}/modules/200/left");
    root.file(&format!("{left}/cil"), "(typeattributeset cil_gen_require gone_after_upgrade_t)");
    root.file(&format!("{left}/lang_ext"), "cil");
    let step = root.hostprep(&ONLY).expect_code(3).step("selinux-module");
    assert_eq!(step["reason"], "store-broken", "{step}");
    assert_eq!(remedies(&step)[0], format!("semodule -n -s small -p {} -X 200 -r left", root.path().display()));
    let again = expect_idle(&root, &ONLY, 3);
    assert_eq!(
        (&again["reason"], &again["remedy"], &again["detail"]),
        (&step["reason"], &step["remedy"], &step["detail"])
    );
    // Removed and purged with the package.
    let copy = root.text(RECORD);
    root.hostprep(&["remove"]).expect_code(0);
    assert!(!root.at(RECORD).exists() && !root.at("/var/lib/cisco/hostprep").exists());
    root.hostprep(&ONLY).expect_code(3);
    assert_eq!(root.text(RECORD), copy);
    fs::remove_dir_all(root.at(&left)).unwrap();
    assert_eq!(root.hostprep(&ONLY).expect_code(0).outcomes(), ["selinux-module=changed"]);
}

/// The unit of the packages, enabled in the root, builds the policy by the root's own tools.
#[test]
fn a_policy_of_another_version_waits_for_the_unit_that_runs_at_boot() {
    const UNIT: &str = "/usr/lib/systemd/system/hostprep.service";
    const WANTED: &str = "/etc/systemd/system/multi-user.target.wants/hostprep.service";
    let unit = "[Unit]\nBefore=cisco-amp.service\n[Service]\nExecStart=/opt/x/hostprep repair --source boot\n";
    let root = with_policy_31();
    root.file(UNIT, unit).link(WANTED, UNIT).executable("/usr/sbin/semodule", "").executable("/opt/x/hostprep", "");
    let step = root.hostprep(&ONLY).expect_code(4).step("selinux-module");
    assert_eq!((&step["outcome"], &step["reason"]), (&"deferred".into(), &"policy-version".into()), "{step}");
    assert_eq!(names(&root, POLICIES), ["policy.31"], "nothing stray is left");
    root.hostprep(&["faults", "list"]).expect_code(0);

    // Of another agent, not enabled, of another command, masked: nothing finishes it.
    root.file(UNIT, unit.replace("cisco-amp", "other"));
    root.hostprep(&ONLY).expect_code(3);
    root.file(UNIT, unit.replace("boot", "timer"));
    root.hostprep(&ONLY).expect_code(3);
    root.file(UNIT, unit).mode("/opt/x/hostprep", 0o644);
    root.hostprep(&ONLY).expect_code(3);
    root.mode("/opt/x/hostprep", 0o755).remove(WANTED);
    root.hostprep(&ONLY).expect_code(3);
    root.link(WANTED, UNIT).link("/etc/systemd/system/hostprep.service", "/dev/null");
    root.hostprep(&ONLY).expect_code(3);
    root.remove("/etc/systemd/system/hostprep.service").remove("/usr/sbin/semodule");
    root.hostprep(&ONLY).expect_code(3);
    root.file("/usr/sbin/semodule", "").mode("/usr/sbin/semodule", 0o755);
    root.hostprep(&ONLY).expect_code(4);
    root.hostprep(&["faults", "list"]).expect_code(0);
}

#[test]
fn another_profile_lets_the_transaction_run_again() {
    let root = root();
    root.file("/etc/selinux/semanage.conf", "module-store = direct\nexpand-check=1\n");
    install(&root, "400", "strict", "(neverallow unconfined_service_t self (bpf (prog_load)))");
    root.hostprep(&ONLY).expect_code(3);
    let before = root.text(RECORD);
    let profile = fs::read_to_string(harness::setup::top().join("profile.toml")).unwrap();
    root.file("/etc/profile.toml", profile.replace("priority = 300", "priority = 310"));
    let profile = root.at("/etc/profile.toml");
    let args = [&["--profile", profile.to_str().unwrap()], &ONLY[..]].concat();
    root.hostprep(&args).expect_code(3);
    assert_ne!(root.text(RECORD), before, "it was run");
}

/// A record that cannot be used counts as none.
#[test]
fn a_record_of_a_newer_version_is_replaced() {
    let root = with_policy_31();
    root.hostprep(&ONLY).expect_code(3);
    let record = root.text(RECORD);
    for text in [record.replace("\"schema\": 1", "\"schema\": 2"), record[..40].to_owned(), String::new()] {
        root.file(RECORD, &text);
        let commit = commits(&root);
        assert_eq!(root.hostprep(&ONLY).expect_code(3).step("selinux-module")["reason"], "policy-version");
        assert_ne!(commits(&root), commit);
        assert!(root.text(RECORD).contains("\"schema\": 1"));
    }
}

/// An empty policy of a higher version than semodule writes.
#[test]
fn a_rebuild_that_does_not_help_is_not_repeated() {
    let root = root();
    root.hostprep(&ONLY).expect_code(0);
    root.file(&format!("{POLICIES}/policy.35"), "");
    let step = root.hostprep(&ONLY).expect_code(3).step("selinux-module");
    let policy = root.at(&format!("{POLICIES}/policy.35"));
    let aside = format!("mv -T {0} {0}.broken", policy.display());
    assert!(remedies(&step).contains(&aside), "{step}");
    let again = expect_idle(&root, &ONLY, 3);
    assert_eq!(again["remedy"], step["remedy"]);
    fs::rename(&policy, policy.with_extension("35.broken")).unwrap();
    assert_eq!(root.hostprep(&ONLY).expect_code(0).outcomes(), ["selinux-module=ok"]);
}

/// An update of the distribution brings the rule.
#[test]
fn a_module_that_the_policy_needs_no_more_goes_when_a_transaction_runs_anyway() {
    let root = root();
    root.hostprep(&ONLY).expect_code(0);
    let status = |root: &ScratchRoot| root.hostprep(&["policy", "status", "--format", "json"]).expect_code(0).json();
    assert_eq!((&status(&root)["redundant"], &status(&root)["allowed_without"]), (&false.into(), &Value::Null));
    install(&root, "200", "site", RULE);
    let json = status(&root);
    assert_eq!(json["redundant"], true);
    assert_eq!(json["allowed_without"], "the module site at priority 200");
    let text = root.hostprep(&["policy", "status"]).expect_code(0).stdout;
    let repair = format!("when `hostprep repair --root {}` builds the policy", root.path().display());
    assert!(
        text.contains("redundant  -  the module site at priority 200 allows the rule too") && text.contains(&repair),
        "{text}"
    );
    expect_idle(&root, &ONLY, 0);

    fs::write(root.at(&format!("{POLICIES}/policy.33")), "").unwrap();
    let run = root.hostprep(&ONLY).expect_code(0);
    let plan = run.step("selinux-module")["plan"].to_string();
    assert!(plan.contains("-X 300 -r cisco-secure-bpf") && !plan.contains("-B"), "{plan}");
    assert_eq!(
        root.modules(),
        ["200 site             cil", "100 small_base cil"]
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
    );
    assert_eq!(root.hostprep(&CHECK).expect_code(0).outcomes(), ["selinux-module=ok"]);
    let removed = root.hostprep(&["remove"]).expect_code(0).stdout;
    assert!(!removed.contains("semodule"), "the receipt knows: {removed}");
}

/// In the binary form as in CIL.
#[test]
fn a_module_in_the_binary_form_takes_effect() {
    let root = root();
    let place = tempfile::tempdir().unwrap();
    let compiled = root.hostprep(&["policy", "compile", place.path().to_str().unwrap()]).expect_code(0).stdout;
    assert!(compiled.trim().ends_with(".pp"), "{compiled}");
    semodule(&root, &["-X", "200", "-i", compiled.trim()]);
    assert_eq!(root.hostprep(&CHECK).expect_code(0).outcomes(), ["selinux-module=ok"]);
}

/// A rule of the compiled policy for an attribute is seen there.
#[test]
fn which_rule_allows_it() {
    let root = root();
    install(&root, "200", "site", &RULE.replace("unconfined_service_t self", "domain domain"));
    let status = root.hostprep(&["policy", "status"]).expect_code(0).stdout;
    assert!(
        status.contains("rule      allow domain domain:bpf { map_create map_read map_write prog_load prog_run };"),
        "{status}"
    );
    let conditional = format!("(boolean agents_may true)\n(booleanif agents_may (true {RULE}))");
    install(&root, "200", "site", &conditional);
    let json = root.hostprep(&["policy", "status", "--format", "json"]).expect_code(0).json();
    assert!(json["rules"][0].as_str().unwrap().ends_with(" [ agents_may ]"), "{json}");
    assert_eq!(json["policy"]["permissions"]["prog_run"], true);
}

/// Replaces the base policy.
fn with_base(edit: impl Fn(String) -> String) -> ScratchRoot {
    let root = root();
    let base = fs::read_to_string(harness::setup::fixture("policy/small_base.cil")).unwrap();
    install(&root, "100", "small_base", &edit(base));
    root
}

#[test]
fn a_fallback_domain_is_named_as_such() {
    let root = with_base(|base| base.replace("unconfined_service_t", "initrc_t"));
    let fallback = "initrc_t bpf { map_create map_read map_write prog_load prog_run } (a fallback domain: the policy has no \
                    unconfined_service_t)";
    let step = root.hostprep(&CHECK).expect_code(3).step("selinux-module");
    assert!(step["detail"].as_str().unwrap().contains(fallback), "{step}");
    let status = root.hostprep(&["policy", "status"]).expect_code(3).stdout;
    let line = "domain    initrc_t  -  a fallback, because this policy does not have unconfined_service_t";
    assert!(status.contains(line), "{status}");
    let explained = root.hostprep(&["explain", "19"]).expect_code(0).stdout;
    assert!(explained.contains("allow initrc_t self:bpf"), "{explained}");
    assert!(explained.contains("\n  1. Run “hostprep repair”"), "the tools are here: {explained}");
    assert_eq!(root.hostprep(&ONLY).expect_code(0).outcomes(), ["selinux-module=changed"]);
    let json = root.hostprep(&["policy", "status", "--format", "json"]).expect_code(0).json();
    assert_eq!((&json["domain"], &json["fallback"]), (&"initrc_t".into(), &true.into()));
    assert_eq!(json["policy"]["domain_known"], false);
}

/// A module cannot add what the policy does not know.
#[test]
fn a_class_or_permission_that_is_unknown_and_denied_is_said_so() {
    let deny = |base: String| base.replace("(handleunknown allow)", "(handleunknown deny)");
    let without_class = |base: String| {
        let base: String =
            base.lines().filter(|line| !line.starts_with("(class bpf")).map(|line| format!("{line}\n")).collect();
        deny(base.replace("file process bpf security", "file process security"))
    };
    let without_permission = |base: String| deny(base.replace(" prog_run))", "))"));
    for (edit, unknown, shown) in [
        (&without_class as &dyn Fn(String) -> String, "the class bpf", "policy    class bpf unknown, denied"),
        (&without_permission, "the permission prog_run of the class bpf", "prog_run unknown, denied"),
    ] {
        let root = with_base(edit);
        let step = root.hostprep(&ONLY).expect_code(3).step("selinux-module");
        assert_eq!(step["reason"], "class-missing", "{step}");
        let said = format!("the policy does not know {unknown}, and denies what it does not know");
        let detail = step["detail"].as_str().unwrap();
        assert!(detail.ends_with(&said) && !detail.contains("kernel"), "{detail}");
        assert!(root.modules().len() == 1, "{:?}", root.modules());
        let status = root.hostprep(&["policy", "status"]).expect_code(3).stdout;
        assert!(status.contains(shown), "{status}");
    }
}

/// As on a running host.
#[test]
fn a_permissive_domain_is_no_fault_and_is_made_ready() {
    let root = root();
    install(&root, "400", "site", "(typepermissive unconfined_service_t)");
    let run = root.hostprep(&CHECK).expect_code(4);
    assert_eq!((run.outcomes(), run.faults()), (vec!["selinux-module=planned".to_owned()], vec![]));
    let detail = run.step("selinux-module")["detail"].to_string();
    assert!(detail.contains("(a permissive domain: only logged)"), "{detail}");
    assert_eq!(root.hostprep(&ONLY).expect_code(0).outcomes(), ["selinux-module=changed"]);
}

/// The other steps are told all the same.
#[test]
fn a_link_or_a_directory_in_the_place_of_the_policy_is_moved_first() {
    for is_link in [true, false] {
        let root = root();
        let policy = root.at(&format!("{POLICIES}/policy.33"));
        fs::remove_file(&policy).unwrap();
        root.file(&format!("{POLICIES}/policy.+99"), "no version");
        if is_link {
            root.link(&format!("{POLICIES}/policy.33"), "gone")
        } else {
            root.dir(&format!("{POLICIES}/policy.33"), 0o755)
        };
        let run = root.hostprep(&["check", "--format", "json"]).expect_code(3);
        assert!(run.outcomes().len() > 5, "{:?}", run.outcomes());
        let step = run.step("selinux-module");
        assert_eq!(step["reason"], "store-broken", "{step}");
        let aside = match is_link {
            true => format!("rm {}", policy.display()),
            false => format!("mv -T {0} {0}.broken", policy.display()),
        };
        let build = format!("semodule -n -s small -p {} -B", root.path().display());
        assert_eq!(remedies(&step)[..2], [aside, build]);
        if is_link {
            fs::remove_file(&policy).unwrap();
        } else {
            fs::rename(&policy, policy.with_extension("33.broken")).unwrap();
        }
        semodule(&root, &["-B"]);
        assert_eq!(root.hostprep(&ONLY).expect_code(0).outcomes(), ["selinux-module=changed"]);
    }
}

/// What hostprep has at its priority, or an administrator above it, stays where the policy allows the rule.
#[test]
fn other_rules_under_our_name_are_left_alone_where_the_policy_allows_the_rule() {
    for priority in ["300", "400"] {
        let root = root();
        install(&root, "200", "site", RULE);
        install(&root, priority, "cisco-secure-bpf", "(typeattribute others)");
        expect_idle(&root, &ONLY, 0);
        semodule(&root, &["-d", "cisco-secure-bpf"]);
        expect_idle(&root, &ONLY, 0);
    }
}
