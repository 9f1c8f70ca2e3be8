//! The host that an output is about.

use host::system::kind::SystemKind;
use host::system::machine;
use serde::{Serialize, Serializer};

use crate::model::host_context::HostContext;

/// The host as reports name it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HostFacts {
    /// `ID` of os-release.
    pub id: String,
    /// `VERSION_ID` of os-release.
    pub version: Option<String>,
    /// The distribution family for package names.
    pub family: &'static str,
    /// The package manager's program.
    pub package_manager: Option<&'static str>,
    /// The kernel that is judged.
    pub kernel: Option<String>,
    /// The state of SELinux.
    pub selinux: String,
    /// The kind of the system: `host`, `offline`, `container` or `alternate-root`.
    #[serde(serialize_with = "kind_word")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub kind: SystemKind,
    /// What shows that kind, in one line for people.
    pub kind_evidence: String,
}

impl HostFacts {
    /// The facts of `cx`.
    #[must_use]
    pub fn of(cx: &HostContext) -> Self {
        Self {
            id: cx.distribution.id.clone(),
            version: cx.distribution.version.clone(),
            family: cx.distribution.family(),
            package_manager: cx.distribution.package_manager(),
            kernel: super::kernel(cx),
            selinux: crate::steps::selinux::state_word(cx),
            kind: cx.kind,
            kind_evidence: cx.kind_evidence.clone(),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn kind_word<S: Serializer>(kind: &SystemKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.as_str())
}

/// The host as the outputs for programs name it: its facts, and which of many it is.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HostObject {
    #[serde(flatten)]
    facts: HostFacts,
    /// The host name; absent if an alternate root sets none.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The machine id, hashed for hostprep as sd_id128_get_machine_app_specific(3) does; absent if there is none yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    machine: Option<String>,
    /// The architecture as `uname -m` prints it; absent if that of an alternate root is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    architecture: Option<String>,
    /// The boot (`/proc/sys/kernel/random/boot_id`); absent for a system that is not booted.
    #[serde(skip_serializing_if = "Option::is_none")]
    boot_id: Option<String>,
    /// The image that the system was made from; absent if packages made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<ImageObject>,
}

#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct ImageObject {
    /// `ostree`, `bootc`, or `image` for another image that os-release names.
    kind: &'static str,
    /// The deployment of ostree or bootc, else `IMAGE_ID`.
    id: String,
    /// `OSTREE_VERSION`, else `IMAGE_VERSION`; null if os-release has neither.
    version: Option<String>,
}

impl HostObject {
    /// Returns its facts.
    #[must_use]
    pub fn facts(&self) -> &HostFacts {
        &self.facts
    }

    /// Returns the host name, if it is known.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns the hashed machine id, if there is one.
    #[must_use]
    pub fn machine(&self) -> Option<&str> {
        self.machine.as_deref()
    }

    /// The object for `cx`.
    #[must_use]
    pub fn of(cx: &HostContext) -> Self {
        let is_alternate = cx.alternate_root().is_some();
        let image = machine::image(cx.root, cx.is_running_system());
        Self {
            facts: HostFacts::of(cx),
            // The kernel's name of a chroot is that of the machine that builds it.
            name: match cx.kind.is_unbooted() {
                true => machine::configured_name(cx.root),
                false => machine::running_name(),
            },
            machine: machine::id(cx.root),
            architecture: match is_alternate {
                true => machine::architecture_of_programs(cx.root).map(str::to_owned),
                false => machine::running_architecture(),
            },
            boot_id: cx.boot_id(),
            image: image.map(|image| ImageObject { kind: image.kind.as_str(), id: image.id, version: image.version }),
        }
    }
}
