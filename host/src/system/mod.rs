//! Facts about a system, read from its files and its kernel.
//!
//! * [`kind`]: running host, chroot, container or image
//! * [`accounts`], [`account_lock`]: users and groups, through NSS or from the files of an alternate root; locks of their files
//! * [`sysusers`], [`fstab`]: accounts that the next boot creates, and what it mounts
//! * [`machine`]: which machine it is: name, id, architecture, image
//! * [`distribution`]: os-release, package manager, package names
//! * [`kernel`], [`kernel_module`]: kernel release, BTF, headers; modules of the kernel
//! * [`kernel_config`], [`kernel_parameters`], [`boot_entry`]: how a kernel was built, and how it is started
//! * [`bpf`]: maps and programs in the running kernel
//! * [`secure_boot`], [`lockdown`], [`memory`]: what firmware and kernel accept; memory

pub mod account_lock;
pub mod accounts;
pub mod boot_entry;
pub mod bpf;
pub mod distribution;
pub mod fstab;
pub mod kernel;
pub mod kernel_config;
pub mod kernel_module;
pub mod kernel_parameters;
pub mod kind;
pub mod lockdown;
pub mod machine;
mod machine_id;
pub mod memory;
pub mod secure_boot;
pub mod sysusers;
