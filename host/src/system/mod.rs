//! Facts about a system, read from its files and its kernel.
//!
//! * [`kind`]: running host, chroot, container or image
//! * [`accounts`], [`account_lock`]: users and groups, through NSS or from the files of an alternate root; locks of their files
//! * [`distribution`]: os-release, package manager, package names
//! * [`kernel`], [`kernel_module`]: kernel release, BTF, headers; modules of the kernel
//! * [`secure_boot`], [`memory`]: what firmware and kernel accept; memory

pub mod account_lock;
pub mod accounts;
pub mod distribution;
pub mod kernel;
pub mod kernel_module;
pub mod kind;
pub mod memory;
pub mod secure_boot;
