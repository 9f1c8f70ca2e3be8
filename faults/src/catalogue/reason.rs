//! Why a fault is raised.

use super::stable_words::stable_words;

stable_words! {
    /// Why a fault is raised: a stable word for programs. Which belong to which fault says the catalogue.
    Reason {
        /// A program that repair needs is not installed.
        ToolsMissing = "tools-missing",
        /// The policy does not know the object class, or one of the permissions.
        ClassMissing = "class-missing",
        /// The policy does not know the domain's type.
        TypeMissing = "type-missing",
        /// The policy tools and the policy do not agree on a format version.
        PolicyVersion = "policy-version",
        /// Another program held the policy store all the while.
        StoreLocked = "store-locked",
        /// The policy store is damaged, so that no transaction succeeds.
        StoreBroken = "store-broken",
        /// The policy store cannot be written.
        StoreReadOnly = "store-read-only",
        /// The policy module is installed and switched off.
        ModuleDisabled = "module-disabled",
        /// The policy module is not installed.
        ModuleMissing = "module-missing",
        /// A neverallow rule of the base policy forbids our rule.
        Neverallow = "neverallow",
        /// The agent's file system is mounted so that its program cannot be started in its domain.
        MountOptions = "mount-options",
        /// The kernel, or the compiled policy, denies the rule, and not for lack of the module alone.
        PolicyDenies = "policy-denies",
        /// The agent's program is not labelled for its own domain.
        ProgramLabel = "program-label",
        /// The agent runs in another domain until it is restarted.
        AgentNotRestarted = "agent-not-restarted",
        /// The kernel accepts no policy before the next boot: the boolean `secure_mode_policyload`.
        PolicyLoadLocked = "policy-load-locked",
        /// The policy could not be built or loaded, for a reason that no other word covers.
        PolicyLoadFailed = "policy-load-failed",
        /// There was not enough memory for a tool that repair runs.
        OutOfMemory = "out-of-memory",
        /// The user or its group does not exist.
        UserMissing = "user-missing",
        /// The user or its group is not what it has to be.
        UserMismatch = "user-mismatch",
        /// The account files cannot be changed, even by root.
        AccountFilesImmutable = "account-files-immutable",
        /// The account files are locked: by a process, or by a lock file that one left behind.
        AccountFilesLocked = "account-files-locked",
        /// Each id for system users or groups is taken.
        UidRangeFull = "uid-range-full",
        /// The file system has no space left.
        DiskFull = "disk-full",
        /// `login.defs` forbids what is needed and cannot be changed for the moment it takes.
        LoginDefsBlocked = "login-defs-blocked",
        /// `useradd` or a tool like it failed.
        UserToolFailed = "user-tool-failed",
        /// A managed directory does not exist and cannot be made.
        DirectoryMissing = "directory-missing",
        /// A managed directory has another mode.
        DirectoryMode = "directory-mode",
        /// A managed directory has the wrong owner.
        DirectoryOwner = "directory-owner",
        /// A symbolic link is in a managed directory's place.
        DirectorySymlink = "directory-symlink",
        /// Another file system is mounted in a managed directory's place.
        DirectoryMount = "directory-mount",
        /// The file system cannot be written.
        ReadOnlyFilesystem = "read-only-filesystem",
        /// No kernel headers are installed.
        HeadersMissing = "headers-missing",
        /// Kernel headers are installed, and only those of other kernels.
        HeadersMismatch = "headers-mismatch",
        /// Headers of this kernel are installed, and parts of them are missing.
        HeadersIncomplete = "headers-incomplete",
        /// The process that scans files failed again and again.
        ScanProcessFailing = "scan-process-failing",
        /// The process that scans files did not start.
        ScanStartFailed = "scan-start-failed",
        /// The host has less memory than the agent needs.
        MemoryLow = "memory-low",
        /// Virus definitions cannot be read.
        DefinitionsUnreadable = "definitions-unreadable",
        /// Virus definitions are not what they have to be.
        DefinitionsInvalid = "definitions-invalid",
        /// UEFI Secure Boot is on, which keeps the agent's kernel module out.
        SecureBoot = "secure-boot",
        /// The kernel takes only signed modules, and the agent's is not.
        SignatureEnforced = "signature-enforced",
        /// The agent has no kernel module for this kernel.
        KernelModuleMissing = "kernel-module-missing",
        /// The kernel refused the agent's module.
        KernelModuleRefused = "kernel-module-refused",
        /// The kernel is locked down so far that eBPF programs cannot read its memory.
        Lockdown = "lockdown",
        /// The kernel does not let root use bpf(2).
        BpfNotPermitted = "bpf-not-permitted",
        /// The kernel refuses a program that does nothing.
        BpfProgramRejected = "bpf-program-rejected",
        /// The load lock keeps the agent's kernel component out, since the host went down with it repeatedly.
        LoadLocked = "load-locked",
        /// The running kernel is not one that the agent supports.
        KernelUnsupported = "kernel-unsupported",
        /// The kernel was built without an option that eBPF programs need.
        KernelOption = "kernel-option",
        /// More happens on the host than the agent can watch.
        EventsOverloaded = "events-overloaded",
        /// The fault was raised on the command line.
        RaisedByHand = "raised-by-hand",
    }
}
