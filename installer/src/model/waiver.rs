//! Waivers: findings that an administrator accepts for some time. What is waived stays visible, and does not count.

use std::path::PathBuf;

use faults::{Reason, catalogue};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::report::{Outcome, StepReport};
use super::step_id::StepId;

/// One `[[accept]]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The reason that is accepted.
    pub reason: Reason,
    /// The last day on which it is, UTC.
    pub until: Date,
    /// Why.
    pub why: String,
    /// The file that says so.
    pub file: PathBuf,
}

/// The waivers of a host, on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waivers {
    all: Vec<Waiver>,
    today: Date,
}

/// Whether a run can tell that nothing has a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looked {
    /// Every step that finds it has determined whether it is there.
    Fully,
    /// These steps could not be determined.
    InPart(Vec<StepId>),
    /// A step that finds it was not run.
    Elsewhere,
}

/// A fault that does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waived<I> {
    /// What is waived.
    pub id: I,
    /// By what.
    pub waiver: Waiver,
}

impl Waivers {
    /// The waivers `all` at the time `now`.
    #[must_use]
    pub fn at(all: Vec<Waiver>, now: Timestamp) -> Self {
        Self { all, today: now.to_zoned(TimeZone::UTC).date() }
    }

    /// Returns the waiver of `reason` that holds today, the longest if there are several.
    #[must_use]
    pub fn of(&self, reason: &Reason) -> Option<&Waiver> {
        let holds = |waiver: &&Waiver| waiver.reason == *reason && self.today <= waiver.until;
        self.all.iter().filter(holds).max_by_key(|waiver| waiver.until)
    }

    /// Returns the waivers of all these reasons; `None` if one of them counts, or there is none.
    #[must_use]
    pub fn of_all<'a>(&self, reasons: impl IntoIterator<Item = &'a Reason>) -> Option<Vec<&Waiver>> {
        let mut found: Vec<&Waiver> = Vec::new();
        for reason in reasons {
            let waiver = self.of(reason)?;
            if !found.contains(&waiver) {
                found.push(waiver);
            }
        }
        (!found.is_empty()).then_some(found)
    }

    /// Returns the waiver of a step whose every finding is waived: the first to end.
    #[must_use]
    pub fn of_step(&self, report: &StepReport) -> Option<&Waiver> {
        let reasons = report.findings.iter().map(|finding| &finding.reason);
        let waivers = self.of_all(reasons).filter(|_| report.outcome == Outcome::Fault)?;
        waivers.into_iter().min_by_key(|waiver| waiver.until)
    }

    /// Returns a line for each waiver that has ended, and for each that none of the reasons `found` matches, as far as `looked` tells
    /// that of a reason. What only the agent sees, a check does not miss.
    #[must_use]
    pub fn warnings(&self, found: &[&Reason], looked: impl Fn(&Reason) -> Looked) -> Vec<String> {
        let by_check = |reason: &Reason| catalogue::entries().iter().any(|entry| entry.reasons.check.contains(reason));
        let line = |waiver: &Waiver| {
            let Waiver { reason, until, file, .. } = waiver;
            let accept = format!("{}: accept of {reason} until {until}", file.display());
            if *until < self.today {
                Some(format!("{accept} has ended: it waives nothing; remove it, or set a later date"))
            } else if found.contains(&reason) || !by_check(reason) {
                None
            } else {
                match looked(reason) {
                    Looked::Fully => Some(format!("{accept} matches nothing on this host; remove it")),
                    Looked::InPart(steps) => {
                        let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
                        let unknown = steps.join(", ");
                        Some(format!("{accept} cannot be judged in this run, which could not determine {unknown}"))
                    }
                    Looked::Elsewhere => None,
                }
            }
        };
        self.all.iter().filter_map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiver(reason: Reason, until: &str) -> Waiver {
        Waiver { reason, until: until.parse().unwrap(), why: "we know".into(), file: "/etc/x.toml".into() }
    }

    fn on(day: &str, all: &[Waiver]) -> Waivers {
        Waivers::at(all.to_vec(), format!("{day}T23:59:59Z").parse().unwrap())
    }

    #[test]
    fn a_waiver_holds_through_its_last_day() {
        let all = [waiver(Reason::UserMissing, "2027-03-01")];
        assert_eq!(on("2027-03-01", &all).of(&Reason::UserMissing), all.first());
        assert_eq!(on("2027-03-02", &all).of(&Reason::UserMissing), None);
        assert_eq!(on("2027-03-01", &all).of(&Reason::UserMismatch), None);
    }

    #[test]
    fn several_reasons_are_waived_only_together() {
        let all = [waiver(Reason::UserMissing, "2027-03-01"), waiver(Reason::UserMissing, "2027-04-01")];
        let waivers = on("2027-01-01", &all);
        assert_eq!(waivers.of_all([&Reason::UserMissing]), Some(vec![&all[1]]), "the longest");
        assert_eq!(waivers.of_all([&Reason::UserMissing, &Reason::UserMismatch]), None);
        assert_eq!(waivers.of_all([]), None);
    }

    #[test]
    fn what_has_ended_or_matches_nothing_is_said() {
        let all = [
            waiver(Reason::UserMissing, "2026-12-31"),
            waiver(Reason::UserMismatch, "2027-03-01"),
            waiver(Reason::EventsOverloaded, "2027-03-01"),
        ];
        let said = on("2027-01-01", &all).warnings(&[], |_| Looked::Fully);
        assert_eq!(said.len(), 2, "only the agent sees an overload: {said:?}");
        assert!(said[0].starts_with("/etc/x.toml: accept of user-missing until 2026-12-31 has ended"), "{said:?}");
        assert!(said[1].contains("user-mismatch") && said[1].contains("matches nothing"), "{said:?}");
        assert_eq!(on("2027-01-01", &all).warnings(&[&Reason::UserMismatch], |_| Looked::Fully).len(), 1);
        assert_eq!(on("2027-01-01", &all).warnings(&[], |_| Looked::Elsewhere).len(), 1, "its step was not run");
        let said = on("2027-01-01", &all).warnings(&[], |_| Looked::InPart(vec![StepId("scan-user")]));
        assert!(said[1].ends_with("cannot be judged in this run, which could not determine scan-user"), "{said:?}");
    }
}
