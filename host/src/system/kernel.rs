//! Kernels: their releases, which of them is installed, BTF and headers.

mod btf;
mod headers;
mod installed;
mod release;

pub use btf::{Absence, Btf, btf};
pub use headers::{Headers, Incomplete, headers};
pub use installed::{has_modules, installed, newest_installed, newest_of, release_of_image};
pub use release::{Parts, compare_releases, enterprise_linux_major, is_release, running_release};

#[cfg(test)]
pub(crate) use headers::tests::scratch;
