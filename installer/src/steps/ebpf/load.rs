//! A map and programs that do nothing, in the running kernel: really created and loaded, and closed again. It is hostprep's own
//! domain that asks. What SELinux allows the agent's domain is the matter of `selinux-module`.

use faults::{Reason, Remedy};
use host::system::bpf::{ProgramKind, Refusal};
use policy::kernel::KernelMode;

use super::answers::Answers;
use super::{Seen, options};
use crate::model::host_context::{HostContext, JudgedKernel};
use crate::model::report::Finding;

mod own_limits;

const SYSTEM_CALL: &str = "BPF_SYSCALL";

pub(super) fn observe(cx: &HostContext, kernel: &JudgedKernel, kinds: &[ProgramKind], seen: &mut Seen) -> Answers {
    let mut answers = Answers::default();
    if !kernel.running {
        seen.right.push(format!("whether {} loads programs shows once it runs", kernel.release));
        return answers;
    }
    if kinds.is_empty() {
        return answers;
    }
    if let Some(why) = may_not_ask(cx) {
        seen.unknown.push(why);
        return answers;
    }
    if let Err(refusal) = cx.bpf.create_map() {
        judge(cx, kernel, &refusal, None, seen, &mut answers);
        return answers;
    }
    answers.present.push(SYSTEM_CALL);
    let mut loaded = Vec::new();
    let mut refused: Vec<(Refusal, Vec<ProgramKind>)> = Vec::new();
    for kind in kinds {
        match cx.bpf.load(*kind) {
            Ok(()) => {
                loaded.push(kind.name());
                answers.present.push(kind.option());
            }
            Err(refusal) => match refused.iter_mut().find(|(other, _)| *other == refusal) {
                Some((_, kinds)) => kinds.push(*kind),
                None => refused.push((refusal, vec![*kind])),
            },
        }
    }
    for (refusal, kinds) in refused {
        judge(cx, kernel, &refusal, Some(&kinds), seen, &mut answers);
    }
    if !loaded.is_empty() {
        seen.right.push(format!("asked for hostprep's own domain, the kernel loads {} programs", loaded.join(" and ")));
    }
    answers
}

/// Returns why the kernel may not be asked.
fn may_not_ask(cx: &HostContext) -> Option<String> {
    if !cx.bpf.may_be_asked() {
        return Some("only root may ask the kernel to load eBPF programs".into());
    }
    if cx.kernel.mode() == KernelMode::NotRunning {
        return None;
    }
    // Also in permissive mode: an attempt that is denied leaves a message in the audit log.
    match cx.kernel.ask_own(&cx.profile.module) {
        Ok(answer) if answer.allows_all() => None,
        Ok(answer) => {
            let (class, missing) = (&cx.profile.module.class, answer.missing().join(" "));
            let domain = answer.domain;
            Some(format!(
                "SELinux does not allow {class} {{ {missing} }} to {domain}, in which hostprep runs: not tried"
            ))
        }
        Err(e) => Some(e.to_string()),
    }
}

/// Judges a refusal of the map, or of programs of these kinds.
fn judge(
    cx: &HostContext,
    kernel: &JudgedKernel,
    refusal: &Refusal,
    kinds: Option<&[ProgramKind]>,
    seen: &mut Seen,
    answers: &mut Answers,
) {
    let release = &kernel.release;
    let what = match kinds {
        None => "a BPF map".to_owned(),
        Some(kinds) => format!("{} programs", kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(" and ")),
    };
    if matches!(refusal, Refusal::NoSystemCall | Refusal::NotPermitted(_))
        && let Some(limit) = own_limits::of(cx.root)
    {
        return seen.unknown.push(format!("whether the kernel accepts {what} is not known: {limit}"));
    }
    let finding = match refusal {
        Refusal::NoSystemCall => {
            answers.absent.push(SYSTEM_CALL);
            Finding {
                reason: Reason::KernelOption,
                detail: format!("kernel {release} has no bpf(2) (ENOSYS): it was built without CONFIG_{SYSTEM_CALL}"),
                remedy: options::remedy(&[SYSTEM_CALL]),
            }
        }
        Refusal::UnknownKind => {
            let mut options: Vec<_> = kinds.unwrap_or_default().iter().map(|kind| kind.option()).collect();
            options.dedup();
            answers.absent.extend(&options);
            Finding {
                reason: Reason::KernelOption,
                detail: format!(
                    "kernel {release} does not know {what} (EINVAL): it is too old, or was built without CONFIG_{}",
                    options.join(", CONFIG_")
                ),
                remedy: options::remedy(&options),
            }
        }
        Refusal::NotPermitted(error) => Finding {
            reason: Reason::BpfNotPermitted,
            detail: format!("the kernel does not permit {what} ({error:?}), asked for hostprep's own domain, as root"),
            remedy: vec![Remedy::manual(
                "look in the kernel's log (journalctl -k) and the audit log for what refuses bpf(2), such as a security module \
                 or a kernel before 5.4 that is locked down, and let it allow that",
            )],
        },
        Refusal::Rejected(why) => Finding {
            reason: Reason::BpfProgramRejected,
            detail: format!(
                "the kernel refuses {what} that do nothing{}, asked for hostprep's own domain",
                if why.is_empty() { String::new() } else { format!(" ({why})") }
            ),
            remedy: vec![Remedy::manual(
                "start another kernel of the distribution; if that refuses them too, see net.core.bpf_jit_enable and \
                 net.core.bpf_jit_limit (sysctl)",
            )],
        },
        Refusal::Failed(why) => {
            return seen.unknown.push(format!("whether the kernel accepts {what} is not known: {why}"));
        }
    };
    seen.findings.push(finding);
}
