//! Files. Every path derives from a root directory, and is opened without leaving it.
//!
//! A path *inside* is as the prepared host sees it (`/etc/passwd`); a path *shown* is as this process sees it, below an alternate
//! root. [`root::Root`] maps one to the other. Directories that belong to hostprep or to the agent are opened without following a
//! symbolic link below the system's own directories, and only if root alone can change them.
//!
//! * [`root`], [`dir`]: the root; an opened directory, atomic replacement
//! * [`fhs`], [`ownership`]: where add-on software keeps its files; who may own and change a file
//! * [`attributes`]: immutable and append-only files
//! * [`watch`]: waits for changes of a directory

pub mod attributes;
pub mod dir;
mod escape;
pub mod fhs;
mod openat;
pub mod ownership;
mod resolve;
pub mod root;
mod trusted;
pub mod watch;
