//! What old versions of systemd make of the units: they pass over what they do not know, and that may not shut hostprep out from
//! what it has to change.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests arrange files and processes, and fail by panicking"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::{build_own, kitchen_sink_agent::Workshop, kitchen_sink_agent::add_boot_units, only, text, tool};
use serde::Deserialize;

/// EL 7.0; EL 7.2, Amazon Linux 2; SLES 12; Debian 9; EL 8; Debian 11; EL 9 and Debian 12; EL 10 and Debian 13.
const VERSIONS: [u16; 8] = [208, 219, 228, 232, 239, 247, 252, 257];

/// What the units must be able to write to, besides what the profile names.
const WRITTEN: [&str; 5] = ["/etc/login.defs", "/etc/selinux", "/var/lib/selinux", "/sys/fs/selinux/load", "/opt/odd"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    since: u16,
    #[serde(default)]
    values: BTreeMap<String, u16>,
    /// What an older version makes of the unit.
    without: Option<String>,
    /// The name before.
    before: Option<String>,
}

type Settings = BTreeMap<String, Setting>;

fn settings() -> Settings {
    toml::from_str(include_str!("fixtures/systemd-settings.toml")).unwrap()
}

/// A unit as one version reads it.
struct Unit<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Unit<'a> {
    fn read(text: &'a str, settings: &Settings, version: u16) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let known = |(key, value): &(&str, &str)| since(settings, key, value) <= version;
        Self(lines.filter_map(|line| line.split_once('=')).filter(known).collect())
    }

    /// Returns the words of all lines with this key.
    fn words(&self, key: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(found, _)| *found == key).flat_map(|(_, value)| value.split_whitespace())
    }

    fn last(&self, key: &str) -> Option<&'a str> {
        self.0.iter().rev().find(|(found, _)| *found == key).map(|(_, value)| *value)
    }

    /// Returns whether a process of the unit can write to `path`: the longest path that is about it decides.
    fn can_write_to(&self, path: &str) -> bool {
        let system: &[&str] = match self.last("ProtectSystem") {
            None | Some("no") => &[],
            Some("yes") => &["/usr", "/boot"],
            Some("full") => &["/usr", "/boot", "/etc"],
            Some("strict") => &["/"],
            Some(other) => panic!("{other}"),
        };
        let tunables: &[&str] =
            if self.last("ProtectKernelTunables") == Some("yes") { &["/proc", "/sys"] } else { &[] };
        // ProtectSystem=strict leaves these to settings of their own.
        let api = ["/dev", "/proc", "/sys"].map(|place| (place, true));
        let fixed = system.iter().map(|place| (*place, false)).chain(api).chain(tunables.iter().map(|it| (*it, false)));
        let given = [("ReadWritePaths", true), ("ReadWriteDirectories", true), ("ReadOnlyPaths", false)];
        let given =
            given.iter().flat_map(|(key, may)| self.words(key).map(|word| (word.trim_start_matches('-'), *may)));
        let about = fixed.chain(given).filter(|(place, _)| Path::new(path).starts_with(place));
        about.max_by_key(|(place, _)| place.len()).is_none_or(|(_, may)| may)
    }
}

/// Returns the version that first knows the setting with this value.
fn since(settings: &Settings, key: &str, value: &str) -> u16 {
    let setting = settings.get(key).unwrap_or_else(|| panic!("{key}= is not in fixtures/systemd-settings.toml"));
    setting.values.get(value).copied().unwrap_or_default().max(setting.since)
}

fn units(tree: &Path, name: &str) -> Vec<(String, String)> {
    let units = [".service", "-daily.service", ".timer"].map(|end| format!("{name}{end}"));
    let read = |unit: String| (fs::read_to_string(tree.join("usr/lib/systemd/system").join(&unit)).unwrap(), unit);
    units.into_iter().map(read).map(|(text, unit)| (unit, text)).collect()
}

/// The units of our package, and of an agent with a directory and a labelled program below /usr.
fn all_units() -> Vec<(String, String)> {
    let work = tempfile::tempdir().unwrap();
    let tree = work.path().join("tree");
    tool("dpkg-deb", &["-x", text(&only(&build_own(work.path()), ".deb")), text(&tree)]);
    let mut all = units(&tree, "hostprep");
    let workshop = Workshop::bare();
    add_boot_units(&workshop);
    let profile = fs::read_to_string(workshop.at("profile.toml")).unwrap();
    let (before, module) = profile.split_once("[module]\n").unwrap();
    let after = module.find("\n[").map_or("", |at| &module[at..]);
    let own = "[[directories]]\npath = \"/usr/local/odd/data\"\nmode = \"0755\"\ncreate = true\n\n\
               [module]\nname = \"odd-agent\"\npriority = 300\nconfinement = \"domain\"\ndomain = \"odd_agent_t\"\n\
               executable_type = \"odd_agent_exec_t\"\nexecutable = \"/usr/lib/odd/agentd\"\nclass = \"bpf\"\n\
               permissions = [\"prog_load\"]\n";
    workshop.write("profile.toml", format!("{before}{own}{after}"));
    let tree = workshop.at("tree");
    tool("dpkg-deb", &["-x", text(&workshop.built(".deb")), text(&tree)]);
    all.extend(units(&tree, "odd-boot"));
    all
}

#[test]
fn each_version_lets_hostprep_do_its_work() {
    let settings = settings();
    for (name, unit) in all_units().into_iter().filter(|(name, _)| name.ends_with(".service")) {
        for version in VERSIONS {
            let read = Unit::read(&unit, &settings, version);
            let own: &[&str] =
                if name.starts_with("odd") { &["/usr/lib/odd/agentd", "/usr/local/odd/data"] } else { &["/opt/cisco"] };
            for path in WRITTEN.iter().chain(own) {
                assert!(read.can_write_to(path), "{name}, systemd {version}: {path} is read-only\n{unit}");
            }
            // What those before 5.8 (and their systemd) call SYS_ADMIN.
            let old: Vec<&str> =
                read.words("CapabilityBoundingSet").filter(|it| !["CAP_BPF", "CAP_PERFMON"].contains(it)).collect();
            assert!(old.contains(&"CAP_SYS_ADMIN") && old.contains(&"CAP_DAC_OVERRIDE"), "{old:?}");
        }
        // The limits are there where systemd knows them.
        assert!(!Unit::read(&unit, &settings, 219).can_write_to("/usr/bin/true"), "{unit}");
        assert!(!Unit::read(&unit, &settings, 232).can_write_to("/srv/data"), "{unit}");
        assert!(Unit::read(&unit, &settings, 208).can_write_to("/usr/bin/true"), "{unit}");
    }
}

/// A line that an old version passes over is a limit or a comfort, or the version has another name for it.
#[test]
fn what_a_version_does_not_know_is_not_needed() {
    let settings = settings();
    let all = all_units();
    for (name, unit) in &all {
        for version in VERSIONS {
            for (key, value) in Unit::read(unit, &settings, u16::MAX).0 {
                if since(&settings, key, value) <= version {
                    continue;
                }
                let setting = &settings[key];
                let named_otherwise = setting.before.as_ref().is_some_and(|before| {
                    Unit::read(unit, &settings, u16::MAX).words(before).eq(value.split_whitespace())
                });
                assert!(setting.without.is_some() || named_otherwise, "{name}, systemd {version}: {key}={value}");
            }
        }
    }
    let used = |key: &String| all.iter().any(|(_, unit)| unit.lines().any(|line| line.starts_with(&format!("{key}="))));
    assert_eq!(settings.keys().find(|key| !used(key)), None, "is in no unit");
}
