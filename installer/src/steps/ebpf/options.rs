//! Options that the kernel was built with, from its configuration and from what it answered.

use std::cmp::Ordering;

use faults::{Reason, Remedy};
use host::FileError;
use host::system::kernel::compare_releases;
use host::system::kernel_config::{KernelConfig, Setting};

use super::Seen;
use super::answers::Answers;
use crate::model::host_context::{HostContext, JudgedKernel};
use crate::model::report::Finding;
use crate::profile::KernelOption;

pub(super) fn observe(
    cx: &HostContext,
    kernel: &JudgedKernel,
    options: &[KernelOption],
    config: Result<Option<KernelConfig>, FileError>,
    answers: &Answers,
    seen: &mut Seen,
) {
    let release = &kernel.release;
    let is_open = |option: &&KernelOption| {
        let name = option.name.as_str();
        !answers.present.contains(&name) && !answers.absent.contains(&name)
    };
    let open: Vec<&KernelOption> = options.iter().filter(is_open).collect();
    if open.is_empty() {
        return;
    }
    let config = match config {
        Ok(Some(config)) => config,
        // What the kernel does is better than what its configuration says.
        Ok(None) if !answers.present.is_empty() => return,
        Ok(None) => return seen.unknown.push(format!("no configuration of kernel {release} was found")),
        Err(e) => return seen.unreadable(cx, &e),
    };
    let path = config.path().display();
    let Some(missing) = missing(&config, options, release) else {
        return seen.unknown.push(format!("{path} has none of the options that are looked for, so it is not complete"));
    };
    let missing: Vec<&str> =
        missing.into_iter().filter(|name| open.iter().any(|option| option.name == *name)).collect();
    if missing.is_empty() {
        return seen.right.push(format!("kernel {release} has the options ({path})"));
    }
    let detail = format!("kernel {release} was built without CONFIG_{} ({path})", missing.join(", CONFIG_"));
    seen.findings.push(Finding { reason: Reason::KernelOption, detail, remedy: remedy(&missing) });
}

/// Returns the options that `config` does not turn on, by name. Returns `None` if it mentions none of them at all: a kernel's own
/// configuration mentions at least those that do not depend on others.
fn missing<'o>(config: &KernelConfig, options: &'o [KernelOption], release: &str) -> Option<Vec<&'o str>> {
    let asked: Vec<&str> = options.iter().flat_map(names_of).collect();
    let settings = config.settings(&asked);
    if settings.iter().all(|setting| *setting == Setting::Absent) {
        return None;
    }
    let setting = |name: &str| asked.iter().position(|asked| *asked == name).map_or(Setting::Absent, |at| settings[at]);
    let is_missing = |option: &&KernelOption| {
        let found: Vec<Setting> = names_of(option).map(setting).collect();
        let is_too_old = option.since.as_ref().is_some_and(|since| compare_releases(release, since) == Ordering::Less);
        !found.contains(&Setting::On) && (found.contains(&Setting::Off) || !is_too_old)
    };
    Some(options.iter().filter(is_missing).map(|option| option.name.as_str()).collect())
}

fn names_of(option: &KernelOption) -> impl Iterator<Item = &str> {
    std::iter::once(&option.name).chain(&option.former_names).map(String::as_str)
}

pub(super) fn remedy(options: &[&str]) -> Vec<Remedy> {
    let options = options.join(", CONFIG_");
    vec![Remedy::manual(format!("start a kernel of the distribution, or one that is built with CONFIG_{options}"))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(name: &str, former: &[&str], since: Option<&str>) -> KernelOption {
        let former_names = former.iter().map(|&name| name.to_owned()).collect();
        KernelOption { name: name.into(), former_names, since: since.map(str::to_owned) }
    }

    #[test]
    fn an_option_is_missing_if_it_is_off_or_absent_from_a_whole_configuration() {
        let options = [
            option("BPF_SYSCALL", &[], Some("3.18")),
            option("KPROBES", &[], None),
            option("KPROBE_EVENTS", &["KPROBE_EVENT"], Some("4.12")),
            option("BPF_EVENTS", &[], Some("4.1")),
        ];
        const ALL: &str = "CONFIG_BPF_SYSCALL=y\nCONFIG_KPROBES=y\nCONFIG_KPROBE_EVENTS=y\nCONFIG_BPF_EVENTS=y\n";
        const FORMER: &str = "CONFIG_BPF_SYSCALL=y\nCONFIG_KPROBES=y\nCONFIG_KPROBE_EVENT=y\nCONFIG_BPF_EVENTS=y\n";
        const EL7: &str = "CONFIG_KPROBES=y\nCONFIG_KPROBE_EVENT=y\nCONFIG_BPF_JIT=y\n";
        const OFF: &str = "# CONFIG_BPF_SYSCALL is not set\nCONFIG_KPROBES=y\nCONFIG_KPROBE_EVENTS=y\n";
        for (text, release, expected) in [
            (ALL, "6.1.0-18-amd64", Some(vec![])),
            (FORMER, "4.9.0-19-amd64", Some(vec![])),
            (EL7, "3.10.0-693.el7.x86_64", Some(vec![])),
            (EL7, "5.10.0", Some(vec!["BPF_SYSCALL", "BPF_EVENTS"])),
            (OFF, "3.10.0", Some(vec!["BPF_SYSCALL"])),
            (OFF, "6.1.0", Some(vec!["BPF_SYSCALL", "BPF_EVENTS"])),
            ("CONFIG_DEBUG_INFO_BTF=y\n", "6.1.0", None),
            ("", "6.1.0", None),
        ] {
            let config = KernelConfig::parse(text, "/boot/config-test");
            assert_eq!(missing(&config, &options, release), expected, "{release}: {text}");
        }
    }
}
