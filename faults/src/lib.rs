//! Numbered faults of a host: what they are, which of them are raised, and how that came to be.
//!
//! * [`catalogue`]: the faults there are, with severity, reasons and log files (data: `catalogue.toml`)
//! * [`texts`]: what they are called and what to do, one Fluent file a language (data: `texts/`)
//! * [`Store`]: which are raised ([`Snapshot`]) and every change ever made ([`Event`]), in a directory that several
//!   processes share; `README.md` describes the files for those who read them without this library
//! * [`texts::status`]: the store in the connector's format
//! * [`texts::explain`]: all about one fault, for a terminal
//!
//! A program that found out what is wrong tells the store so in one call:
//!
//! ```
//! use std::time::Duration;
//! use faults::{FaultId, Finding, EventContext, Reason, Remedy, Report, Source, Store, FaultUpdate};
//! use host::process::clock::SystemClock;
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
//!         remedy: vec![Remedy::hostprep(["repair"])],
//!     },
//!     severity: None,
//! };
//! let wanted = [FaultUpdate::Raise(missing), FaultUpdate::Clear(FaultId::KERNEL_HEADERS)];
//! let on = EventContext { source: Source::Repair, boot_id: None };
//! store.apply(&wanted, &on, &SystemClock, Duration::from_secs(10))?;
//! assert!(store.read()?.is_raised(FaultId::SCAN_USER));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod catalogue;
pub mod texts;

mod finding;
mod store;

pub use catalogue::UnknownFault;
pub use catalogue::id::FaultId;
pub use catalogue::reason::Reason;
pub use catalogue::severity::Severity;
pub use catalogue::source::Source;
pub use finding::{Finding, Order, Remedy, RemedyAction, RemedyForm, RemedyValue, RunOn};
pub use store::error::StoreError;
pub use store::event::{Event, EventContext, EventKind};
pub use store::event_log::history::Events;
pub use store::fault::{Fault, Report};
pub use store::format::SCHEMA;
pub use store::snapshot::{Change, Snapshot};
pub use store::store::{DEFAULT_DIRECTORY, FaultUpdate, ROTATE_AT, Store};
pub use store::writer::Writer;
pub use texts::{Texts, UnknownLanguage, explain, status};
