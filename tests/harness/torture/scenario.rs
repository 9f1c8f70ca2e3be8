//! A scenario: the command to disturb in a root, and the command after it.

use crate::login_defs;
use crate::scratch::{KERNEL, ScratchRoot};

/// A command in a root of its own.
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// The words of the command that is disturbed.
    pub command: &'static [&'static str],
    /// The words of the command that comes after, undisturbed.
    pub next: &'static [&'static str],
    /// Whether SELinux tools run. They make thousands of calls each, so only some of theirs are tried.
    pub with_selinux: bool,
    /// Whether `login.defs` is a mount point, so that it cannot be replaced.
    pub bound: bool,
    lay: fn(&ScratchRoot),
    before: &'static [&'static [&'static str]],
}

impl Scenario {
    /// Lays the root in which the command works.
    #[must_use]
    pub fn root(&self) -> ScratchRoot {
        let root = ScratchRoot::of("debian-12");
        (self.lay)(&root);
        for command in self.before {
            let run = root.hostprep(command);
            assert!(matches!(run.code, Some(0 | 3 | 4)), "{}: {command:?}: {run:?}", self.name);
        }
        root
    }
}

/// All of them.
pub const SCENARIOS: &[Scenario] = &[
    Scenario { name: "repair", command: &["repair"], next: &["repair"], ..PLAIN },
    Scenario {
        name: "repair, login.defs a mount point",
        command: &["repair"],
        next: &["repair"],
        bound: true,
        ..PLAIN
    },
    Scenario {
        name: "repair, login.defs of the vendor",
        command: &["repair"],
        next: &["repair"],
        lay: |root| {
            root.remove("/etc/login.defs").file("/usr/etc/login.defs", login_defs::with("USERGROUPS_ENAB no\n"));
            root.file("/etc/login.defs.d/50-site.defs", "USERGROUPS_ENAB no\n");
        },
        ..PLAIN
    },
    Scenario {
        name: "repair, a user not as asked for",
        command: &["repair"],
        next: &["repair"],
        lay: |root| {
            root.login_defs(&login_defs::with("USERGROUPS_ENAB no\n"));
            root.add_account("passwd", "cisco-amp-scan-svc:x:987:100::/home/scan:/bin/sh");
            root.add_account("shadow", "cisco-amp-scan-svc:!:19700::::::");
            root.dir("/opt/cisco", 0o700);
        },
        ..PLAIN
    },
    Scenario { name: "repair, with SELinux", command: &["repair"], next: &["repair"], ..SELINUX },
    Scenario {
        name: "hook rpm post 1",
        command: &["hook", "rpm", "post", "1"],
        next: &["hook", "rpm", "posttrans", "1"],
        ..PLAIN
    },
    Scenario {
        name: "hook rpm posttrans 1, with SELinux",
        command: &["hook", "rpm", "posttrans", "1"],
        next: &["hook", "rpm", "posttrans", "1"],
        before: &[&["hook", "rpm", "post", "1"]],
        ..SELINUX
    },
    Scenario {
        name: "hook deb postinst configure",
        command: &["hook", "deb", "postinst", "configure", ""],
        next: &["hook", "deb", "postinst", "configure", ""],
        ..PLAIN
    },
    Scenario {
        name: "hook rpm preun 0",
        command: &["hook", "rpm", "preun", "0"],
        next: &["remove"],
        before: &[&["repair"]],
        ..PLAIN
    },
    Scenario {
        name: "hook deb prerm remove",
        command: &["hook", "deb", "prerm", "remove"],
        next: &["hook", "deb", "prerm", "remove"],
        before: &[&["repair"]],
        ..PLAIN
    },
    Scenario { name: "remove", command: &["remove"], next: &["remove"], before: &[&["repair"]], ..PLAIN },
    Scenario {
        name: "remove, with SELinux",
        command: &["remove"],
        next: &["remove"],
        before: &[&["repair"]],
        ..SELINUX
    },
    Scenario {
        name: "faults raise",
        command: &["faults", "raise", "19", "--reason", "tools-missing", "--detail", "by hand"],
        next: &["faults", "raise", "19", "--reason", "tools-missing", "--detail", "by hand"],
        before: &[&["faults", "raise", "11"]],
        ..PLAIN
    },
    Scenario {
        name: "faults clear",
        command: &["faults", "clear", "19"],
        next: &["faults", "clear", "19"],
        before: &[&["faults", "raise", "11"], &["faults", "raise", "19"]],
        ..PLAIN
    },
];

/// A host with `USERGROUPS_ENAB no` and without kernel headers, so that the window opens and fault 11 is raised.
const PLAIN: Scenario = Scenario {
    name: "",
    command: &[],
    next: &[],
    with_selinux: false,
    bound: false,
    lay: |root| {
        root.login_defs(&login_defs::with("USERGROUPS_ENAB no\n")).kernel(KERNEL, false);
    },
    before: &[],
};

/// The same host with a policy store that lacks the rule.
const SELINUX: Scenario = Scenario {
    with_selinux: true,
    lay: |root| {
        (PLAIN.lay)(root);
        root.small_policy_store();
    },
    ..PLAIN
};
