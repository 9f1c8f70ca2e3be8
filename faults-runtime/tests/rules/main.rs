//! The rules for faults 6, 7 and 18, with a clock that moves only when told.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod ledger;
mod overload;
mod overload_properties;
mod restarts;
mod restarts_properties;
#[allow(clippy::disallowed_methods, reason = "a scratch root is made by hand")]
mod scratch;
mod settings;
mod start;
mod start_properties;
mod store;
