//! What the system in the root does by itself at its next boot.

use host::Root;
use host::system::kind::SystemKind;

use crate::model::host_context::HostContext;

/// Where links enable units: `systemctl enable` makes `TARGET.wants/UNIT` here.
const ENABLED: &str = "/etc/systemd/system";

/// Where units lie, the administrator's first.
const UNITS: [&str; 3] = [ENABLED, "/usr/lib/systemd/system", "/lib/systemd/system"];

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
    let enabled = || {
        let targets = cx.root.names(ENABLED).unwrap_or_default();
        targets.into_iter().filter_map(|name| name.into_string().ok()).filter(|name| name.ends_with(".wants"))
    };
    enabled().find_map(|target| {
        let units = cx.root.names(format!("{ENABLED}/{target}")).unwrap_or_default();
        let ours = |unit: &String| is_ours(cx.root, unit, &cx.profile.units);
        units.into_iter().filter_map(|unit| unit.into_string().ok()).find(ours)
    })
}

/// Returns whether `unit` runs hostprep for the agent of these units.
fn is_ours(root: &Root, unit: &str, agent: &[String]) -> bool {
    let paths = UNITS.map(|directory| format!("{directory}/{unit}"));
    // The first counts: a link to /dev/null masks the others.
    let Some(path) = paths.iter().find(|path| matches!(root.stat(path.as_str()), Ok(Some(_)))) else { return false };
    let Ok(text) = root.read_text(path.as_str()) else { return false };
    let runs = text.lines().any(|line| line.starts_with("ExecStart=") && line.contains(COMMAND));
    let mut before = text.lines().filter_map(|line| line.strip_prefix("Before=")).flat_map(str::split_whitespace);
    runs && (agent.is_empty() || before.any(|unit| agent.iter().any(|own| own == unit)))
}
