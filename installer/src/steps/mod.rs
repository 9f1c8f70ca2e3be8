//! The steps, each in a folder or file of its own that knows how to observe, change, verify and undo one thing.

pub mod directories;
pub(crate) mod disk_full;
pub mod ebpf;
pub mod kernel;
mod mount_points;
pub mod packages;
pub mod scan_service;
pub mod scan_user;
pub mod selinux;

use crate::model::step::{Phase, StepRef};

/// Every step, in the order in which they run. This is the only list: commands, reports, hooks, the configuration and the
/// documentation take the steps from it.
pub static STEPS: &[StepRef] = &[
    &scan_user::ScanUser,
    &directories::Directories,
    &selinux::Tools,
    &selinux::Module,
    &kernel::Headers,
    &kernel::Supported,
    &kernel::FilesystemMonitor,
    &kernel::NetworkMonitor,
    &ebpf::Ebpf,
    &scan_service::ScanService,
];

/// Returns the step with this name.
///
/// # Errors
/// The message for people, which lists the names.
pub fn by_name(name: &str) -> Result<StepRef, String> {
    STEPS.iter().copied().find(|step| step.id().as_str() == name).ok_or_else(|| {
        let names: Vec<&str> = STEPS.iter().map(|step| step.id().as_str()).collect();
        format!("there is no step `{name}`; the steps are {}", names.join(", "))
    })
}

/// Returns the steps that run in `phase`.
#[must_use]
pub fn in_phase(phase: Phase) -> Vec<StepRef> {
    STEPS.iter().copied().filter(|step| step.phases().contains(&phase)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for step in STEPS {
            assert_eq!(by_name(step.id().as_str()), Ok(*step));
        }
        let names: std::collections::BTreeSet<_> = STEPS.iter().map(|step| step.id()).collect();
        assert_eq!(names.len(), STEPS.len());
        assert!(by_name("kernel-").unwrap_err().contains("scan-user, directories, "));
    }

    #[test]
    fn each_fault_is_in_the_catalogue() {
        for step in STEPS {
            assert_eq!(step.faults().first(), Some(&step.fault()));
            for fault in step.faults() {
                assert!(faults::catalogue::find(fault).is_some(), "{}", step.id());
            }
        }
    }
}
