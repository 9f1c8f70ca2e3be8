//! Releases of kernels, and the files that tell of their modules, options and headers.

use host::fs::InRoot;
use std::cmp::Ordering;

use host::system::boot_entry::BootEntry;
use host::system::kernel::{self, Btf, Headers, compare_releases};
use host::system::kernel_config::{KernelConfig, Setting};
use host::system::kernel_module;
use host::system::kernel_parameters;
use host::system::lockdown::Lockdown;

use crate::input::{parts, text};
use crate::scratch::Scratch;

const RELEASE: &str = "6.1.0-18-amd64";
const MODULE: &str = "ampnetworkflow";

/// Releases to be ordered, a line each; `modules.dep`; a kernel's configuration; a packed one; `utsrelease.h`; a module.
pub fn check(data: &[u8]) {
    let [releases, dep, config, packed, uts, module] = parts::<6>(data);
    order(&text(releases));
    start(&text(config), &text(uts));

    let scratch = Scratch::new();
    let tree = format!("/lib/modules/{RELEASE}");
    scratch.file(&format!("{tree}/modules.dep"), dep);
    scratch.file(&format!("/boot/config-{RELEASE}"), config);
    scratch.file("/proc/config.gz", packed);
    scratch.file("/boot/grub2/grub.cfg", config);
    scratch.file("/boot/grub2/grubenv", dep);
    scratch.file("/boot/loader/entries/a.conf", uts);
    scratch.file(&format!("{tree}/build/include/generated/utsrelease.h"), uts);
    scratch.file(&format!("{tree}/build/Makefile"), uts);
    scratch.file(&format!("{tree}/extra/{MODULE}.ko"), module);
    let root = scratch.system();
    let before = scratch.tree();

    if let Ok(Some(file)) = kernel_module::find(&root, RELEASE, MODULE, &[InRoot::from("/opt/{release}")]) {
        assert!(root.exists(&file));
        assert!(file.file_name().unwrap().to_str().unwrap().replace('-', "_").starts_with("ampnetworkflow.ko"));
    }
    let signed = kernel_module::is_signed(&root, &InRoot::from(&*format!("{tree}/extra/{MODULE}.ko")));
    if let Some(module) = module {
        assert_eq!(signed.unwrap(), Some(module.ends_with(b"~Module signature appended~\n")));
    }
    for running in [false, true] {
        let found = kernel::btf(&root, RELEASE, running);
        if let (Some(config), Ok(found)) = (config, found) {
            let says = text(Some(config)).lines().any(|line| line.trim() == "CONFIG_DEBUG_INFO_BTF=y");
            assert_eq!(matches!(found, Btf::Present(_)), says);
        }
    }
    for running in [false, true] {
        let found = KernelConfig::find(&root, RELEASE, running);
        if let (Some(_), false) = (config, running) {
            assert!(found.unwrap().is_some());
        }
    }
    if let Some(entry) = BootEntry::find(&root, RELEASE).unwrap() {
        assert!(root.exists(&entry.path));
    }
    match kernel::headers(&root, RELEASE).unwrap() {
        Headers::OfOthers(others) => assert!(others.iter().all(|other| other != RELEASE)),
        Headers::Usable(_) => assert!(uts.is_some()),
        Headers::Incomplete(found) => assert!(!found.missing.is_empty()),
        Headers::Missing => {}
    }
    assert!(kernel::newest_installed(&root).is_ok());
    assert!(scratch.tree() == before, "looking changed something");
}

/// A configuration and a command line: what is read from them is in them.
fn start(config: &str, line: &str) {
    let parsed = KernelConfig::parse(config, "/boot/config");
    for setting in parsed.settings(&["KPROBES", "BPF_SYSCALL"]) {
        assert!(setting == Setting::Absent || config.contains("CONFIG_"));
    }
    for (name, value) in kernel_parameters::parameters(line) {
        assert!(line.contains(name) && value.is_none_or(|value| line.contains(value)));
    }
    let level = Lockdown::at_start(RELEASE, line, None);
    assert_eq!(
        level == Lockdown::Confidentiality,
        kernel_parameters::has(line, "lockdown", "confidentiality") && {
            let modules = kernel_parameters::last(line, "lsm");
            modules.is_none_or(|modules| modules.split(',').any(|module| module.trim() == "lockdown"))
        }
    );
}

/// It is an order at all.
fn order(releases: &str) {
    let releases: Vec<&str> = releases.lines().take(6).collect();
    for a in &releases {
        assert_eq!(compare_releases(a, a), Ordering::Equal);
        for b in &releases {
            let ab = compare_releases(a, b);
            assert_eq!(ab, compare_releases(b, a).reverse(), "{a:?} {b:?}");
            if let (Some(one), Some(other)) = (numbers(a), numbers(b)) {
                assert_eq!(ab, one.cmp(&other), "{a:?} {b:?}");
            }
            for c in &releases {
                if ab != Ordering::Greater && compare_releases(b, c) != Ordering::Greater {
                    assert_ne!(compare_releases(a, c), Ordering::Greater, "{a:?} {b:?} {c:?}");
                }
            }
        }
    }
}

/// Parses a release that consists of numbers only.
fn numbers(release: &str) -> Option<Vec<u64>> {
    release.split('.').map(|number| number.parse().ok().filter(|_| !number.starts_with('+'))).collect()
}
