//! The distribution of a root, and its names of packages and commands, from `distributions.toml`.

mod architecture;
mod command_line;
mod data;
mod glob;
mod image_based;
mod kernel_packages;
mod os_release;

use std::collections::BTreeMap;

use self::command_line::with_packages;
use self::data::{DebianArchitecture, Entry, data};
pub use self::image_based::ImageBased;
use self::kernel_packages::KernelRules;
pub use self::kernel_packages::{Foreign, KernelOrigin, KernelPackages};
pub use self::os_release::{OS_RELEASE, OsRelease};
use crate::Root;
use crate::error::{FileError, ReadError};
use crate::system::kernel::{enterprise_linux_major, newest_installed};

/// A tool that hostprep runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// Installs a module in a policy store.
    Semodule,
    /// Compiles a type enforcement file.
    Checkmodule,
    /// Packs a compiled module.
    SemodulePackage,
    /// The tool by which `policycoreutils-python` is recognized.
    Semanage,
    /// Creates a user; the package that provides it also provides `userdel`, `usermod`, `groupadd` and `groupdel`.
    Useradd,
}

impl Tool {
    /// The tools that the policy module needs.
    pub const POLICY: [Self; 4] = [Self::Semodule, Self::Checkmodule, Self::SemodulePackage, Self::Semanage];

    /// Returns the name of the program.
    #[must_use]
    pub fn program(self) -> &'static str {
        match self {
            Self::Semodule => "semodule",
            Self::Checkmodule => "checkmodule",
            Self::SemodulePackage => "semodule_package",
            Self::Semanage => "semanage",
            Self::Useradd => "useradd",
        }
    }
}

/// The major version of a distribution, as far as bounds on it apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Major {
    /// This one. For a distribution that is like Enterprise Linux, that of Enterprise Linux.
    Known(u32),
    /// A rolling release, which has no number and counts as newer than any.
    Rolling,
    /// Not known: the distribution counts in its own way.
    Unknown,
}

/// A distribution, and its names of packages and commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// `ID` of os-release; `unknown` if there is no os-release.
    pub id: String,
    /// `VERSION_ID` of os-release.
    pub version: Option<String>,
    major: Major,
    /// Set if no entry has its `ID`, so that it is known by `ID_LIKE` at most.
    is_relative: bool,
    ubuntu_codename: String,
    package_manager: Option<&'static str>,
    entry: Option<&'static Entry>,
    architecture: Option<&'static DebianArchitecture>,
    image_based: Option<&'static ImageBased>,
}

impl Distribution {
    /// Reads the distribution of `root`. An unknown distribution, or a missing os-release, is not an error.
    ///
    /// # Errors
    /// [`ReadError`] if os-release cannot be read.
    pub fn of(root: &Root) -> Result<Self, ReadError> {
        match OsRelease::of(root)? {
            Some(os_release) => Ok(Self::in_root(root, &os_release)?),
            None => Ok(Self::unknown()),
        }
    }

    /// As [`Distribution::from_os_release`], and looks in `root` for what its os-release leaves open.
    fn in_root(root: &Root, os_release: &OsRelease) -> Result<Self, FileError> {
        let has = |program: &str| {
            ["/usr/bin", "/usr/sbin"].iter().any(|directory| root.exists(format!("{directory}/{program}")))
        };
        let mut found = Self::from_parsed(os_release, None);
        if found.counts_as_enterprise_linux() && found.major == Major::Unknown {
            let newest = match newest_installed(root) {
                // /boot is often closed to ordinary users. The version is then not known.
                Err(e) if e.is_denied() => None,
                newest => newest?,
            };
            let kernel = newest.as_deref().and_then(enterprise_linux_major);
            found = Self::from_parsed(os_release, kernel);
            // Relatives of Enterprise Linux 8 and later say which platform they are, and have dnf.
            let is_silent = kernel.is_none() && found.is_relative && found.family() == "rhel";
            if is_silent && os_release.platform.is_empty() && !has("dnf") {
                found.choose(lookup("rhel", "", Some(7)));
            }
        }
        if let (Some(first), Some(other)) =
            (found.package_manager, found.entry.and_then(|entry| entry.other_package_manager.as_deref()))
            && !has(first)
            && has(other)
        {
            found.package_manager = Some(other);
        }
        if found.family() == "debian" {
            found.architecture = architecture::of_root(root);
        }
        found.image_based = ImageBased::find(&data().image_based, root);
        Ok(found)
    }

    /// Returns an unknown distribution, for which remedies name no package.
    #[must_use]
    pub fn unknown() -> Self {
        let empty = OsRelease { id: "unknown".into(), ..OsRelease::default() };
        Self::from_parsed(&empty, None)
    }

    /// Parses the content of an os-release file. What is no assignment is passed over.
    #[must_use]
    pub fn from_os_release(content: impl AsRef<[u8]>) -> Self {
        Self::from_parsed(&OsRelease::parse(content.as_ref()), None)
    }

    /// `kernel` is the version of Enterprise Linux that the installed kernel was built for.
    fn from_parsed(os_release: &OsRelease, kernel: Option<u32>) -> Self {
        let OsRelease { id, version, like, ubuntu_codename, .. } = os_release;
        let number = version.as_deref().and_then(os_release::major);
        let mut found = Self {
            id: id.clone(),
            version: version.clone(),
            major: number.map_or(Major::Rolling, Major::Known),
            is_relative: false,
            ubuntu_codename: ubuntu_codename.clone(),
            package_manager: None,
            entry: None,
            architecture: None,
            image_based: None,
        };
        // A known distribution in an unknown version (Amazon Linux 2018.03) is not like its relatives either.
        if is_known(id, like) {
            found.choose(lookup(id, like, number));
            if found.entry.is_some_and(|entry| entry.own_numbers) {
                found.major = Major::Unknown;
            } else if number.is_none() && found.family() == "rhel" {
                // Enterprise Linux does not roll: its number is missing.
                let major = os_release.enterprise_linux().or(kernel);
                found.major = major.map_or(Major::Unknown, Major::Known);
                found.choose(lookup(id, like, major));
            }
            return found;
        }
        let relatives = || like.split_whitespace();
        let of_red_hat = relatives().any(|id| ["rhel", "centos", "fedora"].contains(&id));
        let enterprise_linux = os_release.enterprise_linux().or(kernel).filter(|_| of_red_hat);
        found.is_relative = true;
        // Its own number says nothing about that of its relatives.
        found.major = enterprise_linux.map_or(Major::Unknown, Major::Known);
        found.choose(match enterprise_linux {
            Some(major) => lookup("rhel", "", Some(major)),
            None => relatives().find_map(|id| lookup(id, like, None)).or_else(|| of_platform(&os_release.platform)),
        });
        found
    }

    /// Returns whether its kernel's `.elN` is its version too: not where it counts in its own way.
    fn counts_as_enterprise_linux(&self) -> bool {
        let own_numbers = || self.entry.is_some_and(|entry| entry.own_numbers);
        (self.is_relative && self.family() == "fedora")
            || (self.family() == "rhel" && (self.is_relative || !own_numbers()))
    }

    fn choose(&mut self, entry: Option<&'static Entry>) {
        self.entry = entry;
        self.package_manager = entry.map(|entry| entry.package_manager.as_str());
    }

    /// Returns the known families.
    pub fn families() -> impl Iterator<Item = &'static str> {
        data().distribution.iter().map(|entry| entry.family.as_str())
    }

    /// Returns the family: `rhel`, `fedora`, `amazon`, `suse`, `debian`, …, or `unknown`.
    #[must_use]
    pub fn family(&self) -> &'static str {
        self.entry.map_or("unknown", |entry| &entry.family)
    }

    /// Returns the major version of a host. The release of its kernel, `release`, may show it.
    #[must_use]
    pub fn major(&self, release: &str) -> Major {
        match (self.major, self.entry) {
            (Major::Unknown, Some(entry)) if self.counts_as_enterprise_linux() && entry.family == "rhel" => {
                enterprise_linux_major(release).map_or(Major::Unknown, Major::Known)
            }
            (major, _) => major,
        }
    }

    /// Returns the program of the package manager, if it is known.
    #[must_use]
    pub fn package_manager(&self) -> Option<&'static str> {
        self.package_manager
    }

    /// Returns how the system changes if its `/usr` is an image: the package manager's commands are then for the image's build.
    #[must_use]
    pub fn image_based(&self) -> Option<&'static ImageBased> {
        self.image_based
    }

    /// Returns the command of the package manager that installs `packages`, as words.
    #[must_use]
    pub fn install_command(&self, packages: &[String]) -> Option<Vec<String>> {
        self.package_manager_command(&data().install, packages)
    }

    /// Returns the words of the command that installs `packages` once more, because files of them are missing.
    #[must_use]
    pub fn reinstall_command(&self, packages: &[String]) -> Option<Vec<String>> {
        self.package_manager_command(&data().reinstall, packages)
    }

    /// Returns the command that updates the installed `packages`, as words.
    #[must_use]
    pub fn update_command(&self, packages: &[String]) -> Option<Vec<String>> {
        self.package_manager_command(&data().update, packages)
    }

    /// Returns the command that fetches the lists of packages, as words, before `packages` are installed: their options, such as
    /// `--enablerepo`, apply to it too.
    #[must_use]
    pub fn refresh_command(&self, packages: &[String]) -> Option<Vec<String>> {
        let options: Vec<String> = packages.iter().filter(|word| word.starts_with("--")).cloned().collect();
        self.package_manager_command(&data().refresh, &options)
    }

    /// Returns the package with the SELinux policy of `policy_type`; `None` for a type that the distribution does not have.
    #[must_use]
    pub fn policy_package(&self, policy_type: &str) -> Option<String> {
        let row = data().policy.iter().find(|row| row.families.iter().any(|family| family == self.family()))?;
        let is_known = row.types.iter().any(|known| known == policy_type);
        is_known.then(|| row.package.replace("{type}", policy_type))
    }

    fn package_manager_command(&self, commands: &BTreeMap<String, String>, packages: &[String]) -> Option<Vec<String>> {
        Some(with_packages(commands.get(self.package_manager?)?, packages))
    }

    /// Returns where the kernel `release` comes from.
    #[must_use]
    pub fn kernel_origin(&self, release: &str) -> KernelOrigin {
        self.kernel_rules().origin(release)
    }

    /// Returns the packages of the distribution's own kernel and of its headers, in this order; none if they are not known. If the
    /// root does not tell its architecture, the kernel `release` may.
    #[must_use]
    pub fn own_kernel(&self, release: Option<&str>) -> Vec<String> {
        self.kernel_rules().own(release)
    }

    fn kernel_rules(&self) -> KernelRules<'_> {
        let Self { entry, is_relative, ubuntu_codename, architecture, .. } = self;
        let (entry, is_relative, architecture) = (*entry, *is_relative, *architecture);
        KernelRules { entry, is_relative, ubuntu_codename, architecture }
    }

    /// Returns the package that provides `tool`.
    #[must_use]
    pub fn tool_package(&self, tool: Tool) -> Option<&'static str> {
        let tools = &self.entry?.tools;
        Some(match tool {
            Tool::Semodule => &tools.semodule,
            Tool::Checkmodule => &tools.checkmodule,
            Tool::SemodulePackage => &tools.semodule_package,
            Tool::Semanage => &tools.semanage,
            Tool::Useradd => &tools.useradd,
        })
    }
}

/// Returns the entry of the distribution that this `PLATFORM_ID` was made from.
fn of_platform(platform: &str) -> Option<&'static Entry> {
    let platform = platform.strip_prefix("platform:")?;
    let is_made_from = |entry: &&Entry| entry.platforms.iter().any(|start| platform.starts_with(start.as_str()));
    data().distribution.iter().find(is_made_from)
}

fn is_known(id: &str, like: &str) -> bool {
    data().distribution.iter().any(|entry| entry.is_named(id, like))
}

fn lookup(id: &str, like: &str, major: Option<u32>) -> Option<&'static Entry> {
    data().distribution.iter().find(|entry| {
        entry.is_named(id, like)
            // Without a version (a rolling release, or found through ID_LIKE), only an entry without an end matches.
            && major.map_or(entry.before.is_none(), |major| {
                entry.from.is_none_or(|from| major >= from) && entry.before.is_none_or(|before| major < before)
            })
    })
}

impl Entry {
    /// Returns whether it is about the distribution with this `ID` and `ID_LIKE`. openEuler writes its ID with a capital letter.
    fn is_named(&self, id: &str, like: &str) -> bool {
        let is_other = || like.split_whitespace().any(|word| self.not_like.iter().any(|other| other == word));
        self.ids.iter().any(|known| known.eq_ignore_ascii_case(id)) && !is_other()
    }
}

#[cfg(test)]
mod tests;
