//! A vendor's package shares no name with hostprep's own, and installs what its remedies name.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

mod common;

use common::kitchen_sink_agent::Workshop;

#[track_caller]
fn refused(workshop: &Workshop, words: &[&str]) {
    let run = common::run(&mut workshop.command());
    assert_ne!(run.code, Some(0), "{run:?}");
    for word in words {
        assert!(run.stderr.contains(word), "{word}: {run:?}");
    }
}

#[test]
fn each_name_of_ours_is_refused_and_named() {
    for (from, to) in [
        ("command = \"odd-boot\"", "command = \"hostprep\""),
        ("ident = \"odd-hostprep\"", "ident = \"cisco-hostprep\""),
        ("/etc/acme/hostprep.toml", "/etc/cisco/hostprep.toml"),
        ("/etc/acme/hostprep.toml", "/etc/cisco/acme.toml"),
        ("/var/lib/acme/faults", "/var/lib/cisco/faults"),
        ("/var/lib/acme/hostprep", "/var/lib/cisco/hostprep/acme"),
        ("/var/lib/acme/hostprep", "/var/lib/cisco/hostprep"),
        ("/run/acme/hostprep.lock", "/run/cisco/hostprep.lock"),
        ("/var/log/acme/hostprep.log", "/var/log/cisco/hostprep.log"),
        ("/opt/acme/hostprep/policy", "/opt/cisco/hostprep/policy"),
        ("name = \"acme-scan\"", "name = \"cisco-amp-scan-svc\""),
        ("name = \"acme-bpf\"", "name = \"cisco-secure-bpf\""),
        ("name = \"acme-agent\"", "name = \"cisco-secure-endpoint\""),
        // Units and pages are called after the command.
        ("command = \"odd-boot\"", "command = \"hostprep-daily\""),
        // In the place of something else of ours.
        ("/etc/acme/hostprep.toml", "/etc/cisco/hostprep.toml.d/acme.toml"),
        ("/var/lib/acme/faults", "/var/lib/cisco/hostprep"),
        ("/var/lib/acme/hostprep", "/var/lib/cisco/faults/acme"),
        ("/run/acme/hostprep.lock", "/var/lib/cisco/hostprep/acme.lock"),
        ("/var/log/acme/hostprep.log", "/var/log/cisco/hostprep.log.acme"),
        ("/var/log/acme/hostprep.log", "/var/log/cisco/hostprep.log-acme"),
        ("/opt/acme/hostprep/policy", "/var/lib/cisco/hostprep/policy"),
        ("path = \"/opt/acme\"", "path = \"/opt/cisco\""),
        ("path = \"/opt/acme\"", "path = \"/opt/cisco/hostprep\""),
        ("/opt/acme/hostprep/policy", "/opt/cisco/hostprep/bin"),
        ("/opt/acme/agent/bin/acme-agentd", "/opt/cisco/hostprep/bin/hostprep"),
        ("/opt/acme/agent/bin/acme-agentd", "/opt/cisco/amp/bin/ampdaemon"),
    ] {
        let workshop = Workshop::bare();
        workshop.change_in("profile.toml", from, to);
        let value = to.rsplit(' ').next().unwrap().trim_matches('"');
        refused(&workshop, &["shares names with hostprep's own package", &format!(" = \"{value}\""), "[names]"]);
    }
}

/// A profile without the table has our command, ident and configuration: all three are named at once.
#[test]
fn a_profile_without_names_has_ours() {
    let workshop = Workshop::bare();
    let text = std::fs::read_to_string(workshop.at("profile.toml")).unwrap();
    let (before, after) = (text.split_once("[names]").unwrap().0, text.split_once("[paths]").unwrap().1);
    workshop.write("profile.toml", format!("{before}[paths]{after}"));
    refused(
        &workshop,
        &[
            "names.command = \"hostprep\"",
            "names.ident = \"cisco-hostprep\"",
            "names.configuration = \"/etc/cisco/hostprep.toml\"",
        ],
    );
}

/// A copy of our profile that has its name still.
#[test]
fn a_vendors_profile_with_our_name_is_compared_too() {
    let workshop = Workshop::bare();
    workshop.change_in("profile.toml", "name = \"acme-agent\"", "name = \"cisco-secure-endpoint\"");
    workshop.change_in("profile.toml", "/var/lib/acme/faults", "/var/lib/cisco/faults");
    refused(&workshop, &["shares names with hostprep's own package", "/var/lib/cisco/faults"]);
}

/// What is only beside ours is no other's.
#[test]
fn a_name_that_begins_like_ours_is_another() {
    for (from, to) in [
        ("/var/lib/acme/faults", "/var/lib/cisco/faults-of-acme"),
        ("/var/log/acme/hostprep.log", "/var/log/cisco/acme.log"),
        ("/etc/acme/hostprep.toml", "/etc/cisco-acme/hostprep.toml"),
        ("path = \"/opt/acme\"", "path = \"/opt/cisco/acme\""),
    ] {
        let workshop = Workshop::bare();
        workshop.change_in("profile.toml", from, to);
        let run = common::run(&mut workshop.command());
        assert_eq!(run.code, Some(0), "{to}: {run:?}");
    }
}

/// Without the path, the installed program would prepare hosts for hostprep's own agent.
#[test]
fn the_hooks_name_the_profile() {
    let workshop = Workshop::bare();
    workshop.change("profile_path = \"/opt/odd/profile.toml\"\n", "");
    refused(&workshop, &["`profile_path` of [hooks] is missing", "`acme-agent`"]);
    let workshop = Workshop::bare();
    workshop.change("name = \"odd-agent\"", "name = \"hostprep\"");
    refused(&workshop, &["the package is called hostprep"]);
}

#[test]
fn what_a_script_or_a_file_cannot_hold_is_refused() {
    for (from, to, word) in [
        ("/var/lib/acme/faults", "/var/lib/acme/hostprep/faults", "is in the other"),
        ("/var/lib/acme/hostprep", "/var/lib/acme/faults/state", "is in the other"),
        ("Acme scan service", "5% scan service %n", "sysusers.d"),
        ("name = \"acme-scan\"", "name = \"root\"", "a user of the agent's own"),
        ("command = \"odd-boot\"", "command = \"odd-\"", "not end with `-`"),
    ] {
        let workshop = Workshop::bare();
        workshop.change_in("profile.toml", from, to);
        refused(&workshop, &[word]);
    }
}

#[test]
fn what_remedies_name_is_in_the_package() {
    let workshop = Workshop::bare();
    workshop.change("path = \"/usr/sbin/odd-boot\"", "path = \"/usr/sbin/other\"");
    refused(&workshop, &["remedies name the command odd-boot", "/usr/sbin/odd-boot", "command.sh"]);
    let workshop = Workshop::bare();
    workshop.change("ident = \"odd-hostprep\"", "ident = \"other\"");
    refused(&workshop, &["`ident` of [hooks] is other", "odd-hostprep"]);
    let workshop = Workshop::bare();
    workshop.change("ident = \"odd-hostprep\"", "ident = \"odd-hostprep\"\nboot = \"other\"");
    refused(&workshop, &["needs a [[file]]"]);
}

/// Neither dpkg nor rpm sees these: no package lists hostprep's configuration and state.
#[test]
fn a_file_in_a_place_of_ours_is_refused() {
    for path in [
        "/etc/cisco/hostprep.toml",
        "/etc/cisco/hostprep.toml.d/acme.toml",
        "/etc/cisco/kernels.toml",
        "/var/lib/cisco/hostprep/kernels.toml",
        "/var/lib/cisco/faults/store",
        "/var/log/cisco/hostprep.log",
        "/run/cisco/hostprep.lock",
        "/opt/cisco/hostprep/bin/acme",
        "/usr/lib/hostprep/hostprep.toml",
    ] {
        let workshop = Workshop::bare();
        let file = format!("[[file]]\npath = \"{path}\"\nsource = \"profile.toml\"\n\n[rpm]");
        workshop.change("[rpm]", &file);
        refused(&workshop, &[path, "is hostprep's own"]);
        let workshop = Workshop::bare();
        let inside = format!("more{path}");
        std::fs::create_dir_all(workshop.at(&inside).parent().unwrap()).unwrap();
        workshop.write(&inside, "x");
        let run = common::run(workshop.command().arg("--payload").arg(workshop.at("more")));
        assert!(run.code != Some(0) && run.stderr.contains("is hostprep's own"), "{path}: {run:?}");
    }
    let workshop = Workshop::bare();
    let file = "[[file]]\npath = \"/etc/cisco/acme.conf\"\nsource = \"profile.toml\"\n\n[rpm]";
    workshop.change("[rpm]", file);
    assert_eq!(common::run(&mut workshop.command()).code, Some(0), "what is only beside ours is no other's");
}

/// An error about the manifest names the manifest.
#[test]
fn the_file_that_is_wrong_is_named() {
    let workshop = Workshop::bare();
    workshop.change("profile_path = \"/opt/odd/profile.toml\"\n", "");
    let run = common::run(&mut workshop.command());
    assert!(run.stderr.contains("manifest.toml: "), "{run:?}");
    assert!(!run.stderr.contains("profile.toml: "), "{run:?}");
}
