//! How to install the tools that steps run. They are this machine's, also for an alternate root.

use faults::Remedy;
use host::system::distribution::Distribution;

/// Returns what installs `packages` on this machine, after fetching the lists of packages: on a new system there are none, and
/// old ones name versions that have left the archive. Empty if there are no packages, or no package manager that is known.
pub(super) fn install(machine: &Distribution, packages: &[String]) -> Vec<Remedy> {
    let Some(install) = machine.install_command(packages).filter(|_| !packages.is_empty()) else { return Vec::new() };
    machine.refresh_command(packages).into_iter().chain([install]).map(Remedy::run_here).collect()
}
