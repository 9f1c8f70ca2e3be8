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
    workshop
        .change("profile = \"profile.toml\"", "profile = \"profile.toml\"\nprofile_path = \"/opt/odd/profile.toml\"");
    workshop.change_in("profile.toml", "name = \"acme-agent\"", "name = \"cisco-secure-endpoint\"");
    workshop.change_in("profile.toml", "/var/lib/acme/faults", "/var/lib/cisco/faults");
    refused(&workshop, &["shares names with hostprep's own package", "/var/lib/cisco/faults"]);
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
