//! A transaction of the policy store for which a file system has too little space.

use faults::{Reason, Remedy};
use host::fs::{InRoot, is_dir};
use policy::classify::{full_path, may_lack_space};
use policy::transaction::TransactionError;
use policy::{Cause, Store};

use crate::model::host_context::HostContext;
use crate::model::report::Finding;
use crate::steps::disk_full::free_space;

/// A transaction copies the active policy, builds another from the copy and keeps the former: it took 2.3 times the space of the
/// active one, and its number of files once (libsemanage 3.4, Debian 12).
const SPACE_FOR_ONE: u64 = 5;
const SPACE_FOR_TWO: u64 = 2;

/// The module and its sources.
const MODULE: Need = Need { bytes: 64 * 1024, files: 3 };

/// Returns the finding if `error` is for want of space.
pub(super) fn finding(cx: &HostContext, error: &TransactionError, again: &Remedy) -> Option<Finding> {
    let stderr = error.source.stderr();
    let says_so = error.cause == Cause::DiskFull;
    let may_be = error.cause == Cause::Unknown && may_lack_space(stderr);
    if !says_so && !may_be {
        return None;
    }
    let policy_type = error.target.policy_type();
    let store = Store::locate(cx.root, policy_type).ok().flatten().map(|store| store.path().clone());
    let (for_store, for_policy) =
        store.as_ref().map_or_else(Default::default, |store| needs(cx, &store.join("active")));
    let policy = InRoot::from("/etc/selinux").join(policy_type);
    let places: Vec<(InRoot, &Need)> = store
        .into_iter()
        .map(|store| (store, &for_store))
        .chain([(policy, &for_policy), (cx.profile.paths.build_dir.clone(), &MODULE)])
        .map(|(path, need)| (existing(cx, &path), need))
        .collect();
    let (path, shortage) = if says_so {
        let named = full_path(stderr).and_then(|path| cx.root.inside(path.as_ref())).map(|path| existing(cx, &path));
        let path = named.or_else(|| places.first().map(|(path, _)| path.clone()))?;
        let need = places.iter().rev().find(|(place, _)| path.starts_with(place)).map_or(&for_policy, |(_, need)| need);
        let shortage = need.shortage(cx, &path);
        (path, shortage)
    } else {
        let short = |(path, need): &(InRoot, &Need)| Some((path.clone(), Some(need.shortage(cx, path)?)));
        places.iter().find_map(short)?
    };
    let mut detail = error.inside_text_for(Cause::DiskFull, cx.root);
    if let Some(shortage) = &shortage {
        detail = format!("{detail}; {}", shortage.describe(&path));
    }
    let inodes = matches!(shortage, Some(Shortage::Inodes { .. }));
    Some(Finding { reason: Reason::DiskFull, detail, remedy: free_space(cx, &path, inodes, again) })
}

/// What could not be created is missing.
fn existing(cx: &HostContext, path: &InRoot) -> InRoot {
    path.ancestors().find(|above| cx.root.exists(above) && cx.root.dir(above).is_ok()).unwrap_or_else(InRoot::top)
}

/// What is about to be written.
#[derive(Debug, Default)]
struct Need {
    bytes: u64,
    files: u64,
}

/// What a transaction writes to the store, whose active policy is in `active`, and then to /etc/selinux, one file at a time. What cannot
/// be looked at is not counted.
fn needs(cx: &HostContext, active: &InRoot) -> (Need, Need) {
    let (mut all, mut largest) = (Need::default(), Need { bytes: 0, files: 1 });
    let mut open = vec![active.clone()];
    while let Some(directory) = open.pop() {
        for name in cx.root.names(&directory).unwrap_or_default() {
            let path = directory.join(name);
            let Ok(Some(found)) = cx.root.stat(&path) else { continue };
            let bytes = u64::try_from(found.st_blocks).unwrap_or(0) * 512;
            all.files += 1;
            all.bytes += bytes;
            largest.bytes = largest.bytes.max(bytes);
            if is_dir(&found) {
                open.push(path);
            }
        }
    }
    all.bytes = all.bytes.saturating_mul(SPACE_FOR_ONE) / SPACE_FOR_TWO;
    (all, largest)
}

impl Need {
    /// Returns what the file system of `path` has too little of. The files of the transaction that failed are gone again.
    fn shortage(&self, cx: &HostContext, path: &InRoot) -> Option<Shortage> {
        let space = cx.root.dir(path).ok()?.space().ok()?;
        match space.inodes {
            Some(left) if left < self.files => Some(Shortage::Inodes { left, needed: self.files }),
            _ => (space.bytes < self.bytes).then_some(Shortage::Bytes { left: space.bytes, needed: self.bytes }),
        }
    }
}

/// What there is too little of.
enum Shortage {
    Bytes { left: u64, needed: u64 },
    Inodes { left: u64, needed: u64 },
}

impl Shortage {
    fn describe(&self, path: &InRoot) -> String {
        let path = path.display();
        match self {
            Self::Inodes { left, needed } => {
                format!("the file system of {path} has {left} inodes left, and this takes {needed}")
            }
            Self::Bytes { left, needed } => {
                let (left, needed) = (left / 1024, needed / 1024);
                format!("the file system of {path} has {left} KiB left, and this takes about {needed} KiB")
            }
        }
    }
}
