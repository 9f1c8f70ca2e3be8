//! Texts of the man pages in addition to the command line's own help.

/// Returns the paragraphs after the first of DESCRIPTION, by the command's name.
pub fn description(command: &str) -> &'static [&'static str] {
    match command {
        "hostprep" => &[
            "hostprep manages the SELinux rule that allows the connector to use eBPF, the unprivileged user that scans \
             files, and the directories of the agent. It checks the kernel for BTF or headers.",
            "If a problem remains, hostprep raises fault 5, 11 or 19 in a store that it shares with the connector. Each \
             fault lists the exact commands for this host. It clears once the problem is gone. hostprep also detects an \
             unsupported kernel (16), the reason why a kernel module does not load (8, 9), and missing requirements of the \
             scan service (7).",
            "It asks the kernel whether the rule is in force, and changes nothing if it is. A second run on a healthy host \
             starts no process and writes no file.",
        ],
        "hostprep check" => &[
            "Every user can run it; steps that the user may not read are unknown. It writes nothing, not even a log.",
            "A fault that the configuration accepts ([[accept]]) is marked as waived, and does not count for the exit status. A \
              waiver that has ended or matches nothing is a warning.",
            "With --image it says whether a system that is not booted will be right at its first boot: what the unit that \
                 runs hostprep at boot finishes is deferred, and that unit must be enabled. Where SELinux is used, the files \
                 that the profile names must have labels, or get them then.",
            "The forms script and ansible hold what a person must still do, each command once. Alternatives and \
             restarts are comments in a script, and tasks with the tag never. With nagios the exit status is 0 \
             (in order), 1 (a fault that is not critical, or something deferred, to be done or pending), 2 (a \
             critical fault) or 3 (something is unknown, or hostprep failed). With ocsf each step is a Compliance \
             Finding (class 2003) of OCSF 1.4, on a line of its own.",
        ],
        "hostprep repair" => &[
            "With --dry-run the result is that of hostprep check: the host's present state. It shows every command and \
             file of the host that repair would change, except hostprep's own (receipt, fault store, log, lock).",
            "It checks the running kernel. --kernel needs --dry-run or --root.",
            "The packages' units run it at boot (hostprep.service, with --source boot) and daily (hostprep.timer, with \
             --source timer). To turn them off: systemctl mask --now hostprep.service hostprep.timer.",
        ],
        "hostprep remove" => &[
            "It deletes the user, group, directories and policy module that hostprep created, if they still have the ids \
             from then. A corrected mode of a directory that existed before stays corrected.",
        ],
        "hostprep generalize" => &[
            "It removes the faults, their events and the records of the load lock and the last run, and keeps what prepared the system: \
             accounts, directories, the policy module and the receipt. Run it last, then shut the machine down.",
        ],
        "hostprep report" => &[
            "It reads results: the output of hostprep check --format json or hostprep repair --format json. A directory is \
             read with everything below it that is named *.json; symbolic links in it are left out. A file that is no \
             result, is larger than 4 MiB, or is of a newer schema is named on standard error and in the report, and left \
             out, and so is what is no file. Only a path that does not exist is an error. If a host has several results, the newest counts. Hosts are the same if name and machine id are; the \
             name of a result that has none is that of its file.",
            "The page is one file. It needs no network, and its tables need no script. Values longer than 300 characters \
             and lists longer than 100 rows are cut in the page and whole in the other formats. In the table a cell that \
             a spreadsheet would take for a formula begins with an apostrophe.",
            "A waived fault is counted apart. A result older than seven days is counted as such.",
        ],
        "hostprep support-bundle" => &[
            "Of long files the end is kept: 1 MiB each, the newest 10,000 events, 5,000 lines of the journal. Denials are the \
             lines of the audit log about eBPF or the agent's domain. Run it as root; otherwise what only root may read is \
             missing. The archive has mode 0600. A configuration that cannot be used is in it as it is, with the error; the other \
             parts are then those of the default.",
            "With --redact, names of this host and of hosts in its domains (those of its name and of /etc/resolv.conf), IP \
             addresses and hardware addresses are replaced, however they are written. Other text is not looked at: read the archive before you send it.",
        ],
        "hostprep schema" => &[
            "Without NAME it lists the outputs. With NAME it prints the JSON Schema (draft 2020-12) of that output, which is \
             also in /usr/share/hostprep/schema. It reads nothing of the host.",
            "Keys may be added to an output; none is taken away or changes its meaning while schema is 1.",
        ],
        "hostprep load-lock" => &[
            "The service that loads the component calls begin before the load, and end when the component is unloaded or \
             the host shuts down cleanly. A load without an end is an unclean load. Two unclean loads within an hour (set \
             in the profile) lock the component: begin exits with 5, and faults 8 and 9 are raised. The command reset \
             unlocks it, and so does an upgrade or reinstallation of the package.",
            "systemd also runs ExecStopPost when the service fails, so only a crash of the host leaves a load open. On a \
             host with a clock that starts in the past, order the unit after time-sync.target.",
        ],
        "hostprep hook" | "hostprep hook rpm" | "hostprep hook deb" => &[
            "A failing scriptlet leaves the package manager's transaction half done. Problems therefore become faults, \
             log lines and messages on standard error, not an exit status.",
            "If /etc/cisco/hostprep.toml, or a profile that it names, cannot be read, a hook does nothing, because it does \
             not know its agent.",
        ],
        "hostprep hook kernel" => &[
            "The package's plugin for kernel-install(8) calls it, and so do its scripts in Debian's /etc/kernel. If the \
             next boot runs another kernel than the running one, that kernel is judged: a fault that only it has is \
             printed on standard error with the package to install before the reboot, and is written to the log. It is \
             not raised.",
            "A removed kernel does not count, even if its files are still there. On a system that is not booted, such as \
             a chroot, the newest kernel is judged as by hostprep check, and its faults are raised.",
        ],
        _ => &[],
    }
}

/// Returns the exit codes of a command that differ from those of the main page.
pub fn exit_status(command: &str) -> Option<&'static str> {
    command
        .starts_with("hostprep hook")
        .then_some("Always 0, whatever the state of the host; 2 only for a call that no package manager makes.")
}

/// Returns the exit codes of a command whose `--help` does not list them.
pub fn exit_codes(command: &str) -> Vec<(u8, &'static str)> {
    let mut codes = vec![(1, "hostprep failed"), (2, "usage error")];
    codes.extend::<Vec<_>>(match command {
        "hostprep check" | "hostprep repair" => vec![
            (0, "no problem"),
            (3, "faults are found"),
            (4, "no fault, but something is unknown, deferred, pending (from the next boot on) or not done yet"),
        ],
        "hostprep status" => vec![
            (0, "no fault is raised, or the output went to a file"),
            (3, "faults are raised"),
            (4, "no fault is raised, but one is pending from the next boot on"),
        ],
        "hostprep explain" | "hostprep faults show" => vec![(0, "the fault is not raised"), (3, "the fault is raised")],
        "hostprep faults list" => vec![(0, "no fault is raised"), (3, "faults are raised")],
        "hostprep policy status" => vec![
            (0, "the rule is in force, or has no meaning on this host"),
            (3, "the kernel denies what the rule allows"),
            (4, "no denial, but the rule is not in force, or that is unknown"),
        ],
        "hostprep load-lock begin" => vec![(0, "the component may be loaded"), (5, "the load lock is locked")],
        "hostprep load-lock status" => vec![(0, "the load lock is open"), (5, "the load lock is locked")],
        _ => vec![(0, "done")],
    });
    codes.sort_unstable();
    codes
}

/// A path, or some with commas, and what is there.
type File = (&'static str, &'static str);

const CONFIGURATION: File = ("/etc/cisco/hostprep.toml", "Steps to skip, and what is accepted: see hostprep.toml(5).");
const KERNELS: File = (
    "/etc/cisco/kernels.toml, /usr/lib/hostprep/kernels.toml",
    "The table of supported kernels: the administrator's and the package's. Where the first is there, it alone counts.",
);
const FAULTS: File = ("/var/lib/cisco/faults/", "The fault store, shared with the connector.");
const LOG: File = ("/var/log/cisco/hostprep.log", "The commands that were run, and the outcome of each step.");
const LOCK: File = ("/run/cisco/hostprep.lock", "Allows one hostprep at a time.");
const BUILD_DIR: File = ("/opt/cisco/hostprep/policy", "The directory in which the policy module is compiled.");
const POLICY_STORE: File = ("/var/lib/selinux/", "The policy store. On old systems it is in /etc/selinux.");
const SELINUX_CONFIG: File = ("/etc/selinux/config", "Names the policy of this host.");
const LOAD_LOCK: File = ("/var/lib/cisco/hostprep/", "load-lock.json: the loads without an end.");

/// Returns FILES of a command's page.
pub fn files(command: &str) -> &'static [File] {
    match command {
        "hostprep" => FILES,
        "hostprep check" => &[CONFIGURATION, KERNELS],
        "hostprep repair" => &[
            CONFIGURATION,
            KERNELS,
            ("/var/lib/cisco/faults/", "The fault store: faults are raised and cleared here."),
            ("/var/lib/cisco/hostprep/", "The receipt of what repair created, which hostprep remove undoes."),
            BUILD_DIR,
            POLICY_STORE,
            LOCK,
            LOG,
        ],
        "hostprep status" => {
            &[FAULTS, ("/var/lib/cisco/hostprep/", "last-run.json: when the last run was and how it ended."), KERNELS]
        }
        "hostprep explain" => &[FAULTS],
        "hostprep remove" => &[
            ("/var/lib/cisco/hostprep/", "The receipt of what hostprep created. It goes last."),
            ("/var/lib/cisco/faults/", "The fault store: the faults of hostprep are cleared here."),
            POLICY_STORE,
            LOCK,
            ("/var/log/cisco/hostprep.log", "What was done. It stays."),
        ],
        "hostprep generalize" => &[
            ("/var/lib/cisco/faults/", "The faults and their events are removed from here."),
            ("/var/lib/cisco/hostprep/", "The load lock and the last run are removed from here; the receipt stays."),
            LOCK,
            LOG,
        ],
        "hostprep report" => &[("*.json", "The results of the hosts, in the directories that are given.")],
        "hostprep support-bundle" => &[(
            "hostprep-support-HOST-TIME.tar.gz",
            "The archive, in the current directory. manifest.json in it names each part, or why it is missing.",
        )],
        "hostprep schema" => &[("/usr/share/hostprep/schema/", "The schemas of the package.")],
        "hostprep faults raise" | "hostprep faults clear" => &[FAULTS, LOCK, LOG],
        _ if command.starts_with("hostprep faults") => &[FAULTS],
        "hostprep load-lock status" => &[LOAD_LOCK],
        "hostprep load-lock end" => &[LOAD_LOCK, LOG],
        _ if command.starts_with("hostprep load-lock") => &[LOAD_LOCK, FAULTS, LOG],
        "hostprep policy generate" => &[SELINUX_CONFIG],
        "hostprep policy compile" => &[
            ("DIR/MODULE.pp, DIR/MODULE.cil", "The module, called as in the profile: a package, or CIL."),
            SELINUX_CONFIG,
        ],
        "hostprep policy status" => &[SELINUX_CONFIG, POLICY_STORE],
        "hostprep policy remove" => &[POLICY_STORE, LOCK, LOG],
        _ if command.starts_with("hostprep policy") => &[BUILD_DIR, POLICY_STORE, FAULTS, LOCK, LOG],
        "hostprep hook kernel" => &[HOOKS_CONFIGURATION, KERNELS, FAULTS, HOOKS_LOG],
        _ if command.starts_with("hostprep hook") => &[HOOKS_CONFIGURATION, FAULTS, LOCK, HOOKS_LOG],
        _ => &[],
    }
}

const HOOKS_CONFIGURATION: File = ("/etc/cisco/hostprep.toml", "If it cannot be read, a hook does nothing.");
const HOOKS_LOG: File = ("/var/log/cisco/hostprep.log", "What a hook did.");

/// Returns what SEE ALSO of a command's page names after the pages of the commands above it.
pub fn see_also(command: &str) -> &'static [(&'static str, u8)] {
    match command {
        "hostprep check" => &[("hostprep-repair", 8), ("hostprep.toml", 5)],
        "hostprep repair" => &[("hostprep-check", 8), ("hostprep-remove", 8), ("hostprep.toml", 5)],
        "hostprep status" => &[("hostprep-explain", 8), ("hostprep-faults", 7)],
        "hostprep explain" => &[("hostprep-status", 8), ("hostprep-faults", 7)],
        "hostprep remove" => &[("hostprep-repair", 8), ("hostprep-generalize", 8)],
        "hostprep report" => &[("hostprep-check", 8)],
        "hostprep hook rpm" => &[("rpm", 8)],
        "hostprep hook deb" => &[("dpkg", 1)],
        "hostprep hook kernel" => &[("kernel-install", 8)],
        "hostprep policy" | "hostprep policy install" | "hostprep policy remove" => &[("semodule", 8)],
        "hostprep policy compile" => &[("checkmodule", 8), ("secilc", 8)],
        _ if command.starts_with("hostprep faults") => &[("hostprep-faults", 7)],
        _ => &[],
    }
}

/// FILES of the main page.
const FILES: &[File] = &[
    (
        "/etc/cisco/hostprep.toml",
        "The optional configuration: steps to skip, what is accepted for some time, the language, another profile. See \
         hostprep.toml(5).",
    ),
    (
        "/usr/lib/hostprep/hostprep.toml, /etc/cisco/hostprep.toml.d/*.toml",
        "The same keys. The first is overridden by /etc/cisco/hostprep.toml, the others, sorted by name, override it. Every \
         [[accept]] counts.",
    ),
    KERNELS,
    FAULTS,
    (
        "/var/lib/cisco/hostprep/",
        "The receipt of what hostprep created, the record of a temporary change of /etc/login.defs, the load lock, and \
         last-run.json: when the last run was and how it ended.",
    ),
    (
        "/run/cisco/hostprep.lock",
        "Allows one hostprep at a time. A second one waits up to five minutes, a hook one minute.",
    ),
    ("/var/log/cisco/hostprep.log", "The commands that were run, their duration, and the outcome of each step."),
    ("/usr/share/hostprep/schema/", "The JSON Schemas of the outputs."),
    BUILD_DIR,
    POLICY_STORE,
    (
        "/etc/login.defs",
        "If USERGROUPS_ENAB is not yes, it is set to yes while useradd or userdel runs; then the file is restored exactly. \
         After a crash, the next run of hostprep restores it first. If the file cannot be changed, hostprep runs useradd \
         --user-group instead.",
    ),
];

/// SEE ALSO of the main page, after its commands.
pub const SEE_ALSO: &[(&str, u8)] = &[
    ("hostprep.toml", 5),
    ("hostprep-profile", 5),
    ("hostprep-faults", 7),
    ("login.defs", 5),
    ("checkmodule", 8),
    ("selinux", 8),
    ("semodule", 8),
    ("useradd", 8),
];
