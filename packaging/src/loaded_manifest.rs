//! A manifest with all files that it refers to, read and checked.

use std::path::{Path, PathBuf};

use crate::Error;
use crate::architecture::Architecture;
use crate::file_tree::FileTree;
use crate::manifest::{Manifest, check_version};
use crate::names;
use crate::policy_files::{self, PolicyPackage};
use crate::profile::Profile;
use crate::scripts::Scripts;
use crate::targets::{Program, targets};

/// The inputs of a build.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The manifest.
    pub manifest: PathBuf,
    /// The architecture; if it is absent, that of `hostprep`, or the only one in the manifest.
    pub architecture: Option<Architecture>,
    /// Trees with their top at `/`.
    pub payload: Vec<PathBuf>,
    /// The program that the hooks call, for this package's architecture.
    pub hostprep: Option<PathBuf>,
    /// The version, instead of the manifest's.
    pub version: Option<String>,
    /// The value of `SOURCE_DATE_EPOCH`.
    pub source_date: Option<String>,
}

/// The input of both formats.
#[derive(Debug)]
pub struct LoadedManifest {
    /// The manifest.
    pub manifest: Manifest,
    /// The package's architecture, one of the manifest's.
    pub architecture: Architecture,
    /// The files of both formats.
    pub files: FileTree,
    /// The scripts, if the manifest has hooks.
    pub scripts: Option<Scripts>,
    /// The sources of a package with the policy module alone, if the manifest has hooks.
    pub policy_package: Option<PolicyPackage>,
    /// The time of every file and of the build, in seconds since 1970.
    pub time: u32,
}

impl LoadedManifest {
    /// Reads the manifest and all files that it refers to.
    ///
    /// # Errors
    /// [`Error`] if something is missing or cannot be packaged.
    pub fn read(inputs: &Inputs) -> Result<Self, Error> {
        let mut manifest = Manifest::read(&inputs.manifest)?;
        let wrong = |problem: String| Error::Manifest { path: inputs.manifest.clone(), problem };
        if let Some(version) = &inputs.version {
            check_version(version).map_err(wrong)?;
            manifest.package.version.clone_from(version);
        }
        let program = match &inputs.hostprep {
            Some(path) => Some((path, std::fs::read(path).map_err(Error::file(path))?)),
            None => None,
        };
        let architecture = architecture(&manifest, inputs, program.as_ref()).map_err(wrong)?;
        let directory = inputs.manifest.parent().unwrap_or(Path::new(""));
        let read = match &manifest.hooks {
            Some(hooks) => {
                let profile = Profile::read(hooks, &directory.join(&hooks.profile))?;
                names::check_manifest(&manifest, hooks, &profile).map_err(wrong)?;
                Some(profile)
            }
            None => None,
        };
        let profile = read.clone().map(Profile::of);
        let scripts = match (&manifest.hooks, &profile) {
            (Some(hooks), Some(profile)) => Some(Scripts::new(&manifest, hooks, profile)?),
            _ => None,
        };
        let mut files = FileTree::default();
        for directory in &manifest.directories {
            files.directory(&directory.path, directory.only)?;
        }
        for link in &manifest.links {
            files.link(&link.path, &link.target, link.only)?;
        }
        for file in &manifest.files {
            let content = match (&file.source, &file.template) {
                (Some(source), _) => {
                    let path = directory.join(source);
                    std::fs::read(&path).map_err(Error::file(&path))?
                }
                (None, Some(template)) => {
                    crate::scripts::render_file(template, &manifest, profile.as_ref())?.into_bytes()
                }
                (None, None) => Vec::new(),
            };
            files.file(&file.path, content, file.executable, file.only)?;
        }
        if let (Some(directory), Some(profile)) =
            (manifest.hooks.as_ref().and_then(|hooks| hooks.policy.as_ref()), &profile)
        {
            for (path, cil) in policy_files::cil(&profile.module)? {
                files.file(&format!("{directory}/{path}"), cil.into_bytes(), false, None)?;
            }
        }
        for payload in &inputs.payload {
            files.payload(payload)?;
        }
        match (&manifest.hooks, program) {
            (Some(hooks), Some((path, program))) => {
                architecture.check(&program).map_err(|problem| Error::payload(path, &problem))?;
                files.file(&hooks.program, program, true, None)?;
                if let Some(place) = &hooks.profile_path {
                    let path = directory.join(&hooks.profile);
                    files.file(place, std::fs::read(&path).map_err(Error::file(&path))?, false, None)?;
                }
            }
            (Some(hooks), None) if !files.has_program(&hooks.program) => {
                return Err(wrong(format!(
                    "the hooks call {}, but the payload has no such executable file; name the program with --hostprep FILE",
                    hooks.program
                )));
            }
            (None, Some(_)) => {
                return Err(wrong("--hostprep is given, but there are no [hooks] that call it".into()));
            }
            _ => {}
        }
        let own: Vec<&str> = manifest.directories.iter().map(|directory| directory.path.as_str()).collect();
        files.complete(&own);
        files.check()?;
        files.check_programs(architecture)?;
        if let (Some(hooks), Some(profile)) = (&manifest.hooks, &read) {
            names::check_files(hooks, profile, &files)?;
        }
        let package = &manifest.package;
        let (newest, built) = (&manifest.changelog[0].version, format!("{}-{}", package.version, package.release));
        if inputs.version.is_none() && *newest != built {
            return Err(wrong(format!(
                "the newest entry of the changelog is for {newest}, but the package is {built}; add an entry"
            )));
        }
        let time = time(&manifest, inputs.source_date.as_deref())?;
        let policy_package = profile.as_ref().map(|profile| PolicyPackage::of(&manifest, profile)).transpose()?;
        Ok(Self { manifest, architecture, files, scripts, policy_package, time })
    }
}

/// Returns the architecture of the package.
fn architecture(
    manifest: &Manifest,
    inputs: &Inputs,
    program: Option<&(&PathBuf, Vec<u8>)>,
) -> Result<Architecture, String> {
    let wanted: Vec<Architecture> = inputs.architecture.into_iter().collect();
    let programs: Vec<Program> = program
        .map(|(path, content)| ((*path).clone(), Architecture::of_program(content)))
        .filter(|_| manifest.hooks.is_some())
        .into_iter()
        .collect();
    match targets(&manifest.package.architectures()?, &wanted, &programs, &[])?.as_slice() {
        [one] => Ok(one.architecture),
        _ => Err(
            "`architecture` lists several, but one package is built; write `noarch` if its files are for every host"
                .into(),
        ),
    }
}

/// Returns `SOURCE_DATE_EPOCH` (specified at reproducible-builds.org), or the start of the newest changelog entry's day in UTC: on that
/// day, too, it is not in the future, which the present would replace.
fn time(manifest: &Manifest, source_date: Option<&str>) -> Result<u32, Error> {
    match source_date {
        Some(text) => self::source_date(text),
        None => {
            let newest = manifest.changelog.iter().map(|change| change.date).max().unwrap_or_default();
            Ok(seconds(newest, 0))
        }
    }
}

/// Returns a value of `SOURCE_DATE_EPOCH`.
pub(crate) fn source_date(text: &str) -> Result<u32, Error> {
    text.trim().parse().map_err(|_| Error::SourceDate(text.to_owned()))
}

/// Returns noon of that day in UTC in seconds since 1970, as rpmbuild reads a changelog's day.
pub(crate) fn noon(day: jiff::civil::Date) -> u32 {
    seconds(day, 12)
}

/// Returns that hour of the day in UTC in seconds since 1970.
fn seconds(day: jiff::civil::Date, hour: i8) -> u32 {
    let time = day.at(hour, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC);
    time.ok().and_then(|time| u32::try_from(time.timestamp().as_second()).ok()).unwrap_or_default()
}
