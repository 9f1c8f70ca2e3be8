//! A hostile host: links, special files, protected and foreign directories, mounts, an odd caller. In each case the program
//! ends in time with at most two lines of error, bystanders stay unchanged, and the next run without the obstacle prepares the
//! host.

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
