//! apt.

use std::sync::Arc;

use harness::packages::NEWER;
use harness::{Run, System, setup};

use crate::publisher::{INSIDE, Publisher, Repository, damage, only, publisher};
use crate::server::Server;

/// A system that knows no other repository. apt's lists are empty.
fn system() -> System {
    let system = System::new("bookworm", &[]);
    std::fs::remove_file(system.at("/etc/apt/sources.list")).unwrap();
    system
}

/// Does what docs/repositories.md tells an administrator: the keys and the source.
fn set_up(system: &System, repository: &Repository) {
    system.copy(&repository.path().join("hostprep-keyring.gpg"), "/usr/share/keyrings/hostprep-keyring.gpg");
    system.copy(&repository.path().join("hostprep.sources"), "/etc/apt/sources.list.d/hostprep.sources");
}

/// The publisher, and a system that knows its usual repository; `None` if this is not root.
fn ready() -> Option<(Arc<Publisher>, System, Repository)> {
    if !harness::need_root() {
        return None;
    }
    let (publisher, system) = (publisher(), system());
    let repository = publisher.plain();
    repository.lay(&system);
    set_up(&system, &repository);
    Some((publisher, system, repository))
}

fn update(system: &System) -> Run {
    let _ = std::fs::remove_dir_all(system.at("/var/lib/apt/lists"));
    // Without it, a signature that cannot be verified is a warning if there is an older list.
    system.run("apt-get update --error-on=any")
}

fn install(system: &System, what: &str) -> Run {
    system.run(&format!("apt-get install --yes --no-install-recommends {what}"))
}

fn version(system: &System, package: &str) -> String {
    Run::of(system.command("dpkg-query").args(["--show", "--showformat=${db:Status-Abbrev}${Version}", package])).stdout
}

#[test]
fn it_installs_from_a_directory_and_from_a_server() {
    let Some((_publisher, system, repository)) = ready() else { return };
    update(&system).expect_code(0);
    // The source has no package that was not there, so nothing is asked.
    install(&system, "hostprep hostprep-keyring").expect_code(0);
    assert_eq!(version(&system, "hostprep"), format!("ii {NEWER}-1"));
    assert_eq!(version(&system, "hostprep-keyring"), "ii 1-1");
    assert!(system.run("hostprep --version").expect_code(0).stdout.starts_with("hostprep "));
    system.run("apt-get purge --yes hostprep").expect_code(0);

    let server = Server::of(&repository.path());
    system.edit("/etc/apt/sources.list.d/hostprep.sources", |text| {
        text.replace(&format!("file://{INSIDE}"), &server.url)
    });
    let updated = update(&system).expect_code(0);
    assert!(updated.stdout.contains(&format!("{}/apt stable InRelease", server.url)), "{}", updated.stdout);
    install(&system, "hostprep").expect_code(0);
    assert_eq!(version(&system, "hostprep"), format!("ii {NEWER}-1"));

    // Whoever cannot clear-sign has the detached signature alone.
    std::fs::remove_file(repository.path().join("apt/dists/stable/InRelease")).unwrap();
    let updated = update(&system).expect_code(0);
    assert!(updated.stdout.contains("stable Release.gpg"), "{}", updated.stdout);
}

/// The name by which apt asks for the packed index.
fn hash_of_packed(repository: &Repository) -> String {
    let release = std::fs::read_to_string(repository.path().join("apt/dists/stable/Release")).unwrap();
    let line = release.lines().find(|line| line.ends_with("/Packages.gz")).unwrap();
    line.split_whitespace().next().unwrap().to_owned()
}

#[test]
fn it_refuses_what_was_changed() {
    let Some((_publisher, system, repository)) = ready() else { return };
    let dist = format!("{INSIDE}/apt/dists/stable");
    system.edit(&format!("{dist}/InRelease"), |text| text.replace("Label: hostprep", "Label: Hostprep"));
    let run = update(&system);
    assert!(run.code != Some(0) && run.stderr.contains("BADSIG"), "{run:?}");
    assert!(install(&system, "hostprep").code != Some(0));
    repository.lay(&system);
    damage(&system.at(&format!("{dist}/main/binary-amd64/Packages.gz")));
    damage(&only(&system.at(&format!("{dist}/main/binary-amd64/by-hash/SHA256")), &hash_of_packed(&repository)));
    let run = update(&system);
    assert!(run.code != Some(0) && run.stderr.contains("Hash Sum mismatch"), "{run:?}");
    assert!(install(&system, "hostprep").code != Some(0));
    let without = |system: &System| std::fs::remove_file(system.at(&format!("{dist}/InRelease"))).unwrap();
    for file in ["Release", "Release.gpg"] {
        repository.lay(&system);
        without(&system);
        damage(&system.at(&format!("{dist}/{file}")));
        let run = update(&system);
        let is_told = run.stderr.contains("not signed") || run.stderr.contains("GPG error");
        assert!(run.code != Some(0) && is_told, "{file}: {run:?}");
    }
    repository.lay(&system);
    without(&system);
    std::fs::remove_file(system.at(&format!("{dist}/Release.gpg"))).unwrap();
    let run = update(&system);
    assert!(run.code != Some(0) && run.stderr.contains("is not signed"), "{run:?}");

    repository.lay(&system);
    update(&system).expect_code(0);
    damage(&only(&system.at(&format!("{INSIDE}/apt/pool")), "hostprep_"));
    let run = install(&system, "hostprep");
    assert!(run.code != Some(0) && run.stderr.contains("Hash Sum mismatch"), "{run:?}");
    assert_eq!(version(&system, "hostprep"), "");
}

#[test]
fn it_refuses_another_key_and_one_that_has_expired() {
    let Some((publisher, system, _)) = ready() else { return };
    for (key, word) in [("second", "NO_PUBKEY"), ("expired", "EXPKEYSIG")] {
        let armored = publisher.key(key);
        system.copy(&armored, "/usr/share/keyrings/hostprep-keyring.asc");
        system.edit("/etc/apt/sources.list.d/hostprep.sources", |text| text.replace("keyring.gpg", "keyring.asc"));
        let run = update(&system);
        assert!(run.code != Some(0) && run.stderr.contains(word), "{key}: {run:?}");
        assert!(install(&system, "hostprep").code != Some(0), "{key}");
    }
}

/// Present key, then the next one beside it, then the next one signs, then the old one goes. No step fails on a host that
/// upgrades in between, and the steps are told apart by what the host accepts.
#[test]
fn keys_change_without_a_gap() {
    if !harness::need_root() {
        return;
    }
    let publisher = publisher();
    let system = system();
    let url = format!("file://{INSIDE}");
    let publish = |present: &str, next: Option<&str>, version: &str| publisher.publish(present, next, version, &url);
    let before = publish("first", None, "1");
    before.lay(&system);
    set_up(&system, &before);
    update(&system).expect_code(0);
    install(&system, "hostprep hostprep-keyring").expect_code(0);
    let switched = publish("second", None, "3");

    // A host that missed the second step is not served; it does not take the new key from the repository itself.
    switched.lay(&system);
    let run = update(&system);
    assert!(run.code != Some(0) && run.stderr.contains("NO_PUBKEY"), "{run:?}");

    publish("first", Some("second"), "2").lay(&system);
    update(&system).expect_code(0);
    install(&system, "hostprep-keyring").expect_code(0);
    assert_eq!(version(&system, "hostprep-keyring"), "ii 2-1");
    switched.lay(&system);
    update(&system).expect_code(0);
    install(&system, "--reinstall hostprep").expect_code(0);
    // Both keys are good meanwhile.
    before.lay(&system);
    update(&system).expect_code(0);
    switched.lay(&system);
    update(&system).expect_code(0);
    install(&system, "hostprep-keyring").expect_code(0);
    assert_eq!(version(&system, "hostprep-keyring"), "ii 3-1");
    update(&system).expect_code(0);
    before.lay(&system);
    let run = update(&system);
    assert!(run.code != Some(0) && run.stderr.contains("NO_PUBKEY"), "the old key is gone: {run:?}");
    setup::run(system.command("apt-get").args(["check"]));
}
