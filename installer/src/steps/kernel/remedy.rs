//! What to do about missing headers.

use std::path::{Component, Path};

use faults::Remedy;
use host::fs::InRoot;
use host::system::distribution::{Foreign, KernelOrigin, KernelPackages};
use host::system::kernel::Incomplete;

use crate::model::host_context::{HostContext, JudgedKernel};
use crate::steps::packages::{Target, as_alternative};

/// Returns what gives the kernel its headers.
pub(super) fn install(cx: &HostContext, kernel: &JudgedKernel) -> Vec<Remedy> {
    match cx.distribution.kernel_origin(&kernel.release) {
        KernelOrigin::Packaged(packages) => {
            let exact = exact(cx, kernel, &packages);
            let mut remedies = Vec::from_iter(Target::root(cx).refresh(&exact));
            remedies.extend(Target::root(cx).install(&exact));
            remedies.extend(newest(cx, kernel, &packages));
            remedies
        }
        KernelOrigin::Foreign(foreign) => boot_own(cx, kernel, &foreign),
        KernelOrigin::Unknown => elsewhere(cx, kernel),
    }
}

/// Returns what completes headers of which parts are missing. The package manager believes that they are there, so that a mere
/// installation does nothing.
pub(super) fn restore(cx: &HostContext, kernel: &JudgedKernel, incomplete: &Incomplete) -> Vec<Remedy> {
    let distribution = &cx.distribution;
    let mut remedies = Vec::new();
    if let KernelOrigin::Packaged(packages) = distribution.kernel_origin(&kernel.release) {
        let mut again = exact(cx, kernel, &packages);
        match distribution.package_manager() {
            Some("apt-get") => {
                let owner = |path: &InRoot| debian_package(path).filter(|package| !again.contains(package));
                let mut owners: Vec<String> = incomplete.missing.iter().filter_map(owner).collect();
                owners.retain(|package| !package.ends_with(&format!("-{}", kernel.release)));
                owners.dedup();
                again.extend(owners);
            }
            Some("zypper") if incomplete.missing.iter().any(is_suse_source) => {
                again.extend(suse_source(&kernel.release))
            }
            _ => {}
        }
        remedies.extend(Target::root(cx).refresh(&packages.exact));
        remedies.extend(Target::root(cx).reinstall(&again));
        if distribution.image_based().is_none() && erases_separately(distribution.package_manager()) {
            let install = distribution.install_command(&packages.exact).map(Remedy::run_in_root);
            remedies.extend(
                install
                    .map(|remedy| remedy.with_comment("if the package was erased and left these files").alternative()),
            );
        }
        remedies.extend(link(cx, kernel, incomplete));
        remedies.extend(newest(cx, kernel, &packages));
        return remedies;
    }
    remedies.extend(link(cx, kernel, incomplete));
    remedies.extend(install(cx, kernel));
    remedies
}

/// Returns what the system installs for the headers of exactly this kernel.
fn exact(cx: &HostContext, kernel: &JudgedKernel, packages: &KernelPackages) -> Vec<String> {
    // The name of some has the kernel's version in it.
    let is_whole = packages.exact.iter().eq([&packages.name]);
    let image = cx.distribution.image_based().filter(|_| !is_whole);
    let called = image.and_then(|image| image.headers(&packages.name, &kernel.release));
    called.map_or_else(|| packages.exact.clone(), |called| vec![called])
}

/// Returns whether reinstalling an erased package fails.
fn erases_separately(package_manager: Option<&str>) -> bool {
    matches!(package_manager, Some("dnf" | "yum" | "tdnf"))
}

/// The link belongs to the kernel's own package on Enterprise Linux and SUSE.
fn link(cx: &HostContext, kernel: &JudgedKernel, incomplete: &Incomplete) -> Vec<Remedy> {
    let build = format!("/lib/modules/{}/build", kernel.release);
    let directory = incomplete.directory.to_string();
    match incomplete.linked {
        true => Vec::new(),
        false => Target::root(cx).change_usr(&["ln", "-sfn", &directory, &build]),
    }
}

/// Returns the package of Debian's that owns `path`: `/usr/src/linux-headers-6.1.0-18-common/Makefile` and
/// `/usr/lib/linux-kbuild-6.1/scripts` are in directories that are called as their packages are.
fn debian_package(path: &InRoot) -> Option<String> {
    let mut names = path.components().filter_map(|component| match component {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    let is_owner = names.next() == Some("usr") && matches!(names.next(), Some("src" | "lib"));
    let package = names.next().filter(|name| name.starts_with("linux-") && is_owner)?;
    let plain = package.chars().all(|c| c.is_ascii_alphanumeric() || "+-.~".contains(c));
    plain.then(|| package.to_owned())
}

/// Returns whether `path` is in SUSE's part of the headers that flavours share, `/usr/src/linux-VERSION`.
fn is_suse_source(path: &InRoot) -> bool {
    let mut below = path.as_path().strip_prefix("/usr/src").into_iter().flat_map(Path::components);
    let tree = below.next().and_then(|tree| tree.as_os_str().to_str());
    tree.is_some_and(|tree| tree.starts_with("linux-") && !tree.ends_with("-obj"))
}

/// Returns what installs that part: `kernel-devel`, and `kernel-devel-rt` of a flavour with sources of its own. Packages of one source
/// are built several times, so their releases differ in the last number; each provides the version of its sources, which is in the
/// kernel's release.
fn suse_source(release: &str) -> Option<String> {
    const OWN_SOURCES: [&str; 4] = ["azure", "coco", "longterm", "rt"];
    let (version, flavour) = release.rsplit_once('-')?;
    let sources = flavour.split('_').next().filter(|flavour| OWN_SOURCES.contains(flavour));
    let name = sources.map_or("kernel-devel".to_owned(), |sources| format!("kernel-devel-{sources}"));
    Some(format!("{name} = {version}"))
}

/// Returns what installs the newest kernel of the same kind together with its headers, for a version that has left the archive.
fn newest(cx: &HostContext, kernel: &JudgedKernel, packages: &KernelPackages) -> Vec<Remedy> {
    if packages.newest.is_empty() {
        return Vec::new();
    }
    let comment = "a newer kernel with its headers, if that version has left the archive";
    let remedies = Target::root(cx).newest(&packages.newest);
    with_reboot(cx, kernel, with_comment(as_alternative(remedies), comment), "into the newer kernel")
}

/// Returns `remedies`, which install a kernel, and the reboot into it. On a system that is an image, they have one.
fn with_reboot(cx: &HostContext, kernel: &JudgedKernel, mut remedies: Vec<Remedy>, comment: &str) -> Vec<Remedy> {
    if !remedies.is_empty() && cx.distribution.image_based().is_none() {
        remedies.extend(reboot(kernel).map(|remedy| remedy.with_comment(comment).continuing()));
    }
    remedies
}

/// Returns `remedies`, the first with this comment.
fn with_comment(mut remedies: Vec<Remedy>, comment: &str) -> Vec<Remedy> {
    if let Some(first) = remedies.first_mut() {
        *first = first.clone().with_comment(comment);
    }
    remedies
}

fn reboot(kernel: &JudgedKernel) -> Option<Remedy> {
    kernel.running.then(|| Remedy::run_in_root(["systemctl", "reboot"]).rebooting())
}

/// Returns how to get rid of a kernel that the distribution did not build and has no headers for.
fn boot_own(cx: &HostContext, kernel: &JudgedKernel, foreign: &Foreign) -> Vec<Remedy> {
    let release = &kernel.release;
    let builder = match foreign.builder {
        Some(builder) => format!("kernel {release} was built by {builder}"),
        None => format!("kernel {release} was not built by {}", cx.distribution.id),
    };
    let mut remedies = Vec::new();
    if !foreign.own.is_empty() && cx.distribution.image_based().is_none() {
        let comment = "the distribution's own kernel and its headers";
        let own = Target::root(cx).install(&foreign.own);
        remedies.extend(own.first().and_then(|_| Target::root(cx).refresh(&foreign.own)));
        remedies.extend(own.into_iter().map(|remedy| remedy.with_comment(comment)));
    }
    remedies.push(Remedy::manual(format!("boot the distribution's own kernel, since {builder}: {}", foreign.boot)));
    remedies
}

/// Returns what can be said where neither a package nor the builder of the kernel is known.
fn elsewhere(cx: &HostContext, kernel: &JudgedKernel) -> Vec<Remedy> {
    let release = &kernel.release;
    let mut remedies =
        vec![Remedy::manual(format!("install the headers of kernel {release} from where it comes from"))];
    let own = cx.distribution.own_kernel(Some(release));
    if !own.is_empty() && cx.distribution.image_based().is_none() {
        let comment = "the distribution's own kernel with its headers, to boot that one";
        let install = with_comment(as_alternative(Target::root(cx).install(&own)), comment);
        remedies.extend(with_reboot(cx, kernel, install, "into that kernel"));
    }
    remedies
}
