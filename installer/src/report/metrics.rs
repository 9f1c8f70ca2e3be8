//! What monitoring asks of a host, in the text format that node_exporter's textfile collector reads: the faults, what each step
//! finds now, and when hostprep last ran.

use faults::{Severity, Snapshot};
use jiff::Timestamp;
use prometheus::{Encoder, GaugeVec, IntCounter, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder};

use super::status::counting;
use crate::engine::last_run::LastRun;
use crate::engine::next_boot::NextBoot;
use crate::load_lock;
use crate::model::host_context::HostContext;
use crate::model::report::StepReport;
use crate::profile::Names;

/// The metrics; their names and labels stay as they are. `reports` are what the steps find now; `last_run` is the
/// record of the last run, where there is one.
///
/// # Errors
/// [`prometheus::Error`], which names and labels that are fixed do not give.
pub fn render(
    cx: &HostContext,
    snapshot: &Snapshot,
    next_boot: Option<&NextBoot>,
    reports: &[StepReport],
    last_run: Option<&LastRun>,
) -> prometheus::Result<String> {
    // Two agents' metrics of one host are told apart: the same series twice is an error of the node exporter.
    let agent = (cx.profile.names != Names::default()).then(|| ("agent".to_owned(), cx.profile.name.clone()));
    let registry = Registry::new_custom(None, agent.map(|label| [label].into()))?;
    add_faults(&registry, cx, snapshot)?;
    add_pending(&registry, next_boot)?;
    add_waived(&registry, cx, snapshot, next_boot)?;
    add_steps(&registry, reports)?;
    if let Some(last) = last_run {
        let is_whole = reports.iter().all(|report| last.steps.iter().any(|step| step == report.step.as_str()));
        add_last_run(&registry, last, is_whole)?;
    }
    let labels = &[("version", env!("CARGO_PKG_VERSION")), ("profile", &cx.profile.name)];
    let build =
        gauges(&registry, "hostprep_build_info", "The version of hostprep and the agent's profile.", &keys(labels))?;
    build.with_label_values(&labels.map(|(_, value)| value)).set(1);
    let locked = IntGauge::new("hostprep_load_lock_locked", "1 where the load lock keeps the kernel component out.")?;
    registry.register(Box::new(locked.clone()))?;
    locked.set(i64::from(load_lock::keeps_out(cx)));
    let mut text = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn keys<'a>(labels: &[(&'a str, &str)]) -> Vec<&'a str> {
    labels.iter().map(|(key, _)| *key).collect()
}

/// Returns a metric of this registry.
fn gauges(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntGaugeVec> {
    let gauges = IntGaugeVec::new(Opts::new(name, help), labels)?;
    registry.register(Box::new(gauges.clone()))?;
    Ok(gauges)
}

fn add_faults(registry: &Registry, cx: &HostContext, snapshot: &Snapshot) -> prometheus::Result<()> {
    let help = "A raised fault; one that is not raised has no sample.";
    let raised = gauges(registry, "hostprep_fault_raised", help, &["id", "severity", "reason"])?;
    let counts = gauges(registry, "hostprep_faults", "How many faults are raised and not waived.", &["severity"])?;
    let help = "When the fault was raised, in seconds since the epoch.";
    let since = GaugeVec::new(Opts::new("hostprep_fault_raised_timestamp_seconds", help), &["id"])?;
    registry.register(Box::new(since.clone()))?;
    let events = IntCounter::new("hostprep_fault_events_total", "Changes of faults since the store was made.")?;
    registry.register(Box::new(events.clone()))?;
    for severity in Severity::WORST_FIRST {
        let count = counting(cx, snapshot).filter(|fault| fault.severity == severity).count();
        counts.with_label_values(&[severity.as_str()]).set(i64::try_from(count).unwrap_or(i64::MAX));
    }
    for fault in &snapshot.faults {
        let id = fault.id.to_string();
        raised.with_label_values(&[id.as_str(), fault.severity.as_str(), fault.finding.reason.as_str()]).set(1);
        since.with_label_values(&[id.as_str()]).set(seconds(fault.raised_at));
    }
    events.inc_by(snapshot.sequence);
    Ok(())
}

fn add_pending(registry: &Registry, next_boot: Option<&NextBoot>) -> prometheus::Result<()> {
    let help = "A fault that is not raised and will be with the kernel of the next boot.";
    let pending = gauges(registry, "hostprep_fault_pending", help, &["id", "severity", "reason", "kernel"])?;
    if let Some(next) = next_boot {
        let kernel = next.kernel.as_deref().unwrap_or_default();
        for fault in &next.pending {
            let id = fault.id.to_string();
            let labels = [id.as_str(), fault.severity.as_str(), fault.finding.reason.as_str(), kernel];
            pending.with_label_values(&labels).set(1);
        }
    }
    Ok(())
}

fn add_waived(
    registry: &Registry,
    cx: &HostContext,
    snapshot: &Snapshot,
    next_boot: Option<&NextBoot>,
) -> prometheus::Result<()> {
    let help = "A raised or pending fault that the configuration accepts; it is not counted.";
    let waived = gauges(registry, "hostprep_fault_waived", help, &["id", "severity", "reason"])?;
    let raised = snapshot.faults.iter().filter(|fault| cx.waivers.of(&fault.finding.reason).is_some());
    let raised = raised.map(|fault| (fault.id, fault.severity, &fault.finding.reason));
    let pending = next_boot.into_iter().flat_map(|next| &next.pending).filter(|fault| fault.waiver.is_some());
    let pending = pending.map(|fault| (fault.id, fault.severity, &fault.finding.reason));
    for (id, severity, reason) in raised.chain(pending) {
        waived.with_label_values(&[id.to_string().as_str(), severity.as_str(), reason.as_str()]).set(1);
    }
    Ok(())
}

fn add_steps(registry: &Registry, reports: &[StepReport]) -> prometheus::Result<()> {
    let help = "What the step finds now; it has no sample for its other outcomes.";
    let outcomes = gauges(registry, "hostprep_step_outcome", help, &["step", "outcome"])?;
    for report in reports {
        outcomes.with_label_values(&[report.step.as_str(), report.outcome.as_str()]).set(1);
    }
    Ok(())
}

/// A run of some steps says nothing about the host: its result is left out.
fn add_last_run(registry: &Registry, last: &LastRun, is_whole: bool) -> prometheus::Result<()> {
    let help = "When the last run ended that was recorded, in seconds since the epoch.";
    let time = prometheus::Gauge::new("hostprep_last_run_timestamp_seconds", help)?;
    registry.register(Box::new(time.clone()))?;
    time.set(seconds(last.time));
    let help =
        "How the last run ended, in the words of `worst` of the JSON outputs; no sample if it was of some steps alone.";
    let result = gauges(registry, "hostprep_last_run_result", help, &["result"])?;
    if is_whole {
        result.with_label_values(&[&last.result]).set(1);
    }
    Ok(())
}

fn seconds(time: Timestamp) -> f64 {
    time.as_millisecond() as f64 / 1000.0
}
