//! The events of a store: `events.jsonl` and the closed segments before it.

pub(crate) mod appender;
pub(crate) mod history;
pub(crate) mod lines;
pub(crate) mod log_file;
pub(crate) mod reader;
pub(crate) mod segments;
