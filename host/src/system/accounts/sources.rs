//! The files besides `/etc/passwd` and `/etc/group` in which NSS finds accounts (`nsswitch.conf(5)`).

use crate::Root;

/// A service of NSS that reads files of the same format elsewhere.
#[derive(Debug)]
pub(super) struct FileSource {
    /// Its name in `nsswitch.conf`.
    service: &'static str,
    passwd: &'static str,
    group: &'static str,
    /// Set if it counts where `nsswitch.conf` does not name sources.
    by_default: bool,
}

/// nss-altfiles reads the accounts that an image of the operating system brings along (ostree: Fedora CoreOS, Silverblue, RHEL for
/// Edge). libnss-extrausers is Ubuntu Core's.
pub(super) const OTHER: [FileSource; 2] = [
    FileSource { service: "altfiles", passwd: "/usr/lib/passwd", group: "/usr/lib/group", by_default: true },
    FileSource {
        service: "extrausers",
        passwd: "/var/lib/extrausers/passwd",
        group: "/var/lib/extrausers/group",
        by_default: false,
    },
];

impl FileSource {
    /// Returns its file of the same kind as `file`, which is `/etc/passwd` or `/etc/group`.
    pub(super) fn beside(&self, file: &str) -> &'static str {
        if file == super::GROUP { self.group } else { self.passwd }
    }
}

/// Returns the sources that the NSS of `root` uses for the database of `file`.
pub(super) fn used(root: &Root, file: &str) -> impl Iterator<Item = &'static FileSource> {
    let database = if file == super::GROUP { "group" } else { "passwd" };
    // The second is what an ostree image has before it is deployed.
    let read = |path| root.read(path, crate::fs::TEXT_LIMIT).ok();
    let text = read("/etc/nsswitch.conf").or_else(|| read("/usr/etc/nsswitch.conf"));
    let services = text.and_then(|text| services(&String::from_utf8_lossy(&text), database));
    OTHER.iter().filter(move |source| match &services {
        Some(services) => services.iter().any(|service| service == source.service),
        None => source.by_default,
    })
}

/// Returns the services of `database` in the text of `nsswitch.conf`; `None` if it has no line for it.
fn services(text: &str, database: &str) -> Option<Vec<String>> {
    text.lines().find_map(|line| {
        let line = line.split('#').next().unwrap_or_default();
        let (name, services) = line.split_once(':')?;
        // Actions in brackets are no names of services, and match none.
        let words = || services.split(|c: char| c.is_whitespace() || c == '[' || c == ']').map(str::to_owned).collect();
        (name.trim() == database).then(words)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_of_nsswitch() {
        let text =
            "# passwd: nis\n\npasswd:\tfiles altfiles[NOTFOUND=return] sss # extrausers\ngroup: files\nshadow:files\n";
        let of = |database| services(text, database).map(|services| services.join(" "));
        assert_eq!(of("passwd").as_deref(), Some(" files altfiles NOTFOUND=return  sss "));
        assert_eq!(of("group").as_deref(), Some(" files"));
        assert_eq!(of("hosts"), None);
        for damaged in ["", ":", "passwd", "\u{0}:\u{0}", "passwd files"] {
            assert_eq!(services(damaged, "passwd"), None, "{damaged:?}");
        }
    }
}
