//! What a man page says beyond the command line's own help.

/// Paragraphs after the first of DESCRIPTION, by the command as it is called.
pub fn description(command: &str) -> &'static [&'static str] {
    match command {
        "hostprep" => &[
            "It looks after the SELinux rule that lets the connector use eBPF, the unprivileged user that scans files, the \
             directories of the agent, and the kernel's BTF or headers.",
            "What is still wrong after it has tried is raised as fault 5, 11 or 19 in a store shared with the connector, \
             with the exact commands for this host, and cleared as soon as it is right. What else a host shows by itself is \
             told too: a kernel that is not supported (16), what keeps a kernel module out (8, 9), what the scan service \
             lacks (7).",
            "It asks the kernel whether the rule is in force and does nothing where it is; a second run on a healthy host \
             starts no process and writes no file.",
        ],
        "hostprep check" => {
            &["It works for every user, as far as the user may look, and writes nothing, not even a log."]
        }
        "hostprep repair" => &[
            "With --dry-run it answers as hostprep check does: with the host as it is now. It shows every command and \
             every file of the host that is changed, not what hostprep keeps for itself (journal, fault store, log, lock).",
            "It judges the running kernel; --kernel goes with --dry-run or --root.",
        ],
        "hostprep remove" => &[
            "The user, group, directories and policy module are deleted that hostprep made, as long as they have the ids \
             they were made with. A mode that it put right on a directory that was there before stays right.",
        ],
        "hostprep load-lock" => &[
            "Whoever loads the component calls begin before, and end when it is unloaded or the host shuts down in order. \
             A load that nobody ended counts as an ungraceful end. Two within an hour (the profile says) lock it: begin \
             exits with 5, and faults 8 and 9 are raised. Upgrading or reinstalling the package unlocks it, and so does reset.",
            "systemd runs ExecStopPost also when the service fails, so that only a host that goes down leaves a load open. \
             On a host whose clock starts in the past, order the unit after time-sync.target.",
        ],
        "hostprep hook" | "hostprep hook rpm" | "hostprep hook deb" => &[
            "A failing scriptlet wedges the package manager. What is wrong is therefore a fault, a line on standard error \
             and a line in the log, and not an exit status.",
            "Where /etc/cisco/hostprep.toml, or a profile that it names, cannot be read, a hook does nothing, since it \
             does not know for which agent.",
        ],
        _ => &[],
    }
}

/// What a command exits with, where that differs from the codes of the main page.
pub fn exit_status(command: &str) -> Option<&'static str> {
    command
        .starts_with("hostprep hook")
        .then_some("0 whatever the host's state, and 2 only for a call that no package manager makes.")
}

/// FILES of the main page.
pub const FILES: &[(&str, &str)] = &[
    ("/etc/cisco/hostprep.toml", "Optional. Another profile, steps that are left alone, the language of fault texts."),
    ("/var/lib/cisco/faults/", "The fault store, shared with the connector."),
    (
        "/var/lib/cisco/hostprep/",
        "What hostprep made and may undo, whether /etc/login.defs is changed for now, and the load lock.",
    ),
    ("/run/cisco/hostprep.lock", "One hostprep at a time; a second one waits five minutes at most, a hook one minute."),
    ("/var/log/cisco/hostprep.log", "What was run, how long it took, what became of each step."),
    ("/opt/cisco/hostprep/policy", "Where the policy module is compiled."),
    (
        "/etc/login.defs",
        "If USERGROUPS_ENAB is not yes, it is set to yes while useradd or userdel runs; then the file is restored exactly. \
         After a crash, the next run of hostprep restores it first. If the file cannot be changed, hostprep runs useradd \
         --user-group instead.",
    ),
];

/// SEE ALSO of the main page, after its commands.
pub const SEE_ALSO: &[(&str, u8)] =
    &[("login.defs", 5), ("checkmodule", 8), ("selinux", 8), ("semodule", 8), ("useradd", 8)];
