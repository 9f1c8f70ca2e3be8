//! Limits of this process alone, by which bpf(2) is refused to it and not to the agent.

use host::Root;

/// `capabilities(7)`: since Linux 5.8 bpf(2) needs the last two, before that the first.
const SYS_ADMIN: u32 = 21;
const PERFMON: u32 = 38;
const BPF: u32 = 39;

/// Returns the limit of this process that explains a refusal, or `None` if it has none.
pub(super) fn of(root: &Root) -> Option<String> {
    let status = root.read_text("/proc/self/status").unwrap_or_default();
    let uid_map = root.read_text("/proc/self/uid_map").unwrap_or_default();
    limit(&status, &uid_map).map(str::to_owned)
}

/// Judges the files of `proc_pid_status(5)` and `user_namespaces(7)`.
fn limit(status: &str, uid_map: &str) -> Option<&'static str> {
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    // The first user namespace maps every id to itself.
    let mut map = uid_map.split_whitespace();
    if let Some(first) = map.next()
        && (first, map.next(), map.next()) != ("0", Some("0"), Some("4294967295"))
    {
        return Some("hostprep runs in a user namespace");
    }
    if field("Seccomp").is_some_and(|mode| mode != "0") {
        return Some("a seccomp filter limits the system calls of hostprep");
    }
    let capabilities = u64::from_str_radix(field("CapEff")?, 16).ok()?;
    let has = |capability: u32| capabilities >> capability & 1 == 1;
    let is_enough = has(SYS_ADMIN) || has(BPF) && has(PERFMON);
    (!is_enough).then_some("hostprep runs without the capabilities for bpf(2)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_may_be_about_this_process() {
        const ALL: &str = "         0          0 4294967295\n";
        let status = |capabilities: &str, seccomp: &str| {
            format!("Name:\thostprep\nCapEff:\t{capabilities}\nSeccomp:\t{seccomp}\n")
        };
        for (status, uid_map, expected) in [
            (status("000001ffffffffff", "0"), ALL, None),
            (status("0000000000200000", "0"), ALL, None),
            (status("000000c000000000", "0"), ALL, None),
            (status("000001ffffffffff", "2"), ALL, Some("seccomp")),
            (status("000001ffffffffff", "0"), "0 1000 1\n", Some("namespace")),
            (status("0000000000000000", "0"), ALL, Some("capabilities")),
            (status("0000008000000000", "0"), ALL, Some("capabilities")),
            (String::new(), "", None),
            ("CapEff:\tx\nSeccomp:\t\n".into(), "0", Some("namespace")),
        ] {
            let found = limit(&status, uid_map);
            assert_eq!(found.is_some(), expected.is_some(), "{status} {uid_map}");
            assert!(expected.is_none_or(|word| found.unwrap().contains(word)), "{found:?}");
        }
    }
}
