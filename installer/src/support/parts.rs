//! The parts of a support bundle. Only what is listed here goes into it: no key, no password file, no command line.

use std::os::unix::fs::FileExt;

use host::FileError;
use host::fs::AsInRoot;
use host::process::Command;

use super::archive::Part;
use crate::engine::fault_updates::store;
use crate::model::host_context::HostContext;

/// How much of a file is kept, in bytes: its end.
const FILE_KEPT: u64 = 1024 * 1024;

/// How much of the audit log is read, in bytes: its end.
const AUDIT_READ: u64 = 16 * 1024 * 1024;

/// How many of the newest events are kept.
const EVENTS_KEPT: u64 = 10_000;

/// Files of every system, by their name in the bundle.
const FILES: &[(&str, &str)] = &[
    ("os-release", "/etc/os-release"),
    ("selinux-config", "/etc/selinux/config"),
    ("login.defs", "/etc/login.defs"),
    ("hostprep.toml", crate::config::PATH),
];

/// Files of the running kernel.
const KERNEL_FILES: &[(&str, &str)] = &[
    ("kernel-version", "/proc/version"),
    ("memory", "/proc/meminfo"),
    ("lockdown", "/sys/kernel/security/lockdown"),
    ("mounts", "/proc/self/mounts"),
];

const AUDIT_LOG: &str = "/var/log/audit/audit.log";

/// Collects all parts but those that commands of hostprep print.
#[must_use]
pub fn collect(cx: &HostContext) -> Vec<Part> {
    let mut parts: Vec<Part> = FILES.iter().map(|(name, path)| file(cx, name, *path)).collect();
    parts.push(file(cx, "hostprep.log", &cx.profile.paths.log));
    parts.extend(state_files(cx));
    parts.push(Part::of("faults.json", read_end(cx, cx.profile.paths.faults.join("faults.json"), FILE_KEPT)));
    parts.push(Part::of("events.jsonl", events(cx)));
    if cx.is_running_system() {
        parts.extend(KERNEL_FILES.iter().map(|(name, path)| file(cx, name, *path)));
        parts.push(Part::of("denials.txt", denials(cx)));
        let journal =
            ["--no-pager", "--output", "short-iso-precise", "--lines", "5000", "--identifier", host::log::IDENT];
        parts.push(command(cx, "journal.txt", Command::new("journalctl").args(journal)));
        parts.push(command(cx, "selinux-modules.txt", Command::new("semodule").arg("-lfull")));
        parts.push(command(cx, "selinux-status.txt", Command::new("sestatus").arg("-v")));
    }
    parts
}

fn file(cx: &HostContext, name: &str, path: impl AsInRoot) -> Part {
    Part::of(name, read_end(cx, path, FILE_KEPT))
}

/// The receipt, and whatever else a run left there.
fn state_files(cx: &HostContext) -> Vec<Part> {
    let directory = &cx.profile.paths.state;
    let names = match cx.root.names(directory) {
        Ok(names) => names,
        Err(e) => return vec![Part::of("state", Err(e.to_string()))],
    };
    let json = names.iter().filter_map(|name| name.to_str()).filter(|name| name.ends_with(".json"));
    json.map(|name| Part::of(&format!("state/{name}"), read_end(cx, directory.join(name), FILE_KEPT))).collect()
}

fn events(cx: &HostContext) -> Result<Vec<u8>, String> {
    let store = store(cx);
    let last = store.read().map_err(|e| e.to_string())?.sequence;
    let mut text = Vec::new();
    for event in store.events_after(last.saturating_sub(EVENTS_KEPT)).map_err(|e| e.to_string())? {
        let event = event.map_err(|e| e.to_string())?;
        text.extend(serde_json::to_vec(&event).map_err(|e| e.to_string())?);
        text.push(b'\n');
    }
    Ok(text)
}

/// The denials of the audit log that are about eBPF, or about the agent's domain.
fn denials(cx: &HostContext) -> Result<Vec<u8>, String> {
    let log = read_end(cx, AUDIT_LOG, AUDIT_READ)?;
    let domain = format!(":{}:", cx.profile.module.domain);
    let is_ours = |line: &str| line.contains("avc:") && (line.contains("tclass=bpf") || line.contains(&domain));
    let text = String::from_utf8_lossy(&log);
    Ok(text.lines().filter(|line| is_ours(line)).fold(String::new(), |text, line| text + line + "\n").into_bytes())
}

fn command(cx: &HostContext, name: &str, command: Command) -> Part {
    let output = cx.runner.run(&command).map(|output| output.stdout.into_bytes());
    Part::of(name, output.map_err(|e| e.to_string()))
}

/// Returns the last `most` bytes of a file, from the beginning of a line if it is longer.
fn read_end(cx: &HostContext, path: impl AsInRoot, most: u64) -> Result<Vec<u8>, String> {
    let path = path.to_in_root();
    let file = cx.root.open(&path).map_err(|e| e.to_string())?;
    let failed = |e: std::io::Error| FileError::new("read", cx.root.host_path(&path), e).to_string();
    let length = file.metadata().map_err(failed)?.len();
    if length <= most {
        // Files of the kernel have no length.
        return host::fs::read_limited(file, most).map_err(failed);
    }
    let mut end = vec![0; usize::try_from(most).unwrap_or(usize::MAX)];
    file.read_exact_at(&mut end, length - most).map_err(failed)?;
    let line = end.iter().position(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    Ok(end.split_off(line))
}
