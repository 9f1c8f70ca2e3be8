//! That no tool of this machine is led out of the alternate root that it is to change.

use host::fs::InRoot;
use host::fs::ownership::Untrusted;
use host::{FileError, Root};
use policy::Store;

use crate::Error;
use crate::model::host_context::HostContext;

/// The files that account tools read and write (`useradd(8)`, FILES), and what they name after them: the copy of before, the
/// one to come, and the lock.
const ACCOUNT_FILES: [&str; 6] = ["passwd", "group", "shadow", "gshadow", "subuid", "subgid"];
const SUFFIXES: [&str; 4] = ["", "-", "+", ".lock"];

/// Of those, what the tools write over in place and not by way of another name (seen with shadow 4.13).
const WRITTEN_OVER: [&str; 2] = ["-", "+"];

/// Fails where an account tool would be led out of the root, by a link or by a second name of a file elsewhere.
///
/// # Errors
/// [`Error::Read`] with the file.
pub fn ensure_accounts_inside(root: &Root) -> Result<(), Error> {
    let named = |file| SUFFIXES.map(|suffix| InRoot::from_top(format!("/etc/{file}{suffix}")));
    root.ensure_no_symlink_escape(&ACCOUNT_FILES.map(named).concat())?;
    for file in ACCOUNT_FILES.iter().filter(|_| root.is_alternate()) {
        for suffix in WRITTEN_OVER {
            let path = format!("/etc/{file}{suffix}");
            if let Some(found) = root.stat(&path)?.filter(|found| found.st_nlink > 1) {
                let why = std::io::Error::other(Untrusted::Names(found.st_nlink));
                return Err(FileError::new("let a tool change", root.host_path(path), why).into());
            }
        }
    }
    Ok(())
}

/// Fails where `semodule` or the compiler would be led out of the root.
///
/// # Errors
/// [`Error::Read`] with the link.
pub fn ensure_policy_inside(cx: &HostContext, policy_type: &str) -> Result<(), Error> {
    let mut paths = vec![InRoot::from("/etc/selinux").join(policy_type), cx.profile.paths.build_dir.clone()];
    // Where semodule makes a store beside a read-only one of the image.
    paths.push(InRoot::from("/var/lib/selinux").join(policy_type));
    paths.extend(Store::locate(cx.root, policy_type)?.map(|store| store.path().to_owned()));
    Ok(cx.root.ensure_no_symlink_escape(&paths)?)
}
