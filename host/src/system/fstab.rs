//! `/etc/fstab`: what the next boot mounts (`fstab(5)`).

use crate::Root;
use crate::fs::InRoot;

const FSTAB: &str = "/etc/fstab";

/// Returns whether the next boot of the system in `root` mounts `/` read-only.
#[must_use]
pub fn has_read_only_root(root: &Root) -> bool {
    root.read_text(FSTAB).is_ok_and(|text| {
        mounts(&text).any(|(point, options)| point == "/" && options.split(',').any(|option| option == "ro"))
    })
}

/// Returns whether the next boot mounts a file system over `path`, or over a directory above it, that is not mounted now.
#[must_use]
pub fn covers(root: &Root, path: &InRoot) -> bool {
    let Ok(text) = root.read_text(FSTAB) else { return false };
    let mounted = root.mount_of(path).map_or_else(|_| InRoot::top(), |mount| mount.point);
    mounts(&text).any(|(point, _)| point != "/" && path.starts_with(&point) && !mounted.starts_with(&point))
}

/// Returns each mount point that the boot mounts, with its options. Swap has none.
fn mounts(text: &str) -> impl Iterator<Item = (String, &str)> {
    text.lines().filter_map(|line| {
        let mut fields = line.split_whitespace().take_while(|field| !field.starts_with('#'));
        let (_, point, _) = (fields.next()?, fields.next()?, fields.next()?);
        let options = fields.next().unwrap_or("defaults");
        let is_mounted = !options.split(',').any(|option| option == "noauto");
        (point.starts_with('/') && is_mounted).then(|| (unescaped(point), options))
    })
}

/// Returns the path that `point` is: `\040` is a space (`getmntent(3)`).
fn unescaped(point: &str) -> String {
    let escapes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    escapes.iter().fold(point.to_owned(), |point, (escape, character)| point.replace(escape, character))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::kernel::scratch;

    #[test]
    fn mounts_of_fstab() {
        let text = "# a comment\nUUID=1 / btrfs defaults,ro 0 0\n\nUUID=1\t/var btrfs rw,x-initrd.mount 0 0\nUUID=2 none swap sw\n/dev/x";
        assert_eq!(
            mounts(text).collect::<Vec<_>>(),
            [("/".into(), "defaults,ro"), ("/var".into(), "rw,x-initrd.mount")]
        );
        let text = "UUID=1 /var btrfs\n/dev/x /srv ext4 noauto,rw 0 0\n/dev/y /a\\040b ext4 rw\n";
        assert_eq!(mounts(text).collect::<Vec<_>>(), [("/var".into(), "defaults"), ("/a b".into(), "rw")]);
    }

    #[test]
    fn a_file_system_that_is_not_mounted_yet_covers_what_is_below() {
        for (fstab, expected) in [
            ("UUID=1 / btrfs ro 0 0\n", false),
            ("UUID=1 /var btrfs rw 0 0\n", true),
            ("UUID=1 /var/lib/x btrfs rw 0 0\n", true),
            ("UUID=1 /var/lib/xy btrfs rw 0 0\nUUID=1 /home btrfs rw 0 0\n", false),
        ] {
            let (_scratch, root) = scratch(&[("/etc/fstab", fstab), ("/var/lib/x/y", "")]);
            assert_eq!(covers(&root, &"/var/lib/x/y".into()), expected, "{fstab}");
        }
        // It is mounted.
        let (_scratch, root) = scratch(&[]);
        assert!(!covers(&root, &"/var/lib".into()), "no /etc/fstab");
    }
}
