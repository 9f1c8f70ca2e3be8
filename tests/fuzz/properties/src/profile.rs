//! A profile: every accepted value can be used by root without further checks.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use host::system::distribution::Distribution;
use installer::profile::kernel_table::{KernelTable, Origin};
use installer::profile::{Profile, Support};
use policy::render::Sources;
use policy::rules::Rules;

use crate::input::{expect_plain, parts, text};

/// Directories of the system, which no agent may claim.
const SYSTEMS: [&str; 30] = [
    "/",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/lib64",
    "/media",
    "/mnt",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/sys",
    "/tmp",
    "/usr",
    "/usr/bin",
    "/usr/local",
    "/usr/local/bin",
    "/usr/local/etc",
    "/usr/local/lib",
    "/usr/local/sbin",
    "/usr/local/share",
    "/var",
    "/var/lib",
    "/var/log",
    "/var/tmp",
];

/// Below these nothing is an agent's either.
const SYSTEMS_TREES: [&str; 12] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc/ssh",
    "/home",
    "/lib",
    "/proc",
    "/root",
    "/sbin",
    "/sys",
    "/var/lib/dpkg",
    "/var/lib/selinux",
];

/// A profile, and a kernel's release.
pub fn check(data: &[u8]) {
    let [file, release] = parts::<2>(data).map(text);
    expect_table(&file);
    let profile = match Profile::parse(&file, Path::new("/etc/agent.toml")) {
        Ok(profile) => profile,
        Err(e) => return expect_plain(&e, file.as_bytes()),
    };
    let paths = &profile.paths;
    for path in [&paths.faults, &paths.state, &paths.lock, &paths.log, &paths.build_dir] {
        expect_an_agents(path.as_path());
    }
    for directory in &profile.directories {
        expect_an_agents(directory.path.as_path());
        assert_eq!(directory.mode & !0o755, 0, "{:o} lets others write", directory.mode);
        assert_eq!(directory.mode & 0o700, 0o700, "{:o} shuts root out", directory.mode);
    }
    if let Some(definitions) = profile.scan_service.as_ref().and_then(|service| service.definitions.as_ref()) {
        expect_an_agents(definitions.directory.as_path());
    }

    let user = &profile.scan_user;
    let mut letters = user.name.bytes();
    assert!((1..=32).contains(&user.name.len()) && letters.next().is_some_and(|c| c.is_ascii_lowercase() || c == b'_'));
    assert!(letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || b"_-".contains(&c)), "{:?}", user.name);
    // The fields of passwd(5).
    assert!(!user.comment.contains([':', ',']) && !user.comment.contains(char::is_control), "{:?}", user.comment);
    expect_field(user.home.as_path());
    assert!(!user.shells.is_empty());
    user.shells.iter().for_each(|shell| expect_field(shell.as_path()));

    expect_one_line(profile.module.executable.as_path());
    for name in profile.kernel_modules.iter().flat_map(|modules| modules.filesystem.iter().chain(&modules.network)) {
        assert!(!name.is_empty() && !name.contains(['/', '.', '\0', ' ']), "{name:?}");
    }
    let distributions = ["ol\nVERSION_ID=7.9", "ubuntu\nVERSION_ID=22.04", "opensuse-tumbleweed", "unknown"];
    for id in distributions {
        let here = Distribution::from_os_release(format!("ID={id}\n"));
        let support = Support::of(&profile.kernels.rules, &here, &release);
        assert!(!profile.kernels.rules.is_empty() || support == Support::NotListed);
    }

    // There is one rule, whatever its words are.
    let (module, domain) = (&profile.module, &profile.module.domain);
    let rendered = Sources::render(module, domain).unwrap();
    assert_eq!(Rules::of_cil(&rendered.cil).unwrap(), Rules::of_spec(module, domain));
}

/// The same text as `kernels.toml`: what is taken can be printed in one line.
fn expect_table(file: &str) {
    match KernelTable::parse(file, Path::new("/etc/kernels.toml"), Origin::BuiltIn, "cisco-secure-endpoint") {
        Err(e) => expect_plain(&e, file.as_bytes()),
        Ok(None) => {}
        Ok(Some(table)) => {
            assert!(table.problem.is_none() && table.version.is_some());
            assert!(!table.to_string().contains(char::is_control), "{table}");
            let versions = table.rules.iter().flat_map(|rule| [Some(&rule.kernel_from), rule.kernel_before.as_ref()]);
            assert!(versions.flatten().all(|version| !version.contains(char::is_control)), "{table:?}");
        }
    }
}

/// Expects an absolute, normal path below a directory for agents.
fn expect_an_agents(path: &Path) {
    let bytes = path.as_os_str().as_bytes();
    assert!(
        path.is_absolute() && bytes[1..].split(|&byte| byte == b'/').all(|part| !matches!(part, b"" | b"." | b".."))
    );
    assert!(!SYSTEMS.iter().any(|own| path.as_os_str() == OsStr::new(own)), "{path:?}");
    assert!(!SYSTEMS_TREES.iter().any(|own| path.starts_with(own)), "{path:?}");
    expect_one_line(path);
}

/// Absolute, and fit for a field of passwd(5).
fn expect_field(path: &Path) {
    assert!(!path.to_str().unwrap().contains(':'), "{path:?}");
    expect_one_line(path);
}

fn expect_one_line(path: &Path) {
    assert!(path.is_absolute() && !path.to_str().unwrap().contains(char::is_control), "{path:?}");
}
