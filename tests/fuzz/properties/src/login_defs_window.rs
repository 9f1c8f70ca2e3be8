//! The window in which login.defs says yes, over whatever files decide it: yes by every way in which shadow reads them, and
//! then as it was.

use installer::login_defs::{leftover, open, plan, read};

use crate::input::parts;
use crate::scratch::Scratch;

const STATE: &str = "/var/lib/cisco/hostprep";

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
    let leftover_before = leftover(&root, STATE.as_ref());
    assert!(scratch.tree() == before, "looking changed something");

    let Ok(effective) = effective else {
        assert!(planned.is_err() && files.iter().flatten().any(|file| file.contains(&0)));
        return;
    };
    let planned = planned.unwrap();
    assert_eq!(planned.is_none(), effective.usergroups_enab);
    // What looks like something that we left is settled first, which is another target's matter.
    let (Some(planned), Ok(None)) = (planned, leftover_before) else { return };
    assert!(!planned.describe("useradd").is_empty());

    let window = open(&root, STATE.as_ref(), &planned).unwrap();
    let inside = read(&root).unwrap();
    let can_override = scratch.at("/etc/login.defs.d").exists();
    assert!(inside.usergroups_enab || !can_override, "the window is open and does not say yes: {inside:?}");
    assert_eq!(
        (inside.uid_min, inside.sys_uid_min, inside.sys_uid_max),
        (effective.uid_min, effective.sys_uid_min, effective.sys_uid_max)
    );
    assert!(leftover(&root, STATE.as_ref()).unwrap().is_some(), "a crash now would go unnoticed");
    assert!(!window.close().unwrap().foreign_change_kept);

    let mut after = scratch.tree();
    after.retain(|path, _| !path.starts_with("var"));
    assert!(after == before, "it is not what it was");
    assert_eq!(leftover(&root, STATE.as_ref()).unwrap(), None);
    scratch.expect_inside();
}

const PATHS: [&str; 5] = [
    "/etc/login.defs",
    "/usr/etc/login.defs",
    "/usr/etc/login.defs.d/50-vendor.defs",
    "/etc/login.defs.d/20-site.defs",
    "/etc/login.defs.d/zzz.defs",
];
