//! A scratch root, and snapshots of it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use host::Root;
use nix::fcntl::OFlag;
use nix::sys::stat::futimens;
use nix::sys::time::TimeSpec;
use tempfile::TempDir;
use xattr::FileExt;

/// The state directory, as the host sees it.
pub(super) const STATE: &str = "/var/lib/cisco/hostprep";

/// A `login.defs` as distributions ship it, with USERGROUPS_ENAB set to no.
pub(super) const DEFS: &[u8] =
    b"# login.defs of a test; Latin-1: caf\xe9\nUID_MIN\t\t1000\nUSERGROUPS_ENAB no\nUMASK\t022\n";

thread_local! {
    static ON_DISK: std::cell::Cell<bool> = const { std::cell::Cell::new(true) };
}

/// `false` puts the roots on tmpfs, where syncing costs nothing, for thousands of windows.
pub(super) fn on_disk(on_disk: bool) {
    ON_DISK.set(on_disk);
}

pub(super) struct Scratch {
    pub dir: TempDir,
    pub root: Root,
}

impl Scratch {
    /// An empty `/etc`.
    pub fn bare() -> Self {
        let dir = match tempfile::tempdir_in("/dev/shm") {
            Ok(dir) if !ON_DISK.get() => dir,
            _ => tempfile::tempdir().unwrap(),
        };
        fs::create_dir_all(dir.path().join("etc")).unwrap();
        let root = Root::alternate(dir.path()).unwrap();
        Self { dir, root }
    }

    /// A root with this `/etc/login.defs`. Its mode, times and attributes differ from those of a new file.
    pub fn with(content: &[u8]) -> Self {
        let scratch = Self::bare();
        scratch.put("etc/login.defs", content);
        scratch
    }

    pub fn path(&self, inside: impl AsRef<Path>) -> PathBuf {
        let inside = inside.as_ref();
        self.dir.path().join(inside.strip_prefix("/").unwrap_or(inside))
    }

    pub fn put(&self, inside: &str, content: &[u8]) {
        let path = self.path(inside);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        adorn(&path);
    }

    pub fn read(&self, inside: &str) -> Vec<u8> {
        quiet_read(&self.path(inside))
    }

    pub fn plan(&self) -> crate::Plan {
        crate::plan(&self.root).unwrap().unwrap()
    }

    pub fn state(&self) -> &'static str {
        STATE
    }

    /// Returns `/etc` and `/usr` with everything in them, and the names in the state directory.
    pub fn picture(&self) -> Picture {
        let mut files = BTreeMap::new();
        look(&self.path("etc"), &mut files);
        look(&self.path("usr"), &mut files);
        Picture { files, state: names(&self.path(STATE)) }
    }
}

/// Sets an unusual mode, an attribute, and an access time that the kernel would update on the first ordinary read.
pub(super) fn adorn(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o640)).unwrap();
    let file = File::options().write(true).open(path).unwrap();
    if let Err(e) = file.set_xattr("user.hostprep-test", b"kept") {
        eprintln!("no user attributes here: {e}");
    }
    let _ = std::os::unix::fs::fchown(&file, None, Some(12));
    futimens(&file, &TimeSpec::new(1_000_000_001, 123_456_789), &TimeSpec::new(1_200_000_002, 987_654_321)).unwrap();
}

/// What must not change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    pub files: BTreeMap<PathBuf, Looks>,
    pub state: Vec<OsString>,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Looks {
    pub ino: u64,
    pub mode: u32,
    pub owner: (u32, u32),
    pub links: u64,
    pub times: Option<[(i64, i64); 2]>,
    pub xattrs: BTreeMap<OsString, Option<Vec<u8>>>,
    pub content: Option<Vec<u8>>,
}

impl std::fmt::Debug for Looks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let content = self.content.as_deref().map(String::from_utf8_lossy);
        let Self { ino, mode, owner, links, times, xattrs, .. } = self;
        write!(f, "ino {ino} {mode:o} {owner:?} links {links} {times:?} {xattrs:?} {content:?}")
    }
}

fn look(path: &Path, into: &mut BTreeMap<PathBuf, Looks>) {
    let Ok(found) = fs::symlink_metadata(path) else { return };
    let file = found.is_file().then(|| quiet_open(path));
    // A directory's times change with every name in it.
    let times = file.is_some().then(|| [(found.atime(), found.atime_nsec()), (found.mtime(), found.mtime_nsec())]);
    let xattrs = file.as_ref().map_or_else(BTreeMap::new, |file| {
        file.list_xattr()
            .map(|keys| keys.map(|key| (key.clone(), file.get_xattr(&key).unwrap())).collect())
            .unwrap_or_default()
    });
    let content = file.is_some().then(|| quiet_read(path));
    let owner = (found.uid(), found.gid());
    into.insert(
        path.to_owned(),
        Looks { ino: found.ino(), mode: found.mode(), owner, links: found.nlink(), times, xattrs, content },
    );
    if found.is_dir() {
        for name in names(path) {
            look(&path.join(name), into);
        }
    }
}

pub(super) fn names(path: &Path) -> Vec<OsString> {
    let mut names: Vec<_> = fs::read_dir(path).into_iter().flatten().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names
}

fn quiet_open(path: &Path) -> File {
    OpenOptions::new().read(true).custom_flags(OFlag::O_NOATIME.bits()).open(path).unwrap()
}

pub(super) fn quiet_read(path: &Path) -> Vec<u8> {
    let mut content = Vec::new();
    quiet_open(path).read_to_end(&mut content).unwrap();
    content
}
