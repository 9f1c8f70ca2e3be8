//! The receipt of an image. A part of a system that is not booted is not what the booted one has: `/var` is another subvolume
//! (transactional-update), or another directory (ostree). `/etc` is the same, so the receipt goes there, and the first repair of the
//! booted system moves it to its place.

use host::fs::InRoot;
use host::system::fstab;
use host::{FileError, ReadError, Root};

use crate::model::host_context::{HostContext, RECEIPT};

/// The place of an image's receipt.
#[derive(Debug)]
pub(super) struct InImage {
    path: InRoot,
    /// Set if the system is not booted, and the booted one has another state directory.
    pub is_place: bool,
    pub exists: bool,
    /// Set if the file cannot be used: it is kept under another name before anything is written or removed.
    pub is_unusable: bool,
}

impl InImage {
    /// Returns the place for `cx`; `None` if its state directory is not below `/var/lib`.
    pub(super) fn of(cx: &HostContext) -> Option<Self> {
        let state = &cx.profile.paths.state;
        let path = InRoot::from("/etc").join(state.as_path().strip_prefix("/var/lib").ok()?).join(RECEIPT);
        let is_place =
            cx.kind.is_unbooted() && (cx.distribution.image_based().is_some() || fstab::covers(cx.root, state));
        let exists = matches!(cx.root.stat(&path), Ok(Some(_)));
        Some(Self { path, is_place, exists, is_unusable: false })
    }

    /// Returns the text of the image's receipt, and its path; `None` if there is none.
    pub(super) fn read(&self, root: &Root) -> Result<Option<(String, InRoot)>, ReadError> {
        Ok(root.read_private(&self.path)?.map(|text| (text, self.path.clone())))
    }

    pub(super) fn write(&mut self, root: &Root, text: &str) -> Result<(), FileError> {
        self.keep_unusable(root)?;
        let dir = root.create_private_dir(self.path.parent().unwrap_or_else(InRoot::top))?;
        dir.replace(self.path.file_name().unwrap_or_default(), text.as_bytes(), 0o644)?;
        self.exists = true;
        Ok(())
    }

    /// Removes the file, and the directories above it that are empty then.
    pub(super) fn remove(&mut self, root: &Root) -> Result<(), FileError> {
        self.keep_unusable(root)?;
        if !self.exists {
            return Ok(());
        }
        let above = self.path.parent().unwrap_or_else(InRoot::top);
        root.open_private_dir(&above)?.unlink_replaced(self.path.file_name().unwrap_or_default())?;
        self.exists = false;
        for directory in above.ancestors().take_while(|directory| *directory != "/etc" && *directory != "/") {
            if !root.remove_empty_dir(&directory)? {
                break;
            }
        }
        Ok(())
    }

    fn keep_unusable(&mut self, root: &Root) -> Result<(), FileError> {
        if self.is_unusable && self.exists {
            let name = self.path.file_name().unwrap_or_default();
            let mut kept = name.to_owned();
            kept.push(".unusable");
            root.open_private_dir(self.path.parent().unwrap_or_else(InRoot::top))?.rename(name, &kept)?;
            self.exists = false;
        }
        self.is_unusable = false;
        Ok(())
    }
}
