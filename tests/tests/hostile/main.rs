//! A host that lies: links, strange files, protected and foreign directories, mounts, a caller with an odd surrounding.
//! Whatever is done, the program ends in time and in two lines, what is not its own stays as it was, and once the obstacle
//! is gone the next run brings the host in order.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

mod attributes;
mod caller;
mod content;
mod done;
mod fallback;
mod links;
mod mounts;
mod obstacle;
mod own_system;
mod owners;
mod run;
mod special_files;
mod spy;
mod stopped;
mod swapped;
mod tools;
mod victim;
mod written;
mod written_paths;
