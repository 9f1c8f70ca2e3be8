//! The newest policy version that the libsepol of a system knows: what its `semodule` writes, and its `load_policy` reads.
//!
//! libsepol says so only by a function, `sepol_policy_kern_vers_max`, which returns a constant. That constant is read from the
//! library's file, since another root's libraries are not run.

use host::Root;
use host::fs::InRoot;

const FUNCTION: &[u8] = b"sepol_policy_kern_vers_max";

/// The sonames since libsepol 1 and 3.2.
const NAMES: [&str; 2] = ["libsepol.so.2", "libsepol.so.1"];

const DIRECTORIES: [&str; 2] = ["/usr/lib64", "/usr/lib"];

/// In bytes. Real ones have less than 1 MB.
const LARGEST: u64 = 8 * 1024 * 1024;

/// `SHT_DYNSYM`
const DYNAMIC_SYMBOLS: u32 = 11;
/// `EM_X86_64`
const X86_64: u16 = 62;
/// `EM_AARCH64`
const AARCH64: u16 = 183;

/// Returns the newest version that libsepol in `root` knows; `None` if there is none, or it is of another kind of machine
/// than x86_64 and aarch64.
pub(crate) fn newest_version(root: &Root) -> Option<u32> {
    let multiarch = root.names("/usr/lib").unwrap_or_default();
    let multiarch = multiarch.iter().filter(|name| name.to_string_lossy().ends_with("-linux-gnu"));
    let directories =
        DIRECTORIES.map(InRoot::from).into_iter().chain(multiarch.map(|name| InRoot::from("/usr/lib").join(name)));
    let files = directories.flat_map(|directory| NAMES.map(|name| directory.join(name)));
    files.into_iter().find_map(|file| version_in(&root.read(file, LARGEST).ok()?))
}

/// Returns the constant that the function in a shared library returns.
fn version_in(library: &[u8]) -> Option<u32> {
    if !library.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let machine = u16_at(library, 18)?;
    let symbols = sections(library)?.find(|section| section.kind == DYNAMIC_SYMBOLS)?;
    let names = sections(library)?.nth(symbols.link)?.bytes(library)?;
    let symbol = symbols.bytes(library)?.chunks_exact(24).find(|symbol| {
        let name = u32_at(symbol, 0).and_then(|at| names.get(at as usize..));
        name.and_then(|name| name.strip_prefix(FUNCTION)).is_some_and(|rest| rest.starts_with(b"\0"))
    })?;
    let code = sections(library)?.nth(usize::from(u16_at(symbol, 6)?))?;
    let at = u64_at(symbol, 8)?.checked_sub(code.address)?;
    returned(machine, code.bytes(library)?.get(usize::try_from(at).ok()?..)?)
}

/// `mov eax, N`, perhaps after `endbr64`; `mov w0, N`, perhaps after `bti c`.
fn returned(machine: u16, code: &[u8]) -> Option<u32> {
    match machine {
        X86_64 => {
            let code = code.strip_prefix(b"\xf3\x0f\x1e\xfa").unwrap_or(code);
            u32_at(code.strip_prefix(b"\xb8")?, 0)
        }
        AARCH64 => {
            let code = code.strip_prefix(&0xd503_245f_u32.to_le_bytes()).unwrap_or(code);
            let instruction = u32_at(code, 0)?;
            (instruction & 0xffe0_001f == 0x5280_0000).then_some(instruction >> 5 & 0xffff)
        }
        _ => None,
    }
}

struct Section {
    kind: u32,
    address: u64,
    offset: usize,
    size: usize,
    link: usize,
}

impl Section {
    fn bytes<'l>(&self, library: &'l [u8]) -> Option<&'l [u8]> {
        library.get(self.offset..self.offset.checked_add(self.size)?)
    }
}

fn sections(library: &[u8]) -> Option<impl Iterator<Item = Section> + '_> {
    let start = usize::try_from(u64_at(library, 40)?).ok()?;
    let count = usize::from(u16_at(library, 60)?);
    let table = library.get(start..start.checked_add(count.checked_mul(64)?)?)?;
    Some(table.chunks_exact(64).filter_map(|header| {
        Some(Section {
            kind: u32_at(header, 4)?,
            address: u64_at(header, 16)?,
            offset: usize::try_from(u64_at(header, 24)?).ok()?,
            size: usize::try_from(u64_at(header, 32)?).ok()?,
            link: u32_at(header, 40)? as usize,
        })
    }))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::library;

    #[test]
    fn the_constant_is_found() {
        let plain = b"\xb8\x1f\0\0\0\xc3";
        assert_eq!(version_in(&library(plain, X86_64)), Some(31));
        assert_eq!(version_in(&library(b"\xf3\x0f\x1e\xfa\xb8\x21\0\0\0\xc3", X86_64)), Some(33));
        // mov w0, #33; ret
        let arm = [0x5280_0420_u32.to_le_bytes(), 0xd65f_03c0_u32.to_le_bytes()].concat();
        assert_eq!(version_in(&library(&arm, AARCH64)), Some(33));
        let with_bti = [0xd503_245f_u32.to_le_bytes().as_slice(), &arm].concat();
        assert_eq!(version_in(&library(&with_bti, AARCH64)), Some(33));
        assert_eq!(version_in(&library(b"\x48\x8b\x05\0\0\0\0\xc3", X86_64)), None, "it is not a constant");
        assert_eq!(version_in(&library(plain, 8)), None, "another machine");
    }

    #[test]
    fn every_truncation_has_no_version() {
        let whole = library(b"\xb8\x1f\0\0\0\xc3", X86_64);
        for length in 0..whole.len() {
            assert_eq!(version_in(&whole[..length]), None, "{length}");
        }
    }

    /// The tests need libsepol in any case.
    #[test]
    fn of_this_machine() {
        let machine = Root::system().unwrap();
        if cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) {
            let found = newest_version(&machine).unwrap();
            assert!((30..=99).contains(&found), "{found}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(at in 0..500_usize, byte in any::<u8>()) {
            let mut changed = library(b"\xb8\x1f\0\0\0\xc3", X86_64);
            if let Some(old) = changed.get_mut(at) {
                *old = byte;
            }
            let _ = version_in(&changed);
        }
    }
}
