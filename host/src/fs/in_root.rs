//! A path as the prepared host sees it.

use std::fmt;
use std::path::{Component, Components, Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An absolute path as the prepared host sees it: `/etc/login.defs`, also if this process sees `/mnt/image/etc/login.defs`.
///
/// [`Root`](crate::Root) opens it. [`Root::host_path`](crate::Root::host_path) returns the path for messages and tools of this
/// machine. It is no `AsRef<Path>`, so it cannot be given to `std::fs` or to a command by mistake.
///
/// In a file it is text, and any text is taken: which paths may be named there is the decision of who reads the file, such as the
/// profile's check. [`Root`](crate::Root) takes a relative path from the root and never leaves it.
///
/// ```
/// # fn read(root: &host::Root, in_root: &host::fs::InRoot) {
/// let _ = root.read_text(in_root);
/// let _ = std::fs::read(root.host_path(in_root));
/// # }
/// ```
///
/// The path in the root is no path of this process:
///
/// ```compile_fail,E0277
/// # fn read(root: &host::Root, in_root: &host::fs::InRoot) {
/// let _ = root.read_text(in_root);
/// let _ = std::fs::read(in_root);
/// # }
/// ```
///
/// And a path of this process is none in the root:
///
/// ```compile_fail,E0277
/// # fn read(root: &host::Root, in_root: &host::fs::InRoot) {
/// let _ = root.read_text(&root.host_path(in_root));
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InRoot(PathBuf);

/// Why a path is not used as an [`InRoot`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} is not an absolute path without `..`", .0.display())]
pub struct NotInRoot(PathBuf);

impl InRoot {
    /// Returns `path`, which is written as the prepared host sees it.
    ///
    /// # Errors
    /// [`NotInRoot`] if it is relative or contains `..`.
    pub fn new(path: impl Into<PathBuf>) -> Result<Self, NotInRoot> {
        let path = path.into();
        let has_parent = path.components().any(|component| component == Component::ParentDir);
        if path.is_absolute() && !has_parent { Ok(Self(path)) } else { Err(NotInRoot(path)) }
    }

    /// Returns what the system itself names `path`, such as the target of a symbolic link. A relative path begins at the root;
    /// [`Root`](crate::Root) resolves `..` when it opens it, and never above the root.
    #[must_use]
    pub fn from_top(path: impl AsRef<Path>) -> Self {
        Self(Path::new("/").join(path))
    }

    /// Returns the root directory, `/`.
    #[must_use]
    pub fn top() -> Self {
        Self("/".into())
    }

    /// Returns the text of the path, as a reader inside the root sees it. Only if the root is `/` does this process see the same
    /// file there: see [`Root::host_path`](crate::Root::host_path).
    #[must_use]
    pub fn as_path(&self) -> &Path {
        &self.0
    }

    /// Returns the path of `name` below this one. An absolute `name`, such as a link's target, takes its place.
    #[must_use]
    pub fn join(&self, name: impl AsRef<Path>) -> Self {
        Self(self.0.join(name))
    }

    /// Appends `name`, as [`InRoot::join`] does.
    pub fn push(&mut self, name: impl AsRef<Path>) {
        self.0.push(name);
    }

    /// Removes the last name; `/` stays.
    pub(crate) fn pop(&mut self) {
        self.0.pop();
    }

    /// Returns the directory that holds it; `None` for `/`.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0.parent().map(|parent| Self(parent.to_owned()))
    }

    /// Returns the path and each directory above it, up to `/`.
    pub fn ancestors(&self) -> impl Iterator<Item = Self> {
        self.0.ancestors().map(|path| Self(path.to_owned()))
    }

    /// Returns its last name.
    #[must_use]
    pub fn file_name(&self) -> Option<&std::ffi::OsStr> {
        self.0.file_name()
    }

    /// Returns the path with another extension.
    #[must_use]
    pub fn with_extension(&self, extension: &str) -> Self {
        Self(self.0.with_extension(extension))
    }

    /// Returns the components of the path.
    pub fn components(&self) -> Components<'_> {
        self.0.components()
    }

    /// Returns whether it is `above` or below it.
    #[must_use]
    pub fn starts_with(&self, above: impl AsInRoot) -> bool {
        self.0.starts_with(above.as_text())
    }

    /// Returns the path for messages of a reader inside the root.
    #[must_use]
    pub fn display(&self) -> std::path::Display<'_> {
        self.0.display()
    }
}

impl fmt::Debug for InRoot {
    /// As the path's own: messages quote paths with it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for InRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

impl From<&str> for InRoot {
    /// Returns the path of a constant, such as `/etc/passwd`.
    fn from(path: &str) -> Self {
        Self::from_top(path)
    }
}

impl PartialEq<str> for InRoot {
    fn eq(&self, other: &str) -> bool {
        self.0 == Path::new(other)
    }
}

impl PartialEq<&str> for InRoot {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

mod sealed {
    pub trait Sealed {}
}

/// A path that can only be one in the root: an [`InRoot`], or text such as `/etc/passwd`. Not implemented for `Path`, which may
/// be a path of this process.
pub trait AsInRoot: sealed::Sealed {
    /// Returns the text of the path.
    fn as_text(&self) -> &Path;

    /// Returns the path.
    fn to_in_root(&self) -> InRoot {
        InRoot::from_top(self.as_text())
    }
}

impl sealed::Sealed for InRoot {}
impl AsInRoot for InRoot {
    fn as_text(&self) -> &Path {
        &self.0
    }
}

impl sealed::Sealed for str {}
impl AsInRoot for str {
    fn as_text(&self) -> &Path {
        Path::new(self)
    }
}

impl sealed::Sealed for String {}
impl AsInRoot for String {
    fn as_text(&self) -> &Path {
        Path::new(self)
    }
}

impl<T: sealed::Sealed + ?Sized> sealed::Sealed for &T {}
impl<T: AsInRoot + ?Sized> AsInRoot for &T {
    fn as_text(&self) -> &Path {
        (**self).as_text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_absolute_paths_without_parents_are_taken() {
        for path in ["/", "/etc/passwd", "/opt/cisco/..amp"] {
            assert_eq!(InRoot::new(path).unwrap(), path);
        }
        for path in ["", "etc", "./etc", "/etc/../secret", "/.."] {
            assert!(InRoot::new(path).is_err(), "{path}");
        }
        assert_eq!(InRoot::from("etc/passwd"), "/etc/passwd");
    }

    #[test]
    fn parts_of_a_path_are_paths_in_the_root() {
        let path = InRoot::from("/opt/cisco/amp");
        assert_eq!(path.parent().unwrap(), "/opt/cisco");
        assert_eq!(path.join("x"), "/opt/cisco/amp/x");
        assert_eq!(path.join("/srv/x"), "/srv/x");
        assert_eq!(path.to_string(), "/opt/cisco/amp");
        assert!(path.starts_with("/opt") && !path.starts_with("/op"));
        assert!(InRoot::top().parent().is_none());
        assert_eq!(serde_json::to_string(&path).unwrap(), "\"/opt/cisco/amp\"");
    }
}
