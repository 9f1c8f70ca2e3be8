//! The worst state of a run.

use serde::Serialize;

use super::Results;
use super::next_boot::NextBoot;
use crate::model::report::Outcome;

/// The worst state, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Worst {
    /// All is well.
    Ok,
    /// No fault now: something is deferred, `repair` has changes to make, or a fault is pending from the next boot on.
    Deferred,
    /// No fault is known, and something could not be determined.
    Unknown,
    /// A fault is found or raised.
    Fault,
    /// hostprep itself failed: something could not be done.
    Failed,
}

impl Worst {
    /// Returns the word for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Deferred => "deferred",
            Self::Unknown => "unknown",
            Self::Fault => "fault",
            Self::Failed => "failed",
        }
    }

    /// The worst state of a run.
    #[must_use]
    pub fn of(results: &Results) -> Self {
        let steps = results.reports.iter().map(|report| match report.outcome {
            // What the step found counts by `faults`.
            Outcome::Fault => Self::Ok,
            outcome => Self::of_outcome(outcome),
        });
        let image = results.image.iter().map(|item| Self::of_outcome(item.outcome));
        let faults = if results.faults.is_empty() { Self::Ok } else { Self::Fault };
        steps.chain(image).chain([faults, Self::of_next_boot(results.next_boot.as_ref())]).max().unwrap_or(Self::Ok)
    }

    fn of_outcome(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Ok | Outcome::Changed => Self::Ok,
            Outcome::Deferred | Outcome::Planned => Self::Deferred,
            Outcome::Unknown => Self::Unknown,
            Outcome::Fault => Self::Fault,
        }
    }

    /// The worst state that the next boot brings.
    #[must_use]
    pub fn of_next_boot(next_boot: Option<&NextBoot>) -> Self {
        match next_boot {
            Some(next) if !next.unknown.is_empty() => Self::Unknown,
            Some(next) if next.counting().next().is_some() => Self::Deferred,
            _ => Self::Ok,
        }
    }
}

#[cfg(test)]
mod tests {
    use fleet::State;

    use super::Worst;

    /// `fleet` knows results by their JSON alone, so it has a type of its own.
    #[test]
    fn a_report_about_many_hosts_knows_these_states_in_this_order() {
        let all = [Worst::Failed, Worst::Fault, Worst::Unknown, Worst::Deferred, Worst::Ok];
        assert!(all.is_sorted_by(|worse, better| worse > better));
        assert_eq!(all.map(Worst::as_str), State::ALL.map(State::as_str));
        assert!(State::ALL.is_sorted_by(|worse, better| worse > better));
    }
}
