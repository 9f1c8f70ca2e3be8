//! Fault 7: the scan service does not start.

use std::mem;
use std::path::{Component, Path, PathBuf};

use faults::{FaultId, FaultUpdate, Finding, Reason, Remedy, Report, Snapshot};
use serde::{Deserialize, Serialize};

use crate::end::End;
use crate::settings::{SettingError, StartSettings};
use crate::{Decision, describe};

/// Why the scan service did not start, as the process that started it saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartFailure {
    /// It ended before it was ready; nothing else is known.
    Ended(End),
    /// It rejected virus definitions.
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
        /// The operating system's error, in one line.
        problem: String,
    },
}

/// The host's memory when the start failed, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AvailableMemory {
    /// `MemAvailable` in `/proc/meminfo`.
    pub available: u64,
    /// The memory that the scan service requires.
    pub required: u64,
}

/// When fault 7 ("Scan Service Failed To Start") is raised and cleared:
///
/// * A failed start raises the fault with its cause; no file is scanned from then on. The connector restarts itself, once
///   for each reason. A start that succeeds clears the fault.
/// * If less memory is available than required, that is the reason whatever else seems wrong: definitions that do not fit
///   into memory look like invalid ones.
/// * Invalid definitions are [to be removed](Self::to_remove) when the connector restarts, but only files with an absolute
///   path that ends in `.cvd`. Unreadable ones may be valid, and stay.
/// * A start that fails again for the same reason needs a person.
/// * [`updates`](StartSettings::updates) invalid updates of the definitions in a row mean that the integrity check before
///   their activation does not detect what is wrong with them.
///
/// This rule does not depend on time. It has a [memory](Self::memory), which the caller stores before it restarts. If that
/// is lost, the store still has the reason of the last failed start.
///
/// ```
/// use faults_runtime::{Start, StartFailure, StartMemory};
/// use faults::{FaultId, Reason, Snapshot, FaultUpdate};
///
/// let bad = std::path::PathBuf::from("/opt/cisco/amp/clamav/daily.cvd");
/// let failure = StartFailure::DefinitionsInvalid { files: vec![bad.clone()], problem: "bad signature".into() };
/// let mut start = Start::resume(Default::default(), &Snapshot::default(), None)?;
/// let decision = start.failed(&failure, None);
/// assert!(decision.restart);
/// let FaultUpdate::Raise(report) = &decision.tell[0] else { panic!("it is raised") };
/// assert_eq!(report.finding.reason, Reason::DefinitionsInvalid);
/// let kept = serde_json::to_string(start.memory())?;
///
/// // The connector has restarted.
/// let memory: StartMemory = serde_json::from_str(&kept)?;
/// let mut start = Start::resume(Default::default(), &Snapshot::default(), Some(memory))?;
/// assert_eq!(start.to_remove(), [bad.clone()]);
/// // The caller removes the file, then:
/// start.removed(&bad);
/// assert_eq!(start.started(), FaultUpdate::Clear(FaultId::SCAN_START));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Start {
    settings: StartSettings,
    memory: StartMemory,
}

/// What [`Start`] has to know after the connector's restart. The connector keeps it in a file of its own, by serde. Later
/// versions read it, and unknown keys are ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StartMemory {
    /// Reasons for which the connector has restarted since the scan service last ran.
    tried: Vec<Reason>,
    /// Definition files to remove at the next restart.
    remove: Vec<PathBuf>,
    /// Set from an update of the definitions until the first start with them.
    untested: bool,
    /// The number of updates in a row that turned out invalid.
    invalid_updates: u32,
}

impl StartMemory {
    /// Returns what the store alone shows when the memory is lost: the reason that led to the last restart.
    fn from_store(stored: &Snapshot) -> Self {
        let tried = stored.get(FaultId::SCAN_START).map(|fault| fault.finding.reason.clone());
        Self { tried: tried.into_iter().collect(), ..Self::default() }
    }

    /// Drops files that no call would have noted: the memory comes from a file.
    fn checked(mut self) -> Self {
        self.remove.retain(|file| is_removable(file));
        self
    }

    /// Notes those files that may be removed.
    fn remove_later(&mut self, files: &[PathBuf]) {
        for file in files {
            if is_removable(file) && !self.remove.contains(file) {
                self.remove.push(file.clone());
            }
        }
    }
}

impl Start {
    /// Starts the rule when a process of the connector starts, with the memory of its predecessor. Without one (`None`),
    /// it takes what it can from `stored`, the present content of the store.
    ///
    /// # Errors
    /// [`SettingError`] if a setting is invalid.
    pub fn resume(
        settings: StartSettings,
        stored: &Snapshot,
        memory: Option<StartMemory>,
    ) -> Result<Self, SettingError> {
        settings.validate()?;
        let memory = memory.map_or_else(|| StartMemory::from_store(stored), StartMemory::checked);
        Ok(Self { settings, memory })
    }

    /// Returns what the next process has to know. Store it after each call that changes it.
    #[must_use]
    pub fn memory(&self) -> &StartMemory {
        &self.memory
    }

    /// Returns the definition files to remove after the connector has restarted, before it starts the scan service.
    #[must_use]
    pub fn to_remove(&self) -> &[PathBuf] {
        &self.memory.remove
    }

    /// Reports that a file is removed, or was already gone. A file that was not to be removed is ignored.
    pub fn removed(&mut self, file: &Path) {
        self.memory.remove.retain(|known| known != file);
    }

    /// Reports that new definitions were activated in these files: they are no longer to be removed, and get a restart of
    /// their own if they fail. Call it before the start that tries them.
    pub fn updated(&mut self, files: &[PathBuf]) {
        self.memory.remove.retain(|file| !files.contains(file));
        self.memory
            .tried
            .retain(|reason| !matches!(reason, Reason::DefinitionsInvalid | Reason::DefinitionsUnreadable));
        self.memory.untested = true;
    }

    /// Reports that the scan service runs, and clears the fault. Tell the store after each start, because another program
    /// may have raised it.
    pub fn started(&mut self) -> FaultUpdate {
        let loaded_an_update = self.memory.untested;
        let invalid_updates = if loaded_an_update { 0 } else { self.memory.invalid_updates };
        // Files that were to be removed and still exist were loaded, or a person has replaced them.
        self.memory = StartMemory { invalid_updates, ..StartMemory::default() };
        FaultUpdate::Clear(FaultId::SCAN_START)
    }

    /// Reports that the scan service did not start; `memory` is what was available then, if known.
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
        let mut remedy = vec![describe::tail_logs(FaultId::SCAN_START)];
        if short.is_some() {
            remedy.insert(0, Remedy::run_here(["free", "-m"]));
        }
        let report = Report { id: FaultId::SCAN_START, finding: Finding { reason, detail, remedy }, severity: None };
        Decision { tell: vec![FaultUpdate::Raise(report)], restart: !again }
    }

    /// Describes what happens next.
    fn outlook(&self, reason: &Reason, again: bool) -> String {
        let mut outlook = match (again, &self.memory.remove[..]) {
            (true, _) => "the connector's restart did not help, a person is needed".to_owned(),
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
            // Rounded so that the first stays less than the second.
            format!("{} MiB of memory are available, {} required ({seen})", available / MIB, required.div_ceil(MIB))
        }
        None => seen,
    }
}

/// Returns whether the connector may remove a file that the scan service calls invalid. The scan service is unprivileged and
/// reads hostile files; the connector is root. The path must be UTF-8, so that the memory can hold it.
fn is_removable(file: &Path) -> bool {
    let plain = |part: Component<'_>| matches!(part, Component::RootDir | Component::Normal(_));
    file.is_absolute()
        && file.components().all(plain)
        && file.to_str().is_some()
        && file.extension().is_some_and(|extension| extension == "cvd")
}
