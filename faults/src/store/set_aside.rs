//! Taking a store out of use without losing it, for a disk that is a copy of another machine's.

use std::time::Duration;

use host::FileError;
use host::fs::InRoot;
use host::process::clock::Clock;
use host::process::lock::Lock;
use nix::errno::Errno;

use crate::store::error::StoreError;
use crate::store::store::{LOCK, Store};

impl Store<'_> {
    /// Renames the store's directory so that its name ends with `suffix`, and makes an empty one in its place. Returns the new
    /// path; `None` if the store is blank or missing. A store that cannot be read is set aside too. Followers see nothing of it,
    /// and the numbers of events start again.
    ///
    /// # Errors
    /// [`StoreError`] if another process holds the lock for all of `timeout`, or the directory cannot be renamed, because it is a
    /// mount point. What a killed call left is a store that is set aside, or is not.
    pub fn set_aside(&self, suffix: &str, clock: &dyn Clock, timeout: Duration) -> Result<Option<InRoot>, StoreError> {
        let is_blank = || self.is_blank().unwrap_or(false);
        let (Some(above), Some(name)) = (self.dir().parent(), self.dir().file_name()) else { return Ok(None) };
        if is_blank() {
            return Ok(None);
        }
        let _lock = Lock::acquire_to_finish(self.root(), &self.dir().join(LOCK), clock, timeout)?;
        let mode = self.root().open_private_dir(self.dir())?.stat_self()?.st_mode & 0o7777;
        let parent = self.root().open_private_dir(&above)?;
        for number in 1.. {
            let mut aside = name.to_owned();
            aside.push(format!(".{suffix}"));
            if number > 1 {
                aside.push(format!("-{number}"));
            }
            match parent.rename_new(name, &aside) {
                Err(e) if e.errno() == Some(Errno::EEXIST) => {}
                renamed => {
                    renamed?;
                    parent.make_dir(name, mode)?;
                    return Ok(Some(above.join(aside)));
                }
            }
        }
        Err(FileError::new("rename", parent.path().join(name), Errno::EEXIST).into())
    }
}
