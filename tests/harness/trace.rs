//! The system calls of a program, from `strace`.

use std::ffi::OsStr;
use std::path::Path;

use crate::program::{Caller, Run};

/// Calls that always change a tree.
const CHANGING: &[&str] = &[
    "creat",
    "mkdir",
    "mkdirat",
    "mknod",
    "mknodat",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "unlink",
    "unlinkat",
    "rmdir",
    "chmod",
    "fchmod",
    "fchmodat",
    "fchmodat2",
    "chown",
    "fchown",
    "lchown",
    "fchownat",
    "truncate",
    "ftruncate",
    "fallocate",
    "utimensat",
    "utimes",
    "utime",
    "futimesat",
    "setxattr",
    "lsetxattr",
    "fsetxattr",
    "removexattr",
    "lremovexattr",
    "fremovexattr",
    "mount",
    "umount2",
    "bind",
];
const TRACED: &str = "trace=%process,open,openat,openat2,creat,mkdir,mkdirat,mknod,mknodat,rename,renameat,renameat2,\
    link,linkat,symlink,symlinkat,unlink,unlinkat,rmdir,chmod,fchmod,fchmodat,?fchmodat2,chown,fchown,lchown,fchownat,\
    truncate,ftruncate,fallocate,utimensat,utimes,utime,futimesat,setxattr,lsetxattr,fsetxattr,removexattr,\
    lremovexattr,fremovexattr,mount,umount2,bind";

/// A run with everything that it and its children did to processes and files.
#[derive(Debug)]
pub struct Trace {
    /// The result of the run.
    pub run: Run,
    /// The programs that were started, by path, in order; the traced program itself is not among them.
    pub started: Vec<String>,
    /// Calls that made a process (threads are not meant).
    pub forks: usize,
    /// Calls that changed a file or opened one for writing and succeeded, as strace shows them. `/dev` and `/proc/self`
    /// do not count.
    pub changes: Vec<String>,
}

impl Trace {
    /// Traces `program` with `args` as root.
    #[must_use]
    pub fn of<A: AsRef<OsStr>>(program: &Path, args: impl IntoIterator<Item = A>) -> Self {
        let place = crate::setup::open_tempdir();
        let files = place.path().join("trace");
        let mut command = Caller::Root.command("strace");
        // A file for each thread, so that no call is torn apart by another's.
        command.args(["-ff", "-qq", "-y", "-ttt", "-s", "4096", "-e", TRACED, "-o"]).arg(&files);
        command.arg("--").arg(program).args(args);
        let run = Run::of(&mut command);

        let mut calls = Vec::new();
        for file in std::fs::read_dir(place.path()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            calls.extend(text.lines().filter_map(Call::parse));
        }
        assert!(!calls.is_empty(), "strace saw nothing: {}", run.stderr);
        calls.sort_by(|one, other| one.time.total_cmp(&other.time));

        let starts = calls.iter().filter(|call| ["execve", "execveat"].contains(&call.name.as_str()) && call.succeeded);
        let started = starts.skip(1).map(|call| call.first_string().to_owned()).collect();
        let forks = calls.iter().filter(|call| call.makes_a_process()).count();
        let changes = calls.iter().filter(|call| call.changes_a_file()).map(|call| call.text.clone()).collect();
        Self { run, started, forks, changes }
    }
}

#[derive(Debug)]
struct Call {
    time: f64,
    name: String,
    text: String,
    succeeded: bool,
}

impl Call {
    /// `1700000000.123456 openat(AT_FDCWD</>, "/etc/passwd", O_RDONLY) = 3</etc/passwd>`; signals and exits are none.
    fn parse(line: &str) -> Option<Self> {
        let (time, text) = line.split_once(' ')?;
        let (name, _) = text.split_once('(')?;
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return None;
        }
        let result = text.rsplit_once(" = ").map_or("?", |(_, result)| result);
        Some(Self {
            time: time.parse().ok()?,
            name: name.to_owned(),
            text: text.to_owned(),
            succeeded: !result.starts_with('-') && !result.starts_with('?'),
        })
    }

    fn first_string(&self) -> &str {
        self.text.split('"').nth(1).unwrap_or("")
    }

    fn makes_a_process(&self) -> bool {
        let by_name = ["fork", "vfork", "clone", "clone3"].contains(&self.name.as_str());
        by_name && self.succeeded && !self.text.contains("CLONE_THREAD")
    }

    fn changes_a_file(&self) -> bool {
        if !self.succeeded {
            return false;
        }
        if !self.name.starts_with("open") {
            return CHANGING.contains(&self.name.as_str());
        }
        let writes = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"].iter().any(|flag| self.text.contains(flag));
        let opened = self.text.rsplit_once('<').map_or("", |(_, path)| path);
        writes && !["/dev/", "/proc/self/"].iter().any(|place| opened.starts_with(place))
    }
}
