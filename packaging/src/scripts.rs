//! Scriptlets, maintainer scripts and the files that come from templates.

use serde::Serialize;
use tera::{Context, Tera};

use crate::Error;
use crate::manifest::{Hooks, Manifest};
use crate::profile::Profile;

/// `templates/packages`, by name.
macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../templates/packages/", $name, ".tera")))),*]
    };
}

const TEMPLATES: &[(&str, &str)] = templates![
    "common.sh",
    "first-look.sh",
    "rpm/pre.sh",
    "rpm/post.sh",
    "rpm/preun.sh",
    "rpm/postun.sh",
    "rpm/posttrans.sh",
    "rpm/trigger.sh",
    "deb/preinst.sh",
    "deb/postinst.sh",
    "deb/prerm.sh",
    "deb/postrm.sh",
    "files/sysusers.conf",
    "files/tmpfiles.conf",
    "files/logrotate.conf",
];

/// Everything that the package managers run, each a POSIX shell script.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as rpm and dpkg name them")]
pub struct Scripts {
    pub pre: String,
    pub post: String,
    pub preun: String,
    pub postun: String,
    pub posttrans: String,
    pub trigger: String,
    pub preinst: String,
    pub postinst: String,
    pub prerm: String,
    pub postrm: String,
}

/// What the templates are given.
#[derive(Serialize)]
struct Given<'a> {
    package: &'a str,
    hooks: Option<HooksGiven<'a>>,
    profile: Option<&'a Profile>,
}

#[derive(Serialize)]
struct HooksGiven<'a> {
    program: &'a str,
    profile_path: Option<&'a str>,
    ident: &'a str,
    units: &'a [String],
}

impl Scripts {
    pub(crate) fn new(manifest: &Manifest, hooks: &Hooks, profile: &Profile) -> Result<Self, Error> {
        let templates = Templates::new(manifest, Some(hooks), Some(profile))?;
        let script = |name: &str| templates.render(&format!("{name}.sh"));
        Ok(Self {
            pre: script("rpm/pre")?,
            post: script("rpm/post")?,
            preun: script("rpm/preun")?,
            postun: script("rpm/postun")?,
            posttrans: script("rpm/posttrans")?,
            trigger: script("rpm/trigger")?,
            preinst: script("deb/preinst")?,
            postinst: script("deb/postinst")?,
            prerm: script("deb/prerm")?,
            postrm: script("deb/postrm")?,
        })
    }

    /// Each with the name of a file that holds it.
    #[must_use]
    pub fn all(&self) -> [(&'static str, &str); 10] {
        [
            ("rpm/pre", &self.pre),
            ("rpm/post", &self.post),
            ("rpm/preun", &self.preun),
            ("rpm/postun", &self.postun),
            ("rpm/posttrans", &self.posttrans),
            ("rpm/trigger", &self.trigger),
            ("deb/preinst", &self.preinst),
            ("deb/postinst", &self.postinst),
            ("deb/prerm", &self.prerm),
            ("deb/postrm", &self.postrm),
        ]
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
        tera.add_raw_templates(TEMPLATES.iter().copied()).map_err(wrong)?;
        let hooks = hooks.map(|hooks| HooksGiven {
            program: &hooks.program,
            profile_path: hooks.profile_path.as_deref(),
            ident: &hooks.ident,
            units: &hooks.units,
        });
        let given = Given { package: &manifest.package.name, hooks, profile };
        let context = Context::from_serialize(given).map_err(wrong)?;
        Ok(Self { tera, context })
    }

    fn render(&self, name: &str) -> Result<String, Error> {
        let wrong = |source| Error::Template { name: name.to_owned(), source };
        // The comment at a template's start leaves its line's end behind.
        Ok(self.tera.render(name, &self.context).map_err(wrong)?.trim_start().to_owned())
    }
}
