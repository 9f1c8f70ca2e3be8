//! The results of many hosts: collected from files, summarized, and written as one page, a table or one object.
//!
//! A result is the JSON object that `hostprep check` or `hostprep repair` prints. Files come from many hosts, so nothing in them
//! is trusted: what is no result is named and left out, and what a result says is text and nothing else.

mod collect;
mod csv;
mod error;
mod html;
mod result;
mod summary;

pub use collect::{Collection, FILE_LIMIT, LeftOut, OlderResult};
pub use error::Error;
pub use result::{Finding, HostResult, Pending, State, Unsettled, Waiver, WrongResult};
pub use summary::{HOSTS_NAMED, STALE_AFTER, Summary};

pub use csv::render as csv;
pub use html::render as html;
