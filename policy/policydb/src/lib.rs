//! Reads the binary policy that the SELinux kernel loads, and answers as the kernel does.
//!
//! ```no_run
//! let file = std::fs::read("/etc/selinux/targeted/policy/policy.33")?;
//! let policy = policydb::Policy::parse(&file)?;
//! let domain = policy.context_of_type("initrc_t").ok_or("no such type")?;
//! let decision = policy.decide(&domain, None, "bpf", &["map_create", "prog_load"]);
//! println!("{:?}", decision.is_allowed());
//! for rule in policy.allow_rules(&domain, &domain, "bpf", &["prog_load"]) {
//!     println!("{rule}");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The format is that of libsepol's `policydb.c`, `avtab.c`, `ebitmap.c` and `conditional.c`; the decisions are those of
//! `context_struct_compute_av` in the kernel. Attributes, bounds, booleans, constraints, permissive domains and classes
//! that the policy does not know count as they do there. What depends on a user, role or range that was not given is
//! unknown.
//!
//! * [`Policy`]: a parsed policy; parsing checks everything that the answers rely on
//! * [`excerpt`]: reads a policy through a window of memory, for questions about a few classes
//! * [`Context`]: a type, or a whole security context
//! * [`Decision`], [`Verdict`]: what is allowed
//! * [`AllowRule`]: the rules by which it is

use std::ops::RangeInclusive;

mod bitmap;
mod conditional;
mod constraint;
mod context;
mod cursor;
mod decision;
mod error;
mod excerpt;
mod explain;
mod mls;
mod parse_context;
mod policy;
mod rest;
mod rules;
mod symbols;
mod truth;

pub use context::Context;
pub use decision::{AccessVector, Decision, Verdict};
pub use error::{ContextError, ParseError};
pub use excerpt::{ExcerptError, excerpt};
pub use explain::AllowRule;
pub use policy::{Policy, UnknownHandling};

/// The versions of the format: 24 is that of EL 6, 35 the newest that libsepol writes.
pub const VERSIONS: RangeInclusive<u32> = 24..=35;
