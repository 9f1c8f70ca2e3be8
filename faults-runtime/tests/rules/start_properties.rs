//! Fault 7 under any sequence of events.

use std::path::PathBuf;

use faults::{FaultId, Snapshot};
use faults_runtime::{AvailableMemory, End, Start, StartFailure, StartSettings};
use proptest::prelude::*;

use crate::ledger::{Ledger, SECOND};

#[derive(Debug, Clone)]
enum Happens {
    Failed(StartFailure, Option<AvailableMemory>),
    Started,
    Updated(Vec<PathBuf>),
    Removed(PathBuf),
    /// The connector restarts; with its memory, or without.
    Restart(bool),
}

fn file() -> impl Strategy<Value = PathBuf> {
    prop::sample::select(vec!["/d/a.cvd", "/d/b.cvd", "/d/c.cvd", "/d/c.txt"]).prop_map(PathBuf::from)
}

fn happens() -> impl Strategy<Value = Happens> {
    let files = || prop::collection::vec(file(), 0..3);
    let failure = prop_oneof![
        Just(StartFailure::Ended(End::Exited(1))),
        files().prop_map(|files| StartFailure::DefinitionsUnreadable { files, problem: "gone".into() }),
        files().prop_map(|files| StartFailure::DefinitionsInvalid { files, problem: "bad".into() }),
    ];
    let memory = (0u64..3, 0u64..3).prop_map(|(available, required)| AvailableMemory { available, required });
    prop_oneof![
        4 => (failure, prop::option::of(memory)).prop_map(|(failure, memory)| Happens::Failed(failure, memory)),
        2 => Just(Happens::Started),
        2 => files().prop_map(Happens::Updated),
        1 => file().prop_map(Happens::Removed),
        3 => any::<bool>().prop_map(Happens::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    /// The fault is raised exactly while the last start failed; between two starts that succeed, or new definitions,
    /// there is at most one restart for each of the four reasons; only what was found invalid is removed.
    #[test]
    fn it_is_raised_while_the_last_start_failed(history in prop::collection::vec(happens(), 1..60)) {
        let resume = |stored: &Snapshot, memory| Start::resume(StartSettings::default(), stored, memory).unwrap();
        let mut ledger = Ledger::default();
        let mut start = resume(&ledger.stored, None);
        let (mut failed, mut restarts, mut lost) = (false, 0, 0);
        let mut found_invalid: Vec<PathBuf> = Vec::new();
        for happens in history {
            match happens {
                Happens::Failed(failure, memory) => {
                    let short = memory.is_some_and(|memory| memory.available < memory.required);
                    if let (StartFailure::DefinitionsInvalid { files, .. }, false) = (&failure, short) {
                        found_invalid.extend(files.iter().filter(|file| file.ends_with("c.txt").eq(&false)).cloned());
                    }
                    let decision = start.failed(&failure, memory);
                    restarts += usize::from(decision.restart);
                    ledger.take(decision.tell, SECOND);
                    failed = true;
                }
                Happens::Started => {
                    ledger.take([start.started()], SECOND);
                    found_invalid.clear();
                    (failed, restarts, lost) = (false, 0, 0);
                }
                Happens::Updated(files) => {
                    start.updated(&files);
                    found_invalid.retain(|file| !files.contains(file));
                    (restarts, lost) = (0, 0);
                }
                Happens::Removed(file) => {
                    start.removed(&file);
                    found_invalid.retain(|known| *known != file);
                }
                Happens::Restart(true) => start = resume(&ledger.stored, Some(start.memory().clone())),
                Happens::Restart(false) => {
                    start = resume(&ledger.stored, None);
                    found_invalid.clear();
                    lost += 1;
                }
            }
            prop_assert_eq!(ledger.stored.is_raised(FaultId::SCAN_START), failed);
            prop_assert!(restarts <= 4 * (lost + 1));
            prop_assert!(start.to_remove().iter().all(|file| found_invalid.contains(file)));
            prop_assert!(found_invalid.iter().all(|file| start.to_remove().contains(file)));
        }
    }
}
