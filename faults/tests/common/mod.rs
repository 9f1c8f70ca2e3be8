//! A scratch root, and a look at a store's files behind its back.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::disallowed_methods, reason = "tests damage files that the library never would")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use faults::{Change, DEFAULT_DIRECTORY, Event, FaultId, Occasion, Reason, Report, Source, Store, StoreError, Writer};
use host::Root;
use host::clock::{Clock, SystemClock};

pub const PATIENCE: Duration = Duration::from_secs(60);
pub const STATE: &str = "faults.json";
pub const EVENTS: &str = "events.jsonl";

pub struct Scratch {
    _dir: tempfile::TempDir,
    pub root: Root,
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
        self.root.shown(DEFAULT_DIRECTORY)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::create_dir_all(self.dir()).unwrap();
        fs::write(self.path(name), content).unwrap();
    }

    pub fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    pub fn lock(&self) -> Writer<'static> {
        self.store().lock(&SystemClock, PATIENCE).unwrap()
    }

    pub fn raise(&self, report: &Report) -> Change {
        self.lock().raise(report, &repair()).unwrap()
    }

    pub fn clear(&self, id: FaultId) -> Change {
        self.lock().clear(id, &repair()).unwrap()
    }

    pub fn history(&self) -> Vec<Event> {
        self.store().events().unwrap().collect::<Result<_, StoreError>>().unwrap()
    }

    /// Every file's content, inode, mode, size and times of change, and the directory's own.
    pub fn traces(&self) -> BTreeMap<PathBuf, String> {
        traces(&self.dir())
    }
}

pub fn traces(dir: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut note = |path: &Path| {
        let meta = fs::symlink_metadata(path).unwrap();
        let content = if meta.is_file() { fs::read(path).unwrap() } else { Vec::new() };
        let times = (meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec());
        found.insert(path.to_owned(), format!("{} {:o} {times:?} {content:?}", meta.ino(), meta.mode()));
    };
    note(dir);
    for entry in fs::read_dir(dir).unwrap() {
        note(&entry.unwrap().path());
    }
    found
}

pub fn copy_of(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

pub fn repair() -> Occasion {
    Occasion { source: Source::Repair, boot_id: Some("6d0f1a52-4c1c-4f0b-9a63-5a4bb1e0c7d2".into()) }
}

pub fn report(id: FaultId, reason: Reason, detail: &str) -> Report {
    Report { id, reason, detail: detail.into(), remedy: vec!["hostprep repair".into()], severity: None }
}

pub fn missing_user() -> Report {
    report(FaultId::SCAN_USER, Reason::UserMissing, "user cisco-amp-scan-svc does not exist")
}

pub fn missing_headers() -> Report {
    report(FaultId::KERNEL_HEADERS, Reason::HeadersMissing, "no headers for 4.18.0-553.el8_10.x86_64")
}

/// Waits until a file written now has another time than one written before.
pub fn let_time_pass() {
    SystemClock.sleep(Duration::from_millis(20));
}
