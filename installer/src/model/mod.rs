//! What steps and the engine share: the traits that a step implements, what it works with, and what it reports.

pub mod action;
pub mod already_gone;
pub mod error;
pub mod host_context;
pub mod receipt;
pub mod report;
pub mod step;
pub mod step_id;
pub mod versioned;
pub mod waiver;
