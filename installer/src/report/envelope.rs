//! What every JSON output begins with: which output it is, of which hostprep, profile and host, when, and the worst state.

use jiff::Timestamp;
use serde::Serialize;

use super::host_facts::HostObject;
use crate::engine::worst::Worst;
use crate::model::host_context::HostContext;

/// The format of the outputs that this version writes. Keys may be added to it, none is taken away.
pub const SCHEMA: u32 = 1;

/// The output that an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// `check`
    Check,
    /// `repair`, also with `--dry-run`
    Repair,
    /// `remove`, also with `--dry-run`
    Remove,
    /// `status`
    Status,
    /// `explain` and `faults show`
    Explain,
    /// An item of `faults list`
    FaultsList,
    /// A line of `faults history`
    FaultsHistory,
    /// A line of `faults watch`
    FaultsWatch,
    /// `policy status`
    PolicyStatus,
    /// `load-lock status`
    LoadLockStatus,
}

/// The program that wrote an object.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Program {
    /// Its version.
    version: &'static str,
}

impl Program {
    /// This program.
    pub const THIS: Self = Self { version: env!("CARGO_PKG_VERSION") };

    /// Returns its version.
    #[must_use]
    pub fn version(&self) -> &'static str {
        self.version
    }
}

/// Who reports: which hostprep, for which profile, on which host.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reporter<'a> {
    output: Output,
    hostprep: Program,
    /// The name of the agent's profile.
    profile: &'a str,
    /// The worst state; faults that are waived do not count.
    worst: Worst,
    host: HostObject,
}

impl<'a> Reporter<'a> {
    /// The reporter on the host of `cx`.
    #[must_use]
    pub fn of(cx: &HostContext<'a>, output: Output, worst: Worst) -> Self {
        Self { output, hostprep: Program::THIS, profile: &cx.profile.name, worst, host: HostObject::of(cx) }
    }

    /// The same reporter with another worst state.
    #[must_use]
    pub fn with_worst(&self, worst: Worst) -> Self {
        Self { worst, ..self.clone() }
    }
}

/// What an output begins with.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Envelope<'a> {
    /// The version of the format.
    #[cfg_attr(feature = "schema", schemars(schema_with = "super::schema::version"))]
    schema: u32,
    /// When it was written, UTC.
    time: Timestamp,
    #[serde(flatten)]
    reporter: Reporter<'a>,
}

impl<'a> Envelope<'a> {
    /// The envelope of an output about the host of `cx`, at this moment.
    #[must_use]
    pub fn of(cx: &HostContext<'a>, output: Output, worst: Worst) -> Self {
        Self { schema: SCHEMA, time: now(cx), reporter: Reporter::of(cx, output, worst) }
    }
}

/// The time in whole seconds.
#[must_use]
pub fn now(cx: &HostContext) -> Timestamp {
    let now = cx.clock.now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}
