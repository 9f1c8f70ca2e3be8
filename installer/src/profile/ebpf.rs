//! What the agent's eBPF programs need of a kernel.

use host::system::bpf::ProgramKind;
use serde::{Deserialize, Deserializer};

/// What the agent's eBPF programs need of a kernel.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ebpf {
    /// The kinds of programs, by bpftool's names. One of each that does nothing is loaded on the running kernel.
    #[serde(default, deserialize_with = "kinds")]
    pub programs: Vec<ProgramKind>,
    /// Options that the kernel has to be built with.
    #[serde(default)]
    pub kernel_options: Vec<KernelOption>,
}

/// An option of the kernel's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KernelOption {
    /// Its name, without `CONFIG_`.
    pub name: String,
    /// Names that it had before.
    #[serde(default)]
    pub former_names: Vec<String>,
    /// The first kernel that has it; `None` if every one does. An older kernel without it lacks no option.
    pub since: Option<String>,
}

impl Ebpf {
    /// Validates what serde does not.
    pub(super) fn validate(&self) -> Result<(), String> {
        let plain = |name: &&String| {
            !name.is_empty()
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                && !name.starts_with("CONFIG_")
        };
        for option in &self.kernel_options {
            if let Some(name) = [&option.name].into_iter().chain(&option.former_names).find(|name| !plain(name)) {
                return Err(format!("ebpf: {name:?} cannot be the name of a kernel option (without CONFIG_)"));
            }
            if let Some(since) = option.since.as_ref().filter(|since| !since.starts_with(|c: char| c.is_ascii_digit()))
            {
                return Err(format!("ebpf: {since:?} is not a kernel version"));
            }
        }
        Ok(())
    }
}

fn kinds<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<ProgramKind>, D::Error> {
    let names = Vec::<String>::deserialize(from)?;
    let kind = |name: String| {
        ProgramKind::named(&name).ok_or_else(|| {
            let known: Vec<_> = ProgramKind::names().collect();
            serde::de::Error::custom(format!("`{name}` is no kind of BPF program; they are {}", known.join(", ")))
        })
    };
    names.into_iter().map(kind).collect()
}
