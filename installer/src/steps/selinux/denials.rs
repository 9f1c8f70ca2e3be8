//! What was denied to the agent's own domain since this system was booted, from the first place that has the kernel's messages.

use std::time::Duration;

use host::process::Command;
use policy::denials::{self, Denial};

use crate::model::host_context::HostContext;

/// Where auditd writes, the oldest file last: `audit.log`, `audit.log.1`, …
const AUDIT_DIRECTORY: &str = "/var/log/audit";
/// In bytes of one file: auditd's default is 8 MiB.
const LARGEST_LOG: u64 = 64 * 1024 * 1024;
/// There while auditd runs (`auditd.c`).
const AUDITD_PID: &str = "/run/auditd.pid";
const JOURNAL_LINES: usize = 20_000;
const LONGEST_RUN: Duration = Duration::from_secs(60);

/// The denials, with the place that they were read from.
#[derive(Debug)]
pub struct Denials {
    /// The file, or the command; also whether the first messages of this boot may be gone.
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
    if let Some(found) = of_auditd(cx, boot)? {
        return found.into_denials(format!("{AUDIT_DIRECTORY}/audit.log"), domain, Some(boot));
    }
    if matches!(cx.root.stat(AUDITD_PID), Ok(Some(_)) | Err(_)) {
        return Err(format!(
            "auditd runs, and {AUDIT_DIRECTORY}/audit.log has no messages of this boot: see log_file in /etc/audit/auditd.conf"
        ));
    }
    // auditd takes the messages away from both; without it they have them.
    let journal = Command::new("journalctl").args(["--boot", "--quiet", "--no-pager", "--output", "cat"]);
    let journal = journal.args(["--lines", &JOURNAL_LINES.to_string(), "_TRANSPORT=audit", "+", "_TRANSPORT=kernel"]);
    for (place, command) in [("the journal", journal), ("the kernel's ring", Command::new("dmesg"))] {
        match cx.runner.run(&command.timeout(LONGEST_RUN)) {
            // An empty journal has no messages of the kernel at all.
            Ok(output) if !output.stdout.trim().is_empty() => {
                let text = output.stdout;
                // The kernel's first message is its version.
                let is_cut = !text.contains("Linux version ") || text.lines().count() >= JOURNAL_LINES;
                return Messages { text, is_cut }.into_denials(place.to_owned(), domain, None);
            }
            _ => {}
        }
    }
    Err(format!("{AUDIT_DIRECTORY}, the journal and the kernel's ring have no messages of this boot"))
}

/// The kernel's messages in one place.
struct Messages {
    text: String,
    /// Whether the first ones of this boot may be gone.
    is_cut: bool,
}

impl Messages {
    fn into_denials(self, place: String, domain: &str, since: Option<u64>) -> Result<Denials, String> {
        let denied = denials::of(&self.text, domain, since);
        match self.is_cut {
            true if denied.is_empty() => Err(format!("{place} no longer has all messages of this boot")),
            true => Ok(Denials { place: format!("{place}, which no longer has all messages of this boot"), denied }),
            false => Ok(Denials { place, denied }),
        }
    }
}

/// `None` if auditd wrote nothing since `boot`.
///
/// # Errors
/// Why its log cannot be used.
fn of_auditd(cx: &HostContext, boot: u64) -> Result<Option<Messages>, String> {
    let read = |name: &str| match cx.root.read(format!("{AUDIT_DIRECTORY}/{name}"), LARGEST_LOG) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(e) if e.is_missing() => Ok(None),
        Err(e) => Err(e.to_string()),
    };
    let Some(mut text) = read("audit.log")? else { return Ok(None) };
    let mut newest = denials::newest(&text);
    let mut is_cut = false;
    for number in 1.. {
        // One that was just rotated is empty.
        if newest.is_some_and(|time| time < boot) {
            break;
        }
        let older = match read(&format!("audit.log.{number}")) {
            Ok(Some(older)) => older,
            Ok(None) => {
                // auditd removes the oldest.
                is_cut = number > 1 && denials::oldest(&text).is_some_and(|time| time >= boot);
                break;
            }
            Err(e) if newest.is_none() => return Err(e),
            Err(_) => {
                is_cut = true;
                break;
            }
        };
        let newest_older = denials::newest(&older);
        if newest_older.is_some_and(|time| time < boot) && newest.is_some() {
            break;
        }
        newest = newest.or(newest_older);
        text = older + "\n" + &text;
    }
    Ok(newest.filter(|time| *time >= boot).map(|_| Messages { text, is_cut }))
}

/// In seconds since the epoch.
fn boot_time(cx: &HostContext) -> Option<u64> {
    let stat = cx.root.read("/proc/stat", host::fs::TEXT_LIMIT).ok()?;
    String::from_utf8_lossy(&stat).lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}
