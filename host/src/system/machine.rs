//! Which machine a root belongs to: its name, its id, its architecture, and the image that it was made from.

use hmac::{Hmac, KeyInit, Mac};
use nix::sys::utsname::{UtsName, uname};
use sha2::Sha256;

use crate::Root;
use crate::fs::{InRoot, TEXT_LIMIT};
use crate::system::distribution::OsRelease;
use crate::system::kernel_parameters;
use crate::system::machine_id::MachineId;

/// The application that machine ids are hashed for. It never changes: results of years are compared by it.
const APPLICATION: u128 = 0xa560cadcb269cd37ea8e8505b0f000c2;

/// Returns the machine id of `root`, hashed for hostprep as `sd_id128_get_machine_app_specific(3)` does, in 32 hexadecimal digits:
/// machine-id(5) asks that the id itself is not given away. `None` if the root has none yet, as a template has not, or
/// none that it keeps.
#[must_use]
pub fn id(root: &Root) -> Option<String> {
    MachineId::of(root).map(|id| hashed(id, APPLICATION))
}

fn hashed(machine: MachineId, application: u128) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(machine.bytes()).ok();
    if let Some(mac) = &mut mac {
        mac.update(&application.to_be_bytes());
    }
    let mac = mac.map(|mac| mac.finalize().into_bytes()).unwrap_or_default();
    let mut id = [0; 16];
    id.copy_from_slice(&mac[..16]);
    // Version 4 and the variant of RFC 9562, as id128_make_v4_uuid does.
    id[6] = id[6] & 0x0f | 0x40;
    id[8] = id[8] & 0x3f | 0x80;
    format!("{:032x}", u128::from_be_bytes(id))
}

/// Returns the host name that the running kernel has.
#[must_use]
pub fn running_name() -> Option<String> {
    uname().ok().and_then(|uname| Some(uname.nodename().to_str()?.to_owned())).filter(|name| !name.is_empty())
}

/// Returns the host name that `/etc/hostname` of `root` sets (`hostname(5)`).
#[must_use]
pub fn configured_name(root: &Root) -> Option<String> {
    let text = root.read("/etc/hostname", TEXT_LIMIT).ok()?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let name = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))?;
    Some(name.replace(char::is_control, " "))
}

/// Returns the architecture of the running kernel (`uname -m`).
#[must_use]
pub fn running_architecture() -> Option<String> {
    uname().ok().map(|uname: UtsName| uname.machine().to_string_lossy().into_owned())
}

/// Returns the architecture of the programs in `root`, in the words of `uname -m`; `None` if it has no shell, or one of an
/// architecture that is not known here.
#[must_use]
pub fn architecture_of_programs(root: &Root) -> Option<&'static str> {
    use std::io::Read;
    let mut header = [0; 20];
    root.open("/bin/sh").ok()?.read_exact(&mut header).ok()?;
    architecture_of_program(&header)
}

/// The machine is at byte 18 of an ELF header, in the order of bytes that byte 5 says (`elf(5)`).
fn architecture_of_program(header: &[u8; 20]) -> Option<&'static str> {
    let is_little = header[5] == 1;
    let machine = [header[18], header[19]];
    let machine = if is_little { u16::from_le_bytes(machine) } else { u16::from_be_bytes(machine) };
    match (header.starts_with(b"\x7fELF"), machine, is_little) {
        (true, 3, true) => Some("i686"),
        (true, 21, true) => Some("ppc64le"),
        (true, 21, false) => Some("ppc64"),
        (true, 22, false) => Some("s390x"),
        (true, 40, true) => Some("armv7l"),
        (true, 62, true) => Some("x86_64"),
        (true, 183, true) => Some("aarch64"),
        (true, 243, true) => Some("riscv64"),
        (true, 258, true) => Some("loongarch64"),
        _ => None,
    }
}

/// The image that a system was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// What made it.
    pub kind: ImageKind,
    /// The deployment (`CHECKSUM.SERIAL`) of ostree and bootc; else `IMAGE_ID` of os-release.
    pub id: String,
    /// `OSTREE_VERSION`, else `IMAGE_VERSION` of os-release.
    pub version: Option<String>,
}

/// What made an [`Image`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageKind {
    /// An ostree commit.
    Ostree,
    /// A container image.
    Bootc,
    /// Something else, which says so in os-release.
    Image,
}

impl ImageKind {
    /// Returns the word for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ostree => "ostree",
            Self::Bootc => "bootc",
            Self::Image => "image",
        }
    }
}

/// Returns the image that the system in `root` was made from; `None` for one that packages made. The deployment is that of the
/// running system, so it is only known where `is_running` says that this is it.
#[must_use]
pub fn image(root: &Root, is_running: bool) -> Option<Image> {
    let os_release = OsRelease::of(root).ok().flatten().unwrap_or_default();
    let given = |value: &str| (!value.is_empty()).then(|| value.to_owned());
    let version = given(&os_release.ostree_version).or_else(|| given(&os_release.image_version));
    if is_running && root.exists("/run/ostree-booted") {
        let line = root.read("/proc/cmdline", TEXT_LIMIT).unwrap_or_default();
        if let Some((kind, id)) = deployment(root, &String::from_utf8_lossy(&line)) {
            return Some(Image { kind, id, version });
        }
    }
    Some(Image { kind: ImageKind::Image, id: given(&os_release.image_id)?, version: given(&os_release.image_version) })
}

/// Returns the deployment that the kernel was told to boot: `ostree=/ostree/boot.N/OS/CHECKSUM/SERIAL` is a link to
/// `/ostree/deploy/OS/deploy/CHECKSUM.SERIAL` (ostree-prepare-root(1)). bootc notes the container image in the file beside it.
fn deployment(root: &Root, command_line: &str) -> Option<(ImageKind, String)> {
    let link = InRoot::new(kernel_parameters::last(command_line, "ostree")?).ok()?;
    let deployment = root.real_path(&link).ok()?;
    let id = deployment.file_name()?.to_str()?.to_owned();
    let origin = root.read(deployment.parent()?.join(format!("{id}.origin")), TEXT_LIMIT).unwrap_or_default();
    let is_container =
        String::from_utf8_lossy(&origin).lines().any(|line| line.starts_with("container-image-reference"));
    Some((if is_container { ImageKind::Bootc } else { ImageKind::Ostree }, id))
}

#[cfg(test)]
mod tests;
