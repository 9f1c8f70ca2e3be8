//! The id of a machine (`machine-id(5)`).

use crate::Root;

const PATH: &str = "/etc/machine-id";

/// The id of a machine. It is confidential: what is written to disk, or told, is derived from it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MachineId([u8; 16]);

impl MachineId {
    /// Returns the id of the system in `root`. Returns `None` if it has none yet (`uninitialized`), or none that it keeps: on a
    /// read-only `/etc`, systemd mounts a new one over the file at each boot.
    #[must_use]
    pub fn of(root: &Root) -> Option<Self> {
        let (file, directory) = (root.stat_followed(PATH).ok()??, root.stat_followed("/etc").ok()??);
        if file.st_dev != directory.st_dev {
            return None;
        }
        Self::parse(&root.read_text(PATH).ok()?)
    }

    /// Parses the content of the file.
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_suffix('\n').unwrap_or(text);
        let is_one = digits.len() == 32 && digits.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c));
        let id = u128::from_str_radix(digits, 16).ok().filter(|id| is_one && *id != 0)?;
        Some(Self(id.to_be_bytes()))
    }

    /// Returns its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl std::fmt::Debug for MachineId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MachineId(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::kernel::scratch;

    #[test]
    fn ids() {
        for (text, is_one) in [
            ("0123456789abcdef0123456789abcdef\n", true),
            ("0123456789abcdef0123456789abcdef", true),
            ("uninitialized\n", false),
            ("", false),
            ("00000000000000000000000000000000\n", false),
            ("0123456789ABCDEF0123456789abcdef\n", false),
            ("+123456789abcdef0123456789abcdef\n", false),
            ("0123456789abcdef0123456789abcdef\n\n", false),
            ("0123456789abcdef\n", false),
        ] {
            let (_scratch, root) = scratch(&[(PATH, text)]);
            assert_eq!(MachineId::of(&root).is_some(), is_one, "{text:?}");
        }
        let (_scratch, root) = scratch(&[]);
        assert_eq!(MachineId::of(&root), None);
    }
}
