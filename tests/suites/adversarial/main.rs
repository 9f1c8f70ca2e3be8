//! A host that lies: links, strange files, protected and foreign directories, mounts, a caller with an odd surrounding.
//! Whatever is done, the program ends in time and in two lines, what is not its own stays as it was, and once the obstacle
//! is gone the next run brings the host in order.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

mod attributes;
mod bystander_file;
mod caller;
mod content;
mod created_modes;
mod fallback;
mod links;
mod mounts;
mod owners;
mod paused_at_syscall;
mod planted_entry;
mod postconditions;
mod private_mount_namespace;
mod recording_tool;
mod run;
mod special_files;
mod toctou_symlink_swap;
mod tools;
mod traced_writes;
