//! Systems whose `/usr` is an image, and how they change.

use serde::Deserialize;

use super::command_line::with_packages;
use crate::Root;
use crate::system::fstab;

/// Where systemd shows that it runs as the system manager (`sd_booted(3)`).
const BOOTED: &str = "/run/systemd/system";

/// A kind of system whose `/usr` is an image: a row of `distributions.toml`.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageBased {
    /// What the system is called after.
    pub name: String,
    #[serde(default)]
    exists: Vec<String>,
    #[serde(default)]
    one_of: Vec<String>,
    #[serde(default)]
    absent: Vec<String>,
    #[serde(default)]
    read_only_root: bool,
    /// What the next boot runs after one of the commands.
    pub becomes: Option<String>,
    install: Option<String>,
    #[serde(default)]
    reinstall: Vec<String>,
    update: Option<String>,
    update_all: Option<String>,
    refresh: Option<String>,
    update_and_install: Option<String>,
    headers: Option<String>,
    run: Option<String>,
    deploy: Option<String>,
    kernel_arguments: Option<String>,
    boot_loader: Option<String>,
    restore_policy: Option<String>,
}

impl ImageBased {
    /// Returns the first of `rows` whose evidence is in `root`; `None` for a system that the package manager changes.
    pub(super) fn find<'r>(rows: &'r [Self], root: &Root) -> Option<&'r Self> {
        rows.iter().find(|row| row.is_shown_by(root))
    }

    fn is_shown_by(&self, root: &Root) -> bool {
        let Self { exists, one_of, absent, read_only_root, .. } = self;
        exists.iter().all(|path| is_there(root, path))
            && (one_of.is_empty() || one_of.iter().any(|path| is_there(root, path)))
            && !absent.iter().any(|path| is_there(root, path))
            && (!read_only_root || has_read_only_root(root))
    }

    /// Returns the command that installs `packages`, as words; `None` if they are put into the image.
    #[must_use]
    pub fn install(&self, packages: &[String]) -> Option<Vec<String>> {
        self.install.as_ref().map(|start| with_packages(start, packages))
    }

    /// Returns the commands that install `packages` once more; none if they are put into the image.
    #[must_use]
    pub fn reinstall(&self, packages: &[String]) -> Vec<Vec<String>> {
        self.reinstall.iter().map(|start| with_packages(start, packages)).collect()
    }

    /// Returns the command that updates `packages`, and others too if the system only updates as a whole.
    #[must_use]
    pub fn update(&self, packages: &[String]) -> Option<Vec<String>> {
        let whole = || self.update_all.as_ref().map(|command| words(command, &[]));
        self.update.as_ref().map(|start| with_packages(start, packages)).or_else(whole)
    }

    /// Returns how the package `name` with the headers of the kernel `release` is called in commands, if not as the package manager
    /// calls it. The release of a variant ends with `+debug` and the like, and its package's does not.
    #[must_use]
    pub fn headers(&self, name: &str, release: &str) -> Option<String> {
        let release = release.split('+').next().unwrap_or(release);
        self.headers.as_ref().map(|form| form.replace("{package}", name).replace("{release}", release))
    }

    /// Returns the command that fetches the lists of packages.
    #[must_use]
    pub fn refresh(&self) -> Option<Vec<String>> {
        self.refresh.as_ref().map(|command| words(command, &[]))
    }

    /// Returns the command that installs `packages`, the newest kernel of a kind and, at the end, its headers. Where the kernel
    /// comes with the system, it updates that and installs the headers.
    #[must_use]
    pub fn newest(&self, packages: &[String]) -> Option<Vec<String>> {
        let headers = packages.last().map(std::slice::from_ref);
        let with_system = || Some(with_packages(self.update_and_install.as_ref()?, headers?));
        with_system().or_else(|| self.install(packages))
    }

    /// Returns the command that runs `argv` where `/usr` can be changed; `None` if it is changed in the image.
    #[must_use]
    pub fn run(&self, argv: &[String]) -> Option<Vec<String>> {
        self.run.as_ref().map(|start| with_packages(start, argv))
    }

    /// Returns the command that brings a new image onto the host.
    #[must_use]
    pub fn deploy(&self) -> Option<Vec<String>> {
        self.deploy.as_ref().map(|command| words(command, &[]))
    }

    /// Returns the command that replaces `from` by `to` on the command line of the next boot; `None` if `root` does not have it.
    #[must_use]
    pub fn kernel_arguments(&self, root: &Root, from: &str, to: &str) -> Option<Vec<String>> {
        let words = words(self.kernel_arguments.as_ref()?, &[("{from}", from), ("{to}", to)]);
        let program = words.first()?;
        let is_there = ["/usr/bin", "/usr/sbin"].iter().any(|directory| root.exists(format!("{directory}/{program}")));
        is_there.then_some(words)
    }

    /// Returns the command that makes what the boot loader reads.
    #[must_use]
    pub fn boot_loader(&self) -> Option<Vec<String>> {
        self.boot_loader.as_ref().map(|command| words(command, &[]))
    }

    /// Returns the command that puts back the policy of this type, and its store, as the system came with them.
    #[must_use]
    pub fn restore_policy(&self, policy_type: &str) -> Option<Vec<String>> {
        self.restore_policy.as_ref().map(|command| words(command, &[("{type}", policy_type)]))
    }
}

/// Links of an image lead into what is mounted at boot, so that they need not lead anywhere yet.
fn is_there(root: &Root, path: &str) -> bool {
    matches!(root.stat(path), Ok(Some(_)))
}

/// Within a transaction, the root is writable whatever `/etc/fstab` says of the system that boots.
fn has_read_only_root(root: &Root) -> bool {
    let by_fstab = || fstab::has_read_only_root(root);
    let by_mount = || root.mount_of(&"/".into()).is_ok_and(|mount| mount.read_only);
    match root.is_alternate() {
        true => by_fstab(),
        false => is_there(root, BOOTED) && (by_fstab() || by_mount()),
    }
}

fn words(command: &str, values: &[(&str, &str)]) -> Vec<String> {
    let with_values = |word: &str| values.iter().fold(word.to_owned(), |word, (name, value)| word.replace(name, value));
    command.split_whitespace().map(with_values).collect()
}

#[cfg(test)]
mod tests {
    use super::super::data::data;
    use super::*;
    use crate::system::kernel::scratch;

    fn name_of(root: &Root) -> Option<&'static str> {
        ImageBased::find(&data().image_based, root).map(|row| row.name.as_str())
    }

    #[test]
    fn the_evidence_of_each_kind() {
        const FSTAB: (&str, &str) =
            ("/etc/fstab", "# / is ro\nUUID=1 /var btrfs rw 0 0\nUUID=1 / btrfs defaults,ro 0 0\n");
        const BOOTED: (&str, &str) = ("/run/systemd/system/x", "");
        const OSTREE: (&str, &str) = ("/run/ostree-booted", "");
        const UPDATE: (&str, &str) = ("/usr/sbin/transactional-update", "");
        let writable = ("/etc/fstab", "UUID=1 / btrfs rw 0 0\n# UUID=1 / btrfs ro 0 0\nUUID=1 /ro btrfs ro 0 0\n");
        let rpm_ostree = ("/usr/bin/rpm-ostree", "");
        let (bootc, installed_by_bootc) = (("/usr/bin/bootc", ""), ("/usr/lib/bootc/install/20-x.toml", ""));
        // Files, then the kind where this is the running system's root and where it is an alternate one.
        type Row<'f> = (&'f [(&'f str, &'f str)], Option<&'f str>, Option<&'f str>);
        let rows: &[Row] = &[
            (&[BOOTED], None, None),
            (&[BOOTED, OSTREE, rpm_ostree], Some("rpm-ostree"), Some("rpm-ostree")),
            (&[BOOTED, OSTREE, rpm_ostree, bootc], Some("rpm-ostree"), Some("rpm-ostree")),
            (&[BOOTED, OSTREE, rpm_ostree, bootc, installed_by_bootc], Some("bootc"), Some("bootc")),
            (&[BOOTED, OSTREE], Some("ostree"), Some("ostree")),
            // A deployment that is not booted.
            (&[("/sysroot/ostree/x", ""), rpm_ostree], Some("image"), Some("image")),
            (&[("/ostree/repo/config", "")], Some("image"), Some("image")),
            (&[installed_by_bootc], Some("image"), Some("image")),
            // A build host keeps a repository, or has the program.
            (&[BOOTED, ("/ostree/repo/config", ""), installed_by_bootc, rpm_ostree], None, None),
            (&[rpm_ostree, bootc], None, None),
            (&[BOOTED, UPDATE, FSTAB], Some("transactional-update"), Some("transactional-update")),
            (&[BOOTED, UPDATE, writable], None, None),
            (&[BOOTED, UPDATE], None, None),
            (&[BOOTED, FSTAB], None, None),
            // A transaction, and an image seen from outside.
            (&[UPDATE, FSTAB], None, Some("transactional-update")),
        ];
        for (files, running, alternate) in rows {
            let (scratch, root) = scratch(files);
            assert_eq!(name_of(&root), *alternate, "{files:?}");
            assert_eq!(name_of(&Root::for_test(scratch.path()).unwrap()), *running, "{files:?}");
        }
    }

    #[test]
    fn each_row_installs_or_is_changed_in_its_image() {
        let packages = ["one".to_owned(), "two = $(uname -r)".to_owned()];
        for row in &data().image_based {
            assert!(row.exists.len() + row.one_of.len() > 0, "{}: no evidence", row.name);
            assert_eq!(row.install.is_some(), !row.reinstall.is_empty(), "{}", row.name);
            assert_eq!(row.install.is_some() || row.deploy.is_some(), row.becomes.is_some(), "{}", row.name);
            let Some(install) = row.install(&packages[..1]) else { continue };
            assert_eq!(install.last().map(String::as_str), Some("one"), "{}", row.name);
            assert_eq!(row.install(&packages).unwrap()[..2], ["sh", "-c"], "{}", row.name);
        }
    }
}
