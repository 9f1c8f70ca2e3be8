//! Collects results from files and directories.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};

use host::fs::{InRoot, is_dir, read_limited};
use host::{Dir, FileError, Root};
use jiff::Timestamp;
use nix::errno::Errno;
use nix::fcntl::OFlag;

use crate::error::Error;
use crate::result::HostResult;

/// The largest file that is read, in bytes. A result has about 5,000.
pub const FILE_LIMIT: u64 = 4 * 1024 * 1024;

/// Directories in directories are read to this depth.
const MAX_DEPTH: usize = 8;

/// A file that is no result.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LeftOut {
    /// Its path; what is not UTF-8 in it is replaced.
    pub file: String,
    /// Why, in words that follow the file's name.
    pub problem: String,
}

/// A result of a host that has a newer one.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OlderResult {
    /// Its path; what is not UTF-8 in it is replaced.
    pub file: String,
    /// The host.
    pub host: String,
}

/// What was found in files and directories.
#[derive(Debug, Default)]
pub struct Collection {
    /// One result for each host, by name.
    pub results: Vec<HostResult>,
    /// The results that a newer one of the same host replaces.
    pub older: Vec<OlderResult>,
    /// What could not be read, or is no result.
    pub left_out: Vec<LeftOut>,
    /// The number of files that were looked at.
    pub files: usize,
}

impl Collection {
    /// Reads `paths`: files, and directories with everything below them that is named `*.json`. In a directory, symbolic links are
    /// left out. `now` shows which results are from the future. `progress` is called after each file with the number of files so far.
    ///
    /// # Errors
    /// [`FileError`] if one of `paths` itself does not exist: it was mistyped. What else is wrong with it, below a directory or in a
    /// file, is [`Collection::left_out`].
    pub fn of(
        machine: &Root,
        paths: &[PathBuf],
        now: Timestamp,
        progress: &mut dyn FnMut(usize),
    ) -> Result<Self, Error> {
        let mut reader = Reader { machine, found: Vec::new(), left_out: Vec::new(), files: 0, progress };
        for path in paths {
            let there = InRoot::from_top(std::path::absolute(path).map_err(|e| FileError::new("find", path, e))?);
            match machine.dir(&there) {
                Ok(dir) => reader.directory(&dir, path, 0),
                Err(e) if e.errno() == Some(Errno::ENOTDIR) => match machine.open(&there) {
                    Ok(file) => reader.file(file, path.clone()),
                    Err(e) if e.is_missing() => return Err(e.into()),
                    Err(e) => reader.leave_out(path, unopened(&e)),
                },
                // As a shell's pattern names them too.
                Err(e) if leads_nowhere(&e) && machine.link_target(&there).is_some() => {
                    reader.leave_out(path, LEADS_NOWHERE.into());
                }
                Err(e) if e.is_missing() => return Err(e.into()),
                Err(e) => reader.leave_out(path, unopened(&e)),
            }
        }
        let Reader { found, left_out, files, .. } = reader;
        let (results, older) = newest_of_each(found, now);
        Ok(Self { results, older, left_out, files })
    }
}

fn leads_nowhere(error: &FileError) -> bool {
    error.is_missing() || error.errno() == Some(Errno::ELOOP)
}

const IS_LINK: &str = "is a symbolic link";

/// What is wrong with a link that was named.
const LEADS_NOWHERE: &str = "is a symbolic link that leads nowhere";

struct Reader<'p> {
    machine: &'p Root,
    found: Vec<(HostResult, PathBuf)>,
    left_out: Vec<LeftOut>,
    files: usize,
    progress: &'p mut dyn FnMut(usize),
}

impl Reader<'_> {
    fn directory(&mut self, dir: &Dir, at: &Path, depth: usize) {
        let names = match dir.names() {
            Ok(names) => names,
            Err(e) => return self.leave_out(at, unopened(&e)),
        };
        for name in names {
            let path = at.join(&name);
            let is_json = Path::new(&name).extension() == Some(OsStr::new("json"));
            match dir.dir(&name) {
                Ok(inner) if depth < MAX_DEPTH => self.directory(&inner, &path, depth + 1),
                Ok(_) => self.leave_out(&path, format!("lies deeper than {MAX_DEPTH} directories")),
                Err(e) if !matches!(e.errno(), Some(Errno::ENOTDIR | Errno::ELOOP)) => {
                    self.leave_out(&path, unopened(&e))
                }
                // The hosts behind it are missed.
                Err(_) if self.is_link_to_directory(dir, &name) => self.leave_out(&path, IS_LINK.into()),
                Err(_) if !is_json => {}
                Err(_) => match dir.open(&name, OFlag::O_RDONLY) {
                    Ok(file) => self.file(file, path),
                    Err(e) if e.errno() == Some(Errno::ELOOP) => self.leave_out(&path, IS_LINK.into()),
                    Err(e) => self.leave_out(&path, unopened(&e)),
                },
            }
        }
    }

    fn is_link_to_directory(&self, dir: &Dir, name: &OsStr) -> bool {
        let found = self.machine.stat_followed(dir.in_root().join(name));
        found.is_ok_and(|found| found.is_some_and(|found| is_dir(&found)))
    }

    fn file(&mut self, file: File, path: PathBuf) {
        self.files += 1;
        (self.progress)(self.files);
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let problem = match read_limited(file, FILE_LIMIT) {
            Ok(content) => match HostResult::parse(&content, &name) {
                Ok(result) => return self.found.push((result, path)),
                Err(e) => e.to_string(),
            },
            Err(e) if e.raw_os_error() == Some(Errno::EFBIG as i32) => {
                format!("is larger than {} MiB, which no result is", FILE_LIMIT / 1024 / 1024)
            }
            Err(e) => format!("cannot be read: {e}"),
        };
        self.leave_out(&path, problem);
    }

    fn leave_out(&mut self, path: &Path, problem: String) {
        self.left_out.push(LeftOut { file: shown(path), problem });
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn unopened(error: &FileError) -> String {
    if error.errno() == Some(Errno::EINVAL) {
        return "is no regular file".into();
    }
    format!("cannot be opened: {}", error.source)
}

/// Keeps the newest result of each host. Hosts are the same if name and machine are. Of a name that has one machine id, a result
/// without any, as of version 0.1.0, is of that machine. A result from the future is older than all others: its clock was wrong.
fn newest_of_each(mut found: Vec<(HostResult, PathBuf)>, now: Timestamp) -> (Vec<HostResult>, Vec<OlderResult>) {
    let time = |result: &HostResult| result.time.filter(|_| !result.is_from_future(now));
    // Stable: of two from the same moment, the one that was named first.
    found.sort_by(|(one, _), (other, _)| (&one.name, Reverse(time(one))).cmp(&(&other.name, Reverse(time(other)))));
    let (mut results, mut older) = (Vec::new(), Vec::new());
    for host in found.chunk_by(|(one, _), (other, _)| one.name == other.name) {
        let machines: HashSet<&String> = host.iter().filter_map(|(result, _)| result.machine.as_ref()).collect();
        let mut seen: HashSet<Option<&String>> = HashSet::new();
        for (result, file) in host {
            let machine = result.machine.as_ref().filter(|_| machines.len() > 1);
            if seen.insert(machine) {
                results.push(result.clone());
            } else {
                older.push(OlderResult { file: shown(file), host: result.name.clone() });
            }
        }
    }
    (results, older)
}

#[cfg(test)]
mod tests;
