//! A manifest with all that it refers to, read and checked.

use std::path::{Path, PathBuf};

use crate::Error;
use crate::contents::Contents;
use crate::manifest::{Manifest, check_version};
use crate::profile::Profile;
use crate::scripts::Scripts;

/// What a package is built from.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The manifest.
    pub manifest: PathBuf,
    /// Trees as they stand at `/`.
    pub payload: Vec<PathBuf>,
    /// The program that the hooks call, for this package's architecture.
    pub hostprep: Option<PathBuf>,
    /// Instead of the manifest's version.
    pub version: Option<String>,
    /// `SOURCE_DATE_EPOCH` as the environment has it.
    pub source_date: Option<String>,
}

/// What both formats are built from.
#[derive(Debug)]
pub struct Recipe {
    /// What the package is.
    pub manifest: Manifest,
    /// What is in it.
    pub contents: Contents,
    /// What it runs.
    pub scripts: Option<Scripts>,
    /// The time of every file and of the build, in seconds since 1970.
    pub time: u32,
}

impl Recipe {
    /// Reads everything.
    ///
    /// # Errors
    /// [`Error`] where something is missing or cannot be packaged.
    pub fn read(inputs: &Inputs) -> Result<Self, Error> {
        let mut manifest = Manifest::read(&inputs.manifest)?;
        let wrong = |problem: String| Error::Manifest { path: inputs.manifest.clone(), problem };
        if let Some(version) = &inputs.version {
            check_version(version).map_err(wrong)?;
            manifest.package.version.clone_from(version);
        }
        let beside = inputs.manifest.parent().unwrap_or(Path::new(""));
        let profile = match &manifest.hooks {
            Some(hooks) => Some(Profile::read(&beside.join(&hooks.profile))?),
            None => None,
        };
        let scripts = match (&manifest.hooks, &profile) {
            (Some(hooks), Some(profile)) => Some(Scripts::new(&manifest, hooks, profile)?),
            _ => None,
        };
        let mut contents = Contents::default();
        for directory in &manifest.directories {
            contents.directory(&directory.path, directory.only)?;
        }
        for link in &manifest.links {
            contents.link(&link.path, &link.target, link.only)?;
        }
        for file in &manifest.files {
            let content = match (&file.source, &file.template) {
                (Some(source), _) => {
                    let path = beside.join(source);
                    std::fs::read(&path).map_err(Error::file(&path))?
                }
                (None, Some(template)) => {
                    crate::scripts::render_file(template, &manifest, profile.as_ref())?.into_bytes()
                }
                (None, None) => Vec::new(),
            };
            contents.file(&file.path, content, false, file.only)?;
        }
        for payload in &inputs.payload {
            contents.payload(payload)?;
        }
        match (&manifest.hooks, &inputs.hostprep) {
            (Some(hooks), Some(path)) => {
                let program = std::fs::read(path).map_err(Error::file(path))?;
                contents.file(&hooks.program, program, true, None)?;
                if let Some(place) = &hooks.profile_path {
                    let path = beside.join(&hooks.profile);
                    contents.file(place, std::fs::read(&path).map_err(Error::file(&path))?, false, None)?;
                }
            }
            (Some(hooks), None) if !contents.has_program(&hooks.program) => {
                return Err(wrong(format!(
                    "the hooks call {}, which is no executable file of the payload; give the program with --hostprep FILE",
                    hooks.program
                )));
            }
            (None, Some(_)) => {
                return Err(wrong("--hostprep is given, but there are no [hooks] that call it".into()));
            }
            _ => {}
        }
        let own: Vec<&str> = manifest.directories.iter().map(|directory| directory.path.as_str()).collect();
        contents.complete(&own);
        contents.check()?;
        let about = &manifest.package;
        let (newest, built) = (&manifest.changelog[0].version, format!("{}-{}", about.version, about.release));
        if inputs.version.is_none() && *newest != built {
            return Err(wrong(format!(
                "the newest [[changelog]] entry is of {newest}, the package is {built}; add one"
            )));
        }
        let time = time(&manifest, inputs.source_date.as_deref())?;
        Ok(Self { manifest, contents, scripts, time })
    }
}

/// `SOURCE_DATE_EPOCH` (its specification at reproducible-builds.org), else the day of the newest changelog entry.
fn time(manifest: &Manifest, source_date: Option<&str>) -> Result<u32, Error> {
    match source_date {
        Some(text) => text.trim().parse().map_err(|_| Error::SourceDate(text.to_owned())),
        None => {
            let newest = manifest.changelog.iter().map(|change| change.date).max().unwrap_or_default();
            Ok(seconds(newest))
        }
    }
}

/// Noon of that day in UTC, as rpmbuild takes a day of a changelog.
pub(crate) fn seconds(day: jiff::civil::Date) -> u32 {
    let noon = day.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC);
    noon.ok().and_then(|noon| u32::try_from(noon.timestamp().as_second()).ok()).unwrap_or_default()
}
