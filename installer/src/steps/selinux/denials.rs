//! What was denied to the agent's own domain since this system was booted, from the first place that has the kernel's messages.

use std::time::Duration;

use host::process::Command;
use policy::denials::{self, Denial};

use crate::model::host_context::HostContext;

/// Where auditd writes, the oldest file last: `audit.log`, `audit.log.1`, …
const AUDIT_DIRECTORY: &str = "/var/log/audit";
/// In bytes of one file: auditd's default is 8 MiB.
const LARGEST_LOG: u64 = 64 * 1024 * 1024;
const LONGEST_RUN: Duration = Duration::from_secs(60);

/// The denials, with the place that they were read from.
#[derive(Debug)]
pub struct Denials {
    /// The file, or the command.
    pub place: String,
    /// What was denied, sorted.
    pub denied: Vec<Denial>,
}

/// Returns what was denied to the domain of this host's agent since boot.
///
/// # Errors
/// Returns why it is not known, in one line.
pub fn since_boot(cx: &HostContext) -> Result<Denials, String> {
    let domain = &cx.profile.module.domain;
    if !cx.is_running_system() {
        return Err("this system does not run".to_owned());
    }
    if !nix::unistd::geteuid().is_root() {
        return Err("only root may read the kernel's messages".to_owned());
    }
    let boot = boot_time(cx).ok_or("/proc/stat does not say when this system was booted")?;
    if let Some(denials) = of_auditd(cx, domain, boot) {
        return Ok(denials);
    }
    // auditd takes the messages away from both; without it they have them.
    let journal = Command::new("journalctl").args(["--boot", "--quiet", "--no-pager", "--output", "cat"]);
    let journal = journal.args(["--lines", "20000", "_TRANSPORT=audit", "+", "_TRANSPORT=kernel"]);
    for (place, command) in [("the journal", journal), ("the kernel's ring", Command::new("dmesg"))] {
        match cx.runner.run(&command.timeout(LONGEST_RUN)) {
            // An empty journal has no messages of the kernel at all.
            Ok(output) if !output.stdout.trim().is_empty() => {
                return Ok(Denials { place: place.to_owned(), denied: denials::of(&output.stdout, domain, None) });
            }
            _ => {}
        }
    }
    Err(format!("{AUDIT_DIRECTORY}, the journal and the kernel's ring have no messages of this boot"))
}

/// `None` if auditd wrote nothing since `boot`.
fn of_auditd(cx: &HostContext, domain: &str, boot: u64) -> Option<Denials> {
    let read = |name: &str| {
        let bytes = cx.root.read(format!("{AUDIT_DIRECTORY}/{name}"), LARGEST_LOG).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    };
    let newest = read("audit.log")?;
    denials::newest(&newest).filter(|time| *time >= boot)?;
    let mut all = newest;
    for number in 1.. {
        let Some(older) = read(&format!("audit.log.{number}")) else { break };
        if denials::newest(&older).is_none_or(|time| time < boot) {
            break;
        }
        all.push('\n');
        all.push_str(&older);
    }
    let place = format!("{AUDIT_DIRECTORY}/audit.log");
    Some(Denials { place, denied: denials::of(&all, domain, Some(boot)) })
}

/// In seconds since the epoch.
fn boot_time(cx: &HostContext) -> Option<u64> {
    let stat = cx.root.read("/proc/stat", host::fs::TEXT_LIMIT).ok()?;
    String::from_utf8_lossy(&stat).lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}
