//! Architectures of packages, and of the programs in them.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// An architecture that packages are built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Architecture {
    /// Debian's amd64.
    X86_64,
    /// Debian's arm64.
    Aarch64,
    /// Every host: the package has no program.
    Noarch,
}

const ALL: [Architecture; 3] = [Architecture::X86_64, Architecture::Aarch64, Architecture::Noarch];

impl Architecture {
    /// Returns the name in RPM's form, which is that of `uname -m`, or `noarch`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
            Self::Noarch => "noarch",
        }
    }

    /// Returns Debian's name.
    #[must_use]
    pub fn debian(self) -> &'static str {
        match self {
            Self::X86_64 => "amd64",
            Self::Aarch64 => "arm64",
            Self::Noarch => "all",
        }
    }

    /// Returns the architecture that Debian calls `name`.
    pub(crate) fn of_debian(name: &str) -> Option<Self> {
        ALL.into_iter().find(|one| one.debian() == name)
    }

    /// Returns the architecture of a program for [`Architecture::X86_64`] or [`Architecture::Aarch64`]; `None` for everything
    /// else, a script among it.
    #[must_use]
    pub fn of_program(content: &[u8]) -> Option<Self> {
        match machine(content)? {
            Machine { name: "x86_64", .. } => Some(Self::X86_64),
            Machine { name: "aarch64", .. } => Some(Self::Aarch64),
            _ => None,
        }
    }

    /// Refuses a file that hosts of this architecture cannot run. Scripts, data, eBPF objects and firmware pass.
    ///
    /// # Errors
    /// A message that names both architectures.
    pub(crate) fn check(self, content: &[u8]) -> Result<(), String> {
        match machine(content) {
            Some(machine) if !machine.runs_on.contains(&self) => {
                let name = machine.name;
                Err(match self {
                    Self::Noarch => format!("is a program for {name}, but the package is noarch"),
                    _ => format!("is a program for {name}, but the package is for {self}"),
                })
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Architecture {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(found) = ALL.into_iter().find(|one| one.name() == text) {
            return Ok(found);
        }
        let debian = Self::of_debian(text).map(|one| format!(" (Debian's name of {one})")).unwrap_or_default();
        Err(format!("unknown architecture `{text}`{debian}; expected x86_64, aarch64 or noarch"))
    }
}

/// A processor that Linux hosts have.
struct Machine {
    /// `e_machine` (`elf(5)`).
    number: u16,
    is_little: bool,
    name: &'static str,
    runs_on: &'static [Architecture],
}

/// The 32-bit programs of both architectures run there too. Whatever is not here is no program of a host: eBPF, firmware.
const MACHINES: [Machine; 9] = [
    Machine { number: 3, is_little: true, name: "i386", runs_on: &[Architecture::X86_64] },
    Machine { number: 20, is_little: false, name: "ppc", runs_on: &[] },
    Machine { number: 21, is_little: true, name: "ppc64le", runs_on: &[] },
    Machine { number: 22, is_little: false, name: "s390x", runs_on: &[] },
    Machine { number: 40, is_little: true, name: "arm", runs_on: &[Architecture::Aarch64] },
    Machine { number: 62, is_little: true, name: "x86_64", runs_on: &[Architecture::X86_64] },
    Machine { number: 183, is_little: true, name: "aarch64", runs_on: &[Architecture::Aarch64] },
    Machine { number: 243, is_little: true, name: "riscv64", runs_on: &[] },
    Machine { number: 258, is_little: true, name: "loongarch64", runs_on: &[] },
];

/// Returns the machine that an ELF file is for, if it is one of [`MACHINES`].
fn machine(content: &[u8]) -> Option<&'static Machine> {
    let rest = content.strip_prefix(b"\x7fELF")?;
    let is_little = match rest.get(1)? {
        1 => true,
        2 => false,
        _ => return None,
    };
    let bytes = [*content.get(18)?, *content.get(19)?];
    let number = if is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) };
    MACHINES.iter().find(|machine| machine.number == number && machine.is_little == is_little)
}

/// The architectures of a manifest: one name, or a list.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "`architecture` must be a name or a list of names")]
pub(crate) enum Names {
    One(String),
    Several(Vec<String>),
}

impl Names {
    /// Returns the architectures in the manifest's order.
    ///
    /// # Errors
    /// A message if a name is unknown or there twice, or if noarch is not alone.
    pub(crate) fn parse(&self) -> Result<Vec<Architecture>, String> {
        let names = match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        };
        let mut all = Vec::new();
        for name in names {
            let one: Architecture = name.parse()?;
            if all.contains(&one) {
                return Err(format!("the architecture {one} is listed twice"));
            }
            all.push(one);
        }
        match all.len() {
            0 => Err("the list of architectures is empty".into()),
            2.. if all.contains(&Architecture::Noarch) => {
                Err("a noarch package has no other architecture: it runs everywhere".into())
            }
            _ => Ok(all),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elf(class: u8, data: u8, machine: u16) -> Vec<u8> {
        let mut header = vec![0; 64];
        header[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', class, data]);
        let number = if data == 1 { machine.to_le_bytes() } else { machine.to_be_bytes() };
        header[18..20].copy_from_slice(&number);
        header
    }

    #[test]
    fn a_program_of_another_architecture_is_refused() {
        use Architecture::{Aarch64, Noarch, X86_64};
        for (content, fits) in [
            (elf(2, 1, 62), &[X86_64][..]),
            (elf(2, 1, 183), &[Aarch64]),
            // Their 32-bit programs.
            (elf(1, 1, 3), &[X86_64]),
            (elf(1, 1, 40), &[Aarch64]),
            (elf(2, 2, 22), &[]),
            // eBPF, a firmware's processor, a header of neither order, a text, a beginning.
            (elf(2, 1, 247), &[X86_64, Aarch64, Noarch]),
            (elf(1, 1, 94), &[X86_64, Aarch64, Noarch]),
            (elf(2, 3, 62), &[X86_64, Aarch64, Noarch]),
            (b"#!/bin/sh\n".to_vec(), &[X86_64, Aarch64, Noarch]),
            (b"\x7fELF".to_vec(), &[X86_64, Aarch64, Noarch]),
            (elf(2, 1, 62)[..19].to_vec(), &[X86_64, Aarch64, Noarch]),
        ] {
            for one in [X86_64, Aarch64, Noarch] {
                assert_eq!(one.check(&content).is_ok(), fits.contains(&one), "{one}: {content:?}");
            }
        }
        assert_eq!(
            "arm64".parse::<Architecture>(),
            Err("unknown architecture `arm64` (Debian's name of aarch64); expected x86_64, aarch64 or noarch".into())
        );
        let refused = Aarch64.check(&elf(2, 1, 62)).unwrap_err();
        assert_eq!(refused, "is a program for x86_64, but the package is for aarch64");
    }
}
