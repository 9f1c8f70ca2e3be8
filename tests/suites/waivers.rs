//! What an administrator accepts for some time, and the files that say so.

use harness::{ScratchRoot, scratch};
use serde_json::{Value, json};

const CONFIG: &str = "/etc/cisco/hostprep.toml";
const FAR: &str = "2999-01-01";

fn accept(reason: &str, until: &str) -> String {
    format!("[[accept]]\nreason = \"{reason}\"\nuntil = \"{until}\"\nwhy = \"the vendor's kernel comes in March\"\n")
}

/// A root in order, but for the headers of its kernel.
fn without_headers() -> ScratchRoot {
    let root = ScratchRoot::of("debian-12");
    root.kernel(scratch::KERNEL, false);
    root.hostprep(&["repair"]).expect_code(3);
    root
}

fn mark(until: &str) -> Value {
    json!({"until": until, "why": "the vendor's kernel comes in March"})
}

#[test]
fn a_waived_fault_is_seen_and_does_not_count() {
    let root = without_headers();
    assert_eq!(root.hostprep(&["check", "--format", "json"]).expect_code(3).faults(), [11]);
    root.file(CONFIG, accept("headers-missing", FAR));
    for args in [&["check", "--format", "json"][..], &["repair", "--format", "json"]] {
        let run = root.hostprep(args).expect_code(0);
        let json = run.json();
        assert_eq!((run.faults(), &json["worst"], json.get("warnings")), (vec![], &json!("ok"), None));
        let waived = json!([{"reason": "headers-missing", "fault": 11, "until": FAR, "why": mark(FAR)["why"]}]);
        assert_eq!(json["waived"], waived);
        let step = run.step("kernel");
        assert_eq!((&step["outcome"], &step["fault"], &step["waived"]), (&json!("fault"), &json!(11), &mark(FAR)));
        assert_eq!(run.step("directories").get("waived"), None);
    }
    let text = root.hostprep(&["check"]).expect_code(0).stdout;
    for part in
        ["fault 11 (waived)", "Waived: fault 11 (headers-missing) until 2999-01-01: the vendor's", "No other problem"]
    {
        assert!(text.contains(part), "{text}");
    }
    // It is raised all the same: the store says what is true.
    let status = root.hostprep(&["status", "--format", "json"]).expect_code(0).json();
    assert_eq!((&status["fault_ids"], &status["faults"][0]["waived"]), (&json!([11]), &mark(FAR)));
    assert_eq!((&status["counts"]["critical"], &status["worst"]), (&json!(0), &json!("ok")));
    assert_eq!(status["last_run"]["result"], "ok");
    let text = root.hostprep(&["status"]).expect_code(0).stdout;
    assert!(text.contains("Fault IDs: 11") && text.contains("Waived ID 11 until 2999-01-01: the vendor's"), "{text}");
    let metrics = root.hostprep(&["status", "--format", "prometheus"]).expect_code(0).stdout;
    for line in [
        "hostprep_fault_waived{id=\"11\",reason=\"headers-missing\",severity=\"critical\"} 1",
        "hostprep_fault_raised{id=\"11\",reason=\"headers-missing\",severity=\"critical\"} 1",
        "hostprep_faults{severity=\"critical\"} 0",
    ] {
        assert!(metrics.contains(line), "{metrics}");
    }
}

#[test]
fn another_cause_of_the_same_fault_counts() {
    let root = ScratchRoot::of("debian-12");
    root.kernel(scratch::KERNEL, true).file(CONFIG, accept("user-missing", FAR));
    let run = root.hostprep(&["check", "--format", "json"]).expect_code(3);
    assert_eq!((run.faults(), run.json().get("waived")), (vec![5], None), "the directories are missing too");
    assert_eq!(run.step("scan-user")["waived"], mark(FAR));
    let line = root.hostprep(&["check", "--format", "nagios"]).expect_code(1).stdout;
    let detail = |step: &str| run.step(step)["detail"].as_str().unwrap().to_owned();
    assert!(line.contains(&detail("directories")) && !line.contains(&detail("scan-user")), "{line}");
}

#[test]
fn a_waiver_ends_by_itself_and_that_is_said() {
    let root = without_headers();
    root.file(CONFIG, accept("headers-missing", "2020-01-01"));
    let run = root.hostprep(&["check", "--format", "json"]).expect_code(3);
    assert_eq!((run.faults(), run.json().get("waived")), (vec![11], None));
    let said = run.json()["warnings"][0].as_str().unwrap().to_owned();
    assert!(said.contains("hostprep.toml: accept of headers-missing until 2020-01-01 has ended"), "{said}");
    assert!(root.hostprep(&["check"]).expect_code(3).stdout.contains(&format!("Warning: {said}")));
    assert_eq!(root.hostprep(&["status", "--format", "json"]).expect_code(3).json()["warnings"], json!([said]));
}

#[test]
fn a_waiver_that_matches_nothing_is_said_once_all_was_looked_at() {
    let root = without_headers();
    root.headers(scratch::KERNEL).file(CONFIG, accept("headers-missing", FAR));
    let text = root.hostprep(&["check"]).expect_code(0).stdout;
    assert!(
        text.contains("Warning: ") && text.contains("accept of headers-missing until 2999-01-01 matches nothing"),
        "{text}"
    );
    let part = root.hostprep(&["check", "--only", "directories"]).expect_code(0).stdout;
    assert!(!part.contains("Warning"), "{part}");
}

#[test]
fn a_waiver_is_judged_by_the_steps_that_find_its_reason() {
    let root = without_headers();
    root.headers(scratch::KERNEL).file(CONFIG, "skip = ['ebpf']\n".to_owned() + &accept("headers-missing", FAR));
    let warnings = || root.hostprep(&["check", "--format", "json"]).json().get("warnings").cloned();
    let said = warnings().unwrap()[0].as_str().unwrap().to_owned();
    assert!(
        said.ends_with("accept of headers-missing until 2999-01-01 matches nothing on this host; remove it"),
        "{said}"
    );
    root.file(CONFIG, "skip = ['kernel']\n".to_owned() + &accept("headers-missing", FAR));
    assert_eq!(warnings(), None, "the step did not run");
    // Another step is unknown, then its own.
    root.file(CONFIG, accept("headers-missing", FAR)).file("/etc/cisco/kernels.toml", "schema = 2");
    assert!(warnings().unwrap()[0].as_str().unwrap().contains("matches nothing"), "the headers are there");
    root.remove(&format!("/lib/modules/{}/build", scratch::KERNEL));
    let said = warnings().unwrap()[0].as_str().unwrap().to_owned();
    assert!(said.ends_with("cannot be judged in this run, which could not determine kernel"), "{said}");
}

#[test]
fn a_later_file_overrides_a_key_and_waivers_add_up() {
    let root = without_headers();
    root.file("/usr/lib/hostprep/hostprep.toml", "lang = 'ja'\nskip = ['directories']\n");
    let title = || root.hostprep(&["check", "--format", "json"]).step("kernel")["title"].as_str().unwrap().to_owned();
    let steps = || root.hostprep(&["check", "--format", "json"]).outcomes().join(" ");
    let japanese = title();
    assert!(!japanese.is_ascii() && !steps().contains("directories"));
    root.file(CONFIG, format!("lang = 'en'\n{}", accept("user-missing", FAR)));
    assert!(title().is_ascii() && !steps().contains("directories"), "each key on its own");
    root.file("/etc/cisco/hostprep.toml.d/50-site.toml", format!("skip = []\n{}", accept("headers-missing", FAR)));
    root.file("/etc/cisco/hostprep.toml.d/60-ko.toml", "lang = 'ko'\n");
    root.file("/etc/cisco/hostprep.toml.d/.70-hidden.toml", "not toml");
    root.file("/etc/cisco/hostprep.toml.d/80-editor.toml~", "not toml");
    assert!(!title().is_ascii() && title() != japanese && steps().contains("directories"));
    root.remove("/opt/cisco");
    root.hostprep(&["check", "--only", "kernel"]).expect_code(0);
}

#[test]
fn an_error_names_file_and_line_and_nothing_is_done() {
    let root = without_headers();
    for file in ["/usr/lib/hostprep/hostprep.toml", CONFIG, "/etc/cisco/hostprep.toml.d/50-site.toml"] {
        for (content, said) in [
            (accept("header-missing", FAR), "line 2: no fault has the reason `header-missing`"),
            (accept("headers-missing", "2027-02-30"), "line 3: `2027-02-30` is not a day"),
            (accept("headers-missing", FAR) + "forever = true\n", "line 5: unknown field `forever`"),
            ("skip = ['kernels']\n".to_owned(), "line 1: there is no step `kernels`"),
        ] {
            root.file(file, &content);
            let before = root.snapshot();
            let run = root.hostprep(&["repair"]).expect_code(1);
            before.expect_untouched(&root.snapshot());
            assert!(run.stderr.contains(&format!("{file}, {said}")), "{}", run.stderr);
            root.remove(file);
        }
    }
}

/// Somebody wants them read: passing them over would end waivers, or begin steps, without a word.
#[test]
fn what_is_no_file_in_the_place_of_a_configuration_is_an_error() {
    let root = without_headers();
    let drop_ins = "/etc/cisco/hostprep.toml.d";
    let drop_in = "/etc/cisco/hostprep.toml.d/50-site.toml";
    let kernels = "/etc/cisco/kernels.toml";
    let refused = |place: &str, said: &str| {
        let before = root.snapshot();
        let run = root.hostprep(&["repair"]).expect_code(if place == kernels { 4 } else { 1 });
        assert!(run.stderr.contains(place) && run.stderr.contains(said), "{place}: {said}: {}", run.stderr);
        if place != kernels {
            before.expect_untouched(&root.snapshot());
        }
        root.remove(place);
    };
    for place in ["/usr/lib/hostprep/hostprep.toml", CONFIG, drop_in, kernels] {
        root.link(place, "/srv/missing.toml");
        refused(place, "it is a symbolic link to /srv/missing.toml, which is missing");
        root.dir(place, 0o755);
        refused(place, "Is a directory");
        nix::unistd::mkfifo(&root.at(place), nix::sys::stat::Mode::S_IRUSR).unwrap();
        refused(place, "it is a fifo, a socket or a device");
    }
    root.remove(drop_ins).file(drop_ins, accept("headers-missing", FAR));
    refused(drop_ins, "Not a directory");
    root.link(drop_ins, "/srv/missing.d");
    refused(drop_ins, "it is a symbolic link to /srv/missing.d, which is missing");
    root.link(drop_ins, "/srv/site.d").file("/srv/site.d/a.toml", accept("headers-missing", FAR));
    root.hostprep(&["check"]).expect_code(0);
}

/// The file that names a profile is where the error is.
#[test]
fn a_profile_that_cannot_be_read_is_said_with_the_file_that_names_it() {
    let root = without_headers();
    let drop_in = "/etc/cisco/hostprep.toml.d/50-agent.toml";
    for (profile, said) in [("/etc/none.toml", "No such file"), ("/etc", "Is a directory"), ("", "Is a directory")] {
        root.file(CONFIG, "profile = '/etc/other.toml'\n").file(drop_in, format!("profile = '{profile}'\n"));
        let run = root.hostprep(&["check"]).expect_code(1);
        assert!(run.stderr.contains(&format!("{drop_in}, profile: cannot open ")), "{}", run.stderr);
        assert!(run.stderr.contains(said), "{}", run.stderr);
    }
}

#[test]
fn a_drop_in_that_others_can_change_is_refused() {
    let root = without_headers();
    let file = "/etc/cisco/hostprep.toml.d/50-site.toml";
    root.file(file, accept("headers-missing", FAR)).mode(file, 0o666);
    let run = root.hostprep(&["check"]).expect_code(1);
    assert!(run.stderr.contains("50-site.toml"), "{}", run.stderr);
    root.mode(file, 0o644);
    root.hostprep(&["check"]).expect_code(0);
    root.mode("/etc/cisco/hostprep.toml.d", 0o777);
    let run = root.hostprep(&["check"]).expect_code(1);
    assert!(run.stderr.contains("hostprep.toml.d"), "{}", run.stderr);
}
