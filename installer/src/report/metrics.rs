//! The faults as metrics, in the text format that node_exporter's textfile collector reads.

use faults::{Severity, Snapshot};
use prometheus::{Encoder, GaugeVec, IntCounter, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder};

use super::status::counting;
use crate::engine::next_boot::NextBoot;
use crate::model::host_context::HostContext;

/// The metrics; their names and labels stay as they are.
///
/// # Errors
/// [`prometheus::Error`], which names and labels that are fixed do not give.
pub fn render(
    cx: &HostContext,
    snapshot: &Snapshot,
    next_boot: Option<&NextBoot>,
    is_locked: bool,
) -> prometheus::Result<String> {
    let registry = Registry::new();
    let raised = IntGaugeVec::new(
        Opts::new("hostprep_fault_raised", "A raised fault; one that is not raised has no sample."),
        &["id", "severity", "reason"],
    )?;
    let since = GaugeVec::new(
        Opts::new("hostprep_fault_raised_timestamp_seconds", "When the fault was raised, in seconds since the epoch."),
        &["id"],
    )?;
    let pending = IntGaugeVec::new(
        Opts::new("hostprep_fault_pending", "A fault that is not raised and will be with the kernel of the next boot."),
        &["id", "severity", "reason", "kernel"],
    )?;
    let waived = IntGaugeVec::new(
        Opts::new(
            "hostprep_fault_waived",
            "A raised or pending fault that the configuration accepts; it is not counted.",
        ),
        &["id", "severity", "reason"],
    )?;
    let counts =
        IntGaugeVec::new(Opts::new("hostprep_faults", "How many faults are raised and not waived."), &["severity"])?;
    let events = IntCounter::new("hostprep_fault_events_total", "Changes of faults since the store was made.")?;
    let locked = IntGauge::new("hostprep_load_lock_locked", "1 where the load lock keeps the kernel component out.")?;
    for collector in [
        Box::new(raised.clone()) as Box<dyn prometheus::core::Collector>,
        Box::new(since.clone()),
        Box::new(pending.clone()),
        Box::new(waived.clone()),
        Box::new(counts.clone()),
        Box::new(events.clone()),
        Box::new(locked.clone()),
    ] {
        registry.register(collector)?;
    }
    for severity in Severity::WORST_FIRST {
        let count = counting(cx, snapshot).filter(|fault| fault.severity == severity).count();
        counts.with_label_values(&[severity.as_str()]).set(i64::try_from(count).unwrap_or(i64::MAX));
    }
    for fault in &snapshot.faults {
        let id = fault.id.to_string();
        raised.with_label_values(&[id.as_str(), fault.severity.as_str(), fault.finding.reason.as_str()]).set(1);
        if cx.waivers.of(&fault.finding.reason).is_some() {
            let labels = [id.as_str(), fault.severity.as_str(), fault.finding.reason.as_str()];
            waived.with_label_values(&labels).set(1);
        }
        since.with_label_values(&[id.as_str()]).set(fault.raised_at.as_millisecond() as f64 / 1000.0);
    }
    for fault in next_boot.iter().flat_map(|next| &next.pending) {
        let kernel = next_boot.and_then(|next| next.kernel.as_deref()).unwrap_or_default();
        let id = fault.id.to_string();
        let labels = [id.as_str(), fault.severity.as_str(), fault.finding.reason.as_str(), kernel];
        pending.with_label_values(&labels).set(1);
        if fault.waiver.is_some() {
            waived.with_label_values(&labels[..3]).set(1);
        }
    }
    events.inc_by(snapshot.sequence);
    locked.set(i64::from(is_locked));
    let mut text = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
