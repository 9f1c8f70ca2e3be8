//! A host that lies: links, strange files, protected and foreign directories, mounts, a caller with an odd surrounding.
//! Whatever is done, the program ends in time and in two lines, what is not its own stays as it was, and once the obstacle
//! is gone the next run brings the host in order.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

mod caller;
mod content;
mod done;
mod links;
mod obstacle;
mod owners;
mod run;
mod special_files;
mod spy;
mod stopped;
mod swapped;
mod victim;
mod written_paths;

/// From now on temporary places are in memory: hundreds of roots, each synced to a disk, would take minutes.
fn in_memory() {
    // Once for the process; a second time is refused and means nothing.
    let _ = tempfile::env::override_temp_dir(std::path::Path::new("/dev/shm"));
}
