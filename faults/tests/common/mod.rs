//! A scratch root, and a look at a store's files behind its back.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::disallowed_methods, reason = "tests damage files that the library never would")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use faults::{
    Change, DEFAULT_DIRECTORY, Event, EventContext, EventKind, FaultId, Finding, Reason, Remedy, Report, Source, Store,
    StoreError, Writer,
};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use host::Root;
use host::process::clock::{Clock, SystemClock};

pub const LOCK_TIMEOUT: Duration = Duration::from_secs(60);
pub const STATE: &str = "faults.json";
pub const EVENTS: &str = "events.jsonl";

pub struct Scratch {
    _dir: tempfile::TempDir,
    pub root: Root,
    /// The maximum size of `events.jsonl`; `None` for the default.
    rotate_at: Option<u64>,
}

impl Scratch {
    pub fn new() -> Self {
        Self::within(tempfile::tempdir().unwrap())
    }

    /// Creates a store on a tmpfs, if there is one, for tests with many changes.
    pub fn in_memory() -> Self {
        Self::within(tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap())
    }

    fn within(dir: tempfile::TempDir) -> Self {
        fs::create_dir(dir.path().join("etc")).unwrap();
        let root = Root::alternate(dir.path()).unwrap();
        Self { _dir: dir, root, rotate_at: None }
    }

    pub fn rotating_at(self, bytes: u64) -> Self {
        Self { rotate_at: Some(bytes), ..self }
    }

    /// Where the store is, for what is asked without it.
    pub fn alternate_root(&self) -> Option<&Path> {
        self.root.is_alternate().then(|| self.root.path())
    }

    pub fn store(&self) -> Store<'_> {
        let store = Store::at(&self.root, DEFAULT_DIRECTORY);
        match self.rotate_at {
            Some(bytes) => store.rotating_at(bytes),
            None => store,
        }
    }

    pub fn dir(&self) -> PathBuf {
        self.root.host_path(DEFAULT_DIRECTORY)
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
        self.store().lock(&SystemClock, LOCK_TIMEOUT).unwrap()
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

    /// The names in the store's directory, sorted.
    pub fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.dir()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    /// Returns the names of the closed segments in either format, oldest first.
    pub fn segments(&self) -> Vec<String> {
        self.names().into_iter().filter(|name| name.starts_with("events-")).collect()
    }

    /// Makes `pairs` events that raise fault 5 and as many that clear it. The detail of each is its number.
    pub fn fill(&self, pairs: u64) {
        let mut writer = self.lock();
        for _ in 0..pairs {
            raise_and_clear(&mut writer);
        }
    }

    /// Checks that the events of [`Scratch::fill`] are complete, in order, and end with the event `last`.
    pub fn assert_filled(&self, last: u64) {
        let history = self.history();
        assert_filled(&history, 1, last);
        let snapshot = self.store().read().unwrap();
        assert_eq!(snapshot.sequence, last);
        assert_eq!(snapshot.is_raised(FaultId::SCAN_USER), last % 2 == 1);
    }

    /// Every file's content, inode, mode, size and times of change, and the directory's own.
    pub fn traces(&self) -> BTreeMap<PathBuf, String> {
        traces(&self.dir())
    }
}

pub fn raise_and_clear(writer: &mut Writer<'_>) {
    let number = writer.snapshot().sequence + 1;
    writer.raise(&report(FaultId::SCAN_USER, Reason::UserMissing, &number.to_string()), &repair()).unwrap();
    writer.clear(FaultId::SCAN_USER, &repair()).unwrap();
}

/// `events` are those from `first` to `last` that [`Scratch::fill`] makes.
pub fn assert_filled(events: &[Event], first: u64, last: u64) {
    let numbers: Vec<_> = events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (first..=last).collect::<Vec<_>>());
    for event in events {
        let (kind, raised) = match event.seq % 2 {
            1 => (EventKind::Raised, event.seq),
            _ => (EventKind::Cleared, event.seq - 1),
        };
        assert_eq!((event.event, event.finding.detail.as_str()), (kind, raised.to_string().as_str()));
    }
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

pub fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
    plain
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

pub fn repair() -> EventContext {
    EventContext { source: Source::Repair, boot_id: Some("6d0f1a52-4c1c-4f0b-9a63-5a4bb1e0c7d2".into()) }
}

pub fn report(id: FaultId, reason: Reason, detail: &str) -> Report {
    let remedy = vec![Remedy::hostprep(["repair"])];
    Report { id, finding: Finding { reason, detail: detail.into(), remedy }, severity: None }
}

pub fn missing_user() -> Report {
    report(FaultId::SCAN_USER, Reason::UserMissing, "user cisco-amp-scan-svc does not exist")
}

pub fn missing_headers() -> Report {
    report(FaultId::KERNEL_HEADERS, Reason::HeadersMissing, "no headers for 4.18.0-553.el8_10.x86_64")
}

/// Tells others to end when it goes, also by a failed assertion: they would go on for ever.
pub struct Ending<'a>(pub &'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Waits until a file written now has another time than one written before.
pub fn let_time_pass() {
    SystemClock.sleep(Duration::from_millis(20));
}
