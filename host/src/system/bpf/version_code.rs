//! The version that a kernel before 5.0 expects a program to name: `LINUX_VERSION_CODE` of its build, found as libbpf does
//! (`get_kernel_version`), because the release of some distributions' kernels names another one.

use crate::Root;

/// Returns the code of the running kernel; 0 if it is not known.
pub(super) fn running() -> u32 {
    let Ok(names) = nix::sys::utsname::uname() else { return 0 };
    let signature = Root::system().ok().and_then(|root| root.read_text("/proc/version_signature").ok());
    let (release, version) = (names.release().to_string_lossy(), names.version().to_string_lossy());
    code(&release, &version, signature.as_deref())
}

/// Returns the code from `uname -r`, `uname -v` and Ubuntu's `/proc/version_signature`.
fn code(release: &str, version: &str, signature: Option<&str>) -> u32 {
    // "Ubuntu 4.15.0-213.224-generic 4.15.18"
    let ubuntu = signature.and_then(|line| number(line.split_whitespace().nth(2)?));
    // "#1 SMP Debian 4.19.304-1 (2024-01-09)"
    let debian = || number(version.split_once("Debian ")?.1);
    ubuntu.or_else(debian).or_else(|| number(release)).unwrap_or(0)
}

/// Returns `KERNEL_VERSION(a, b, c)` of a text that begins with `a.b.c`.
fn number(text: &str) -> Option<u32> {
    let mut parts = text.splitn(3, '.');
    let mut part = || {
        let part = parts.next()?;
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        part[..end].parse::<u32>().ok()
    };
    let (major, minor, patch) = (part()?, part()?, part()?);
    // Later patches of a series still have 255 there.
    (major <= 255 && minor <= 255).then(|| major << 16 | minor << 8 | patch.min(255))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_one_that_the_kernel_was_built_as() {
        for (release, version, signature, expected) in [
            ("4.15.0-213-generic", "#224-Ubuntu SMP", Some("Ubuntu 4.15.0-213.224-generic 4.15.18\n"), 0x04_0f_12),
            ("4.19.0-26-amd64", "#1 SMP Debian 4.19.304-1 (2024-01-09)", None, 0x04_13_ff),
            ("4.18.0-80.el8.x86_64", "#1 SMP Wed Mar 13 12:02:46 UTC 2019", None, 0x04_12_00),
            ("4.12.14-122.37-default", "#1 SMP", None, 0x04_0c_0e),
            ("4.19.84-33.70.amzn2.x86_64", "#1 SMP", Some(""), 0x04_13_54),
            ("4.9", "", None, 0),
            ("4294967296.1.1", "", None, 0),
            ("999.1.1", "Debian x.y.z", Some("a b c"), 0),
            ("", "", None, 0),
        ] {
            assert_eq!(code(release, version, signature), expected, "{release} {version}");
        }
    }
}
