# English. Every message here has its counterpart in each other language; a test compares them with catalogue.toml.

fault-5 = Scan Service User Unavailable
    .condition = The account that scans files is missing or is not set up as required, or one of the directories under { $directory } is no longer owned by root with mode 0755.
    .degraded = Files are still scanned, but by root instead of the unprivileged user { $user }: a flaw in a file parser would then have root's rights.
    .resolution-repair = Run “hostprep repair”. It makes the user { $user } and the group of the same name, or puts right what was changed about them.
    .resolution-login-defs = Where /etc/login.defs has USERGROUPS_ENAB set to something other than yes and cannot be written, make it writable (see lsattr and mount) and repair again; the setting is put back afterwards.
    .resolution-directories = Give { $directory } and the directories below it back to root with mode 0755, and stop the program that changed them.
    .resolution-restart = Restart the connector, so that it looks again.

fault-11 = Required Kernel-Devel Package Is Missing
    .condition = The running kernel { $kernel } carries no type information (BTF), and no headers of exactly this kernel are installed, so the eBPF programs cannot be built for it.
    .degraded = File and network activity are monitored in a reduced way.
    .resolution-kernel = Update the kernel to one that is built with CONFIG_DEBUG_INFO_BTF and start it. This lasts longest.
    .resolution-headers = Otherwise install the headers of the running kernel: the package { $package }, in the version { $kernel }.
    .resolution-archive = Where the package sources no longer carry that version, take it from the distribution's archive, or update the kernel and the headers together.
    .resolution-restart = Wait a minute; if the fault is still there, restart the connector.

fault-19 = SELinux Policy Is Missing Or Disabled
    .condition = SELinux is enforcing, and its policy does not let the domain { $domain } create, read and write BPF maps, nor load and run BPF programs.
    .degraded = The connector cannot observe what happens on the host.
    .resolution-tools = Install { $tools }, which brings the tools to add a policy module.
    .resolution-repair = Run “hostprep repair”. It installs the module { $module }, or switches it on again, and asks the kernel whether that was enough.
    .resolution-by-hand = Or add the rule to your own policy: allow { $domain } self:bpf {"{"} map_create map_read map_write prog_load prog_run {"}"};
    .resolution-restart = Restart the connector, so that it loads its programs.

reason-tools-missing = a tool that is needed is not installed
reason-class-missing = the policy has no object class for BPF
reason-type-missing = the policy does not have the connector's domain
reason-policy-version = the policy tools and the policy disagree on a format version
reason-store-locked = another program keeps the policy store locked
reason-store-broken = the policy store is damaged
reason-store-read-only = the policy store cannot be written
reason-module-disabled = the policy module is switched off
reason-module-missing = the policy module is not installed
reason-neverallow = the policy forbids the rule outright
reason-policy-denies = the kernel still denies it, though everything is in place
reason-policy-load-failed = the policy could not be built or loaded
reason-user-missing = the user or its group does not exist
reason-user-mismatch = the user or its group is not as required
reason-account-files-immutable = the account files are protected against changes
reason-login-defs-blocked = login.defs stands in the way and cannot be changed
reason-user-tool-failed = the tool that makes users failed
reason-directory-missing = a directory does not exist
reason-directory-mode = a directory has the wrong mode
reason-directory-owner = a directory belongs to somebody else
reason-directory-symlink = a symbolic link stands in place of a directory
reason-directory-mount = another file system is mounted in place of a directory
reason-read-only-filesystem = the file system is mounted read-only
reason-headers-missing = no kernel headers are installed
reason-headers-mismatch = the installed kernel headers are of another kernel
reason-raised-by-hand = somebody raised it on the command line

scope-directories = the cause “changed directories”
scope-red-hat = Red Hat Enterprise Linux and its relatives
scope-debian = Debian and its relatives
scope-oracle-uek = Oracle Linux with the Unbreakable Enterprise Kernel 6 or later
