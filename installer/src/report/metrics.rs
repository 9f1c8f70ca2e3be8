//! What monitoring asks of a host, in the text format that node_exporter's textfile collector reads: the faults, what each step
//! finds now, and when hostprep last ran.

use faults::{Severity, Snapshot};
use jiff::Timestamp;
use prometheus::{Encoder, Registry, TextEncoder};

use super::metric;
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
    let build = metric::BUILD_INFO.gauges(&registry)?;
    build.with_label_values(&[env!("CARGO_PKG_VERSION"), cx.profile.name.as_str()]).set(1);
    metric::LOAD_LOCK_LOCKED.gauge(&registry)?.set(i64::from(load_lock::keeps_out(cx)));
    let mut text = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn add_faults(registry: &Registry, cx: &HostContext, snapshot: &Snapshot) -> prometheus::Result<()> {
    let raised = metric::FAULT_RAISED.gauges(registry)?;
    let counts = metric::FAULTS.gauges(registry)?;
    let since = metric::FAULT_RAISED_AT.fractions(registry)?;
    let events = metric::FAULT_EVENTS.counter(registry)?;
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
    let pending = metric::FAULT_PENDING.gauges(registry)?;
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
    let waived = metric::FAULT_WAIVED.gauges(registry)?;
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
    let outcomes = metric::STEP_OUTCOME.gauges(registry)?;
    for report in reports {
        outcomes.with_label_values(&[report.step.as_str(), report.outcome.as_str()]).set(1);
    }
    Ok(())
}

/// A run of some steps says nothing about the host: its result is left out.
fn add_last_run(registry: &Registry, last: &LastRun, is_whole: bool) -> prometheus::Result<()> {
    let no_labels: &[&str] = &[];
    metric::LAST_RUN_AT.fractions(registry)?.with_label_values(no_labels).set(seconds(last.time));
    let result = metric::LAST_RUN_RESULT.gauges(registry)?;
    if is_whole {
        result.with_label_values(&[&last.result]).set(1);
    }
    Ok(())
}

fn seconds(time: Timestamp) -> f64 {
    time.as_millisecond() as f64 / 1000.0
}
