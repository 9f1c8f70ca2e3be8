//! Remedies that change the kernel's command line, by the boot loader of the prepared system: the file in which the parameter
//! stands, and the command that makes what the boot loader reads from it.

use faults::{Remedy, RemedyAction, RunOn};
use host::fs::{AsInRoot, InRoot};
use host::system::boot_entry::{BootEntry, EntryKind};
use host::system::distribution::ImageBased;

use crate::model::host_context::HostContext;

const FROM: &str = "lockdown=confidentiality";
const TO: &str = "lockdown=integrity";

const GRUB_DEFAULT: &str = "/etc/default/grub";
/// Debian's packages and cloud images put theirs here (`grub-mkconfig` of Debian and Ubuntu).
const GRUB_DEFAULTS: &str = "/etc/default/grub.d";
/// The scripts that `grub-mkconfig` runs; `40_custom` has an administrator's entries in it.
const GRUB_SCRIPTS: &str = "/etc/grub.d";
const GRUB_ENVIRONMENT: [&str; 2] = ["/boot/grub2/grubenv", "/boot/grub/grubenv"];
/// The same of CBL-Mariner and Photon, of no fixed length: links to the file of the kernel in use.
const OWN_ENVIRONMENT: [&str; 2] = ["/boot/mariner.cfg", "/boot/photon.cfg"];
const KERNEL_INSTALL: &str = "/etc/kernel/cmdline";
/// The vendor's, which counts if the other is missing (`kernel-install(8)`).
const KERNEL_INSTALL_VENDOR: &str = "/usr/lib/kernel/cmdline";
/// What unified images are made from besides: by `ukify(1)`, dracut and mkinitcpio.
const UNIFIED_SOURCES: [&str; 2] = ["/etc/kernel/uki.conf", "/etc/dracut.conf"];
const UNIFIED_SOURCE_DIRECTORIES: [&str; 2] = ["/etc/dracut.conf.d", "/etc/cmdline.d"];
/// The arguments of a bootc image.
const IMAGE_ARGUMENTS: &str = "/usr/lib/bootc/kargs.d";
/// What `u-boot-update(8)` makes `extlinux.conf` from.
const U_BOOT: [&str; 2] = ["/etc/default/u-boot", KERNEL_INSTALL];
const U_BOOT_DIRECTORIES: [&str; 2] = ["/etc/u-boot-menu/conf.d", "/usr/share/u-boot-menu/conf.d"];
const ZIPL: [&str; 2] = ["/usr/sbin/zipl", "/sbin/zipl"];
/// Where to look if no file is known to have it.
const PLACES: [&str; 5] = ["/etc/default", "/etc/grub.d", "/etc/kernel", "/boot", "/efi"];

/// Returns what replaces `lockdown=confidentiality` by `lockdown=integrity` on the command line of the kernel `release`. `entry` is
/// where the boot loader has that line, if it was found.
pub(super) fn lower_lockdown(cx: &HostContext, release: &str, entry: Option<&BootEntry>) -> Vec<Remedy> {
    if let Some(image) = cx.distribution.image_based() {
        if let Some(change) = image.kernel_arguments(cx.root, FROM, TO) {
            return vec![Remedy::run_in_root(change)];
        }
        if image.boot_loader().is_none() {
            return in_image(cx, entry);
        }
    }
    match entry {
        Some(entry) if entry.kind == EntryKind::Unified => in_unified_image(cx, release, &entry.path),
        Some(entry) if entry.kind == EntryKind::Addon => {
            vec![Remedy::manual(format!(
                "remove the add-on {}, or make it with {TO}: the command line is a part of it",
                entry.path
            ))]
        }
        Some(entry) if entry.kind == EntryKind::Extlinux => in_extlinux(cx, &entry.path),
        // It boots from what zipl makes of that file.
        Some(entry) if entry.kind == EntryKind::Zipl => vec![replace_in(cx, &entry.path), zipl(Some(&entry.path))],
        Some(entry) if entry.kind == EntryKind::Grub => in_grub_configuration(cx, &entry.path),
        // It changes every entry, and what the entries of later kernels are made of.
        _ if has_grubby(cx) => vec![grubby()],
        Some(entry) if ZIPL.iter().any(|path| cx.root.exists(path)) => {
            in_entry(cx, entry).into_iter().chain([zipl(None)]).collect()
        }
        Some(entry) => in_entry(cx, entry),
        None => elsewhere(cx),
    }
}

fn has_grubby(cx: &HostContext) -> bool {
    ["/usr/sbin/grubby", "/sbin/grubby"].iter().any(|path| cx.root.exists(path))
        || matches!(cx.distribution.family(), "rhel" | "fedora" | "amazon")
}

fn grubby() -> Remedy {
    let words = ["grubby", "--update-kernel=ALL"].map(str::to_owned);
    Remedy::run_in_root(words.into_iter().chain([format!("--remove-args={FROM}"), format!("--args={TO}")]))
}

/// The command line of an image without rpm-ostree: its own part (bootc's `kargs.d`), or what was added where it was installed.
/// An update carries the latter over from the entry in use.
fn in_image(cx: &HostContext, entry: Option<&BootEntry>) -> Vec<Remedy> {
    let own = written(cx, in_directory(cx, IMAGE_ARGUMENTS));
    let change = |path: &InRoot| {
        let text = format!("in the image that this system boots, replace {FROM} by {TO} in {path}, and deploy it");
        Remedy::manual(text)
    };
    if !own.is_empty() {
        return own.iter().map(change).collect();
    }
    match entry.filter(|entry| entry.kind == EntryKind::Specified && is_written(cx, &entry.path)) {
        Some(entry) => vec![replace_in(cx, &entry.path).with_comment("mount /boot writable first, if it is not")],
        None => vec![Remedy::manual(format!(
            "find what adds {FROM} to the command line where this image is installed, and add {TO} there; in the image, a file \
             {IMAGE_ARGUMENTS}/NAME.toml adds arguments: kargs = [\"{TO}\"]"
        ))],
    }
}

/// The menu in a `grub.cfg`. It is made from other files, and only what stands in those lasts.
fn in_grub_configuration(cx: &HostContext, path: &InRoot) -> Vec<Remedy> {
    let text = cx.root.read(path, host::fs::TEXT_LIMIT).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let is_generated =
        text.contains("grub-mkconfig") || text.contains("grub2-mkconfig") || text.contains("DO NOT EDIT");
    if path.as_path().ends_with("custom.cfg") || (!is_generated && text.contains(FROM)) {
        return vec![replace_in(cx, path)];
    }
    let scripts = written(cx, in_directory(cx, GRUB_SCRIPTS));
    // Without entries of the Boot Loader Specification, grubby changes the menu itself, and GRUB_CMDLINE_LINUX.
    if scripts.is_empty() && has_grubby(cx) && !text.contains("blscfg") {
        return vec![grubby()];
    }
    let sources: Vec<InRoot> = written(cx, grub_defaults(cx)).into_iter().chain(scripts).collect();
    let mut remedy: Vec<Remedy> = sources.iter().map(|path| replace_in(cx, path)).collect();
    let mkconfig = mkconfig(cx, Some(path));
    match sources.is_empty() {
        true if !text.contains(FROM) => match in_environment(cx) {
            Some(set) => return vec![set],
            None => return elsewhere(cx),
        },
        true => remedy.push(mkconfig.with_comment(format!("no file that {path} is made from has {FROM}"))),
        false => remedy.push(mkconfig),
    }
    remedy
}

/// The menu that U-Boot reads. Debian's package u-boot-menu makes it; others write it by hand.
fn in_extlinux(cx: &HostContext, path: &InRoot) -> Vec<Remedy> {
    let update = ["/usr/sbin/u-boot-update", "/sbin/u-boot-update"].iter().any(|path| cx.root.exists(path));
    if !update {
        return vec![replace_in(cx, path)];
    }
    let fixed = U_BOOT.into_iter().map(InRoot::from);
    let listed = U_BOOT_DIRECTORIES.iter().flat_map(|directory| in_directory(cx, directory));
    let sources = written(cx, fixed.chain(listed));
    let update = Remedy::run_in_root(["u-boot-update"]);
    match sources.is_empty() {
        true => vec![update.with_comment(format!("no file that {path} is made from has {FROM}"))],
        false => sources.iter().map(|path| replace_in(cx, path)).chain([update]).collect(),
    }
}

/// Writes what s390x boots from: as `/etc/zipl.conf` says, unless `configuration` is another file.
fn zipl(configuration: Option<&InRoot>) -> Remedy {
    match configuration.filter(|path| **path != "/etc/zipl.conf") {
        Some(path) => Remedy::run_in_root(["zipl".to_owned(), "--config".into(), path.to_string()])
            .with_comment("grub2-zipl-setup makes that file again; keep the change in /etc/default/grub too"),
        None => Remedy::run_in_root(["zipl"]),
    }
}

/// An entry of the Boot Loader Specification, or what `kernel-install(8)` makes them from.
fn in_entry(cx: &HostContext, entry: &BootEntry) -> Vec<Remedy> {
    if entry.kind == EntryKind::KernelInstall || is_written(cx, KERNEL_INSTALL) {
        return with_kernel_install(cx, Some(entry));
    }
    if is_written(cx, &entry.path) {
        return vec![replace_in(cx, &entry.path)];
    }
    // The entry has it by a variable.
    in_environment(cx).map_or_else(|| elsewhere(cx), |set| vec![set])
}

/// No entry was found, or this user may not read it.
fn elsewhere(cx: &HostContext) -> Vec<Remedy> {
    if !cx.root.exists(GRUB_DEFAULT) && is_written(cx, KERNEL_INSTALL) {
        return with_kernel_install(cx, None);
    }
    let sources = written(cx, grub_defaults(cx).into_iter().chain(in_directory(cx, GRUB_SCRIPTS)));
    if sources.is_empty() {
        let find = cx.remedy_on(&["grep", "-rsl", FROM], &PLACES);
        return vec![
            find.with_comment("prints the files that have it"),
            Remedy::manual(format!(
                "replace {FROM} by {TO} there, and let the boot loader's tool make its configuration again, if it makes that file"
            )),
        ];
    }
    sources.iter().map(|path| replace_in(cx, path)).chain([mkconfig(cx, None)]).collect()
}

/// The image is signed as a whole, or at least made as a whole.
fn in_unified_image(cx: &HostContext, release: &str, path: &InRoot) -> Vec<Remedy> {
    let fixed = UNIFIED_SOURCES.into_iter().map(InRoot::from);
    let listed = UNIFIED_SOURCE_DIRECTORIES.iter().flat_map(|directory| in_directory(cx, directory));
    let sources = written(cx, fixed.chain(listed));
    let mut remedy: Vec<Remedy> = sources.iter().map(|path| replace_in(cx, path)).collect();
    remedy.extend(replace_for_kernel_install(cx));
    let has = |program: &str| cx.root.exists(format!("/usr/bin/{program}"));
    let kernel = format!("/lib/modules/{release}/vmlinuz");
    remedy.push(match remedy.is_empty() {
        false if has("mkinitcpio") => Remedy::run_in_root(["mkinitcpio", "-P"]),
        false if has("kernel-install") && cx.root.exists(&kernel) => {
            Remedy::run_in_root(["kernel-install", "add", release, &kernel])
        }
        _ => {
            Remedy::manual(format!("make {path} again with {TO} in place of {FROM}: the command line is a part of it"))
        }
    });
    remedy
}

/// systemd-boot and the like: `kernel-install(8)` writes the entries.
fn with_kernel_install(cx: &HostContext, entry: Option<&BootEntry>) -> Vec<Remedy> {
    let mut remedy = Vec::from_iter(replace_for_kernel_install(cx));
    if cx.root.exists("/usr/bin/sdbootutil") {
        // openSUSE's (`sdbootutil(8)`).
        remedy.push(Remedy::run_in_root(["sdbootutil", "update-all-entries"]));
    } else if let Some(entry) = entry.filter(|entry| entry.kind == EntryKind::Specified && is_written(cx, &entry.path))
    {
        remedy.push(replace_in(cx, &entry.path));
    } else {
        remedy.push(Remedy::manual("run kernel-install add for each installed kernel"));
    }
    remedy
}

/// Returns what changes the command line of entries to come, if it is asked for there.
fn replace_for_kernel_install(cx: &HostContext) -> Option<Remedy> {
    if cx.root.exists(KERNEL_INSTALL) || !is_written(cx, KERNEL_INSTALL_VENDOR) {
        return is_written(cx, KERNEL_INSTALL).then(|| replace_in(cx, &KERNEL_INSTALL.into()));
    }
    let script = format!("sed s/{FROM}/{TO}/g \"$1\" > \"$2\"");
    let argv = |paths: [String; 2]| ["sh", "-c", &script, "sh"].map(str::to_owned).into_iter().chain(paths).collect();
    let files = [KERNEL_INSTALL_VENDOR, KERNEL_INSTALL];
    let outside = files.map(|path| cx.root.host_path(path).to_string_lossy().into_owned());
    let outside = cx.alternate_root().map(|_| argv(outside));
    let copy = RemedyAction::Run { argv: argv(files.map(str::to_owned)), on: RunOn::Root, outside };
    Some(Remedy::from(copy).with_comment("counts before the vendor's"))
}

/// Returns what changes the variable of GRUB's environment block that has it. The block has a fixed size, which `sed` would change.
fn in_environment(cx: &HostContext) -> Option<Remedy> {
    let own = OWN_ENVIRONMENT.iter().filter_map(|path| cx.root.real_path(*path).ok());
    if let Some(path) = written(cx, own).first() {
        return Some(replace_in(cx, path));
    }
    GRUB_ENVIRONMENT.iter().find_map(|path| {
        let text = cx.root.read(path, host::fs::TEXT_LIMIT).ok()?;
        let text = String::from_utf8_lossy(&text).into_owned();
        let line = text.lines().find(|line| !line.starts_with('#') && line.contains(FROM))?;
        let tool = if path.contains("grub2") { "grub2-editenv" } else { "grub-editenv" };
        Some(Remedy::run_in_root([tool, path, "set", &line.replace(FROM, TO)]))
    })
}

/// Returns what makes `grub.cfg` again, at `path` if that is known.
fn mkconfig(cx: &HostContext, path: Option<&InRoot>) -> Remedy {
    let by_image = cx.distribution.image_based().and_then(ImageBased::boot_loader);
    if let Some(command) = by_image.filter(|_| cx.alternate_root().is_none()) {
        return Remedy::run_in_root(command);
    }
    let path = path.map(|path| cx.root.real_path(path).unwrap_or_else(|_| path.clone()).to_string());
    let family = cx.distribution.family();
    if family == "debian" && path.as_deref().is_none_or(|path| path == "/boot/grub/grub.cfg") {
        return Remedy::run_in_root(["update-grub"]);
    }
    let is_second = |path: &str| path.starts_with("/boot/grub2/");
    let is_second = path.as_deref().is_some_and(is_second)
        || cx.root.exists("/boot/grub2")
        || matches!(family, "suse" | "rhel" | "fedora" | "amazon" | "openeuler" | "azure" | "mageia");
    let (tool, usual) =
        if is_second { ("grub2-mkconfig", "/boot/grub2/grub.cfg") } else { ("grub-mkconfig", "/boot/grub/grub.cfg") };
    Remedy::run_in_root([tool, "-o", path.as_deref().unwrap_or(usual)])
}

fn replace_in(cx: &HostContext, path: &InRoot) -> Remedy {
    cx.remedy_on(&["sed", "-i", &format!("s/{FROM}/{TO}/g")], &[path])
}

fn grub_defaults(cx: &HostContext) -> Vec<InRoot> {
    let is_read = |path: &InRoot| path.as_path().extension().is_some_and(|extension| extension == "cfg");
    let more = in_directory(cx, GRUB_DEFAULTS).into_iter().filter(is_read);
    std::iter::once(InRoot::from(GRUB_DEFAULT)).chain(more).collect()
}

fn in_directory(cx: &HostContext, directory: &str) -> Vec<InRoot> {
    let mut names = cx.root.names(directory).unwrap_or_default();
    names.sort();
    names.into_iter().map(|name| InRoot::from(directory).join(name)).collect()
}

fn written(cx: &HostContext, paths: impl IntoIterator<Item = InRoot>) -> Vec<InRoot> {
    paths.into_iter().filter(|path| is_written(cx, path)).collect()
}

/// Returns whether the parameter is written out in a file, other than in a comment.
fn is_written(cx: &HostContext, path: impl AsInRoot) -> bool {
    let is_it = |line: &str| !line.trim_start().starts_with('#') && line.contains(FROM);
    cx.root.read(path, host::fs::TEXT_LIMIT).is_ok_and(|text| String::from_utf8_lossy(&text).lines().any(is_it))
}
