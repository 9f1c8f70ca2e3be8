//! A store in a scratch root.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use faults::{DEFAULT_DIRECTORY, Event, FaultId, Finding, Reason, Remedy, Report, Store, StoreError, Writer};
use host::Root;
use host::process::clock::SystemClock;

pub struct Scratch {
    _dir: tempfile::TempDir,
    root: Root,
}

impl Scratch {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("etc")).unwrap();
        let root = Root::alternate(dir.path()).unwrap();
        Self { _dir: dir, root }
    }

    pub fn store(&self) -> Store<'_> {
        Store::at(&self.root, DEFAULT_DIRECTORY)
    }

    pub fn dir(&self) -> PathBuf {
        self.root.host_path(DEFAULT_DIRECTORY)
    }

    pub fn lock(&self) -> Writer<'static> {
        self.store().lock(&SystemClock, Duration::from_secs(60)).unwrap()
    }

    pub fn history(&self) -> Vec<Event> {
        self.store().events().unwrap().collect::<Result<_, StoreError>>().unwrap()
    }
}

pub fn report(id: FaultId, reason: Reason, detail: &str) -> Report {
    let remedy = vec![Remedy::hostprep(["repair"])];
    Report { id, finding: Finding { reason, detail: detail.into(), remedy }, severity: None }
}
