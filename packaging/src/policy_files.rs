//! The policy module for readers and for other packages: its CIL below `/usr/share/selinux/packages`, and the sources of a package
//! with the module alone, as Fedora's `-selinux` packages are.

use policy::render::Sources;
use policy::spec::ModuleSpec;
use serde::Serialize;
use tera::{Context, Tera};

use crate::Error;
use crate::manifest::Manifest;
use crate::profile::Profile;

const SPEC: &str = include_str!("../../templates/packages/selinux/policy.spec.tera");

/// Returns the CIL that hostprep loads, for each domain of the profile: the path below the directory of the manifest, and the text.
/// Which of them is in force depends on the host's policy.
///
/// # Errors
/// [`Error::Policy`] if the module cannot be rendered.
pub fn cil(module: &ModuleSpec) -> Result<Vec<(String, String)>, Error> {
    let domains = [&module.domain].into_iter().chain(&module.fallback_domains);
    let file = |domain: &String| {
        let sources = Sources::render(module, domain)?;
        Ok((format!("{domain}/{}.cil", module.name), sources.cil))
    };
    domains.map(file).collect()
}

/// The sources of a package with the policy module alone.
#[derive(Debug)]
pub struct PolicyPackage {
    /// The name of the package: that of the manifest's, with `-selinux`.
    pub name: String,
    /// The spec, for rpmbuild.
    pub spec: String,
    /// The name and the text of its source.
    pub source: (String, String),
}

#[derive(Serialize)]
struct Given<'a> {
    package: String,
    version: &'a str,
    title: String,
    license: String,
    url: String,
    module: &'a str,
    extension: &'a str,
    compiled: &'a str,
    priority: u16,
    domain: &'a str,
    /// Whether other services run in the domain too.
    shared: bool,
    changelog: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    day: String,
    author: String,
    version: String,
    changes: Vec<String>,
}

impl PolicyPackage {
    pub(crate) fn of(manifest: &Manifest, profile: &Profile) -> Result<Self, Error> {
        let (package, module) = (&manifest.package, &profile.module);
        let name = format!("{}-selinux", package.name);
        let change = |change: &crate::changelog::Change| Entry {
            day: change.date.strftime("%a %b %d %Y").to_string(),
            author: literal(&package.maintainer),
            version: literal(&change.version),
            changes: change.changes.iter().map(|line| literal(line)).collect(),
        };
        let sources = Sources::render(module, &module.domain)?;
        // A module with a domain of its own is CIL alone.
        let (extension, compiled, source) = sources.te.map_or(("cil", "cil", sources.cil), |te| ("te", "pp", te));
        let given = Given {
            extension,
            compiled,
            package: name.clone(),
            version: &package.version,
            title: literal(&profile.title),
            license: literal(&package.license),
            url: literal(&package.url),
            module: &module.name,
            priority: module.priority,
            domain: &module.domain,
            shared: !module.has_own_domain(),
            changelog: manifest.changelog.iter().map(change).collect(),
        };
        let wrong = |source| Error::Template { name: "selinux/policy.spec".into(), source };
        let context = Context::from_serialize(&given).map_err(wrong)?;
        let spec = Tera::one_off(SPEC, &context, false).map_err(wrong)?.trim_start().to_owned();
        Ok(Self { name, spec, source: (format!("{}.{extension}", module.name), source) })
    }
}

/// Text that rpm does not expand.
fn literal(text: &str) -> String {
    text.replace('%', "%%")
}
