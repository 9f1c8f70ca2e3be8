//! The table of supported kernels: which file judges, what a damaged one does, and what reports say of it.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

use harness::{Run, ScratchRoot, setup};
use serde_json::{Value, json};

const ETC: &str = "/etc/cisco/kernels.toml";
const VENDOR: &str = "/usr/lib/hostprep/kernels.toml";
const EL9: &str = "5.14.0-427.el9.x86_64";
/// The steps that need the table for a kernel without BTF and headers.
const DEPENDENT: [&str; 5] = ["kernel", "kernel-support", "filesystem-monitor", "network-monitor", "ebpf"];

/// An Enterprise Linux 9 that is in order.
fn root() -> ScratchRoot {
    let root = ScratchRoot::of("rhel-9");
    root.kernel(EL9, true);
    root
}

/// A table in which the kernel of `root` is too old.
fn table(version: &str, date: &str) -> String {
    format!(
        "schema = 1\nprofile = 'cisco-secure-endpoint'\nversion = '{version}'\ndate = '{date}'\n\
         [[kernels]]\nfamilies = ['rhel']\nkernel_from = '6.0'\nmonitors = 'ebpf'\n"
    )
}

/// The version and the date of the table in the source tree.
fn current() -> [String; 2] {
    let text = std::fs::read_to_string(setup::top().join("kernels.toml")).unwrap();
    ["version = ", "date = "].map(|key| {
        let value = text.lines().find_map(|line| line.strip_prefix(key)).unwrap();
        value.trim_matches('"').to_owned()
    })
}

fn check(root: &ScratchRoot) -> Run {
    root.hostprep(&["check", "--only", "kernel-support", "--format", "json"])
}

fn named(run: &Run) -> Value {
    run.json()["kernel_table"].clone()
}

#[test]
fn the_administrators_table_comes_before_the_vendors_and_that_before_the_built_in_one() {
    let root = root();
    let built_in = check(&root).expect_code(0);
    assert_eq!(named(&built_in)["origin"], "built-in");
    let detail = built_in.step("kernel-support")["detail"].as_str().unwrap().to_owned();
    let [version, date] = current();
    assert!(detail.ends_with(&format!("through eBPF (built-in table {version} of {date})")), "{detail}");

    root.file(VENDOR, table("7", "2999-01-01"));
    let vendors = check(&root).expect_code(3);
    assert_eq!(vendors.faults(), [16]);
    assert_eq!(named(&vendors), json!({"origin": "file", "path": VENDOR, "version": "7", "date": "2999-01-01"}));
    let detail = vendors.step("kernel-support")["detail"].as_str().unwrap().to_owned();
    assert!(detail.ends_with("which has 6.0 and later (/usr/lib/hostprep/kernels.toml 7 of 2999-01-01)"), "{detail}");

    root.file(ETC, table("site.1", "2999-01-02").replace("6.0", "5.0"));
    let own = check(&root).expect_code(0);
    assert_eq!(named(&own), json!({"origin": "file", "path": ETC, "version": "site.1", "date": "2999-01-02"}));
    assert!(own.json().get("warnings").is_none(), "{own:?}");
    let text = root.hostprep(&["check", "--only", "kernel-support"]).expect_code(0).stdout;
    assert!(text.contains("(/etc/cisco/kernels.toml site.1 of 2999-01-02)"), "{text}");
}

#[test]
fn the_shipped_file_judges_as_the_built_in_table() {
    let root = root();
    root.file(VENDOR, std::fs::read(setup::top().join("kernels.toml")).unwrap());
    let run = check(&root).expect_code(0);
    let [version, date] = current();
    assert_eq!(named(&run), json!({"origin": "file", "path": VENDOR, "version": version, "date": date}));
    assert!(run.json().get("warnings").is_none());
}

#[test]
fn a_table_that_is_older_than_the_built_in_one_is_said() {
    let root = root();
    root.file(ETC, table("0", "2020-01-01").replace("6.0", "5.0"));
    let warnings = &check(&root).expect_code(0).json()["warnings"];
    let said = warnings[0].as_str().unwrap();
    assert!(said.starts_with("/etc/cisco/kernels.toml 0 of 2020-01-01 is older than the built-in table"), "{said}");
    let other = root.hostprep(&["check", "--only", "directories", "--format", "json"]);
    assert!(other.json().get("warnings").is_none(), "its steps need no table: {other:?}");
}

#[test]
fn a_damaged_table_makes_unknown_what_depends_on_it_and_nothing_else() {
    let good = table("1", "2999-01-01");
    for (content, said) in [
        (good.replace("schema = 1", "schema = 2\nnew = []"), "line 1: schema 2 is not one this version reads (1)"),
        (good.replace("monitors", "watched"), "line 8: unknown field `watched`"),
        (good.replace("'rhel'", "'hrel'"), "line 6: unknown distribution family \"hrel\""),
        (good.replace("kernel_from = '6.0'", "kernel_from = "), "line 7: "),
        (good.replace("date = '2999-01-01'\n", ""), "missing field `date`"),
        ("\u{0}\u{1}".into(), "line 1: "),
        (good.clone() + &"# ".repeat(5 * 1024 * 1024), "File too large"),
    ] {
        let root = root();
        // Neither BTF nor headers: whether that is a fault follows from the table.
        root.without_kernel().kernel(EL9, false).login_defs("USERGROUPS_ENAB yes\n");
        root.file(VENDOR, &good).file(ETC, &content);
        let run = root.hostprep(&["check", "--format", "json"]);
        assert!(run.stderr.contains(ETC) && run.stderr.contains(said), "{said}: {}", run.stderr);
        for step in DEPENDENT {
            let step = run.step(step);
            assert_eq!(step["outcome"], "unknown", "{said}: {step}");
            let detail = step["detail"].as_str().unwrap();
            // The path as the system sees it.
            assert!(detail.contains(&format!(" {ETC}")) || detail.starts_with(ETC), "{detail}");
            assert!(detail.contains(said) && !detail.contains(&root.path().display().to_string()), "{detail}");
        }
        assert!(named(&run)["problem"].as_str().unwrap().contains(said), "{run:?}");
        for step in ["scan-user", "directories"] {
            assert_eq!(run.step(step)["outcome"], "fault", "{said}: the other steps go on");
        }
        root.hostprep(&["repair", "--only", "scan-user", "--only", "directories"]).expect_code(0);
        let hook = root.hostprep(&["hook", "rpm", "posttrans", "1"]).expect_code(0);
        assert!(hook.stderr.contains(said), "{}", hook.stderr);
    }
}

#[test]
fn a_raised_fault_stays_while_the_table_cannot_be_used() {
    let root = root();
    root.file(ETC, table("1", "2999-01-01"));
    root.hostprep(&["repair", "--only", "kernel-support"]).expect_code(3);
    let raised = || root.hostprep(&["faults", "list", "--format", "json"]).stdout.contains("\"id\":16");
    assert!(raised());
    root.file(ETC, "schema = ");
    root.hostprep(&["repair", "--only", "kernel-support"]).expect_code(4);
    assert!(raised(), "unknown clears nothing");
    root.remove(ETC);
    root.hostprep(&["repair", "--only", "kernel-support"]).expect_code(0);
    assert!(!raised());
}

#[test]
fn a_table_that_others_can_change_is_not_believed() {
    let root = root();
    for file in [ETC, VENDOR] {
        root.file(file, table("1", "2999-01-01"));
        check(&root).expect_code(3);
        root.mode(file, 0o666);
        let run = check(&root).expect_code(4);
        let detail = run.step("kernel-support")["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(file) && detail.contains("writable by others"), "{detail}");
        root.remove(file);
    }
}

#[test]
fn a_profiles_own_table_is_read_as_before_and_other_agents_tables_are_passed_over() {
    let root = root();
    let profile = std::fs::read_to_string(setup::top().join("profile.toml")).unwrap();
    let old = profile.clone() + "\n[[kernels]]\nfamilies = ['rhel']\nkernel_from = '7.0'\nmonitors = 'ebpf'\n";
    root.file("/etc/cisco/hostprep.toml", "profile = '/etc/cisco/old.toml'\n").file("/etc/cisco/old.toml", &old);
    root.file(VENDOR, table("1", "2999-01-01"));
    let run = check(&root).expect_code(3);
    assert_eq!(named(&run), json!({"origin": "profile"}));
    assert!(run.step("kernel-support")["detail"].as_str().unwrap().contains("7.0 and later (table of the profile)"));
    root.file(ETC, table("2", "2999-01-01"));
    assert_eq!(named(&check(&root).expect_code(3))["path"], ETC, "the administrator's comes first");

    root.file("/etc/cisco/old.toml", profile.replace("name = \"cisco-secure-endpoint\"", "name = \"other-agent\""));
    let run = check(&root).expect_code(0);
    assert!(run.json().get("kernel_table").is_none(), "{run:?}");
    assert_eq!(run.step("kernel-support")["detail"], "the profile names no kernels");
}

#[test]
fn another_agents_package_has_its_table_where_its_profile_says() {
    let root = root();
    let example = |name: &str| std::fs::read_to_string(setup::top().join("packaging/example").join(name)).unwrap();
    root.file("/opt/acme/hostprep/kernels.toml", example("kernels.toml"));
    root.file(VENDOR, table("1", "2999-01-01"));
    let profile = setup::top().join("packaging/example/profile.toml");
    let only = ["check", "--only", "kernel-support", "--format", "json", "--profile", profile.to_str().unwrap()];
    let run = root.hostprep(&only).expect_code(0);
    let path = "/opt/acme/hostprep/kernels.toml";
    assert_eq!(named(&run), json!({"origin": "file", "path": path, "version": "2.4", "date": "2026-11-24"}));

    // The profile says that there is one.
    root.remove(path);
    let run = root.hostprep(&only).expect_code(4);
    let detail = run.step("kernel-support")["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains(&format!("{path}, which the profile names, is missing")), "{detail}");
    root.file(path, table("1", "2999-01-01"));
    let run = root.hostprep(&only).expect_code(4);
    let detail = run.step("kernel-support")["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains(&format!("{path} is not about acme-agent")), "{detail}");
}

#[test]
fn an_administrators_table_about_another_agent_is_said() {
    let root = root();
    root.file(ETC, table("1", "2999-01-01").replace("cisco-secure-endpoint", "cisco-secure-endpiont"));
    let run = check(&root).expect_code(0);
    assert_eq!(named(&run)["origin"], "built-in");
    let warning = format!("{ETC} is not used: its `profile` is another agent's; correct or remove it");
    assert_eq!(run.json()["warnings"], json!([warning]));
}
