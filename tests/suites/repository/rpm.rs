//! dnf and zypper.

use std::sync::Arc;

use harness::packages::NEWER;
use harness::{Run, System};

use crate::publisher::{INSIDE, Publisher, Repository, damage, only, publisher};
use crate::server::Server;

const KEYS: &str = "/usr/share/hostprep-keyring/RPM-GPG-KEY-hostprep";

/// A package manager, by the calls that it is used with.
#[derive(Clone, Copy)]
struct Manager {
    name: &'static str,
    repositories: &'static str,
    cache: &'static str,
    refresh: &'static str,
    install: &'static str,
    remove: &'static str,
    /// What makes it trust the keys that `gpgkey` names; dnf is told so by `--assumeyes`.
    trust: Option<&'static str>,
}

const DNF: Manager = Manager {
    name: "dnf",
    repositories: "/etc/yum.repos.d",
    cache: "/var/cache/dnf",
    refresh: "dnf --assumeyes --releasever=9 makecache",
    install: "dnf --assumeyes --releasever=9 --best install",
    remove: "dnf --assumeyes --releasever=9 remove",
    trust: None,
};
const ZYPPER: Manager = Manager {
    name: "zypper",
    repositories: "/etc/zypp/repos.d",
    cache: "/var/cache/zypp",
    refresh: "zypper --non-interactive refresh --force",
    install: "zypper --non-interactive install",
    remove: "zypper --non-interactive remove",
    trust: Some("rpm --import /usr/share/hostprep-keyring/RPM-GPG-KEY-hostprep"),
};

/// A system in which the agents of gpg that a package manager started end with it.
struct Host(System);

impl std::ops::Deref for Host {
    type Target = System;

    fn deref(&self) -> &System {
        &self.0
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let homes = "for home in /var/cache/dnf/*/pubring; do gpgconf --homedir $home --kill gpg-agent; done";
        let _ = self.0.command("sh").args(["-c", homes]).output();
    }
}

fn system() -> Host {
    Host(System::with_rpm(&["policycoreutils"]))
}

/// The publisher, and a system in which its usual repository lies; `None` if this is not root.
fn ready() -> Option<(Arc<Publisher>, Host, Repository)> {
    if !harness::need_root() {
        return None;
    }
    let (publisher, system) = (publisher(), system());
    let repository = publisher.plain();
    repository.lay(&system);
    Some((publisher, system, repository))
}

impl Manager {
    /// Does what docs/repositories.md tells an administrator: the keys and the source.
    fn set_up(self, system: &System, repository: &Repository) {
        system.copy(&repository.path().join("RPM-GPG-KEY-hostprep"), KEYS);
        system.copy(&repository.path().join("hostprep.repo"), &format!("{}/hostprep.repo", self.repositories));
        self.trust(system);
    }

    fn trust(self, system: &System) {
        if let Some(command) = self.trust {
            system.run(command).expect_code(0);
        }
    }

    /// Forgets everything that it was told, also keys that are not in the file of `gpgkey` now.
    fn forget(self, system: &System) {
        let _ = std::fs::remove_dir_all(system.at(self.cache));
        let keys = system.run("rpm --query --all gpg-pubkey*").stdout;
        for key in keys.lines() {
            system.run(&format!("rpm --erase {key}")).expect_code(0);
        }
        self.trust(system);
    }

    fn refresh(self, system: &System) -> Run {
        system.run(self.refresh)
    }

    /// Refreshes in vain. dnf goes on without the repository.
    #[track_caller]
    fn refuses(self, system: &System, what: &str) {
        let run = self.refresh(system);
        let is_ignored = run.stderr.contains("Ignoring repositories: hostprep");
        assert!(run.code != Some(0) || is_ignored, "{}, {what}: {run:?}", self.name);
        assert!(self.install(system, "hostprep").code != Some(0), "{}, {what}", self.name);
        assert_eq!(version(system, "hostprep"), "", "{}, {what}", self.name);
    }

    fn install(self, system: &System, what: &str) -> Run {
        system.run(&format!("{} {what}", self.install))
    }
}

fn version(system: &System, package: &str) -> String {
    let run = system.run(&format!("rpm --query --queryformat %{{VERSION}} {package}"));
    if run.code == Some(0) { run.stdout } else { String::new() }
}

#[test]
fn they_install_from_a_directory_and_from_a_server() {
    let Some((_publisher, system, repository)) = ready() else { return };
    let server = Server::of(&repository.path());
    for manager in [DNF, ZYPPER] {
        manager.set_up(&system, &repository);
        manager.forget(&system);
        manager.install(&system, "hostprep hostprep-keyring").expect_code(0);
        assert_eq!(version(&system, "hostprep"), NEWER, "{}", manager.name);
        assert_eq!(version(&system, "hostprep-keyring"), "1", "{}", manager.name);
        assert!(system.run("hostprep --version").expect_code(0).stdout.starts_with("hostprep "));
        system.run("rpm --verify hostprep-keyring").expect_code(0);
        system.run(&format!("{} hostprep hostprep-keyring", manager.remove)).expect_code(0);

        manager.set_up(&system, &repository);
        let source = format!("{}/hostprep.repo", manager.repositories);
        system.edit(&source, |text| text.replace(&format!("file://{INSIDE}"), &server.url));
        manager.forget(&system);
        manager.install(&system, "hostprep").expect_code(0);
        assert_eq!(version(&system, "hostprep"), NEWER, "{}", manager.name);
        system.run(&format!("{} hostprep", manager.remove)).expect_code(0);
    }
}

#[test]
fn they_refuse_what_was_changed() {
    let Some((_publisher, system, repository)) = ready() else { return };
    for manager in [DNF, ZYPPER] {
        let name = manager.name;
        manager.set_up(&system, &repository);
        let data = system.at(&format!("{INSIDE}/rpm/repodata"));
        for file in ["repomd.xml", "repomd.xml.asc", "-primary.xml.gz"] {
            repository.lay(&system);
            manager.forget(&system);
            if file.starts_with('-') {
                damage(&only(&data, file));
            } else {
                damage(&data.join(file));
            }
            manager.refuses(&system, file);
        }
        repository.lay(&system);
        manager.forget(&system);
        manager.refresh(&system).expect_code(0);
        damage(&only(&system.at(&format!("{INSIDE}/rpm")), "hostprep-0"));
        let run = manager.install(&system, "hostprep");
        assert!(run.code != Some(0), "{name}: {run:?}");
        assert_eq!(version(&system, "hostprep"), "", "{name}");
    }
}

/// zypper alone takes a key that has expired: docs/repositories.md tells it.
#[test]
fn they_refuse_another_key_and_one_that_has_expired() {
    let Some((publisher, system, repository)) = ready() else { return };
    for manager in [DNF, ZYPPER] {
        manager.set_up(&system, &repository);
        for key in ["second", "expired"] {
            system.copy(&publisher.key(key), KEYS);
            manager.forget(&system);
            // zypper looks there too for a key that rpm does not know yet.
            system.copy(&publisher.key(key), &format!("{INSIDE}/rpm/repodata/repomd.xml.key"));
            if (manager.name, key) == ("zypper", "expired") {
                let run = manager.refresh(&system).expect_code(0);
                assert!(run.stdout.contains("has expired"), "zypper 1.14 warns and goes on: {run:?}");
                continue;
            }
            manager.refuses(&system, key);
        }
    }
}

/// All that the server has is another's: index, packages and the key beside them.
#[test]
fn they_refuse_a_server_that_was_taken_over() {
    let Some((publisher, system, repository)) = ready() else { return };
    let other = publisher.publish("second", None, "2", &format!("file://{INSIDE}"));
    for manager in [DNF, ZYPPER] {
        repository.lay(&system);
        manager.set_up(&system, &repository);
        manager.forget(&system);
        manager.refresh(&system).expect_code(0);
        other.lay(&system);
        manager.refuses(&system, "another's server");
        assert_eq!(version(&system, "hostprep-keyring"), "", "{}", manager.name);
    }
}

#[test]
fn keys_change_without_a_gap() {
    if !harness::need_root() {
        return;
    }
    let publisher = publisher();
    let url = format!("file://{INSIDE}");
    let publish = |present: &str, next: Option<&str>, version: &str| publisher.publish(present, next, version, &url);
    let before = publish("first", None, "1");
    let both = publish("first", Some("second"), "2");
    let switched = publish("second", None, "3");
    for manager in [DNF, ZYPPER] {
        let (name, system) = (manager.name, system());
        before.lay(&system);
        manager.set_up(&system, &before);
        manager.install(&system, "hostprep hostprep-keyring").expect_code(0);
        assert_eq!(version(&system, "hostprep-keyring"), "1", "{name}");

        both.lay(&system);
        manager.refresh(&system).expect_code(0);
        manager.install(&system, "hostprep-keyring").expect_code(0);
        assert_eq!(version(&system, "hostprep-keyring"), "2", "{name}");
        manager.trust(&system);
        switched.lay(&system);
        manager.refresh(&system).expect_code(0);
        manager.install(&system, "hostprep-keyring").expect_code(0);
        assert_eq!(version(&system, "hostprep-keyring"), "3", "{name}");
        manager.refresh(&system).expect_code(0);
        let held = std::fs::read_to_string(system.at(KEYS)).unwrap();
        assert_eq!(held.matches("BEGIN PGP PUBLIC KEY BLOCK").count(), 1, "{name}");
    }
}
