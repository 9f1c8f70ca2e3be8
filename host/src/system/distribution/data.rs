//! What `distributions.toml` says.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::image_based::ImageBased;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    pub install: BTreeMap<String, String>,
    pub reinstall: BTreeMap<String, String>,
    pub update: BTreeMap<String, String>,
    pub refresh: BTreeMap<String, String>,
    pub policy: Vec<PolicyPackage>,
    pub image_based: Vec<ImageBased>,
    pub distribution: Vec<Entry>,
    pub debian_architecture: Vec<DebianArchitecture>,
    pub kernels: BTreeMap<String, Vec<KernelRule>>,
    pub foreign: Vec<ForeignKernel>,
    pub ubuntu: Vec<UbuntuRelease>,
}

/// A distribution, or several that agree.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub ids: Vec<String>,
    pub from: Option<u32>,
    pub before: Option<u32>,
    /// Words of `ID_LIKE` with which this entry does not apply.
    #[serde(default)]
    pub not_like: Vec<String>,
    /// How `PLATFORM_ID` begins, after `platform:`, of distributions that are made from it and name no relatives.
    #[serde(default)]
    pub platforms: Vec<String>,
    #[serde(default)]
    pub own_numbers: bool,
    pub family: String,
    pub package_manager: String,
    pub other_package_manager: Option<String>,
    pub tools: Tools,
    /// The package with the distribution's own kernel, and the one with its headers, if they are known.
    pub kernel: Option<[String; 2]>,
    /// The sets of rules for its kernels, in this order.
    pub kernels: Vec<String>,
    /// Further sets for distributions that are like it.
    #[serde(default)]
    pub relatives_kernels: Vec<String>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tools {
    pub semodule: String,
    pub checkmodule: String,
    pub semodule_package: String,
    pub semanage: String,
    pub useradd: String,
}

/// The packages with the SELinux policies of some families.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyPackage {
    pub families: Vec<String>,
    /// The types (`SELINUXTYPE`) that there is a package for.
    pub types: Vec<String>,
    /// The package; `{type}` is the type.
    pub package: String,
}

/// An architecture of Debian.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DebianArchitecture {
    /// As dpkg has it.
    pub name: String,
    /// As the packages of the kernel have it.
    pub kernel: String,
    /// The dynamic loader of its programs.
    pub loader: String,
    /// Patterns of kernel releases.
    pub releases: Vec<String>,
}

/// What is installed for the kernels of one kind.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KernelRule {
    /// Patterns of the releases, or of their flavours if there are `versions`.
    pub releases: Vec<String>,
    /// Forms of what precedes the flavour and a hyphen; `N` stands for a number.
    #[serde(default)]
    pub versions: Vec<String>,
    /// Only releases before this one.
    pub before: Option<String>,
    /// The package with the headers.
    pub package: String,
    /// What installs the headers of exactly this kernel: arguments of the package manager.
    pub exact: Vec<String>,
    /// What installs the newest kernel of the kind and its headers.
    pub newest: Vec<String>,
}

/// A kernel that no distribution built.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignKernel {
    /// A pattern of its releases.
    pub release: String,
    /// Who built it.
    pub builder: String,
    /// What an administrator does there to boot the distribution's own kernel.
    pub boot: String,
    /// Set if the distribution's own kernel has to be installed first.
    pub installs: bool,
}

/// A release of Ubuntu, and the kernel that it came with.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UbuntuRelease {
    pub codename: String,
    pub version: String,
    pub kernel: String,
}

/// Returns the data.
pub fn data() -> &'static Data {
    static DATA: OnceLock<Data> = OnceLock::new();
    DATA.get_or_init(|| {
        let text = include_str!(concat!(env!("OUT_DIR"), "/distributions.json"));
        serde_json::from_str(text).expect("a test parses distributions.toml")
    })
}
