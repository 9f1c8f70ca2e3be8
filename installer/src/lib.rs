//! Prepares a host: each thing that is prepared is a step; what a step cannot correct becomes a fault.
//!
//! * [`profile`]: what an agent requires of a host, as data; [`config`]: what an administrator may set
//! * [`kernels_file`]: which table of supported kernels judges
//! * [`model`]: what steps and engine share: the traits `Step` and `Action`, the host, the receipt, reports
//! * [`steps`]: the steps, each with its observation, changes and removal
//! * [`engine`]: check, repair and removal for any list of steps, and the faults that follow
//! * [`load_lock`]: keeps out a kernel component that keeps crashing the host
//! * [`image`]: whether an image will be right once it boots
//! * [`machine`]: the machine that faults and loads belong to
//! * [`escape`]: keeps the system's tools inside an alternate root
//! * [`hook`]: the words of RPM scriptlets and Debian maintainer scripts
//! * [`report`]: text, JSON and metrics
//! * [`support`]: what support asks for first, as one archive
//! * [`wording`]: help and documents under a vendor's names

pub mod config;
pub mod engine;
pub mod escape;
pub mod hook;
pub mod image;
pub mod kernels_file;
pub mod load_lock;
pub mod machine;
pub mod model;
pub mod profile;
pub mod report;
pub mod steps;
pub mod support;
mod toml_file;
pub mod wording;

pub use model::error::Error;
