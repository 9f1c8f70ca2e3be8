//! What a figure depends on besides the program.

use std::process::Command;

use crate::setup;

/// Packages whose tools are measured.
const PACKAGES: &[&str] = &["policycoreutils", "libsepol2", "libsemanage2", "passwd", "setools", "rpm", "dpkg"];

/// Returns lines that describe this machine and the time.
#[must_use]
pub fn describe() -> Vec<String> {
    let file = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let value = |text: &str, key: &str, sign: char| {
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix(sign));
        line.unwrap_or("unknown").trim().trim_matches('"').to_owned()
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = value(&file("/proc/meminfo"), "MemTotal", ':');
    let said = |program: &str, args: &[&str]| {
        let output = Command::new(program).args(args).current_dir(setup::top()).output();
        output.map_or_else(|_| String::new(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let place = std::env::temp_dir();
    let versions = PACKAGES.iter().filter_map(|name| {
        let version = said("dpkg-query", &["--show", "--showformat=${Version}", name]);
        (!version.is_empty()).then(|| format!("{name} {version}"))
    });
    vec![
        format!(
            "{}, commit {}",
            said("date", &["-u", "+%F %H:%M UTC"]),
            said("git", &["describe", "--always", "--dirty"])
        ),
        format!("{processors} × {}, {memory}", value(&file("/proc/cpuinfo"), "model name", ':')),
        format!(
            "{}, Linux {}, scratch roots on {}",
            value(&file("/etc/os-release"), "PRETTY_NAME", '='),
            file("/proc/sys/kernel/osrelease").trim(),
            said("stat", &["--file-system", "--format=%T", &place.to_string_lossy()])
        ),
        versions.collect::<Vec<_>>().join(", "),
    ]
}

/// Returns the load of the last minute; above a tenth, figures are those of a busy machine.
#[must_use]
pub fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap_or_default().split(' ').next().unwrap_or_default().to_owned()
}
