//! Tests in scratch roots, on real file systems, with the real `useradd`.
#![allow(clippy::disallowed_methods, clippy::print_stderr, reason = "tests use the file system directly")]

mod crash;
mod edits;
mod mounts;
mod other_agent;
mod scratch;
mod sources;
mod text;
mod useradd;
mod window;
