//! Remedies that change the kernel's command line, by the boot loader of the prepared system.

use faults::Remedy;
use host::fs::{AsInRoot, InRoot};
use host::system::boot_entry::BootEntry;

use crate::model::host_context::HostContext;

const FROM: &str = "lockdown=confidentiality";
const TO: &str = "lockdown=integrity";

const GRUB_DEFAULT: &str = "/etc/default/grub";
/// Debian's packages and cloud images put theirs here (`grub-mkconfig` of Debian and Ubuntu).
const GRUB_DEFAULTS: &str = "/etc/default/grub.d";
const KERNEL_INSTALL: &str = "/etc/kernel/cmdline";

/// Returns what replaces `lockdown=confidentiality` by `lockdown=integrity`. `entry` is where it was found, if it was.
pub(super) fn lower_lockdown(cx: &HostContext, entry: Option<&BootEntry>) -> Vec<Remedy> {
    let has = |path: &str| cx.root.exists(path);
    if has("/ostree/repo") {
        let words = ["rpm-ostree", "kargs"].map(str::to_owned);
        let change = [format!("--delete-if-present={FROM}"), format!("--append-if-missing={TO}")];
        return vec![Remedy::run_in_root(words.into_iter().chain(change))];
    }
    let family = cx.distribution.family();
    let has_grubby = ["/usr/sbin/grubby", "/sbin/grubby"].iter().any(|path| has(path));
    if has_grubby || matches!(family, "rhel" | "fedora" | "amazon") {
        // It changes every entry, and what the entries of later kernels are made of.
        let words = ["grubby", "--update-kernel=ALL"].map(str::to_owned);
        return vec![Remedy::run_in_root(
            words.into_iter().chain([format!("--remove-args={FROM}"), format!("--args={TO}")]),
        )];
    }
    let generated = entry.is_none_or(is_grubs) && has(GRUB_DEFAULT);
    if !generated && is_written(cx, KERNEL_INSTALL) {
        return with_kernel_install(cx, entry);
    }
    let files: Vec<InRoot> = grub_files(cx).into_iter().filter(|path| is_written(cx, path)).collect();
    let mut remedy: Vec<Remedy> = files.iter().map(|path| replace_in(cx, path)).collect();
    match (remedy.is_empty(), entry) {
        // Not one that a command makes from other files.
        (true, Some(entry)) if !is_grubs(entry) => return vec![replace_in(cx, &entry.path)],
        (true, _) => remedy.push(Remedy::manual(format!("set {TO} in GRUB_CMDLINE_LINUX of {GRUB_DEFAULT}"))),
        (false, _) => {}
    }
    remedy.push(match family {
        "debian" => Remedy::run_in_root(["update-grub"]),
        _ if has("/boot/grub2") || family == "suse" => {
            Remedy::run_in_root(["grub2-mkconfig", "-o", "/boot/grub2/grub.cfg"])
        }
        _ => Remedy::run_in_root(["grub-mkconfig", "-o", "/boot/grub/grub.cfg"]),
    });
    remedy
}

/// systemd-boot and the like: `kernel-install(8)` writes the entries.
fn with_kernel_install(cx: &HostContext, entry: Option<&BootEntry>) -> Vec<Remedy> {
    let mut remedy = vec![replace_in(cx, &InRoot::from(KERNEL_INSTALL))];
    if cx.root.exists("/usr/bin/sdbootutil") {
        // openSUSE's (`sdbootutil(8)`).
        remedy.push(Remedy::run_in_root(["sdbootutil", "update-all-entries"]));
    } else if let Some(entry) = entry.filter(|entry| entry.path != KERNEL_INSTALL) {
        remedy.push(replace_in(cx, &entry.path));
    } else {
        remedy.push(Remedy::manual("run kernel-install add for each installed kernel"));
    }
    remedy
}

fn replace_in(cx: &HostContext, path: &InRoot) -> Remedy {
    cx.remedy_on(&["sed", "-i", &format!("s/{FROM}/{TO}/g")], &[path])
}

fn grub_files(cx: &HostContext) -> Vec<InRoot> {
    let more = cx.root.names(GRUB_DEFAULTS).unwrap_or_default();
    let more = more.into_iter().map(|name| InRoot::from(GRUB_DEFAULTS).join(name));
    std::iter::once(InRoot::from(GRUB_DEFAULT))
        .chain(more.filter(|path| path.as_path().extension().is_some_and(|extension| extension == "cfg")))
        .collect()
}

/// Returns whether an entry is in a file that GRUB's tools generate.
fn is_grubs(entry: &BootEntry) -> bool {
    entry.path.as_path().ends_with("grub.cfg")
}

/// Returns whether the parameter is written out in a file.
fn is_written(cx: &HostContext, path: impl AsInRoot) -> bool {
    cx.root.read_text(path).is_ok_and(|text| text.contains(FROM))
}
