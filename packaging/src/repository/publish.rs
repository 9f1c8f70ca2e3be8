//! A new repository in the place of the one before.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::packages::wrong;
use crate::{Error, artifacts};

/// The only entries of a repository that do not have its name in theirs.
const OWN: [&str; 4] = ["apt", "rpm", artifacts::CHECKSUMS, artifacts::SIGNATURE];
/// The end of the name of a directory that is not complete.
const NEW: &str = ".new";

/// The place of a repository: locked, and with a new directory beside it.
pub struct Place {
    target: PathBuf,
    new: PathBuf,
    /// Of the directory above, so that no file is left. Held until the end.
    _lock: Flock<File>,
}

impl Place {
    /// Creates the directory for the new one, and removes those that interrupted runs left. `repository` is its name.
    pub fn prepare(out: &Path, repository: &str) -> Result<Self, Error> {
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
            nix::errno::Errno::EWOULDBLOCK => wrong(out, "another run is making a repository there"),
            e => Error::File { path: above.to_owned(), source: e.into() },
        })?;
        check_replaceable(&target, repository)?;
        let begin = format!(".{}.", name.to_string_lossy());
        remove_left(above, &begin, repository)?;
        // Its name cannot be known before, so no other process has made it.
        let new = tempfile::Builder::new().prefix(&begin).suffix(NEW).rand_bytes(12).tempdir_in(above);
        let new = new.map_err(Error::file(above))?.keep();
        std::fs::set_permissions(&new, Permissions::from_mode(0o755)).map_err(Error::file(&new))?;
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
        make_readable(&self.new)?;
        let flags = if self.old().is_some() { RenameFlags::EXCHANGE } else { RenameFlags::NOREPLACE };
        renameat_with(CWD, &self.new, CWD, &self.target, flags).map_err(|e| match e {
            // NFS, among others.
            Errno::INVAL => wrong(
                &self.target,
                "this file system cannot exchange two directories in one step; make the repository on a local one and copy it",
            ),
            e => Error::File { path: self.target.clone(), source: e.into() },
        })?;
        remove(&self.new)
    }
}

impl Drop for Place {
    /// After a failure. After success it is gone.
    fn drop(&mut self) {
        let _ = remove(&self.new);
    }
}

/// Refuses a directory that is not empty and no repository of this name, because it would be removed.
fn check_replaceable(target: &Path, name: &str) -> Result<(), Error> {
    let entries = match std::fs::read_dir(target) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(Error::file(target))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry.map_err(Error::file(target))?.file_name().to_string_lossy().into_owned());
    }
    let marker = format!("{name}.sources");
    if !names.is_empty() && !names.contains(&marker) {
        return Err(wrong(
            target,
            format!(
                "is no repository of {name}: there is no {marker}; the directory is replaced as a whole: name another one"
            ),
        ));
    }
    let own = [marker, format!("{name}.repo"), super::keyring::apt_file(name), super::keyring::rpm_file(name)];
    match names.iter().find(|entry| !own.contains(entry) && !OWN.contains(&entry.as_str())) {
        Some(entry) => Err(wrong(
            target,
            format!(
                "holds {entry}, which is not of a repository; the directory is replaced as a whole: name another one"
            ),
        )),
        None => Ok(()),
    }
}

/// Removes what killed runs left: directories with such a name that are repositories of this name, or empty.
fn remove_left(above: &Path, begin: &str, name: &str) -> Result<(), Error> {
    for entry in std::fs::read_dir(above).map_err(Error::file(above))? {
        let entry = entry.map_err(Error::file(above))?;
        let file_name = entry.file_name();
        let random = file_name.to_str().and_then(|text| text.strip_prefix(begin)?.strip_suffix(NEW));
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if random.is_some_and(|text| text.len() == 12) && is_directory && check_replaceable(&entry.path(), name).is_ok()
        {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Gives files and directories the modes that a web server reads, whatever the umask and createrepo_c's files are.
fn make_readable(directory: &Path) -> Result<(), Error> {
    let set =
        |path: &Path, mode| std::fs::set_permissions(path, Permissions::from_mode(mode)).map_err(Error::file(path));
    set(directory, 0o755)?;
    for entry in std::fs::read_dir(directory).map_err(Error::file(directory))? {
        let entry = entry.map_err(Error::file(directory))?;
        let path = entry.path();
        if entry.file_type().map_err(Error::file(&path))?.is_dir() {
            make_readable(&path)?;
        } else {
            set(&path, 0o644)?;
        }
    }
    Ok(())
}

fn remove(directory: &Path) -> Result<(), Error> {
    match std::fs::remove_dir_all(directory) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::File { path: directory.to_owned(), source: e })
        }
        _ => Ok(()),
    }
}
