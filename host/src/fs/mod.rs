//! Files. Every path derives from a root directory, and is opened without leaving it.
//!
//! An [`InRoot`] is a path as the prepared host sees it (`/etc/passwd`). A `PathBuf` is a path as this process sees it, below an
//! alternate root. [`Root::host_path`] and [`Root::inside`] map one to the other. Directories that belong to hostprep or to the agent are opened without following a
//! symbolic link below the system's own directories ([`fhs`]), and only if root alone can change them: [`OpenPolicy`].
//!
//! * [`Root`], [`Dir`]: the root, and reading and replacing files by path; an opened directory
//! * [`FileId`], [`file_type`]: what `stat(2)` says
//! * [`fhs`], [`ownership`]: where add-on software keeps its files; who may own and change a file
//! * [`attributes`], [`Space`]: immutable and append-only files; what a file system still takes
//! * [`label`], [`Mount`]: SELinux labels; how a file system is mounted
//! * [`watch`]: waits for changes of a directory

pub mod attributes;
mod dir;
mod escape;
pub mod fhs;
mod files;
mod in_root;
pub mod label;
mod link;
mod mount;
mod open;
mod openat;
pub mod ownership;
mod resolve;
mod root;
mod space;
mod stat;
mod trusted;
pub mod watch;

pub use dir::{Dir, TEMPORARY_SUFFIX, temporary_name};
pub use files::{TEXT_LIMIT, read_limited, text};
pub use in_root::{AsInRoot, InRoot, NotInRoot};
pub use mount::Mount;
pub use open::{DirLookup, OpenPolicy};
pub use resolve::MAX_SYMLINKS;
pub use root::{Root, RootError};
pub use space::Space;
pub use stat::{FileId, file_type, is_dir, is_file, is_link, mode_of};
