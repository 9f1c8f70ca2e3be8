# English. The build checks every file here against catalogue.toml and src/texts/message_keys.rs: each has the same messages.
# Text in “quotes” is typed, or appears, exactly as written.

fault-5 = Scan Service User Unavailable
    .cause = The account that scans files is missing or is not set up as required, or { $directory } or one of the directories under it is no longer owned by root with mode 0755.
    .impact = Files are still scanned, but by root instead of the unprivileged user { $user }: a flaw in a file parser would then have root's rights.
    .resolution-repair = Run “{ $program } repair”. It creates the user { $user } and the group of the same name, or corrects their settings.
    .resolution-login-defs = If USERGROUPS_ENAB in /etc/login.defs is not yes and the file cannot be changed, { $program } itself first tries “useradd --user-group”. If that fails too, make the file writable (see lsattr and mount) and run “{ $program } repair” again. The repair restores the setting afterwards.
    .resolution-directories = Set { $directory } and the directories under it to owner root and mode 0755 again, and stop the program that changed them.
    .resolution-restart = Restart the connector, so that it checks again.

fault-6 = Scan Service Restarting Frequently
    .cause = The process that scans files failed repeatedly, and the connector restarted itself to recover it.
    .impact = Scanning continues as far as possible; some files may go unscanned.
    .resolution-wait = Wait. Once ten minutes have passed since the restart without a failure, the fault clears by itself.
    .resolution-files = If it does not, look in the logs for the file that makes the scanner crash, and remove it or exclude it from scanning.

fault-7 = Scan Service Failed To Start
    .cause = The process that scans files does not start, even after the connector restarted itself; or this host lacks what the process needs to start.
    .impact = No file is scanned.
    .resolution-restart = Restart the connector. When it starts, it removes invalid virus definitions{ $definitions ->
        [none] {""}
       *[other] {" "}({ $definitions } files)
    }.
    .resolution-definitions = If the fault comes back with every update of the definitions, the connector's integrity check misses an invalid { $definitions ->
        [none] file
       *[other] { $definitions } file
    }: keep the logs and contact the vendor's support.
    .resolution-memory = Check the available memory with “free -m”; with too little memory, the scanner cannot start. The connector's documentation lists the memory that Linux hosts need. Stop other programs or add memory.

fault-8 = Realtime Filesystem Monitor Failed To Start
    .cause = { $filesystem-module ->
        [none] The kernel keeps out the eBPF programs that watch the file system.
       *[other] The kernel module { $filesystem-module }, which watches the file system, could not be loaded, or the kernel keeps out the eBPF programs that newer kernels are watched with.
    }{ $filesystem-option ->
        [none] {""}
       *[other] {" "}This is needed only if the connector's policy has “{ $filesystem-option }” on.
    }
    .impact = Activity in the file system is not monitored.
    .resolution-secure-boot = Turn off UEFI Secure Boot in the firmware setup; “mokutil --sb-state” shows whether it is on.
    .resolution-conflict = If it is off, look in /var/log/messages for the reason why the kernel refused the module: { $filesystem-module ->
        [none] it
       *[other] { $filesystem-module }
    } may conflict with the kernel or with a third-party module.
    .resolution-kernel = If the connector does not support the running kernel { $kernel }, boot one that it supports{ $filesystem-module ->
        [none] {""}
       *[other] {" "}or, if its version takes a module that you built, build { $filesystem-module } for this kernel
    }.
    .resolution-lockdown = If the kernel is locked down (“cat /sys/kernel/security/lockdown” shows [confidentiality]), replace “lockdown=confidentiality” on its command line by “lockdown=integrity” and reboot.
    .resolution-load-lock = If the load lock is the reason, “{ $program } load-lock status” shows why it is locked. Correct the cause first, then run “{ $program } load-lock reset”. An upgrade or a reinstallation of the connector unlocks it too.

fault-9 = Realtime Network Monitor Failed To Start
    .cause = { $network-module ->
        [none] The kernel keeps out the eBPF programs that watch the network.
       *[other] The kernel module { $network-module }, which watches the network, could not be loaded, or the kernel keeps out the eBPF programs that newer kernels are watched with.
    }{ $network-option ->
        [none] {""}
       *[other] {" "}This is needed only if the connector's policy has “{ $network-option }” on.
    }
    .impact = Activity on the network is not monitored.
    .resolution-secure-boot = Turn off UEFI Secure Boot in the firmware setup; “mokutil --sb-state” shows whether it is on.
    .resolution-conflict = If it is off, look in /var/log/messages for the reason why the kernel refused the module: { $network-module ->
        [none] it
       *[other] { $network-module }
    } may conflict with the kernel or with a third-party module.
    .resolution-kernel = If the connector does not support the running kernel { $kernel }, boot one that it supports{ $network-module ->
        [none] {""}
       *[other] {" "}or, if its version takes a module that you built, build { $network-module } for this kernel
    }.
    .resolution-lockdown = If the kernel is locked down (“cat /sys/kernel/security/lockdown” shows [confidentiality]), replace “lockdown=confidentiality” on its command line by “lockdown=integrity” and reboot.
    .resolution-load-lock = If the load lock is the reason, “{ $program } load-lock status” shows why it is locked. Correct the cause first, then run “{ $program } load-lock reset”. An upgrade or a reinstallation of the connector unlocks it too.

fault-11 = Required Kernel-Devel Package Is Missing
    .cause = The running kernel { $kernel } has no type information (BTF), and no headers of exactly this kernel are installed, so the eBPF programs cannot be built for it.
    .impact = File and network activity are monitored only in part.
    .resolution-kernel = Update the kernel to one that is built with CONFIG_DEBUG_INFO_BTF and boot it. This is the lasting solution.
    .resolution-headers = Otherwise install the headers of exactly the running kernel, the package { $package }:
        { $install-headers }
    .resolution-archive = If the package sources no longer have that version, take it from the distribution's archive, or update the kernel and the headers together.
    .resolution-restart = Wait a minute; if the fault is still there, restart the connector.

fault-16 = Incompatible Kernel
    .cause = This version of the connector does not support the running kernel { $kernel }, or that kernel was built without an option that eBPF programs need{ $filesystem-option ->
        [none] {""}
       *[other] {", "}and the connector's policy has “{ $filesystem-option }” or “{ $network-option }” on
    }.
    .impact = File and network activity are not monitored as the policy requires.
    .resolution-kernel = Boot an older kernel that the connector supports.
    .resolution-connector = Or upgrade the connector to a version that supports { $kernel }; its system requirements for Linux list the kernels.
    .resolution-option = If an option of the kernel is the reason, boot a kernel of the distribution, or build yours with that option.

fault-18 = Connector Event Monitoring Is Overloaded
    .cause = There are more events on the host than the connector can monitor. If the fault is major, it monitors fewer kinds of events until the load falls. If it is critical, the load is even higher.
    .impact = Protection is limited to the events that matter most.
    .resolution-exclusion = Look for a very busy program (“top” shows some). If it is benign and you trust it, add it to a process exclusion set in the policy; this alone may clear the fault.
    .resolution-investigate = If no benign program explains the load, look for a malicious process.
    .resolution-wait = After a short peak there is nothing to do: the fault clears by itself once the load falls.
    .resolution-provision = If the fault is raised often and neither a benign nor a malicious process causes it, move the work to a larger machine.

fault-19 = SELinux Policy Is Missing Or Disabled
    .cause = SELinux is enforcing, and its policy does not allow the domain { $domain } all that the connector needs of the class { $class }: { $permissions }.
    .impact = The connector cannot monitor activity on the host.
    .resolution-tools = Install { $tools }, which provides the tools to add a policy module:
        { $install-tools }
    .resolution-repair = Run “{ $program } repair”. It installs the module { $module }, or enables it again, and asks the kernel whether that was enough.
    .resolution-by-hand = Or add the rule to your own policy:
        allow { $domain } self:{ $class } {"{"} { $permissions } {"}"};
    .resolution-restart = Restart the connector, so that it loads its programs.

reason-tools-missing = a required tool is not installed
reason-class-missing = the policy does not know the object class for BPF, or one of its permissions
reason-type-missing = the policy does not have the connector's domain
reason-policy-version = the policy tools and the policy disagree on a format version
reason-store-locked = another program keeps the policy store locked
reason-store-broken = the policy store is damaged
reason-store-read-only = the policy store cannot be written
reason-module-disabled = the policy module is disabled
reason-module-missing = the policy module is not installed
reason-neverallow = the policy forbids the rule outright
reason-mount-options = a mount option keeps the connector's program out of its domain
reason-policy-denies = the policy still denies it
reason-program-label = the connector's program is not labelled for its own domain
reason-agent-not-restarted = the connector still runs in another domain
reason-policy-load-locked = the kernel accepts no new policy before the next boot
reason-policy-load-failed = the policy could not be built or loaded
reason-out-of-memory = there is not enough memory to build the policy
reason-user-missing = the user or its group does not exist
reason-user-mismatch = the user or its group is not as required
reason-account-files-immutable = the account files are protected against changes
reason-account-files-locked = the account files are locked
reason-uid-range-full = no id is left for a system user or group
reason-disk-full = the file system is full
reason-login-defs-blocked = a setting in login.defs prevents it and cannot be changed
reason-user-tool-failed = the tool that creates users failed
reason-directory-missing = a directory does not exist
reason-directory-mode = a directory has the wrong mode
reason-directory-owner = a directory has the wrong owner
reason-directory-symlink = a symbolic link is in place of a directory
reason-directory-mount = another file system is mounted over a directory
reason-read-only-filesystem = the file system is mounted read-only
reason-headers-missing = no kernel headers are installed
reason-headers-mismatch = the installed kernel headers are for another kernel
reason-headers-incomplete = parts of the kernel headers are missing
reason-scan-process-failing = the process that scans files fails repeatedly
reason-scan-start-failed = the process that scans files does not start
reason-memory-low = too little memory is available
reason-definitions-unreadable = virus definitions cannot be read
reason-definitions-invalid = virus definitions are invalid
reason-secure-boot = UEFI Secure Boot is on and keeps the kernel module out
reason-signature-enforced = the kernel loads only signed modules, and this one is unsigned
reason-kernel-module-missing = there is no module for the running kernel
reason-kernel-module-refused = the kernel refused the module
reason-lockdown = the kernel is locked down for confidentiality, so eBPF programs cannot read its memory
reason-bpf-not-permitted = the kernel does not let root use bpf(2)
reason-bpf-program-rejected = the kernel refuses even an eBPF program that does nothing
reason-load-locked = the load lock is locked, because the host crashed repeatedly with the kernel component loaded
reason-kernel-unsupported = the connector does not support the running kernel
reason-kernel-option = the kernel was built without an option that eBPF programs need
reason-events-overloaded = there are more events than the connector can monitor
reason-raised-by-hand = raised on the command line

scope-directories = if the directories were changed
scope-kernel-modules = RHEL and CentOS 6 and 7; Oracle Linux 7 with RHCK, or with UEK 5 or earlier; Amazon Linux 2 with kernel 4.14 or earlier
scope-own-module = building the module yourself
scope-ebpf = causes that keep eBPF programs out
scope-red-hat = RHEL, CentOS, Rocky Linux and AlmaLinux 8 or later; Oracle Linux 8 with RHCK
scope-amazon = Amazon Linux 2 with kernel 4.19 or later
scope-debian = Debian 10 or later; Ubuntu 18.04 or later
scope-oracle-uek = Oracle Linux 7 and 8 with UEK 6 or later
scope-suse = SUSE Linux and its relatives
scope-enterprise-linux = Enterprise Linux with a base policy that lacks the rule: EL 7 and its relatives, depending on the update level

source-install = the installation
source-upgrade = an upgrade
source-repair = a repair
source-boot = the check at boot
source-timer = the daily check
source-trigger = the check after another package was installed
source-remove = the removal
source-manual = a manual command
source-load-lock = the load lock
source-runtime = the running connector

word-heading = Fault { $id }: { $title } ({ $severity })
word-critical = critical
word-major = major
word-minor = minor
word-raised = Raised
word-not-raised = no (the fault store has what the last repair or the running connector found; “{ $command }” looks now)
word-since = since { $time }, by { $source }
word-why = { $reason }: { $detail }
word-remedy = To fix it on this host
word-in-root = These commands are for the system in { $root }. Run each in that root, or see the commands for this machine:
    chroot { $root } COMMAND
    { $command }
word-when = Cause
word-meanwhile = Impact
word-what-to-do = What to do
word-applies = Applies from
word-connector = connector { $version }
word-any-connector = any connector
word-logs = Logs
word-cleared = Fault { $id } is cleared: its cause is gone
word-more = More about it
word-reasons = Reasons
word-page-summary = faults of the connector, their reasons, and what clears them
word-page-about = { $program } and the connector record what is wrong with a host as numbered faults, in one store. “{ $status }” lists those that are raised, and “{ $explain }” explains one for this host. A fault clears by itself once its cause is gone.
word-page-commands = Names of packages and commands below are examples of Enterprise Linux; “{ $explain }” shows those of this host. Titles and numbers are the vendor's.
word-section-name = NAME
word-section-description = DESCRIPTION
word-section-faults = FAULTS
word-section-see-also = SEE ALSO
