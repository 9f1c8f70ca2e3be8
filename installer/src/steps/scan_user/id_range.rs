//! A range of ids for system users or groups in which none is left.

use std::collections::BTreeSet;

use faults::{Reason, Remedy, RemedyAction, RunOn};
use host::InsideText;
use host::process::ProcessError;
use host::system::accounts::{Accounts, GROUP, PASSWD};
use login_defs::EffectiveSettings;

use crate::model::host_context::HostContext;
use crate::model::report::Finding;

/// Below it, ids are assigned once for all systems (Linux Standard Base, Core, "User ID Ranges").
const FIRST_DYNAMIC: u32 = 100;

/// The range of one kind of id.
struct Range {
    /// `uid` or `gid`.
    id: &'static str,
    min_key: &'static str,
    max_key: &'static str,
    min: u32,
    max: u32,
    /// The first id of ordinary users or groups.
    ordinary: u32,
    file: &'static str,
    /// Who has the ids.
    owners: &'static str,
    /// Deletes one of them.
    delete: &'static str,
}

impl Range {
    fn of(settings: &EffectiveSettings) -> [Self; 2] {
        let uids = Self {
            id: "uid",
            min_key: "SYS_UID_MIN",
            max_key: "SYS_UID_MAX",
            min: settings.sys_uid_min,
            max: settings.sys_uid_max,
            ordinary: settings.uid_min,
            file: PASSWD,
            owners: "users",
            delete: "userdel",
        };
        let gids = Self {
            id: "gid",
            min_key: "SYS_GID_MIN",
            max_key: "SYS_GID_MAX",
            min: settings.sys_gid_min,
            max: settings.sys_gid_max,
            ordinary: settings.gid_min,
            file: GROUP,
            owners: "groups",
            delete: "groupdel",
        };
        [uids, gids]
    }

    /// shadow never gives out 0.
    fn first(&self) -> u32 {
        self.min.max(1)
    }

    fn size(&self) -> usize {
        usize::try_from(u64::from(self.max) + 1).unwrap_or(usize::MAX).saturating_sub(self.first() as usize)
    }

    fn is_full(&self, taken: &BTreeSet<u32>) -> bool {
        taken.range(self.first()..).take_while(|&&id| id <= self.max).count() >= self.size()
    }

    /// The messages are those of `lib/find_new_uid.c` and `lib/find_new_gid.c` of shadow.
    fn is_blamed(&self, stderr: &str) -> bool {
        let upper = self.id.to_uppercase();
        stderr.contains(&format!("(no more available {upper}s)"))
            || stderr.contains(&format!("Invalid configuration: {}", self.min_key))
    }

    /// Returns the key and the value that give the range at least one free id, if there is such a value. Up to the ids of ordinary
    /// users first, then down to those that are assigned once for all.
    fn widened(&self, taken: &BTreeSet<u32>) -> Option<(&'static str, u32)> {
        let is_free = |first: u32, last: u32| (first..=last).any(|id| !taken.contains(&id));
        let highest = self.ordinary.saturating_sub(1);
        if self.max < highest && is_free(self.first().max(self.max + 1), highest) {
            return Some((self.max_key, highest));
        }
        let below = self.min.saturating_sub(1).min(self.max);
        (self.min > FIRST_DYNAMIC && is_free(FIRST_DYNAMIC, below)).then_some((self.min_key, FIRST_DYNAMIC))
    }

    fn describe(&self, taken: &BTreeSet<u32>) -> String {
        let Self { id, min_key, max_key, min, max, file, .. } = self;
        if min > max {
            return format!("{min_key} {min} is greater than {max_key} {max}");
        }
        if self.is_full(taken) {
            return format!("each {id} from {min_key} {min} to {max_key} {max} is taken");
        }
        let in_file = taken.range(self.first()..=(*max).max(self.first())).count();
        format!("no {id} is left from {min_key} {min} to {max_key} {max}, with {in_file} of them in {file}")
    }

    fn remedies(&self, cx: &HostContext, taken: &BTreeSet<u32>) -> Vec<Remedy> {
        let mut remedies = Vec::new();
        if let Some((key, value)) = self.widened(taken) {
            remedies.extend(unprotect(cx, key));
            remedies.push(set(cx, key, value).with_comment(format!("widens the range of system {}", self.owners)));
        }
        if self.min <= self.max {
            let Self { min, max, file, owners, delete, .. } = self;
            let program = format!("$3 >= {min} && $3 <= {max} {{ print $3, $1 }}");
            let list = cx.remedy_on(&["awk", "-F:", &program], &[*file]);
            let list = list.with_comment(format!("delete one of these {owners} that is not needed, with {delete}"));
            remedies.push(if remedies.is_empty() { list } else { list.alternative() });
            if self.widened(taken).is_none() {
                let (ordinary, max_key, path) = (self.id.to_uppercase() + "_MIN", self.max_key, "/etc/login.defs");
                let text = format!("raise {ordinary} and {max_key} in {path}, if nothing has the ids between them yet");
                remedies.push(Remedy::manual(text).alternative());
            }
        }
        remedies
    }
}

/// Returns the finding if the tool found no free id.
pub(super) fn finding(cx: &HostContext, error: &ProcessError, again: &Remedy) -> Option<Finding> {
    let settings = login_defs::read(cx.root).ok()?;
    let ranges = Range::of(&settings);
    if !ranges.iter().any(|range| range.is_blamed(error.stderr())) {
        return None;
    }
    let accounts = Accounts::of(cx.root);
    let needs_group = accounts.group(&cx.profile.scan_user.name).is_ok_and(|group| group.is_none());
    let mut seen = vec![error.inside_text(cx.root)];
    let mut remedy = Vec::new();
    for range in &ranges {
        let all = 1..=range.max.max(range.ordinary);
        let taken = accounts.ids_in_files(range.file, &all).unwrap_or_default();
        // A tool stops at the first that is full.
        let is_next = range.is_full(&taken) && (range.file == PASSWD || needs_group);
        if range.is_blamed(error.stderr()) || is_next {
            seen.push(range.describe(&taken));
            remedy.extend(range.remedies(cx, &taken));
        }
    }
    remedy.push(again.clone());
    Some(Finding { reason: Reason::UidRangeFull, detail: seen.join("; "), remedy })
}

/// Returns how to allow changes of the file that assigns `key`, where they are not.
fn unprotect(cx: &HostContext, key: &str) -> Option<Remedy> {
    let path = login_defs::file_for(cx.root, key).ok()?.path;
    let is_immutable = cx.root.open(&path).is_ok_and(|file| host::fs::attributes::is_immutable(&file));
    is_immutable.then(|| cx.remedy_on(&["chattr", "-i", "-a"], &[&path]))
}

/// Returns the remedy that sets `key` in `login.defs`.
fn set(cx: &HostContext, key: &str, value: u32) -> Remedy {
    let line = format!("{key} {value}");
    let Ok(file) = login_defs::file_for(cx.root, key) else {
        return Remedy::manual(format!("set {line} in /etc/login.defs"));
    };
    let path = &file.path;
    if file.assigns {
        let edit = format!("s/^[[:space:]]*{key}[[:space:]].*/{line}/");
        return cx.remedy_on(&["sed", "-i", &edit], &[path]);
    }
    // sed's `$` needs a last line.
    if cx.root.stat_followed(path).ok().flatten().is_some_and(|found| found.st_size > 0) {
        return cx.remedy_on(&["sed", "-i", &format!("$a {line}")], &[path]);
    }
    let script = "mkdir -p \"$(dirname \"$1\")\" && echo \"$2\" >> \"$1\"";
    let argv = |path: String| ["sh", "-c", script, "sh", &path, &line].map(str::to_owned).to_vec();
    let outside = cx.alternate_root().map(|_| argv(cx.root.host_path(path).to_string_lossy().into_owned()));
    RemedyAction::Run { argv: argv(path.to_string()), on: RunOn::Root, outside }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(min: u32, max: u32, ordinary: u32) -> Range {
        let settings = EffectiveSettings {
            usergroups_enab: true,
            sys_uid_min: min,
            sys_uid_max: max,
            uid_min: ordinary,
            sys_gid_min: 101,
            sys_gid_max: 999,
            gid_min: 1000,
            decided_by: None,
        };
        let [uids, _] = Range::of(&settings);
        uids
    }

    #[test]
    fn a_range_is_widened_to_where_ids_are_free() {
        for (min, max, ordinary, taken, widened) in [
            // As EL has it: the ids below 201 are the distribution's, and those from 100 are for system users in general.
            (201, 999, 1000, 201..=999, Some(("SYS_UID_MIN", 100))),
            // As Debian has it: nothing is left but to delete a user.
            (100, 999, 1000, 100..=999, None),
            (201, 999, 1000, 1..=999, None),
            (100, 499, 1000, 100..=499, Some(("SYS_UID_MAX", 999))),
            (100, 499, 1000, 1..=999, None),
            (300, 499, 1000, 300..=999, Some(("SYS_UID_MIN", 100))),
            (100, 499, 500, 100..=499, None),
            // Upside down.
            (900, 100, 1000, 1..=10, Some(("SYS_UID_MAX", 999))),
            (2000, 999, 1000, 1..=10, Some(("SYS_UID_MIN", 100))),
            (0, 0, 0, 1..=10, None),
            (u32::MAX, u32::MAX, u32::MAX, 1..=10, Some(("SYS_UID_MIN", 100))),
        ] {
            let range = range(min, max, ordinary);
            assert_eq!(range.widened(&taken.collect()), widened, "{min} to {max}, ordinary {ordinary}");
        }
    }

    #[test]
    fn a_range_is_full_if_each_of_its_ids_is_taken() {
        for (min, max, taken, is_full) in [
            (100, 102, vec![100, 101, 102], true),
            (100, 102, vec![100, 102, 103], false),
            (0, 2, vec![1, 2], true),
            (5, 4, vec![], true),
            (0, u32::MAX, vec![1], false),
        ] {
            assert_eq!(range(min, max, 1000).is_full(&taken.into_iter().collect()), is_full, "{min} to {max}");
        }
    }

    #[test]
    fn the_description_says_where_the_ids_are() {
        let all: BTreeSet<u32> = (1..=999).collect();
        assert_eq!(range(998, 999, 1000).describe(&all), "each uid from SYS_UID_MIN 998 to SYS_UID_MAX 999 is taken");
        // The others are a directory service's, which is not asked for a list.
        let some: BTreeSet<u32> = [998].into();
        assert_eq!(
            range(998, 999, 1000).describe(&some),
            "no uid is left from SYS_UID_MIN 998 to SYS_UID_MAX 999, with 1 of them in /etc/passwd"
        );
        assert_eq!(range(9, 8, 1000).describe(&some), "SYS_UID_MIN 9 is greater than SYS_UID_MAX 8");
    }
}
