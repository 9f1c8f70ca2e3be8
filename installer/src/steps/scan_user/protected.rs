//! Account files that are immutable or append-only (`chattr(1)`).

use host::fs::attributes::is_immutable;
use host::system::account_lock::PWD_LOCK;

use crate::model::host_context::HostContext;

/// The files that the account tools replace, under another name first (`commonio_close` in shadow's `lib/commonio.c`).
pub(super) const ACCOUNT_FILES: [&str; 4] = ["/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow"];

/// Returns which of the account files, the copies that the tools keep of them, their locks and their directory are immutable or
/// append-only.
pub(super) fn immutable_files(cx: &HostContext) -> Vec<String> {
    let named = ACCOUNT_FILES.iter().flat_map(|file| ["", "-", ".lock"].map(|suffix| format!("{file}{suffix}")));
    let protected = |file: &String| cx.root.open(file).is_ok_and(|file| is_immutable(&file));
    let mut found: Vec<String> = named.chain([PWD_LOCK.to_owned()]).filter(protected).collect();
    if cx.root.dir("/etc").is_ok_and(|dir| is_immutable(&dir)) {
        found.push("/etc".into());
    }
    found
}
