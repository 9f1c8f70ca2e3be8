//! A damaged policy that no build replaces.

use host::Root;
use host::fs::InRoot;

use crate::policy_file::version;

/// Returns whether a policy of another version lies beside the damaged one at `path` and was written after it: the last build wrote
/// that one, so that another build does not replace this one. A host that starts tries the highest version first, and does not go
/// on to a lower one if that file is damaged (`selinux_mkload_policy` in libselinux).
pub(crate) fn is_outlived(root: &Root, path: &InRoot) -> bool {
    let written = |path: &InRoot| {
        let found = root.stat(path).ok()??;
        Some((found.st_mtime, found.st_mtime_nsec))
    };
    let (Some(directory), Some(broken)) = (path.parent(), written(path)) else { return false };
    let names = root.names(&directory).unwrap_or_default();
    let others = names.iter().filter(|name| version(name).is_some() && path.file_name() != Some(name.as_os_str()));
    others.filter_map(|name| written(&directory.join(name))).any(|other| other >= broken)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::testing::root_with;

    #[test]
    fn a_policy_that_was_written_later_shows_which_version_is_built() {
        for (others, outlived) in [
            (&[][..], false),
            (&[("policy.33", 1)][..], false),
            (&[("policy.33", 2)][..], true),
            (&[("policy.33", 1), ("policy.34", 3)][..], true),
            (&[("policy.35.tmp", 3), ("policy.", 3), ("other", 3)][..], false),
        ] {
            let scratch = tempfile::tempdir().unwrap();
            let directory = "/etc/selinux/t/policy";
            let paths: Vec<String> = others.iter().map(|(name, _)| format!("{directory}/{name}")).collect();
            let broken = format!("{directory}/policy.35");
            let files: Vec<(&str, &[u8])> =
                paths.iter().chain([&broken]).map(|path| (path.as_str(), &b""[..])).collect();
            let root = root_with(scratch.path(), &files);
            for (path, time) in paths.iter().zip(others.iter().map(|(_, time)| *time)).chain([(&broken, 2)]) {
                let file = std::fs::File::options().append(true).open(root.host_path(path)).unwrap();
                file.set_modified(UNIX_EPOCH + Duration::from_secs(time)).unwrap();
            }
            assert_eq!(is_outlived(&root, &InRoot::from(broken.as_str())), outlived, "{others:?}");
        }
    }
}
