//! The metrics: names, labels and texts, which stay as they are.

use prometheus::{GaugeVec, IntCounter, IntGauge, IntGaugeVec, Opts, Registry, Result};

/// A metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// `gauge` or `counter`.
    pub kind: &'static str,
    /// The labels of its samples; those of a vendor's hostprep have `agent` too.
    pub labels: &'static [&'static str],
    /// What it says, as in the output.
    pub help: &'static str,
}

macro_rules! metrics {
    ($($id:ident = $kind:literal $name:literal $labels:expr, $help:literal;)+) => {
        $(#[doc = $help] pub const $id: Metric = Metric { name: $name, kind: $kind, labels: &$labels, help: $help };)+

        /// All of them.
        pub const METRICS: &[Metric] = &[$($id),+];
    };
}

metrics! {
    FAULT_RAISED = "gauge" "hostprep_fault_raised" ["id", "severity", "reason"],
        "A raised fault; one that is not raised has no sample.";
    FAULT_RAISED_AT = "gauge" "hostprep_fault_raised_timestamp_seconds" ["id"],
        "When the fault was raised, in seconds since the epoch.";
    FAULT_PENDING = "gauge" "hostprep_fault_pending" ["id", "severity", "reason", "kernel"],
        "A fault that is not raised and will be with the kernel of the next boot.";
    FAULT_WAIVED = "gauge" "hostprep_fault_waived" ["id", "severity", "reason"],
        "A raised or pending fault that the configuration accepts; it is not counted.";
    FAULTS = "gauge" "hostprep_faults" ["severity"], "How many faults are raised and not waived.";
    FAULT_EVENTS = "counter" "hostprep_fault_events_total" [], "Changes of faults since the store was made.";
    STEP_OUTCOME = "gauge" "hostprep_step_outcome" ["step", "outcome"],
        "What the step finds now; it has no sample for its other outcomes.";
    LAST_RUN_AT = "gauge" "hostprep_last_run_timestamp_seconds" [],
        "When the last run ended that was recorded, in seconds since the epoch.";
    LAST_RUN_RESULT = "gauge" "hostprep_last_run_result" ["result"],
        "How the last run ended, in the words of `worst` of the JSON outputs; no sample if it was of some steps alone.";
    LOAD_LOCK_LOCKED = "gauge" "hostprep_load_lock_locked" [],
        "1 where the load lock keeps the kernel component out.";
    BUILD_INFO = "gauge" "hostprep_build_info" ["version", "profile"],
        "The version of hostprep and the agent's profile.";
}

impl Metric {
    /// Registers it, with whole numbers.
    ///
    /// # Errors
    /// If it is registered already.
    pub(super) fn gauges(&self, registry: &Registry) -> Result<IntGaugeVec> {
        let gauges = IntGaugeVec::new(Opts::new(self.name, self.help), self.labels)?;
        registry.register(Box::new(gauges.clone()))?;
        Ok(gauges)
    }

    /// Registers it, with fractions.
    ///
    /// # Errors
    /// If it is registered already.
    pub(super) fn fractions(&self, registry: &Registry) -> Result<GaugeVec> {
        let gauges = GaugeVec::new(Opts::new(self.name, self.help), self.labels)?;
        registry.register(Box::new(gauges.clone()))?;
        Ok(gauges)
    }

    /// Registers it; it has one sample, a whole number.
    ///
    /// # Errors
    /// If it is registered already.
    pub(super) fn gauge(&self, registry: &Registry) -> Result<IntGauge> {
        let gauge = IntGauge::new(self.name, self.help)?;
        registry.register(Box::new(gauge.clone()))?;
        Ok(gauge)
    }

    /// Registers it; it only grows.
    ///
    /// # Errors
    /// If it is registered already.
    pub(super) fn counter(&self, registry: &Registry) -> Result<IntCounter> {
        let counter = IntCounter::new(self.name, self.help)?;
        registry.register(Box::new(counter.clone()))?;
        Ok(counter)
    }
}
