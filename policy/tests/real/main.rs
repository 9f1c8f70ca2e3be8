//! The real programs on real stores: a tiny one that takes 0.05 s a transaction, and a distribution's own.

#![expect(clippy::unwrap_used, reason = "in helpers of tests too")]

mod interrupted;
mod life;
mod support;
mod third_party;
mod trouble;
