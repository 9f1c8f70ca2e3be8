//! The kinds of programs, with the names that bpftool(8) has for them.

/// A kind of program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgramKind(&'static Kind);

#[derive(Debug, PartialEq, Eq)]
struct Kind {
    name: &'static str,
    /// `enum bpf_prog_type` of `linux/bpf.h`.
    number: u32,
    /// How it is to be attached (`enum bpf_attach_type`), for kinds that the kernel loads only for a target.
    attach_type: Option<u32>,
    /// The option without which the kernel does not know it.
    option: &'static str,
}

const fn plain(name: &'static str, number: u32, option: &'static str) -> Kind {
    Kind { name, number, attach_type: None, option }
}

/// `BPF_PROG_TYPE_KPROBE`, which kprobes and uprobes share.
const KPROBE: u32 = 2;

const KINDS: [Kind; 18] = [
    plain("socket_filter", 1, "BPF_SYSCALL"),
    plain("kprobe", KPROBE, "BPF_EVENTS"),
    plain("sched_cls", 3, "NET_CLS_BPF"),
    plain("sched_act", 4, "NET_ACT_BPF"),
    plain("tracepoint", 5, "BPF_EVENTS"),
    plain("xdp", 6, "BPF_SYSCALL"),
    plain("perf_event", 7, "BPF_EVENTS"),
    plain("cgroup_skb", 8, "CGROUP_BPF"),
    plain("cgroup_sock", 9, "CGROUP_BPF"),
    plain("sock_ops", 13, "CGROUP_BPF"),
    plain("sk_skb", 14, "BPF_STREAM_PARSER"),
    plain("cgroup_device", 15, "CGROUP_BPF"),
    plain("sk_msg", 16, "BPF_STREAM_PARSER"),
    plain("raw_tracepoint", 17, "BPF_EVENTS"),
    plain("cgroup_sysctl", 23, "CGROUP_BPF"),
    plain("raw_tracepoint_writable", 24, "BPF_EVENTS"),
    // BPF_TRACE_FENTRY and BPF_LSM_MAC.
    Kind { name: "tracing", number: 26, attach_type: Some(24), option: "BPF_EVENTS" },
    Kind { name: "lsm", number: 29, attach_type: Some(27), option: "BPF_LSM" },
];

impl ProgramKind {
    /// Returns the kind with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        KINDS.iter().find(|kind| kind.name == name).map(Self)
    }

    /// Returns the names of all kinds.
    pub fn names() -> impl Iterator<Item = &'static str> {
        KINDS.iter().map(|kind| kind.name)
    }

    /// Returns its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// Returns the kernel option without which the kernel does not know the kind, without `CONFIG_`.
    #[must_use]
    pub fn option(self) -> &'static str {
        self.0.option
    }

    pub(super) fn number(self) -> u32 {
        self.0.number
    }

    pub(super) fn attach_type(self) -> Option<u32> {
        self.0.attach_type
    }

    /// Returns whether the kernel loads it only for a target, which it looks up in its BTF.
    pub(super) fn needs_target(self) -> bool {
        self.0.attach_type.is_some()
    }

    /// Returns whether it names the version of the kernel.
    pub(super) fn names_version(self) -> bool {
        self.0.number == KPROBE
    }

    /// Returns whether the verifier's `log` shows that all but the target was accepted: type 1 of the BTF is not a function.
    /// libbpf looks for these kinds in the same way (`probe_prog_load`).
    pub(super) fn is_accepted_by(self, log: &str) -> bool {
        self.needs_target() && log.contains("attach_btf_id 1 is not a function")
    }
}
