//! A new repository in the place of the one before.

use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::packages::wrong;
use crate::Error;

/// The only entries of a repository that begin otherwise than with its name.
const OWN: [&str; 2] = ["apt", "rpm"];

/// The place of a repository: locked, and with a new directory beside it.
pub struct Place {
    target: PathBuf,
    new: PathBuf,
    /// Of the directory above, so that no file is left. Held until the end.
    _lock: Flock<File>,
}

impl Place {
    /// Creates the directory for the new one, and removes one that an interrupted run left.
    pub fn prepare(out: &Path) -> Result<Self, Error> {
        let (Some(name), true) = (out.file_name(), out.parent().is_some()) else {
            return Err(wrong(out, "not a directory that can be made"));
        };
        let above = out.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(above).map_err(Error::file(above))?;
        let above = above.canonicalize().map_err(Error::file(above))?;
        // A link in its place leads to where the repository is to be.
        let target = above.join(name).canonicalize().unwrap_or_else(|_| above.join(name));
        let (Some(above), Some(name)) = (target.parent(), target.file_name()) else {
            return Err(wrong(out, "not a directory that can be made"));
        };
        let lock = File::open(above).map_err(Error::file(above))?;
        let lock = Flock::lock(lock, FlockArg::LockExclusiveNonblock).map_err(|(_, e)| match e {
            Errno::EWOULDBLOCK => wrong(out, "another run is making a repository there"),
            e => Error::File { path: above.to_owned(), source: e.into() },
        })?;
        check_replaceable(&target)?;
        let new = above.join(format!(".{}.new", name.to_string_lossy()));
        remove(&new)?;
        DirBuilder::new().mode(0o755).create(&new).map_err(Error::file(&new))?;
        Ok(Self { target, new, _lock: lock })
    }

    pub fn target(&self) -> &Path {
        &self.target
    }

    pub fn fresh(&self) -> &Path {
        &self.new
    }

    pub fn old(&self) -> Option<&Path> {
        self.target.exists().then_some(&self.target)
    }

    /// Puts the new one in the place of the old one, in one step.
    pub fn publish(self) -> Result<(), Error> {
        let flags = if self.old().is_some() { RenameFlags::EXCHANGE } else { RenameFlags::NOREPLACE };
        renameat_with(CWD, &self.new, CWD, &self.target, flags)
            .map_err(|e| Error::File { path: self.target.clone(), source: e.into() })?;
        remove(&self.new)
    }
}

impl Drop for Place {
    /// After a failure. After success it is gone.
    fn drop(&mut self) {
        let _ = remove(&self.new);
    }
}

/// Refuses a directory with anything that no run wrote, because it would be removed.
fn check_replaceable(target: &Path) -> Result<(), Error> {
    let entries = match std::fs::read_dir(target) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(Error::file(target))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry.map_err(Error::file(target))?.file_name().to_string_lossy().into_owned());
    }
    let name = names.iter().find_map(|name| name.strip_suffix(".sources")).unwrap_or_default();
    let is_ours = |entry: &String| {
        let of = [
            format!("{name}.sources"),
            format!("{name}.repo"),
            super::keyring::apt_file(name),
            super::keyring::rpm_file(name),
        ];
        OWN.contains(&entry.as_str()) || (!name.is_empty() && of.contains(entry))
    };
    match names.iter().find(|entry| !is_ours(entry)) {
        Some(entry) => Err(wrong(
            target,
            format!(
                "holds {entry}, which is not of a repository; the directory is replaced as a whole: name another one"
            ),
        )),
        None => Ok(()),
    }
}

fn remove(directory: &Path) -> Result<(), Error> {
    match std::fs::remove_dir_all(directory) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::File { path: directory.to_owned(), source: e })
        }
        _ => Ok(()),
    }
}
