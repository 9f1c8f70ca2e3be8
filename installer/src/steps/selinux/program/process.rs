//! The processes of the agent's program.

use host::fs::{InRoot, label};

use crate::model::host_context::HostContext;

/// A process of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// The type of its context.
    pub domain: String,
}

/// Returns the processes that run `program`, also an earlier file of that name. Empty for a system that does not run; one whose files
/// in `/proc` this user may not read is left out.
pub(super) fn of(cx: &HostContext, program: &InRoot) -> Vec<Process> {
    if !cx.is_running_system() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let program = program.to_string();
    let deleted = format!("{program} (deleted)");
    for name in cx.root.names("/proc").unwrap_or_default() {
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Some(target) = cx.root.link_target(format!("/proc/{pid}/exe")) else { continue };
        let target = target.to_string_lossy();
        if target != program && target != deleted {
            continue;
        }
        let Ok(context) = cx.root.read(format!("/proc/{pid}/attr/current"), 4096) else { continue };
        let context = String::from_utf8_lossy(&context).trim_end_matches(['\n', '\0']).to_owned();
        // A context that the policy no longer has is shown as a bare name.
        let domain = label::the_type(&context).unwrap_or(&context).to_owned();
        found.push(Process { pid, domain });
    }
    found.sort_by_key(|process| process.pid);
    found
}
