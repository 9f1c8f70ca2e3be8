//! Why `semodule` failed, from its standard error.
//!
//! The texts are those of the sources of libsemanage and libsepol, and were provoked with the real programs
//! (`fixtures/stderr`). They are English in every locale: neither library translates them.

use std::borrow::Cow;

use host::process::{Command, is_said_by, is_unresolved, relevant_lines, telling_line};

use crate::culprit::Culprit;

/// Why a module's rule is not in force, or cannot be brought into force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// A required program is not installed.
    ToolsMissing,
    /// The policy does not know the class, or one of the permissions.
    ClassMissing,
    /// The policy does not know the domain.
    TypeMissing,
    /// The module's format is newer than this host's tools.
    PolicyVersion,
    /// Another process holds the store's lock.
    StoreLocked,
    /// The store is damaged, or another module in it does not link.
    StoreBroken,
    /// The store cannot be written: a read-only file system, an immutable file, not root.
    StoreReadOnly,
    /// The store is in the format of libsemanage before 2.4.
    StoreUnsupported,
    /// The store does not have the module, or has it with other rules.
    ModuleMissing,
    /// The store has the module, and it is disabled.
    ModuleDisabled,
    /// The policy in force denies the rule; the store does not show why.
    RuleDenied,
    /// A `neverallow` rule of the policy forbids it.
    Neverallow,
    /// The boolean `secure_mode_policyload` is on: the kernel loads no policy before the next boot.
    PolicyLoadLocked,
    /// There was not enough memory to link the policy.
    OutOfMemory,
    /// The file system is full, or has no inodes left, or a disk quota is exceeded.
    DiskFull,
    /// The policy was not loaded, for another reason.
    Unknown,
}

impl Cause {
    /// Returns what to do about it, in a few words. `build` is the command that builds the policy of the same store again
    /// ([`crate::transaction::StoreTarget::rebuild`]); without it, the text has no command.
    #[must_use]
    pub fn hint(self, build: Option<&Command>) -> Cow<'static, str> {
        let build = |purpose: &str| match build {
            Some(build) => Cow::Owned(format!("run `{build}` {purpose}")),
            None => Cow::Owned(format!("build the policy of the store {purpose}")),
        };
        Cow::Borrowed(match self {
            Self::ToolsMissing => "install the package that provides it",
            Self::ClassMissing | Self::TypeMissing => "update the SELinux policy packages",
            Self::PolicyVersion => "update libsepol and policycoreutils together",
            Self::StoreLocked => "wait until the other semodule or semanage has finished",
            Self::StoreBroken => return build("to see which module or file is damaged"),
            Self::StoreReadOnly => "run as root, with /etc and /var writable; `lsattr` shows immutable files",
            Self::StoreUnsupported => "update policycoreutils, libsemanage and the policy together",
            Self::ModuleMissing => "install the module",
            Self::ModuleDisabled => "enable the module",
            Self::RuleDenied => return build("to load it again"),
            Self::Neverallow => "the administrator's policy forbids this rule",
            Self::PolicyLoadLocked => {
                "restart the host: the boolean secure_mode_policyload lets no policy be loaded before"
            }
            Self::OutOfMemory => "give the host more memory or swap",
            Self::DiskFull => "free space on that file system",
            Self::Unknown => return build("to see whether the store is sound"),
        })
    }
}

/// Returns the cause that `stderr` shows. `module` is the one that was installed or removed.
///
/// A rule that does not resolve in CIL may lack its class or its type. `semodule` does not distinguish them, and the
/// class is assumed. If the rule is in another module, the store is broken.
#[must_use]
pub fn classify(stderr: &str, module: &str) -> Cause {
    let has = |text: &str| stderr.contains(text);
    let ours = stderr.lines().any(|line| is_about(line, module));
    // A warning may have the words of an error that libsemanage then gets around.
    let relevant = relevant_lines(stderr);
    let any = |says: fn(&str) -> bool| relevant.iter().any(|line| says(line));
    if has("Could not get direct transaction lock") || has("Could not get direct read lock") {
        Cause::StoreLocked
    } else if any(is_read_only) || any(cannot_write) {
        Cause::StoreReadOnly
    } else if any(is_disk_full) {
        Cause::DiskFull
    } else if any(is_out_of_memory) {
        Cause::OutOfMemory
    } else if has("does not match my version range") {
        Cause::PolicyVersion
    } else if has("neverallow check failed") || (has("neverallow") && has("violated by")) {
        // In CIL's report the path of every rule concerned follows.
        if ours || !has("/cil:") { Cause::Neverallow } else { Cause::StoreBroken }
    } else if let Some(line) = stderr.lines().find(|line| is_unresolved(line)) {
        unresolved(line, is_about(line, module))
    } else if has("Unable to execute") || stderr.lines().any(is_without_sefcontext_compile) {
        Cause::ToolsMissing
    } else if !ours && (BROKEN.iter().any(|text| has(text)) || Culprit::find(stderr, module).is_some()) {
        Cause::StoreBroken
    } else if has("module will be disabled after install") && !has("Failed") {
        Cause::ModuleDisabled
    } else {
        Cause::Unknown
    }
}

const BROKEN: [&str; 11] = [
    "initial sid must be defined",
    "Failure reading bz2 archive",
    "Failed to resolve AST",
    "Failed to build AST",
    "could not merge local modifications into policy",
    "Failed to compile hll files into cil files",
    "Error while reading from file",
    "lang ext file",
    "Could not read from module store",
    "store cannot be accessed",
    "Link packages failed",
];

/// `strerror(ENOMEM)`, the words of CIL (`cil_mem.c`), and those of libsepol, libsemanage and semodule.
fn is_out_of_memory(line: &str) -> bool {
    ["Cannot allocate memory", "Failed to allocate memory", "Out of memory", "out of memory"]
        .iter()
        .any(|text| line.contains(text))
}

/// `strerror(ENOSPC)` and `strerror(EDQUOT)`.
fn is_disk_full(line: &str) -> bool {
    DISK_FULL.iter().any(|text| line.contains(text))
}

const DISK_FULL: [&str; 2] = ["No space left on device", "Disk quota exceeded"];

/// Returns the path in `stderr` that could not be written since the file system is full: the last one in the line that says so.
#[must_use]
pub fn full_path(stderr: &str) -> Option<&str> {
    let line = relevant_lines(stderr).into_iter().find(|line| is_disk_full(line))?;
    let words = line.split([' ', '\'', '"', '(', ')']).map(|word| word.trim_end_matches(['.', ':', ',']));
    words.rev().find(|word| word.len() > 1 && word.starts_with('/') && !is_program(word))
}

/// `/sbin/sefcontext_compile: …`
fn is_program(path: &str) -> bool {
    ["/sbin/", "/bin/", "/usr/"].iter().any(|start| path.starts_with(start))
}

/// Returns whether `stderr` may be that of a transaction without enough space. libsemanage 3.4 says `Input/output error` if a file is
/// written in part only, or nothing at all, and `sefcontext_compile` does not say why it wrote nothing (seen with both).
#[must_use]
pub fn may_lack_space(stderr: &str) -> bool {
    let says_nothing = || match telling_line(stderr) {
        Some(line) => is_said_by("semodule", line),
        None => true,
    };
    stderr.contains("(Input/output error)") || stderr.lines().any(is_binary_file_unwritten) || says_nothing()
}

fn is_binary_file_unwritten(line: &str) -> bool {
    line.contains("write_binary_file ") && line.ends_with(" failed")
}

fn is_read_only(line: &str) -> bool {
    line.contains("(Read-only file system)")
}

fn cannot_write(line: &str) -> bool {
    let denied = ["(Permission denied)", "(Operation not permitted)", "(Invalid cross-device link)"];
    line.starts_with("libsemanage.")
        && denied.iter().any(|text| line.contains(text))
        && !line.contains("Unable to read file")
}

/// The compiler of file contexts is in a separate package (`libselinux-utils`, `selinux-utils`).
fn is_without_sefcontext_compile(line: &str) -> bool {
    line.contains("sefcontext_compile returned error code") && line.contains("(No such file or directory)")
}

fn unresolved(line: &str, ours: bool) -> Cause {
    if !ours {
        Cause::StoreBroken
    } else if line.contains("typeattributeset statement") || line.contains("type/attribute") {
        Cause::TypeMissing
    } else {
        Cause::ClassMissing
    }
}

/// `…/modules/300/NAME/cil:3`, `NAME: libsepol.…`, `…: NAME's global requirements were not met`.
fn is_about(line: &str, module: &str) -> bool {
    line.contains(&format!("/{module}/cil"))
        || line.strip_prefix(module).is_some_and(|rest| rest.starts_with(':'))
        || line.contains(&format!(" {module}'s "))
}

#[cfg(test)]
mod tests;
