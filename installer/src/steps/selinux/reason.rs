//! The reason of fault 19 for each cause that `policy` finds.

use faults::Reason;
use policy::Cause;

/// Returns the fault's reason for `cause`.
#[must_use]
pub fn reason_of(cause: Cause) -> Reason {
    match cause {
        Cause::ToolsMissing => Reason::ToolsMissing,
        Cause::ClassMissing => Reason::ClassMissing,
        Cause::TypeMissing => Reason::TypeMissing,
        Cause::PolicyVersion => Reason::PolicyVersion,
        Cause::StoreLocked => Reason::StoreLocked,
        Cause::StoreBroken | Cause::StoreUnsupported => Reason::StoreBroken,
        Cause::StoreReadOnly => Reason::StoreReadOnly,
        Cause::ModuleMissing => Reason::ModuleMissing,
        Cause::ModuleDisabled => Reason::ModuleDisabled,
        Cause::RuleDenied => Reason::PolicyDenies,
        Cause::Neverallow => Reason::Neverallow,
        Cause::PolicyLoadLocked => Reason::PolicyLoadLocked,
        Cause::OutOfMemory => Reason::OutOfMemory,
        Cause::DiskFull => Reason::DiskFull,
        Cause::Unknown => Reason::PolicyLoadFailed,
    }
}
