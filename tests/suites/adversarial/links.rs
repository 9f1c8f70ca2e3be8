//! Links, directories and fifos at each path that hostprep writes or changes the mode of.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use harness::{Run, ScratchRoot, Trace, program};

use crate::planted_entry::{Kind, PlantedEntry};
use crate::postconditions::{expect_nothing_left, has_user, sick, sick_on_disk};
use crate::private_mount_namespace;
use crate::run::{BEGIN, on, words};
use crate::traced_writes;

/// Something that we are asked to do, and what a host is like before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Repair,
    Hook,
    Remove,
    Raise,
    Reset,
    /// On the running system alone.
    Begin,
}

const DEEDS: [Deed; 6] = [Deed::Repair, Deed::Hook, Deed::Remove, Deed::Raise, Deed::Reset, Deed::Begin];

/// A load lock that locks.
const LOCKED: &str = r#"{"schema":1,"locked_at":"2026-01-01T00:00:00Z","ends":[]}"#;

impl Deed {
    fn args(self) -> &'static [&'static str] {
        match self {
            Self::Repair => &["repair"],
            Self::Hook => &["hook", "deb", "postinst", "configure", ""],
            Self::Remove => &["remove"],
            Self::Raise => &["faults", "raise", "18", "--reason", "hostile"],
            Self::Reset => &["load-lock", "reset"],
            Self::Begin => BEGIN,
        }
    }

    /// A host on which there is something to do.
    fn host(self) -> ScratchRoot {
        self.arrange(sick())
    }

    fn arrange(self, root: ScratchRoot) -> ScratchRoot {
        match self {
            // Wrong, so that it is changed and not made.
            Self::Hook => {
                root.dir("/opt/cisco", 0o700);
            }
            Self::Remove => {
                root.hostprep(&["repair"]).expect_code(3);
            }
            Self::Reset => {
                root.dir("/var/lib/cisco", 0o755).dir("/var/lib/cisco/hostprep", 0o755);
                root.file("/var/lib/cisco/hostprep/load-lock.json", LOCKED);
            }
            Self::Repair | Self::Raise | Self::Begin => {}
        }
        root
    }

    /// Checks the result without an obstacle.
    fn expect_done(self, root: &ScratchRoot, what: &str) {
        let has_user = has_user(root);
        let status = root.hostprep(&["status"]).stdout;
        match self {
            Self::Repair | Self::Hook => {
                assert!(has_user, "{what}: no user");
                assert!(status.contains("Fault IDs: 11\n"), "{what}: {status}");
                assert!(root.at("/opt/cisco").is_dir(), "{what}");
            }
            Self::Remove => {
                assert!(!has_user && !root.at("/opt/cisco").exists(), "{what}: {}", root.text("/etc/passwd"));
                assert!(status.contains("Faults: None"), "{what}: {status}");
            }
            Self::Begin => {
                let status = root.hostprep(&["load-lock", "status"]).stdout;
                assert!(status.contains("Load: active since") || status.contains("locked"), "{what}: {status}");
            }
            Self::Raise => assert!(status.contains("Fault IDs: 18\n"), "{what}: {status}"),
            Self::Reset => {
                let text = root.text("/var/lib/cisco/hostprep/load-lock.json");
                assert!(!text.contains("locked_at"), "{what}: {text}");
            }
        }
        expect_nothing_left(root, what);
    }
}

/// A path that one deed writes, and what an undisturbed run leaves there or what was there before it.
#[derive(Debug)]
struct Written {
    deed: Deed,
    path: PathBuf,
    was: Option<Vec<u8>>,
    /// Whether hostprep itself writes it, or only a tool that it starts.
    ours: bool,
}

/// All of them, from traces of undisturbed runs.
fn all_written() -> &'static [Written] {
    static ALL: OnceLock<Vec<Written>> = OnceLock::new();
    ALL.get_or_init(|| DEEDS.into_iter().flat_map(written).collect())
}

fn written(deed: Deed) -> Vec<Written> {
    let root = deed.arrange(sick_on_disk());
    let before = root.snapshot();
    let dirs_before: BTreeSet<PathBuf> =
        before.paths().filter(|path| root.at(path.to_str().unwrap()).is_dir()).collect();
    let content = |path: &Path| std::fs::read(root.at(path.to_str().unwrap())).ok();
    let contents_before: Vec<(PathBuf, Vec<u8>)> =
        before.paths().filter_map(|path| content(&path).map(|bytes| (path, bytes))).collect();
    let trace = if deed == Deed::Begin {
        // Arranged in the same way as other runs; the arrangement itself writes nothing of hostprep.
        let command = private_mount_namespace::command(&root);
        Trace::of(Path::new(command.get_program()), command.get_args().chain(deed.args().iter().map(OsStr::new)))
    } else {
        Trace::of(program::binary(), words(&root, deed.args()))
    };
    let mut paths = traced_writes::of(&trace, root.path());
    if deed == Deed::Begin {
        paths.retain(|path| !private_mount_namespace::ARRANGED.iter().any(|arranged| path.starts_with(arranged)));
    }
    assert!(!paths.is_empty(), "{deed:?} wrote nothing: {:?}", trace.run);
    let of_the_system =
        |path: &Path| ["/opt", "/run", "/var/lib", "/var/log"].iter().any(|own| Path::new(own).starts_with(path));
    paths
        .into_iter()
        // Not the system's own directories, and no paths with process numbers, which change.
        .filter(|path| {
            !of_the_system(path) && path.extension().is_none_or(|end| end.to_string_lossy().parse::<u32>().is_err())
        })
        .map(|path| {
            let is_dir = dirs_before.contains(&path) || root.at(path.to_str().unwrap()).is_dir();
            let was = content(&path)
                .or_else(|| contents_before.iter().find(|(other, _)| *other == path).map(|(_, bytes)| bytes.clone()));
            let was = if is_dir { None } else { Some(was.unwrap_or_else(|| b"precious\n".to_vec())) };
            let ours = !path.starts_with("/etc") || path.to_string_lossy().contains("login.defs");
            Written { deed, path, was, ours }
        })
        .collect()
}

/// Puts an obstacle of this kind at each path, one at a time.
fn each(kind: Kind) {
    if !harness::need_root() {
        return; // Another owner and another group are root's alone to give.
    }
    let chosen = all_written().iter().filter(|written| applies(kind, written));
    let count = chosen.map(|written| obstruct(kind, written, &on)).count();
    assert!(count >= 10, "only {count} paths");
}

/// A few of them by another way of running the program.
pub fn representative(run: &Runner) {
    if !harness::need_root() {
        return; // As above.
    }
    let ours =
        all_written().iter().filter(|written| written.ours && matches!(written.deed, Deed::Raise | Deed::Repair));
    for (number, written) in ours.enumerate() {
        let kinds = [Kind::LinkOut, Kind::HardLink, Kind::LinkIn, Kind::Dangling];
        // Each path with two kinds, each kind with many paths.
        for kind in [kinds[number % 4], kinds[(number + 1) % 4]] {
            obstruct(kind, written, run);
        }
    }
}

type Runner = dyn Fn(&ScratchRoot, &[&str]) -> Run;

/// Runs with the obstacle and then without.
fn obstruct(kind: Kind, Written { deed, path, was, .. }: &Written, run: &Runner) {
    let what = format!("{deed:?} with {kind:?} at {}", path.display());
    let root = deed.host();
    let planted = PlantedEntry::put(&root, kind, path, was.as_deref());
    run(&root, deed.args());
    planted.expect_nothing_touched(&what);
    planted.remove();
    let what = format!("{what}, afterwards");
    let run = run(&root, deed.args());
    assert_ne!(run.code, Some(1), "{what}: {run:?}");
    planted.expect_nothing_touched(&what);
    deed.expect_done(&root, &what);
}

/// Leaves out combinations that test nothing new: a hook acts like a repair; and account files are the account tools' own, so
/// only links that lead out of the root are tried there.
fn applies(kind: Kind, Written { deed, path, ours, was }: &Written) -> bool {
    let written_over = path.to_string_lossy().ends_with(['-', '+']);
    let by_tools = match kind {
        Kind::LinkOut | Kind::Dangling => *deed != Deed::Hook,
        Kind::HardLink => *deed != Deed::Hook && written_over,
        Kind::LinkIn => *deed == Deed::Repair,
        // Without account files there are no accounts, and tools report that at length.
        Kind::Directory | Kind::Fifo => false,
    };
    let by_us = match kind {
        Kind::LinkOut | Kind::HardLink => true,
        Kind::LinkIn | Kind::Dangling => *deed != Deed::Hook,
        // A directory in place of another directory is not an obstacle.
        Kind::Directory if was.is_none() => false,
        Kind::Directory | Kind::Fifo => *deed != Deed::Hook && path != Path::new("/etc/login.defs"),
    };
    if *ours { by_us } else { by_tools }
}

#[test]
fn symbolic_links_to_the_outside() {
    each(Kind::LinkOut);
}

#[test]
fn symbolic_links_to_files_of_others() {
    each(Kind::LinkIn);
}

#[test]
fn symbolic_links_to_nothing() {
    each(Kind::Dangling);
}

#[test]
fn hard_links() {
    each(Kind::HardLink);
}

#[test]
fn directories() {
    each(Kind::Directory);
}

#[test]
fn fifos() {
    each(Kind::Fifo);
}
