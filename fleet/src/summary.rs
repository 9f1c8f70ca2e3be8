//! What many results come to.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::collect::{Collection, LeftOut, OlderResult};
use crate::result::{Finding, HostResult, Pending, State, Waiver};

/// The format of the object that [`Summary`] is; keys may be added, none is taken away.
const SCHEMA: u32 = 1;

/// How many hosts are named where a row is about many.
pub const HOSTS_NAMED: usize = 5;

/// How many hosts are listed as the worst.
const WORST_HOSTS: usize = 20;

/// A result older than this, in seconds before the report, is counted as stale.
pub const STALE_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What many results come to. Its lists are in order of weight: the most hosts first.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Summary {
    schema: u32,
    output: &'static str,
    hostprep: Tool,
    /// When the report was made.
    pub time: Timestamp,
    /// The worst state of all hosts; `None` without a host.
    pub worst: Option<State>,
    /// The number of hosts.
    pub hosts: usize,
    /// The number of files that were looked at.
    pub files: usize,
    /// When the oldest result was made.
    pub oldest: Option<Timestamp>,
    /// When the newest result was made.
    pub newest: Option<Timestamp>,
    /// The number of results older than [`STALE_AFTER`].
    pub stale: usize,
    /// The number of results that do not say when they were made, or name a time that is still to come.
    pub undated: usize,
    /// The number of hosts in each state, the worst first.
    pub states: Vec<Count<State>>,
    /// The hosts of each distribution.
    pub distributions: Vec<Distribution>,
    /// The faults that are true, by number and reason.
    pub faults: Vec<FaultRow>,
    /// What the next boot brings.
    pub pending: Vec<PendingRow>,
    /// What is neither done nor at fault, by step and outcome.
    pub unsettled: Vec<UnsettledRow>,
    /// The waivers that cover something.
    pub waivers: Vec<WaiverRow>,
    /// What a person must still do: each sequence of remedies once.
    pub remedies: Vec<RemedyRow>,
    /// The hosts with the most and gravest faults.
    pub worst_hosts: Vec<HostRow>,
    /// The versions of hostprep that made the results.
    pub versions: Vec<Count<String>>,
    /// The tables of supported kernels that judged, as `1 of 2026-11-29`.
    pub kernel_tables: Vec<Count<String>>,
    /// Machine ids that several hosts have: disks copied without `hostprep generalize`.
    pub shared_machines: Vec<SharedMachine>,
    /// All hosts, by name.
    pub results: Vec<HostRow>,
    /// The results that a newer one of the same host replaces.
    pub older: Vec<OlderResult>,
    /// The files that are no result.
    pub left_out: Vec<LeftOut>,
}

#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Tool {
    version: &'static str,
}

/// A number of hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Count<T> {
    /// What they have in common.
    pub value: T,
    /// Their number.
    pub hosts: usize,
}

/// The hosts of a distribution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Distribution {
    /// Its name and version.
    pub name: String,
    /// Their number.
    pub hosts: usize,
    /// Their number in each state, the worst first.
    pub states: Vec<Count<State>>,
}

/// A fault with one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FaultRow {
    /// Its number, where it has one.
    pub fault: Option<u16>,
    /// The cause, for programs.
    pub reason: String,
    /// The cause in one line, as the first host says it.
    pub title: String,
    /// The gravest severity of it.
    pub severity: String,
    /// The number of hosts that have it and do not waive it.
    pub hosts: usize,
    /// The number of hosts that waive it.
    pub waived: usize,
}

/// A fault that the next boot of some hosts brings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PendingRow {
    /// Its number.
    pub fault: u16,
    /// The cause, for programs.
    pub reason: String,
    /// The cause in one line, as the first host says it.
    pub title: String,
    /// The number of hosts.
    pub hosts: usize,
    /// The kernels that these hosts start next.
    pub kernels: Vec<String>,
}

/// A step that is neither done nor at fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UnsettledRow {
    /// The step.
    pub step: String,
    /// `deferred`, `unknown` or `planned`.
    pub outcome: String,
    /// What one of the hosts says.
    pub detail: String,
    /// The number of hosts.
    pub hosts: usize,
}

/// A waiver that covers something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WaiverRow {
    /// Reason, last day and words.
    #[serde(flatten)]
    pub waiver: Waiver,
    /// The number of hosts.
    pub hosts: usize,
}

/// Remedies that hosts have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RemedyRow {
    /// What they are for, as `11 headers-missing`.
    pub findings: Vec<String>,
    /// The remedies, in order.
    pub remedy: Vec<String>,
    /// The number of hosts.
    pub hosts: usize,
    /// Some of the hosts.
    pub named: Vec<String>,
}

/// One host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HostRow {
    /// Its name.
    pub name: String,
    /// The machine id, hashed for the application.
    pub machine: Option<String>,
    /// Its distribution and version.
    pub distribution: String,
    /// The release of the kernel that was judged.
    pub kernel: Option<String>,
    /// Its state.
    pub state: State,
    /// The faults that are true and not waived, as `11 headers-missing`.
    pub faults: Vec<String>,
    /// The faults that are waived.
    pub waived: Vec<String>,
    /// What the next boot brings.
    pub pending: Vec<String>,
    /// When its result was made.
    pub time: Option<Timestamp>,
}

/// A machine id that several hosts have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SharedMachine {
    /// The machine id, hashed for the application.
    pub machine: String,
    /// The number of hosts.
    pub hosts: usize,
    /// Some of them.
    pub named: Vec<String>,
}

impl Summary {
    /// Summarises what was collected, as of `time`.
    #[must_use]
    pub fn of(collection: Collection, time: Timestamp) -> Self {
        let Collection { results, older, left_out, files } = collection;
        let times = || results.iter().filter(|result| !result.is_from_future(time)).filter_map(|result| result.time);
        Self {
            schema: SCHEMA,
            output: "report",
            hostprep: Tool { version: env!("CARGO_PKG_VERSION") },
            time,
            worst: results.iter().map(|result| result.state).max(),
            hosts: results.len(),
            files,
            oldest: times().min(),
            newest: times().max(),
            stale: times().filter(|made| time.duration_since(*made) > STALE_AFTER).count(),
            undated: results.len() - times().count(),
            states: states(results.iter()),
            distributions: distributions(&results),
            faults: faults(&results),
            pending: pending(&results),
            unsettled: unsettled(&results),
            waivers: waivers(&results),
            remedies: remedies(&results),
            worst_hosts: worst_hosts(&results),
            versions: counts(&results, |result| result.version.as_deref()),
            kernel_tables: counts(&results, |result| result.kernel_table.as_deref()),
            shared_machines: shared_machines(&results),
            results: results.iter().map(HostRow::of).collect(),
            older,
            left_out,
        }
    }
}

impl HostRow {
    fn of(result: &HostResult) -> Self {
        let labels = |is_waived| {
            result.findings.iter().filter(|found| found.is_waived == is_waived).map(label).collect::<Vec<_>>()
        };
        Self {
            name: result.name.clone(),
            machine: result.machine.clone(),
            distribution: result.distribution.clone(),
            kernel: result.kernel.clone(),
            state: result.state,
            faults: labels(false),
            waived: labels(true),
            pending: result.pending.iter().map(|next| numbered(Some(next.fault), &next.reason)).collect(),
            time: result.time,
        }
    }
}

/// Returns number and reason, as `11 headers-missing`.
fn label(found: &Finding) -> String {
    numbered(found.fault, &found.reason)
}

fn numbered(fault: Option<u16>, reason: &str) -> String {
    fault.map_or_else(|| reason.to_owned(), |fault| format!("{fault} {reason}"))
}

/// Orders rows by their number of hosts; what is before stays before among equals.
fn by_hosts<T>(mut rows: Vec<T>, hosts: impl Fn(&T) -> usize) -> Vec<T> {
    rows.sort_by_key(|row| Reverse(hosts(row)));
    rows
}

fn states<'r>(results: impl Iterator<Item = &'r HostResult> + Clone) -> Vec<Count<State>> {
    let count = |state| results.clone().filter(|result| result.state == state).count();
    State::ALL.iter().map(|&value| Count { value, hosts: count(value) }).collect()
}

fn distributions(results: &[HostResult]) -> Vec<Distribution> {
    let mut groups: BTreeMap<&str, Vec<&HostResult>> = BTreeMap::new();
    for result in results {
        groups.entry(&result.distribution).or_default().push(result);
    }
    let rows = groups.into_iter().map(|(name, group)| Distribution {
        name: name.to_owned(),
        hosts: group.len(),
        states: states(group.iter().copied()),
    });
    by_hosts(rows.collect(), |row| row.hosts)
}

fn faults(results: &[HostResult]) -> Vec<FaultRow> {
    let mut rows: BTreeMap<(Option<u16>, &str), FaultRow> = BTreeMap::new();
    for result in results {
        // A host counts once, even if several steps give the same reason.
        let mut counted = BTreeSet::new();
        for found in &result.findings {
            let key = (found.fault, found.reason.as_str());
            let row = rows.entry(key).or_insert_with(|| FaultRow {
                fault: found.fault,
                reason: found.reason.clone(),
                title: found.title.clone(),
                severity: found.severity.clone(),
                hosts: 0,
                waived: 0,
            });
            if weight(&found.severity) > weight(&row.severity) {
                row.severity.clone_from(&found.severity);
            }
            if counted.insert(key) {
                *(if found.is_waived { &mut row.waived } else { &mut row.hosts }) += 1;
            }
        }
    }
    by_hosts(rows.into_values().collect(), |row| row.hosts)
}

fn pending(results: &[HostResult]) -> Vec<PendingRow> {
    let mut rows: BTreeMap<(u16, &str), (&Pending, BTreeSet<&str>, usize)> = BTreeMap::new();
    for result in results {
        for next in &result.pending {
            let (_, kernels, hosts) = rows.entry((next.fault, &next.reason)).or_insert((next, BTreeSet::new(), 0));
            kernels.extend(next.kernel.as_deref());
            *hosts += 1;
        }
    }
    let row = |(next, kernels, hosts): (&Pending, BTreeSet<&str>, usize)| PendingRow {
        fault: next.fault,
        reason: next.reason.clone(),
        title: next.title.clone(),
        hosts,
        kernels: kernels.into_iter().map(str::to_owned).collect(),
    };
    by_hosts(rows.into_values().map(row).collect(), |row| row.hosts)
}

fn unsettled(results: &[HostResult]) -> Vec<UnsettledRow> {
    let mut rows: BTreeMap<(&str, &str), (&str, usize)> = BTreeMap::new();
    for step in results.iter().flat_map(|result| &result.unsettled) {
        rows.entry((&step.step, &step.outcome)).or_insert((&step.detail, 0)).1 += 1;
    }
    let row = |((step, outcome), (detail, hosts)): ((&str, &str), (&str, usize))| UnsettledRow {
        step: step.to_owned(),
        outcome: outcome.to_owned(),
        detail: detail.to_owned(),
        hosts,
    };
    by_hosts(rows.into_iter().map(row).collect(), |row| row.hosts)
}

fn waivers(results: &[HostResult]) -> Vec<WaiverRow> {
    let mut rows: BTreeMap<&Waiver, usize> = BTreeMap::new();
    for result in results {
        for waiver in result.waivers.iter().collect::<BTreeSet<_>>() {
            *rows.entry(waiver).or_default() += 1;
        }
    }
    let rows = rows.into_iter().map(|(waiver, hosts)| WaiverRow { waiver: waiver.clone(), hosts });
    by_hosts(rows.collect(), |row| row.hosts)
}

fn remedies(results: &[HostResult]) -> Vec<RemedyRow> {
    let mut rows: BTreeMap<&[String], (BTreeSet<String>, Vec<&str>)> = BTreeMap::new();
    for result in results {
        let found = result.findings.iter().filter(|found| !found.is_waived).map(|found| (label(found), &found.remedy));
        let next = result.pending.iter().map(|next| (numbered(Some(next.fault), &next.reason), &next.remedy));
        let mut counted: BTreeSet<&[String]> = BTreeSet::new();
        for (label, remedy) in found.chain(next).filter(|(_, remedy)| !remedy.is_empty()) {
            let (findings, hosts) = rows.entry(remedy).or_default();
            findings.insert(label);
            // A host counts once, even if several of its faults have the same remedy.
            if counted.insert(remedy) {
                hosts.push(&result.name);
            }
        }
    }
    let row = |(remedy, (findings, hosts)): (&[String], (BTreeSet<String>, Vec<&str>))| RemedyRow {
        findings: findings.into_iter().collect(),
        remedy: remedy.to_vec(),
        hosts: hosts.len(),
        named: hosts.into_iter().take(HOSTS_NAMED).map(str::to_owned).collect(),
    };
    by_hosts(rows.into_iter().map(row).collect(), |row| row.hosts)
}

/// Returns the weight of a severity among several faults of a host.
fn weight(severity: &str) -> u32 {
    match severity {
        "critical" => 100,
        "major" => 10,
        _ => 1,
    }
}

fn worst_hosts(results: &[HostResult]) -> Vec<HostRow> {
    let weight_of = |result: &HostResult| -> u32 {
        result.findings.iter().filter(|found| !found.is_waived).map(|found| weight(&found.severity)).sum()
    };
    let mut hosts: Vec<_> = results.iter().filter(|result| result.state >= State::Fault).collect();
    hosts.sort_by_key(|result| (Reverse(result.state), Reverse(weight_of(result))));
    hosts.into_iter().take(WORST_HOSTS).map(HostRow::of).collect()
}

fn counts<'a>(results: &'a [HostResult], value: impl Fn(&'a HostResult) -> Option<&'a str>) -> Vec<Count<String>> {
    let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
    for result in results {
        *rows.entry(value(result).unwrap_or("not said")).or_default() += 1;
    }
    let rows = rows.into_iter().map(|(value, hosts)| Count { value: value.to_owned(), hosts });
    by_hosts(rows.collect(), |row| row.hosts)
}

fn shared_machines(results: &[HostResult]) -> Vec<SharedMachine> {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for result in results {
        if let Some(machine) = &result.machine {
            groups.entry(machine).or_default().push(&result.name);
        }
    }
    let rows = groups.into_iter().filter(|(_, hosts)| hosts.len() > 1).map(|(machine, hosts)| SharedMachine {
        machine: machine.to_owned(),
        hosts: hosts.len(),
        named: hosts.into_iter().take(HOSTS_NAMED).map(str::to_owned).collect(),
    });
    by_hosts(rows.collect(), |row| row.hosts)
}

#[cfg(test)]
mod tests;
