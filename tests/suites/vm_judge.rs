//! The awk programs that judge the scenarios of `tests/vm` in the guest.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "runs awk itself, as the guest does; a test may fail by a panic"
)]

use std::path::Path;
use std::process::Command;

use harness::{ScratchRoot, setup};

fn awk(program: &str, files: &[(&str, &str)]) -> String {
    let place = setup::open_tempdir();
    let mut awk = Command::new("awk");
    awk.arg("-f").arg(setup::top().join("tests/vm").join(program));
    for (name, text) in files {
        std::fs::write(place.path().join(name), text).unwrap();
        awk.arg(place.path().join(name));
    }
    let output = awk.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn judge(expected: &str, seen: &str) -> String {
    let host = "rule: missing\nheaders: linux-headers-RELEASE\nany: *\n";
    awk("judge.awk", &[("host", host), ("expected", expected), ("always", "labels: right\n"), ("seen", seen)])
}

#[test]
fn only_expected_values_are_right() {
    let rows = judge(
        "faults: none\nprobe: map_create ok, prog_load ok\nmodule: 300\n",
        "probe: EACCES\nfaults: none\nlabels: right\nextra: 1\n",
    );
    assert_eq!(
        rows,
        "row\tright\tfaults\tnone\tnone\n\
         row\twrong\tprobe\tmap_create ok, prog_load ok\tEACCES\n\
         row\twrong\tmodule\t300\t-\n\
         row\tright\tlabels\tright\tright\n\
         row\twrong\textra\t-\t1\n"
    );
}

#[test]
fn expected_values_of_the_host_are_filled_in() {
    let rows = judge(
        "rule: {rule}\npackage: {headers}!\nfree: {any}\n",
        "rule: missing\npackage: linux-headers-RELEASE!\nfree: 7\nlabels: right\n",
    );
    assert!(!rows.contains("wrong"), "{rows}");
    let rows = judge("rule: {rule}\nfree: {any}\n", "rule: allowed\nlabels: right\n");
    assert!(rows.contains("wrong\trule\tmissing\tallowed") && rows.contains("wrong\tfree\t*\t-"), "{rows}");
}

/// A scenario names the steps that it is about. A step that it does not name may come to anything but a fault.
#[test]
fn only_the_steps_that_a_scenario_names_are_compared() {
    let verdict = |expected: &str, seen: &str| {
        let rows = judge(&format!("check: {expected}\n"), &format!("check: {seen}\nlabels: right\n"));
        rows.split('\t').nth(1).unwrap().to_owned()
    };
    let named = "selinux-tools=ok selinux-module=deferred";
    for (seen, expected) in [
        (named, "right"),
        ("scan-user=ok selinux-tools=ok selinux-module=deferred a-new-step=ok", "right"),
        ("selinux-module=deferred kernel=unknown selinux-tools=ok", "right"),
        ("selinux-tools=ok selinux-module=deferred kernel=fault", "wrong"),
        ("scan-user=fault selinux-tools=ok selinux-module=deferred", "wrong"),
        ("selinux-tools=ok selinux-module=fault", "wrong"),
        ("selinux-tools=ok selinux-module=ok", "wrong"),
        ("selinux-tools=ok", "wrong"),
        ("selinux-tools=ok selinux-module=deferred selinux-module=ok", "wrong"),
        ("selinux-tools=ok not-selinux-module=deferred", "wrong"),
        ("", "wrong"),
    ] {
        assert_eq!(verdict(named, seen), expected, "{seen:?}");
    }
    assert_eq!(verdict("selinux-module=fault", "selinux-module=fault kernel=ok"), "right");
    assert_eq!(verdict("selinux-module=fault", "selinux-module=ok kernel=ok"), "wrong");
}

/// A fact that is seen with no value is not one that was not seen; one that was seen nowhere leaves all wrong.
#[test]
fn nothing_seen_is_wrong() {
    assert!(judge("faults: none\n", "faults: \n").starts_with("row\twrong\tfaults\tnone\t(empty)\n"));
    assert_eq!(judge("faults: none\n", ""), "row\twrong\tfaults\tnone\t-\nrow\twrong\tlabels\tright\t-\n");
}

/// useradd, started by hostprep, started by a package's script; and an unrelated cron.
const LOG: &str = r#"type=SYSCALL msg=audit(1.1:10): arch=c000003e syscall=59 success=yes ppid=5 pid=20 comm="hostprep.postin" exe="/usr/bin/dash"
type=SYSCALL msg=audit(1.1:11): arch=c000003e syscall=59 success=yes ppid=20 pid=21 comm="hostprep" exe="/opt/cisco/hostprep/bin/hostprep"
type=SYSCALL msg=audit(1.1:12): arch=c000003e syscall=59 success=yes ppid=21 pid=22 comm="helper" exe="/usr/sbin/helper"
type=AVC msg=audit(1.1:13): avc:  denied  { write } for  pid=22 comm="helper" name="x" scontext=a:b:c_t:s0 tcontext=a:b:d_t:s0 tclass=file permissive=0
type=AVC msg=audit(1.1:14): avc:  denied  { read } for  pid=30 comm="cron" name="y" ino=7 scontext=a:b:cron_t:s0 tcontext=a:b:d_t:s0 tclass=file permissive=0
"#;

#[test]
fn a_denial_of_what_hostprep_started_is_ours_and_anothers_is_listed() {
    let judged = awk("denials.awk", &[("known", "# none\n"), ("log", LOG)]);
    let (others, ours): (Vec<&str>, Vec<&str>) = judged.lines().partition(|line| line.starts_with("other "));
    assert_eq!(ours.len(), 1);
    assert!(ours[0].starts_with("ours avc: denied") || ours[0].starts_with("ours avc:  denied"), "{judged}");
    assert!(ours[0].contains("comm=\"helper\"") && !ours[0].contains("cron"), "{judged}");
    assert!(others.len() == 1 && others[0].contains("comm=\"cron\""), "{judged}");
}

/// Processes from before a reboot are judged by the process list of that boot.
#[test]
fn a_reboot_forgets_no_denial() {
    let rebooted = format!("{LOG}type=SYSTEM_BOOT msg=audit(2.1:1): pid=1\n");
    let judge = |log| awk("denials.awk", &[("known", "# none\n"), ("log", log)]);
    assert_eq!(judge(&rebooted), judge(LOG));
}

#[test]
fn a_known_denial_is_not_held_against_us_and_a_log_without_end_is() {
    let known = r#"\{ write \} .*comm="helper" .*tclass=file"#;
    let judged = awk("denials.awk", &[("known", known), ("log", LOG)]);
    assert!(judged.ends_with("ours none\n") && judged.contains("other known: "), "{judged}");
    let judged = awk("denials.awk", &[("known", known), ("log", &format!("type=INCOMPLETE\n{LOG}"))]);
    assert!(judged.contains("ours unknown"), "{judged}");
}

/// Each scenario can be seen to fail, and asks only for what phase.sh and the boxes know.
#[test]
fn every_scenario_is_whole() {
    let scenarios = setup::top().join("tests/vm/scenarios");
    let text = |path: &Path| std::fs::read_to_string(path).unwrap();
    let boxes: serde_json::Value = serde_json::from_str(&text(&setup::top().join("vagrant/boxes.json"))).unwrap();
    let phases = text(&setup::top().join("tests/vm/phase.sh"));
    let images = text(&setup::top().join("tests/vm/build-image.sh"));
    let check = ScratchRoot::of("debian-12").hostprep(&["check", "--format", "json"]);
    let steps: Vec<String> =
        check.json()["steps"].as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap().into()).collect();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(scenarios).unwrap() {
        let scenario = entry.unwrap().path();
        names.push(scenario.file_name().unwrap().to_string_lossy().into_owned());
        assert!(scenario.join("act").exists() && scenario.join("verify").exists(), "{}", scenario.display());
        if let Ok(needs) = std::fs::read_to_string(scenario.join("needs")) {
            assert!(needs.ends_with('\n'), "{}: its last word would not be read", scenario.display());
            for need in needs.lines() {
                assert!(phases.contains(&format!("        {need}) ")), "{}: {need} is not known", scenario.display());
            }
        }
        if let Ok(image) = std::fs::read_to_string(scenario.join("image")) {
            for image in image.lines() {
                let kind = format!("\n    {image})\n");
                assert!(images.contains(&kind), "{}: build-image.sh does not know {image}", scenario.display());
            }
        }
        let expected = text(&scenario.join("expected"));
        assert!(expected.contains("faults: "), "{}", scenario.display());
        for step in expected.lines().filter_map(|line| line.strip_prefix("check: ")).flat_map(str::split_whitespace) {
            let (step, outcome) = step.split_once('=').unwrap_or_else(|| panic!("{}: {step}", scenario.display()));
            assert!(steps.iter().any(|known| known == step), "{}: hostprep has no step {step}", scenario.display());
            assert!(["ok", "fault", "unknown", "deferred"].contains(&outcome), "{}: {outcome}", scenario.display());
        }
        for word in expected.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(word, _)| word) {
            for (name, facts) in boxes.as_object().unwrap() {
                assert!(facts[word].is_string(), "{name} has no {word}, which {} expects", scenario.display());
            }
        }
    }
    for entry in std::fs::read_dir(setup::top().join("tests/vm/broken")).unwrap() {
        let red = text(&entry.unwrap().path().join("red"));
        assert!(!red.is_empty());
        for red in red.lines() {
            assert!(names.iter().any(|name| name == red), "there is no scenario {red}");
        }
    }
}

/// The scripts read boxes.json without a parser of JSON, and the Makefile too.
#[test]
fn scripts_and_makefile_find_every_home_made_box() {
    let top = setup::top();
    let text = std::fs::read_to_string(top.join("vagrant/boxes.json")).unwrap();
    let boxes: serde_json::Value = serde_json::from_str(&text).unwrap();
    let home_made: Vec<(&str, &str)> = boxes
        .as_object()
        .unwrap()
        .iter()
        .filter_map(|(name, facts)| Some((name.strip_prefix("home-")?, facts["suite"].as_str().unwrap())))
        .collect();
    let script = |function: &str| {
        let mut sh = Command::new("sh");
        sh.args(["-euc", r#". "$vm/debian.sh"; eval "$1""#, "sh", function]);
        let output = sh.env("top", top).env("vm", top.join("tests/vm")).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let mut names: Vec<&str> = home_made.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    assert!(names.contains(&"debian12"), "{names:?}");
    let mut listed: Vec<String> = script("home_made_names").split(' ').map(str::to_owned).collect();
    listed.sort();
    assert_eq!(listed, names);
    for (name, suite) in home_made {
        assert_eq!(script(&format!("home_made {name}")), suite);
        assert_eq!(boxes[format!("home-{name}")]["box"], format!("hostprep/{name}"));
    }
    assert_eq!(script("home_made debian9"), "");

    let made = Command::new("make").args(["-n", "-C"]).arg(top).args(["-o", "vagrant-validate", "vagrant"]).output();
    let made = String::from_utf8(made.unwrap().stdout).unwrap();
    for name in &names {
        assert!(made.contains(&format!(" home-{name}")), "{made}");
    }
    let refused =
        Command::new(env!("CARGO_BIN_EXE_vm")).args(["new", "old", "--distribution", "debian9"]).output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && names.iter().all(|name| said.contains(name)), "{said}");
}
