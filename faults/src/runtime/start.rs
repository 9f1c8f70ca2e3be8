//! Fault 7: the scan service does not start.

use std::mem;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Decision;
use super::describe;
use super::end::End;
use super::setting_error::{SettingError, validate_count};
use super::start_memory::StartMemory;
use crate::finding::Finding;
use crate::id::FaultId;
use crate::record::Report;
use crate::snapshot::Snapshot;
use crate::store::Wanted;
use crate::words::Reason;

/// The figures of [`Start`]: table `start`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StartSettings {
    /// So many updates of the definitions in a row that turn out invalid mean that the integrity check does not work.
    /// The documents say "each update"; 3 is ours.
    pub updates: u32,
}

impl Default for StartSettings {
    fn default() -> Self {
        Self { updates: 3 }
    }
}

impl StartSettings {
    /// Whether they make sense.
    ///
    /// # Errors
    /// [`SettingError`] with the key that does not.
    pub fn validate(&self) -> Result<(), SettingError> {
        validate_count("start.updates", self.updates)
    }
}

/// Why the scan service did not start, as its starter saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartFailure {
    /// It ended before it was ready, and nothing is known but how.
    Ended(End),
    /// It read virus definitions and did not accept them.
    DefinitionsInvalid {
        /// The files.
        files: Vec<PathBuf>,
        /// What is wrong with them, in one line.
        problem: String,
    },
    /// It could not read virus definitions.
    DefinitionsUnreadable {
        /// The files.
        files: Vec<PathBuf>,
        /// The operating system's answer, in one line.
        problem: String,
    },
}

/// The host's memory when the start failed, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AvailableMemory {
    /// `MemAvailable` in `/proc/meminfo`.
    pub available: u64,
    /// What the scan service requires.
    pub required: u64,
}

/// When fault 7 is raised and cleared (English document: "Fault 7: Scan Service Failed To Start").
///
/// * A failed start raises the fault, with its cause; no file is scanned from then on. The connector restarts itself,
///   once for each reason. A start that succeeds clears the fault.
/// * Less memory available than required is the reason whatever else seems to be wrong: definitions that did not fit
///   into memory look like invalid ones.
/// * Invalid definitions are [to be removed](Self::to_remove) when the connector restarts: files of absolute path that
///   end in `.cvd`, no others. Unreadable ones may be good, and stay.
/// * A start that fails again for the same reason means that a person is needed.
/// * [`updates`](StartSettings::updates) updates of the definitions in a row that turn out invalid mean that the
///   integrity check before their activation does not catch what is wrong with them.
///
/// There is no time in this rule. What it has to know after a restart is its [memory](Self::memory), for the caller to
/// store before it restarts. Where that is lost, the store still says for which reason the last start failed.
///
/// ```
/// use faults::runtime::{Start, StartFailure, StartMemory};
/// use faults::{FaultId, Reason, Snapshot, Wanted};
///
/// let bad = std::path::PathBuf::from("/opt/cisco/amp/clamav/daily.cvd");
/// let failure = StartFailure::DefinitionsInvalid { files: vec![bad.clone()], problem: "bad signature".into() };
/// let mut start = Start::resume(Default::default(), &Snapshot::default(), None)?;
/// let decision = start.failed(&failure, None);
/// assert!(decision.restart);
/// let Wanted::Raised(report) = &decision.tell[0] else { panic!("it is raised") };
/// assert_eq!(report.finding.reason, Reason::DefinitionsInvalid);
/// let kept = serde_json::to_string(start.memory())?;
///
/// // The connector has restarted.
/// let memory: StartMemory = serde_json::from_str(&kept)?;
/// let mut start = Start::resume(Default::default(), &Snapshot::default(), Some(memory))?;
/// assert_eq!(start.to_remove(), [bad.clone()]);
/// // ... the caller removes it ...
/// start.removed(&bad);
/// assert_eq!(start.started(), Wanted::Cleared(FaultId::SCAN_START));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Start {
    settings: StartSettings,
    memory: StartMemory,
}

impl Start {
    /// The rule, at the start of a process of the connector, with what its predecessor left; `None` where that is lost,
    /// or where there was none. Then `stored`, what the store says now, is asked.
    ///
    /// # Errors
    /// [`SettingError`]: a setting makes no sense.
    pub fn resume(
        settings: StartSettings,
        stored: &Snapshot,
        memory: Option<StartMemory>,
    ) -> Result<Self, SettingError> {
        settings.validate()?;
        let memory = memory.map_or_else(|| StartMemory::from_store(stored), StartMemory::checked);
        Ok(Self { settings, memory })
    }

    /// What the next process has to know: to be stored after each call that changes this.
    #[must_use]
    pub fn memory(&self) -> &StartMemory {
        &self.memory
    }

    /// The definition files to remove when the connector has restarted, before the scan service is started.
    #[must_use]
    pub fn to_remove(&self) -> &[PathBuf] {
        &self.memory.remove
    }

    /// That file is removed, or was gone already. One that was not to be removed is none of this rule's business.
    pub fn removed(&mut self, file: &Path) {
        self.memory.remove.retain(|known| known != file);
    }

    /// New definitions were activated, in these files: they are not to be removed for what their predecessors were, and
    /// deserve a restart of their own if they fail. To be called before the start that tries them.
    pub fn updated(&mut self, files: &[PathBuf]) {
        self.memory.remove.retain(|file| !files.contains(file));
        self.memory
            .tried
            .retain(|reason| !matches!(reason, Reason::DefinitionsInvalid | Reason::DefinitionsUnreadable));
        self.memory.untested = true;
    }

    /// The scan service runs. Clears the fault; to be told to the store after each start, since somebody else may have
    /// raised it.
    pub fn started(&mut self) -> Wanted {
        let loaded_an_update = self.memory.untested;
        let invalid_updates = if loaded_an_update { 0 } else { self.memory.invalid_updates };
        // What was to be removed and is still there was loaded, or a person saw to it.
        self.memory = StartMemory { invalid_updates, ..StartMemory::default() };
        Wanted::Cleared(FaultId::SCAN_START)
    }

    /// The scan service did not start; `memory` is what was available then, where somebody looked.
    pub fn failed(&mut self, failure: &StartFailure, memory: Option<AvailableMemory>) -> Decision {
        let short = memory.filter(|memory| memory.available < memory.required);
        let reason = reason(failure, short);
        if let (Reason::DefinitionsInvalid, StartFailure::DefinitionsInvalid { files, .. }) = (&reason, failure) {
            self.memory.remove_later(files);
            if mem::take(&mut self.memory.untested) {
                self.memory.invalid_updates = self.memory.invalid_updates.saturating_add(1);
            }
        }
        let again = self.memory.tried.contains(&reason);
        if !again {
            self.memory.tried.push(reason.clone());
        }
        let detail = format!(
            "the scan service did not start, no file is scanned: {}; {}",
            cause(failure, short),
            self.outlook(&reason, again)
        );
        let mut remedy = vec![describe::logs(FaultId::SCAN_START)];
        if short.is_some() {
            remedy.insert(0, "free -m".into());
        }
        let report = Report { id: FaultId::SCAN_START, finding: Finding { reason, detail, remedy }, severity: None };
        Decision { tell: vec![Wanted::Raised(report)], restart: !again }
    }

    /// What comes of it.
    fn outlook(&self, reason: &Reason, again: bool) -> String {
        let mut outlook = match (again, &self.memory.remove[..]) {
            (true, _) => "it was so before the connector's restart too, a person is needed".to_owned(),
            (false, files @ [_, ..]) => format!("the connector restarts and removes {}", describe::paths(files)),
            (false, []) => "the connector restarts".to_owned(),
        };
        let updates = self.memory.invalid_updates;
        if *reason == Reason::DefinitionsInvalid && updates >= self.settings.updates {
            outlook.push_str(&format!(
                "; the last {updates} updates of the definitions were all invalid, which their integrity check does \
                 not catch"
            ));
        }
        outlook
    }
}

fn reason(failure: &StartFailure, short: Option<AvailableMemory>) -> Reason {
    match failure {
        _ if short.is_some() => Reason::MemoryLow,
        StartFailure::Ended(_) => Reason::ScanStartFailed,
        StartFailure::DefinitionsInvalid { .. } => Reason::DefinitionsInvalid,
        StartFailure::DefinitionsUnreadable { .. } => Reason::DefinitionsUnreadable,
    }
}

fn cause(failure: &StartFailure, short: Option<AvailableMemory>) -> String {
    const MIB: u64 = 1 << 20;
    let seen = match failure {
        StartFailure::Ended(end) => end.to_string(),
        StartFailure::DefinitionsInvalid { files, problem } => {
            format!("invalid definitions ({problem}) in {}", describe::paths(files))
        }
        StartFailure::DefinitionsUnreadable { files, problem } => {
            format!("unreadable definitions ({problem}) in {}", describe::paths(files))
        }
    };
    match short {
        Some(AvailableMemory { available, required }) => {
            // Rounded so that the one stays less than the other.
            format!("{} MiB of memory are available, {} required ({seen})", available / MIB, required.div_ceil(MIB))
        }
        None => seen,
    }
}
