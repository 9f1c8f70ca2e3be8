//! Scriptlets, maintainer scripts and files that are rendered from templates.

use std::fmt;

use rpm::{PackageBuilder, Scriptlet};
use serde::Serialize;
use tera::{Context, Tera};

use crate::Error;
use crate::manifest::{Hooks, Manifest};
use crate::profile::Profile;

/// A script that a package manager runs: a template and a row of [`SCRIPTS`].
pub struct ScriptKind {
    /// The format and the package manager's name for the script; also the name of the template and of the rendered file.
    pub name: &'static str,
    template: &'static str,
    pub(crate) slot: Slot,
}

/// Where a script goes in a package.
pub(crate) enum Slot {
    /// A scriptlet of the RPM.
    Scriptlet(fn(&mut PackageBuilder, Scriptlet)),
    /// The script of every trigger of the RPM on a package.
    Trigger,
    /// The script of every trigger of the RPM on a kernel's package.
    KernelTrigger,
    /// A script of the RPM for each path of its file triggers.
    FileTrigger(fn(&mut PackageBuilder, &str, Scriptlet)),
    /// The maintainer script of the DEB with this name.
    Maintainer(&'static str),
}

macro_rules! script {
    ($name:literal, $slot:expr) => {
        ScriptKind {
            name: $name,
            template: include_str!(concat!("../../templates/packages/", $name, ".sh.tera")),
            slot: $slot,
        }
    };
}

macro_rules! scriptlet {
    ($method:ident) => {
        Slot::Scriptlet(|builder, scriptlet| {
            builder.$method(scriptlet);
        })
    };
}

macro_rules! file_trigger {
    ($method:ident) => {
        Slot::FileTrigger(|builder, path, script| {
            builder.$method(path, None, script);
        })
    };
}

impl fmt::Debug for ScriptKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// All scripts that the package managers run; each is a POSIX shell script.
pub static SCRIPTS: &[ScriptKind] = &[
    script!("rpm/pre", scriptlet!(pre_install_script)),
    script!("rpm/post", scriptlet!(post_install_script)),
    script!("rpm/preun", scriptlet!(pre_uninstall_script)),
    script!("rpm/postun", scriptlet!(post_uninstall_script)),
    script!("rpm/posttrans", scriptlet!(post_trans_script)),
    script!("rpm/trigger", Slot::Trigger),
    script!("rpm/kernel-trigger", Slot::KernelTrigger),
    script!("rpm/transfiletriggerin", file_trigger!(trans_file_trigger_in)),
    script!("rpm/transfiletriggerpostun", file_trigger!(trans_file_trigger_postun)),
    script!("deb/preinst", Slot::Maintainer("preinst")),
    script!("deb/postinst", Slot::Maintainer("postinst")),
    script!("deb/prerm", Slot::Maintainer("prerm")),
    script!("deb/postrm", Slot::Maintainer("postrm")),
];

/// The templates that scripts include, and the templates of files.
const TEMPLATES: [(&str, &str); 19] = [
    ("common.sh", include_str!("../../templates/packages/common.sh.tera")),
    ("preinstall-check.sh", include_str!("../../templates/packages/preinstall-check.sh.tera")),
    ("file-trigger.sh", include_str!("../../templates/packages/file-trigger.sh.tera")),
    ("package-trigger.sh", include_str!("../../templates/packages/package-trigger.sh.tera")),
    ("kernel-hook.sh", include_str!("../../templates/packages/kernel-hook.sh.tera")),
    ("files/kernel-install.sh", include_str!("../../templates/packages/files/kernel-install.sh.tera")),
    ("files/kernel-added.sh", include_str!("../../templates/packages/files/kernel-added.sh.tera")),
    ("files/kernel-removed.sh", include_str!("../../templates/packages/files/kernel-removed.sh.tera")),
    ("files/command.sh", include_str!("../../templates/packages/files/command.sh.tera")),
    ("files/sos-extras", include_str!("../../templates/packages/files/sos-extras.tera")),
    ("files/sysusers.conf", include_str!("../../templates/packages/files/sysusers.conf.tera")),
    ("files/tmpfiles.conf", include_str!("../../templates/packages/files/tmpfiles.conf.tera")),
    ("files/logrotate.conf", include_str!("../../templates/packages/files/logrotate.conf.tera")),
    ("files/run", include_str!("../../templates/packages/files/run.tera")),
    ("files/sandbox", include_str!("../../templates/packages/files/sandbox.tera")),
    ("files/boot.service", include_str!("../../templates/packages/files/boot.service.tera")),
    ("files/daily.service", include_str!("../../templates/packages/files/daily.service.tera")),
    ("files/daily.timer", include_str!("../../templates/packages/files/daily.timer.tera")),
    ("files/boot.preset", include_str!("../../templates/packages/files/boot.preset.tera")),
];

/// The scripts of one package, rendered.
#[derive(Debug)]
pub struct Scripts(Vec<(&'static ScriptKind, String)>);

/// The variables of the templates.
#[derive(Serialize)]
struct Given<'a> {
    package: &'a str,
    hooks: Option<HooksGiven<'a>>,
    profile: Option<&'a Profile>,
    deb_interests: &'a [String],
    rpm_file_triggers: &'a [String],
}

#[derive(Serialize)]
struct HooksGiven<'a> {
    program: &'a str,
    profile_path: Option<&'a str>,
    ident: &'a str,
    units: &'a [String],
    boot: Option<&'a str>,
    /// The units that are enabled.
    enabled: Vec<String>,
    /// All units, in the order in which they are stopped.
    all: Vec<String>,
}

impl Scripts {
    pub(crate) fn new(manifest: &Manifest, hooks: &Hooks, profile: &Profile) -> Result<Self, Error> {
        let templates = Templates::new(manifest, Some(hooks), Some(profile))?;
        let rendered = SCRIPTS.iter().map(|kind| Ok((kind, templates.render(kind.name)?)));
        Ok(Self(rendered.collect::<Result<_, Error>>()?))
    }

    /// Returns each script with its kind.
    pub fn all(&self) -> impl Iterator<Item = (&'static ScriptKind, &str)> {
        self.0.iter().map(|(kind, text)| (*kind, text.as_str()))
    }
}

pub(crate) fn render_file(name: &str, manifest: &Manifest, profile: Option<&Profile>) -> Result<String, Error> {
    Templates::new(manifest, manifest.hooks.as_ref(), profile)?.render(&format!("files/{name}"))
}

struct Templates {
    tera: Tera,
    context: Context,
}

impl Templates {
    fn new(manifest: &Manifest, hooks: Option<&Hooks>, profile: Option<&Profile>) -> Result<Self, Error> {
        let wrong = |source| Error::Template { name: String::new(), source };
        let mut tera = Tera::default();
        let scripts = SCRIPTS.iter().map(|kind| (kind.name, kind.template));
        tera.add_raw_templates(TEMPLATES.into_iter().chain(scripts)).map_err(wrong)?;
        let hooks = hooks.map(|hooks| HooksGiven {
            program: &hooks.program,
            profile_path: hooks.profile_path.as_deref(),
            ident: &hooks.ident,
            units: &hooks.units,
            boot: hooks.boot.as_deref(),
            enabled: hooks.units.iter().cloned().chain(hooks.boot_units().into_iter().take(2)).collect(),
            all: hooks.units.iter().cloned().chain(hooks.boot_units()).collect(),
        });
        let given = Given {
            package: &manifest.package.name,
            hooks,
            profile,
            deb_interests: &manifest.deb.file_triggers,
            rpm_file_triggers: &manifest.rpm.file_triggers,
        };
        let context = Context::from_serialize(&given).map_err(wrong)?;
        Ok(Self { tera, context })
    }

    fn render(&self, name: &str) -> Result<String, Error> {
        let wrong = |source| Error::Template { name: name.to_owned(), source };
        let mut context = self.context.clone();
        // For what the scripts of both package managers include.
        context.insert("maintainer_script", &name.starts_with("deb/"));
        // A comment at the start of a template leaves an empty line.
        Ok(self.tera.render(name, &context).map_err(wrong)?.trim_start().to_owned())
    }
}
