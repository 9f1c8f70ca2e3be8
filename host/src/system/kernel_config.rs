//! The configuration that a kernel was built with.

use std::io::Read;

use memchr::memmem;

use crate::Root;
use crate::error::FileError;
use crate::fs::{AsInRoot, InRoot};

const PROC_CONFIG: &str = "/proc/config.gz";
const LIMIT: u64 = 4 * 1024 * 1024;

/// A kernel's configuration (`.config`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KernelConfig {
    text: String,
    path: InRoot,
}

/// What a configuration says of an option that is on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// It is built in, or built as a module.
    On,
    /// It is off: `# CONFIG_X is not set`, or `n`.
    Off,
    /// It is not mentioned: the kernel does not know it, or what it depends on is off.
    Absent,
}

impl KernelConfig {
    /// Finds the configuration of the kernel `release`. The running kernel's own copy comes first.
    ///
    /// # Errors
    /// [`FileError`] if a configuration exists and cannot be read.
    pub fn find(root: &Root, release: &str, running: bool) -> Result<Option<Self>, FileError> {
        if running && root.exists(PROC_CONFIG) {
            let failed = |e| FileError::new("unpack", root.host_path(PROC_CONFIG), e);
            let mut text = Vec::new();
            let packed = root.open(PROC_CONFIG)?;
            flate2::read::GzDecoder::new(packed).take(LIMIT).read_to_end(&mut text).map_err(failed)?;
            return Ok(Some(Self { text: lossy(text), path: PROC_CONFIG.to_in_root() }));
        }
        let places = [
            format!("/boot/config-{release}"),
            format!("/lib/modules/{release}/config"),
            // Systems that ostree updates.
            format!("/usr/lib/modules/{release}/config"),
            format!("/usr/lib/ostree-boot/config-{release}"),
            // Of the headers' packages.
            format!("/lib/modules/{release}/build/.config"),
            format!("/usr/src/kernels/{release}/.config"),
            format!("/usr/src/linux-headers-{release}/.config"),
        ];
        for path in places {
            match root.read(&path, LIMIT) {
                Ok(bytes) => return Ok(Some(Self { text: lossy(bytes), path: path.to_in_root() })),
                Err(e) if e.is_missing() => {}
                Err(e) => return Err(e),
            }
        }
        Ok(None)
    }

    /// Takes the text of a configuration. `path` is where the prepared host has it.
    pub fn parse(text: &str, path: impl AsInRoot) -> Self {
        Self { text: text.to_owned(), path: path.to_in_root() }
    }

    /// Returns the path, as the prepared host sees it.
    #[must_use]
    pub fn path(&self) -> &InRoot {
        &self.path
    }

    /// Returns what it says of `option`, which is without `CONFIG_`.
    #[must_use]
    pub fn setting(&self, option: &str) -> Setting {
        let about = |line| switch(line).filter(|(name, _)| *name == option);
        match self.lines_with(option).rev().find_map(about) {
            Some((_, true)) => Setting::On,
            Some((_, false)) => Setting::Off,
            None => Setting::Absent,
        }
    }

    /// Returns what it says of each of `options`.
    #[must_use]
    pub fn settings(&self, options: &[&str]) -> Vec<Setting> {
        options.iter().map(|option| self.setting(option)).collect()
    }

    /// Returns the value of an option that is a text.
    #[must_use]
    pub fn text(&self, option: &str) -> Option<&str> {
        let mut value = self.lines_with(option).filter_map(|line| line.trim().strip_prefix("CONFIG_")?.split_once('='));
        let (_, value) = value.rfind(|(name, _)| *name == option)?;
        value.strip_prefix('"')?.strip_suffix('"')
    }

    /// Returns the lines that have the option's name in them. A configuration has ten thousand lines: to take each apart costs
    /// milliseconds.
    fn lines_with(&self, option: &str) -> impl DoubleEndedIterator<Item = &str> {
        let name = format!("CONFIG_{option}");
        let found: Vec<usize> = memmem::find_iter(self.text.as_bytes(), &name).collect();
        found.into_iter().map(|at| {
            let start = self.text[..at].rfind('\n').map_or(0, |end| end + 1);
            let end = self.text[at..].find('\n').map_or(self.text.len(), |length| at + length);
            &self.text[start..end]
        })
    }

    /// Returns the command line that is built into the kernel and counts besides that of the boot loader, or in its place
    /// (`CONFIG_CMDLINE`; `CMDLINE_BOOL` on x86).
    #[must_use]
    pub fn built_in_command_line(&self) -> Option<&str> {
        let switches = self.settings(&["CMDLINE_BOOL", "CMDLINE_FORCE", "CMDLINE_EXTEND"]);
        if switches.contains(&Setting::On) { self.text("CMDLINE") } else { None }
    }
}

/// Returns the bytes as text, without a copy where they are UTF-8.
fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

/// Returns the option of a line, and whether it is on. Names are without `CONFIG_`.
fn switch(line: &str) -> Option<(&str, bool)> {
    let line = line.trim();
    if let Some(comment) = line.strip_prefix('#') {
        let option = comment.trim().strip_prefix("CONFIG_")?.strip_suffix(" is not set")?;
        return Some((option, false));
    }
    let (option, value) = line.strip_prefix("CONFIG_")?.split_once('=')?;
    match value {
        "y" | "m" => Some((option, true)),
        "n" => Some((option, false)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::with as root;

    #[test]
    fn an_option_is_on_off_or_absent() {
        let text = "# Linux/x86 6.1.0 Kernel Configuration\nCONFIG_BPF=y\n# CONFIG_BPF_SYSCALL is not set\nCONFIG_KPROBES=m\n\
            CONFIG_NR_CPUS=8192\nCONFIG_BPF_JIT=n\nCONFIG_LSM=\"yama,bpf\"\n#CONFIG_X=y\r\n CONFIG_TRIMMED=y \n";
        let config = KernelConfig::parse(text, "/boot/config-test");
        for (option, expected) in [
            ("BPF", Setting::On),
            ("BPF_SYSCALL", Setting::Off),
            ("KPROBES", Setting::On),
            ("BPF_JIT", Setting::Off),
            ("BPF_EVENTS", Setting::Absent),
            ("NR_CPUS", Setting::Absent),
            ("X", Setting::Absent),
            ("TRIMMED", Setting::On),
            ("", Setting::Absent),
        ] {
            assert_eq!(config.setting(option), expected, "{option}");
        }
        assert_eq!((config.text("LSM"), config.text("BPF"), config.text("NO")), (Some("yama,bpf"), None, None));
        // The last line counts, and names that are the beginning, the end or the value of others are others.
        let text = "CONFIG_A=y\nCONFIG_A_B=n\nCONFIG_MY_CONFIG_C=y\nCONFIG_D=\"CONFIG_E=y\"\n# CONFIG_A is not set\nCONFIG_T=\"1\"\n\
            CONFIG_T=\"2\"\nCONFIG_A_B=y";
        let config = KernelConfig::parse(text, "/boot/config-test");
        let settings = config.settings(&["A", "A_B", "B", "C", "MY_CONFIG_C", "E"]);
        let expected =
            [Setting::Off, Setting::On, Setting::Absent, Setting::Absent, Setting::On, Setting::Absent].to_vec();
        assert_eq!((settings, config.text("T")), (expected, Some("2")));
    }

    #[test]
    fn the_configuration_is_found_where_distributions_put_it() {
        for (place, running, found) in [
            ("/boot/config-6.1", false, true),
            ("/lib/modules/6.1/config", false, true),
            ("/usr/src/linux-headers-6.1/.config", true, true),
            ("/boot/config-6.1.2", false, false),
        ] {
            let (_dir, root) = root(&[(place, b"CONFIG_KPROBES=y\n\xff\n")]);
            let config = KernelConfig::find(&root, "6.1", running).unwrap();
            assert_eq!(config.as_ref().map(KernelConfig::path), found.then(|| InRoot::from(place)).as_ref());
            assert!(!found || config.unwrap().setting("KPROBES") == Setting::On);
        }
    }

    #[test]
    fn the_running_kernel_tells_its_own() {
        use std::io::Write;
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"CONFIG_KPROBES=y\n").unwrap();
        let packed = packed.finish().unwrap();
        let files: [(&str, &[u8]); 2] =
            [("/proc/config.gz", &packed), ("/boot/config-6.1", b"# CONFIG_KPROBES is not set\n")];
        let (_dir, root) = root(&files);
        let setting = |running| KernelConfig::find(&root, "6.1", running).unwrap().unwrap().setting("KPROBES");
        assert_eq!((setting(true), setting(false)), (Setting::On, Setting::Off));
        root.replace("/proc/config.gz", b"not packed", 0o644).unwrap();
        assert_eq!(KernelConfig::find(&root, "6.1", true).unwrap_err().action, "unpack");
    }
}
