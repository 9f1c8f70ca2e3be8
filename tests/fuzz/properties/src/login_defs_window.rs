//! The window with any files that configure login.defs: inside it, every reader of shadow sees yes; afterwards the files are
//! unchanged.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use ::login_defs::{EffectiveSettings, open, plan, plan_placeholder, read, stale_window};

use crate::input::parts;
use crate::login_defs::says_yes;
use crate::scratch::{Scratch, Seen};

const STATE: &str = "/state";

/// The host's file, the vendor's, a drop-in of the vendor, and two of the administrator.
pub fn check(data: &[u8]) {
    let files: [Option<&[u8]>; 5] = parts(data);
    let scratch = Scratch::new();
    for (path, content) in PATHS.into_iter().zip(files) {
        scratch.file(path, content);
    }
    let root = scratch.root();
    let before = scratch.tree();
    let effective = read(&root);
    let planned = plan(&root);
    let leftover_before = stale_window(&root, STATE);
    assert!(scratch.tree() == before, "looking changed something");

    let Ok(effective) = effective else {
        assert!(planned.is_err() && files.iter().flatten().any(|file| file.contains(&0)));
        return;
    };
    assert_eq!(effective.usergroups_enab, is_yes(&scratch));
    let planned = planned.unwrap();
    let numbers = |settings: &EffectiveSettings| (settings.uid_min, settings.sys_uid_min, settings.sys_uid_max);
    let placeholder = plan_placeholder(&root).unwrap();
    assert_eq!(placeholder.is_none(), files[..2].iter().any(Option::is_some));
    if let (Some(placeholder), Ok(None)) = (placeholder, &leftover_before) {
        let window = open(&root, STATE, &placeholder).unwrap();
        assert_eq!(numbers(&read(&root).unwrap()), numbers(&effective));
        assert!(scratch.at("/etc/login.defs").exists() && stale_window(&root, STATE).unwrap().is_some());
        assert!(!window.close().unwrap().concurrent_edit);
        expect_restored(&scratch, &before);
    }
    assert_eq!(planned.is_none(), effective.usergroups_enab);
    // What looks like something that we left is settled first, which is another target's matter.
    let (Some(planned), Ok(None)) = (planned, leftover_before) else { return };
    assert!(!planned.describe("useradd").is_empty());

    let window = open(&root, STATE, &planned).unwrap();
    let inside = read(&root).unwrap();
    let can_override = scratch.at("/etc/login.defs.d").exists();
    assert!(inside.usergroups_enab || !can_override, "the window is open and does not say yes: {inside:?}");
    assert_eq!(inside.usergroups_enab, is_yes(&scratch));
    assert_eq!(numbers(&inside), numbers(&effective));
    assert!(stale_window(&root, STATE).unwrap().is_some(), "a crash now would go unnoticed");
    assert!(!window.close().unwrap().concurrent_edit);

    expect_restored(&scratch, &before);
}

fn expect_restored(scratch: &Scratch, before: &BTreeMap<PathBuf, Seen>) {
    let mut after = scratch.tree();
    after.retain(|path, _| !path.starts_with("state"));
    assert!(after == *before, "it is not what it was");
    assert_eq!(stale_window(&scratch.root(), STATE).unwrap(), None);
    scratch.expect_inside();
}

const PATHS: [&str; 5] = [
    "/etc/login.defs",
    "/usr/etc/login.defs",
    "/usr/etc/login.defs.d/50-vendor.defs",
    "/etc/login.defs.d/20-site.defs",
    "/etc/login.defs.d/zzz.defs",
];

/// Returns whether the value is yes for shadow itself, and for libeconf in either order of drop-ins.
fn is_yes(scratch: &Scratch) -> bool {
    let main = scratch.content("/etc/login.defs");
    let base = main.clone().or_else(|| scratch.content("/usr/etc/login.defs"));
    let drop_ins = |directory: &str| -> Vec<(OsString, Vec<u8>)> {
        let path = scratch.at(directory);
        let entries = std::fs::read_dir(&path).into_iter().flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.retain(|name| name.as_encoded_bytes().ends_with(b".defs"));
        names.sort();
        names.into_iter().map(|name| (name.clone(), std::fs::read(path.join(name)).unwrap())).collect()
    };
    let by_directory = [drop_ins("/usr/etc/login.defs.d"), drop_ins("/etc/login.defs.d")].concat();
    let mut by_name = by_directory.clone();
    by_name.sort();
    let says = |order: &[(OsString, Vec<u8>)]| {
        let all = base.iter().chain(order.iter().map(|(_, content)| content));
        all.filter_map(|content| says_yes(content)).next_back() == Some(true)
    };
    says(&by_directory) && says(&by_name) && main.is_none_or(|main| says_yes(&main) == Some(true))
}
