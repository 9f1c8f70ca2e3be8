//! Remedies that install packages, as the system takes them: by its package manager, or as a part of its image.

use std::path::Path;

use faults::{Remedy, RemedyAction, RunOn};
use host::shell::quoted;
use host::system::distribution::{Distribution, ImageBased};

use crate::model::host_context::HostContext;

/// The system that packages are installed on.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    distribution: &'a Distribution,
    on: RunOn,
    /// Set if it is not booted, so that nothing is to be rebooted.
    is_unbooted: bool,
    alternate: Option<&'a Path>,
}

impl<'a> Target<'a> {
    /// The system in the root.
    #[must_use]
    pub fn root(cx: &'a HostContext) -> Self {
        let (is_unbooted, alternate) = (cx.kind.is_unbooted(), cx.alternate_root());
        Self { distribution: &cx.distribution, on: RunOn::Root, is_unbooted, alternate }
    }

    /// This machine, whose distribution is `distribution`.
    #[must_use]
    pub fn machine(cx: &HostContext, distribution: &'a Distribution) -> Self {
        // From outside an alternate root, this machine is the one that runs.
        let is_unbooted = cx.kind.is_unbooted() && cx.alternate_root().is_none();
        Self { distribution, on: RunOn::ThisMachine, is_unbooted, alternate: None }
    }

    /// Returns what installs `packages`; nothing if the distribution is unknown.
    #[must_use]
    pub fn install(self, packages: &[String]) -> Vec<Remedy> {
        let plain = self.distribution.install_command(packages);
        self.change(plain, |image| image.install(packages))
    }

    /// Returns what installs the `packages` of tools, after fetching the lists of packages: on a new system there are none, and
    /// old ones name versions that have left the archive. Nothing if there are no packages, or no package manager that is known.
    #[must_use]
    pub fn install_tools(self, packages: &[String]) -> Vec<Remedy> {
        let install = if packages.is_empty() { Vec::new() } else { self.install(packages) };
        let refresh = self.refresh(packages).filter(|_| !install.is_empty());
        refresh.into_iter().chain(install).collect()
    }

    /// Returns what installs `packages` once more, because files of them are missing.
    #[must_use]
    pub fn reinstall(self, packages: &[String]) -> Vec<Remedy> {
        let plain = self.distribution.reinstall_command(packages);
        match self.distribution.image_based() {
            None => plain.map(|argv| self.run(argv)).into_iter().collect(),
            Some(image) => {
                let commands = image.reinstall(packages);
                if commands.is_empty() {
                    return self.into_image(image, plain);
                }
                let commands = commands.into_iter().map(|argv| self.for_image(argv, plain.clone())).collect();
                self.then_reboot(image, commands)
            }
        }
    }

    /// Returns what updates the installed `packages`.
    #[must_use]
    pub fn update(self, packages: &[String]) -> Vec<Remedy> {
        let plain = self.distribution.update_command(packages);
        self.change(plain, |image| image.update(packages))
    }

    /// Returns what installs `packages`, the newest kernel of a kind and its headers. An image brings its kernel itself: both go into
    /// a new one, if the system fetches it.
    #[must_use]
    pub fn newest(self, packages: &[String]) -> Vec<Remedy> {
        let Some(image) = self.distribution.image_based() else { return self.install(packages) };
        let plain = self.distribution.install_command(packages);
        match image.newest(packages) {
            Some(argv) => self.then_reboot(image, vec![self.for_image(argv, plain)]),
            None if image.deploy().is_some() => self.into_image(image, plain),
            None => Vec::new(),
        }
    }

    /// Returns what fetches the lists of packages before `packages` are installed: with old lists, the archive does not have what
    /// they name.
    #[must_use]
    pub fn refresh(self, packages: &[String]) -> Option<Remedy> {
        let argv = match self.distribution.image_based() {
            None => self.distribution.refresh_command(packages),
            Some(image) => image.refresh(),
        };
        argv.map(|argv| self.run(argv))
    }

    /// Returns `argv`, which changes `/usr` of the root.
    #[must_use]
    pub fn change_usr(self, argv: &[&str]) -> Vec<Remedy> {
        let argv: Vec<String> = argv.iter().map(|&word| word.to_owned()).collect();
        self.change(Some(argv.clone()), |image| image.run(&argv))
    }

    /// Returns `plain`, or what an image-based system has for it; there `plain` goes into the image if it has nothing.
    fn change(self, plain: Option<Vec<String>>, by: impl FnOnce(&ImageBased) -> Option<Vec<String>>) -> Vec<Remedy> {
        let Some(image) = self.distribution.image_based() else {
            return plain.map(|argv| self.run(argv)).into_iter().collect();
        };
        match by(image) {
            Some(argv) => self.then_reboot(image, vec![self.for_image(argv, plain)]),
            None => self.into_image(image, plain),
        }
    }

    fn run(self, argv: Vec<String>) -> Remedy {
        RemedyAction::Run { argv, on: self.on, outside: None }.into()
    }

    /// `argv` on the booted system, and `plain` in an alternate root, which is writable.
    fn for_image(self, argv: Vec<String>, plain: Option<Vec<String>>) -> Remedy {
        let chroot = |root: &Path, plain| {
            [String::from("chroot"), root.to_string_lossy().into_owned()].into_iter().chain(plain).collect()
        };
        let outside = self.alternate.and_then(|root| Some(chroot(root, plain?)));
        RemedyAction::Run { argv, on: self.on, outside }.into()
    }

    fn then_reboot(self, image: &ImageBased, mut remedies: Vec<Remedy>) -> Vec<Remedy> {
        if !self.is_unbooted
            && let Some(becomes) = &image.becomes
        {
            let reboot = self.run(["systemctl", "reboot"].map(str::to_owned).into());
            remedies.push(reboot.rebooting().with_comment(format!("into the {becomes}")));
        }
        remedies
    }

    /// `plain` is what changes the image while it is built.
    fn into_image(self, image: &ImageBased, plain: Option<Vec<String>>) -> Vec<Remedy> {
        let Some(plain) = plain else { return Vec::new() };
        let line: Vec<String> = plain.iter().map(|word| quoted(word)).collect();
        let add =
            format!("put it into the image that this system boots: add to its Containerfile: RUN {}", line.join(" "));
        let mut remedies = vec![Remedy::manual(add)];
        remedies.extend(image.deploy().filter(|_| !self.is_unbooted).map(|argv| self.run(argv)));
        self.then_reboot(image, remedies)
    }
}

/// Returns `remedies` as one alternative to those before.
#[must_use]
pub fn as_alternative(remedies: Vec<Remedy>) -> Vec<Remedy> {
    let ordered = |(at, remedy): (usize, Remedy)| if at == 0 { remedy.alternative() } else { remedy.continuing() };
    remedies.into_iter().enumerate().map(ordered).collect()
}
