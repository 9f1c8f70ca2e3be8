//! The parts of a support bundle. Only what is listed here goes into it: no key, no password file, no command line.

use std::os::unix::fs::FileExt;

use host::FileError;
use host::fs::{AsInRoot, InRoot, is_file};
use host::process::Command;

use super::archive::Part;
use crate::engine::fault_updates::store;
use crate::model::host_context::HostContext;
use crate::profile::kernel_table::Origin;

/// How much of a file is kept, in bytes: its end.
const FILE_KEPT: u64 = 1024 * 1024;

/// How much of the audit log is read, in bytes: its end.
const AUDIT_READ: u64 = 16 * 1024 * 1024;

/// How many of the newest events are kept.
const EVENTS_KEPT: u64 = 10_000;

/// How many files of a directory are kept.
const MOST_FILES: usize = 50;

/// Files of every system, by their name in the bundle.
const FILES: &[(&str, &str)] =
    &[("os-release", "/etc/os-release"), ("selinux-config", "/etc/selinux/config"), ("login.defs", "/etc/login.defs")];

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
    parts.extend(configuration(cx));
    if let Origin::File(table) = &cx.profile.kernels.origin {
        parts.push(file(cx, "kernels.toml", table));
    }
    parts.push(file(cx, "hostprep.log", &cx.profile.paths.log));
    parts.extend(state_files(cx));
    parts.push(Part::of("faults.json", read_end(cx, cx.profile.paths.faults.join("faults.json"), FILE_KEPT)));
    parts.push(Part::of("events.jsonl", events(cx)));
    if cx.is_running_system() {
        parts.extend(KERNEL_FILES.iter().map(|(name, path)| file(cx, name, *path)));
        parts.push(Part::of("denials.txt", denials(cx)));
        let journal = [
            "--no-pager",
            "--output",
            "short-iso-precise",
            "--lines",
            "5000",
            "--identifier",
            host::process::names::ident(),
        ];
        parts.push(command(cx, "journal.txt", Command::new("journalctl").args(journal)));
        parts.push(command(cx, "selinux-modules.txt", Command::new("semodule").arg("-lfull")));
        parts.push(command(cx, "selinux-status.txt", Command::new("sestatus").arg("-v")));
    }
    parts
}

fn file(cx: &HostContext, name: &str, path: impl AsInRoot) -> Part {
    Part::of(name, read_end(cx, path, FILE_KEPT))
}

/// The administrator's configuration; the vendor's and the drop-ins, if there are any.
fn configuration(cx: &HostContext) -> Vec<Part> {
    let names = &cx.profile.names;
    let mut parts = vec![file(cx, "hostprep.toml", &names.configuration)];
    let vendors = names.vendor_configuration();
    if cx.root.exists(&vendors) {
        parts.push(file(cx, "vendor-hostprep.toml", &vendors));
    }
    parts.extend(drop_ins(cx, &names.drop_ins()));
    parts
}

/// The drop-ins, also those that are links, as the configuration is read.
fn drop_ins(cx: &HostContext, directory: &InRoot) -> Vec<Part> {
    const NAME: &str = "hostprep.toml.d";
    match cx.root.names(directory) {
        Ok(names) => {
            let names = names.iter().filter_map(|name| name.to_str()).filter(|name| name.ends_with(".toml"));
            names.take(MOST_FILES).map(|name| file(cx, &format!("{NAME}/{name}"), directory.join(name))).collect()
        }
        Err(e) => vec![Part::of(NAME, Err(e.to_string()))],
    }
}

/// The receipt, that of an image, and whatever else runs left beside them.
fn state_files(cx: &HostContext) -> Vec<Part> {
    let state = &cx.profile.paths.state;
    let image = state.as_path().strip_prefix("/var/lib").ok().map(|path| InRoot::from("/etc").join(path));
    let directories = [("state", state.clone())].into_iter().chain(image.map(|path| ("image-state", path)));
    directories.flat_map(|(name, path)| files_in(cx, name, &path)).collect()
}

/// The regular files of a directory; nothing if it does not exist.
fn files_in(cx: &HostContext, name: &str, directory: &InRoot) -> Vec<Part> {
    let names = match cx.root.names(directory) {
        Ok(names) => names,
        Err(e) => return vec![Part::of(name, Err(e.to_string()))],
    };
    let is_file = |path: &InRoot| cx.root.stat(path).is_ok_and(|found| found.is_some_and(|found| is_file(&found)));
    let paths = names.iter().filter_map(|file| Some((file.to_str()?, directory.join(file))));
    let paths = paths.filter(|(_, path)| is_file(path)).take(MOST_FILES);
    paths.map(|(file, path)| Part::of(&format!("{name}/{file}"), read_end(cx, path, FILE_KEPT))).collect()
}

/// The newest events. Of a store that is damaged, those that can be read, and the error; else the end of its log as it is.
fn events(cx: &HostContext) -> Result<Vec<u8>, String> {
    let store = store(cx);
    let newest = store.read().map(|snapshot| snapshot.sequence);
    let events = newest.and_then(|last| store.events_after(last.saturating_sub(EVENTS_KEPT)));
    let Ok(events) = events else {
        return read_end(cx, cx.profile.paths.faults.join("events.jsonl"), FILE_KEPT);
    };
    let mut text = Vec::new();
    for event in events {
        match event.map_err(|e| e.to_string()).and_then(|event| serde_json::to_vec(&event).map_err(|e| e.to_string())) {
            Ok(line) => text.extend(line),
            Err(e) => text.extend(format!("# {e}").into_bytes()),
        }
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
