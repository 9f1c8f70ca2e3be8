//! What the system in the root does by itself at its next boot.

use host::Root;
use host::system::kind::SystemKind;

use crate::model::host_context::HostContext;

/// Where units lie, and the links that enable them: the administrator's first, where `systemctl enable` makes `TARGET.wants/UNIT`.
const UNITS: [&str; 4] =
    ["/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];

/// How a unit pulls in others (`systemd.unit(5)`).
const PULLS_IN: [&str; 3] = [".wants", ".requires", ".upholds"];

/// The beginnings of units that a usual boot does not start (`bootup(7)`).
const NOT_BOOTED: [&str; 10] =
    ["rescue.", "emergency.", "initrd", "shutdown.", "reboot.", "poweroff.", "halt.", "kexec.", "sleep.", "final."];

/// What the packages' unit runs (`templates/packages/files/run.tera`).
const COMMAND: &str = " repair --source boot";

/// Returns whether the system in the root runs `hostprep repair` at its next boot, with its own tools and its own kernel. What
/// this machine's tools cannot finish is then `deferred`, and no fault.
pub(super) fn finishes(cx: &HostContext) -> bool {
    let has_tools = || ["/usr/sbin/semodule", "/sbin/semodule"].iter().any(|path| cx.root.exists(*path));
    // The tools of an offline system have run already.
    cx.kind == SystemKind::Image && has_tools() && boot_unit(cx).is_some()
}

/// Returns the enabled unit by which the system in the root runs `hostprep repair` at its next boot.
#[must_use]
pub fn boot_unit(cx: &HostContext) -> Option<String> {
    let names = |directory: &str| {
        let names = cx.root.names(directory).unwrap_or_default();
        names.into_iter().filter_map(|name| name.into_string().ok())
    };
    let is_reached = |pulling: &String| {
        PULLS_IN.iter().any(|end| pulling.ends_with(end)) && !NOT_BOOTED.iter().any(|start| pulling.starts_with(start))
    };
    UNITS.iter().find_map(|directory| {
        names(directory).filter(is_reached).find_map(|pulling| {
            names(&format!("{directory}/{pulling}")).find(|unit| is_ours(cx.root, unit, &cx.profile.units))
        })
    })
}

/// Returns whether `unit` runs hostprep for the agent of these units.
fn is_ours(root: &Root, unit: &str, agent: &[String]) -> bool {
    let paths = UNITS.map(|directory| format!("{directory}/{unit}"));
    // The first counts: a link to /dev/null masks the others.
    let Some(path) = paths.iter().find(|path| matches!(root.stat(path.as_str()), Ok(Some(_)))) else { return false };
    let Ok(text) = root.read_text(path.as_str()) else { return false };
    let runs = text.lines().filter_map(|line| line.strip_prefix("ExecStart=")).any(|command| {
        // Signs before the program say how it is started (`systemd.service(5)`).
        let program = command.trim_start_matches(['@', '-', ':', '+', '!', '|']).split_whitespace().next();
        command.contains(COMMAND) && program.is_some_and(|program| is_program(root, program))
    });
    let mut before = text.lines().filter_map(|line| line.strip_prefix("Before=")).flat_map(str::split_whitespace);
    runs && (agent.is_empty() || before.any(|unit| agent.iter().any(|own| own == unit)))
}

/// Returns whether systemd can start `path` in the root: the packages' unit asks for that by `ConditionFileIsExecutable=`.
fn is_program(root: &Root, path: &str) -> bool {
    let found = root.stat_followed(path).ok().flatten();
    found.is_some_and(|found| host::fs::is_file(&found) && found.st_mode & 0o111 != 0)
}
