//! What the answers of bpf(2) prove of how the kernel was built.

/// What the kernel's answers prove.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// Options that the kernel has, since something was created or loaded.
    pub(super) present: Vec<&'static str>,
    /// Options that were found to be absent.
    pub(super) absent: Vec<&'static str>,
}
