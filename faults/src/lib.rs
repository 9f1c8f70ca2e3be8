//! Numbered faults of a host: what they are, which of them are raised, and how that came to be.
//!
//! * [`catalogue`]: the faults there are, with severity, reasons and log files (data: `catalogue.toml`)
//! * [`texts`]: what they are called and what to do, one Fluent file a language (data: `texts/`)
//! * [`Store`]: which are raised ([`Snapshot`]) and every change ever made ([`Event`]), in a directory that several
//!   processes share; `README.md` describes the files for those who read them without this library
//! * [`status`]: the store in the connector's own form
//! * [`explain`]: all about one fault, for a terminal
//!
//! A program that found out what is wrong tells the store so in one call:
//!
//! ```
//! use std::time::Duration;
//! use faults::{FaultId, Finding, Occasion, Reason, Report, Source, Store, Wanted};
//! use host::clock::SystemClock;
//!
//! # let scratch = tempfile::tempdir()?;
//! # let etc = tempfile::Builder::new().prefix("etc").rand_bytes(0).tempdir_in(scratch.path())?;
//! # let root = host::Root::alternate(scratch.path())?;
//! let store = Store::at(&root, faults::DEFAULT_DIRECTORY);
//! let missing = Report {
//!     id: FaultId::SCAN_USER,
//!     finding: Finding {
//!         reason: Reason::UserMissing,
//!         detail: "user cisco-amp-scan-svc does not exist".into(),
//!         remedy: vec!["hostprep repair".into()],
//!     },
//!     severity: None,
//! };
//! let wanted = [Wanted::Raised(missing), Wanted::Cleared(FaultId::KERNEL_HEADERS)];
//! let on = Occasion { source: Source::Repair, boot_id: None };
//! store.apply(&wanted, &on, &SystemClock, Duration::from_secs(10))?;
//! assert!(store.read()?.is_raised(FaultId::SCAN_USER));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod catalogue;
pub mod explain;
pub mod language;
pub mod layout;
pub mod status;
pub mod texts;

mod backward;
mod error;
mod event;
mod events;
mod finding;
mod format;
mod id;
#[allow(dead_code, reason = "the build script and tests use all of it")]
mod interface;
mod lines;
mod log;
mod long_line;
#[cfg(test)]
mod messages_tests;
mod pack;
mod plain;
mod record;
mod replay;
mod segment;
mod severity;
mod snapshot;
mod state;
mod store;
mod words;
mod writer;

pub use catalogue::UnknownFault;
pub use error::StoreError;
pub use event::{Event, EventKind};
pub use events::Events;
pub use finding::{Finding, Remedy, RemedyAction, RemedyValue, RunOn};
pub use format::SCHEMA;
pub use id::FaultId;
pub use record::{Fault, Occasion, Report};
pub use severity::Severity;
pub use snapshot::{Change, Snapshot};
pub use store::{DEFAULT_DIRECTORY, ROTATE_AT, Store, Wanted};
pub use texts::{Texts, UnknownLanguage};
pub use words::{Reason, Source};
pub use writer::Writer;
