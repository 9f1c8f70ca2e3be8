//! `package`: builds an RPM and a DEB from a manifest.

#![allow(
    clippy::disallowed_methods,
    reason = "a tool for who builds packages: its files are those that the caller names"
)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what was built, and why not, is said there")]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use packaging::scripts::Scripts;
use packaging::{Error, Format, Inputs, Recipe, deb, out, rpm_package};

const EXAMPLES: &str = "\
Examples:
  package build --manifest packaging/hostprep.toml --hostprep target/portable/hostprep --payload target/packages/payload
  package build --manifest agent.toml --payload agent-files --hostprep hostprep --sign-key secret.asc
  package render --manifest agent.toml --out scripts

The time in the packages is SOURCE_DATE_EPOCH, else the day of the newest changelog entry. packaging/README.md explains the
manifest.";

/// Builds one RPM and one DEB from one manifest.
#[derive(Debug, Parser)]
#[command(name = "package", version, after_help = EXAMPLES, max_term_width = 120)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build both packages, and SHA256SUMS
    Build(Build),
    /// Write the scripts that the packages would hold
    Render(Render),
}

#[derive(Debug, Args)]
struct Common {
    /// What the package is called, holds and needs
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// Files to package, as a tree that stands at / (may be given again)
    #[arg(long, value_name = "DIR")]
    payload: Vec<PathBuf>,
    /// The hostprep that the hooks call
    #[arg(long, value_name = "BINARY")]
    hostprep: Option<PathBuf>,
    /// Instead of the manifest's version
    #[arg(long)]
    version: Option<String>,
}

#[derive(Debug, Args)]
struct Build {
    #[command(flatten)]
    common: Common,
    /// Where the packages go
    #[arg(long, value_name = "DIR", default_value = "dist")]
    out: PathBuf,
    /// Only this format
    #[arg(long)]
    format: Option<Only>,
    /// Sign the RPM and the checksums with this OpenPGP key (ASCII-armoured, without a passphrase)
    #[arg(long, value_name = "KEY")]
    sign_key: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Render {
    #[command(flatten)]
    common: Common,
    /// Where the scripts go, as rpm/post, deb/postinst, …
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Only {
    Rpm,
    Deb,
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Build(build) => self::build(&build),
        Command::Render(render) => self::render(&render),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("package: {e:#}");
            ExitCode::FAILURE
        }
    }
}

fn build(build: &Build) -> Result<()> {
    let recipe = read(&build.common)?;
    let key = Key::of(build.sign_key.as_deref())?;
    // Both before either is written: where one cannot be made, the directory stays as it was.
    let mut finished = Vec::new();
    if !matches!(build.format, Some(Only::Deb)) {
        let bytes = rpm_package::bytes(&key.rpm(&recipe)?)?;
        finished.push((Format::Rpm, rpm_package::file_name(&recipe), bytes));
    }
    if !matches!(build.format, Some(Only::Rpm)) {
        finished.push((Format::Deb, deb::file_name(&recipe), deb::build(&recipe)?));
    }
    let mut names = Vec::new();
    for (format, name, bytes) in finished {
        names.push(finish(build, &recipe, format, name, &bytes)?);
    }
    names.sort();
    let checksums = out::checksums(&build.out, &names)?;
    out::write(&build.out, out::CHECKSUMS, checksums.as_bytes())?;
    key.sign_checksums(build, &checksums, recipe.time)
}

/// Writes a package and says how large it is.
fn finish(build: &Build, recipe: &Recipe, format: Format, name: String, bytes: &[u8]) -> Result<String> {
    let path = out::write(&build.out, &name, bytes)?;
    let (packed, installed) = (kib(bytes.len() as u64), kib(recipe.contents.size(format)));
    println!("{}  {packed} KiB, {installed} KiB installed", path.display());
    Ok(name)
}

fn kib(bytes: u64) -> u64 {
    bytes.div_ceil(1024)
}

fn render(render: &Render) -> Result<()> {
    let recipe = read(&render.common)?;
    for (kind, text) in recipe.scripts.iter().flat_map(Scripts::all) {
        let path = render.out.join(kind.name);
        let directory = path.parent().unwrap_or(&render.out);
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // rpm runs a scriptlet by /bin/sh; the line makes that known to whoever reads the file.
        let text = if text.starts_with("#!") { text.to_owned() } else { format!("#!/bin/sh\n{text}") };
        out::write(directory, name, text.as_bytes())?;
    }
    Ok(())
}

fn read(common: &Common) -> Result<Recipe, Error> {
    Recipe::read(&Inputs {
        manifest: common.manifest.clone(),
        payload: common.payload.clone(),
        hostprep: common.hostprep.clone(),
        version: common.version.clone(),
        source_date: std::env::var_os("SOURCE_DATE_EPOCH").map(|text| text.to_string_lossy().into_owned()),
    })
}

/// What signs, if anything does.
struct Key {
    #[cfg(feature = "sign")]
    key: Option<packaging::sign::Key>,
}

#[cfg(feature = "sign")]
impl Key {
    fn of(path: Option<&std::path::Path>) -> Result<Self, Error> {
        Ok(Self { key: path.map(packaging::sign::Key::read).transpose()? })
    }

    fn rpm(&self, recipe: &Recipe) -> Result<rpm::Package, Error> {
        match &self.key {
            Some(key) => key.build_rpm(recipe),
            None => rpm_package::build(recipe),
        }
    }

    /// A signature that another key made, or none any more, must not stay beside new checksums.
    fn sign_checksums(&self, build: &Build, checksums: &str, time: u32) -> Result<()> {
        match &self.key {
            Some(key) => {
                let path = out::write(&build.out, out::SIGNATURE, &key.sign(checksums.as_bytes(), time)?)?;
                println!("{}", path.display());
                Ok(())
            }
            None => Ok(out::remove(&build.out, out::SIGNATURE)?),
        }
    }
}

#[cfg(not(feature = "sign"))]
impl Key {
    fn of(path: Option<&std::path::Path>) -> Result<Self, Error> {
        if path.is_some() { Err(Error::CannotSign) } else { Ok(Self {}) }
    }

    #[allow(clippy::unused_self, reason = "as with the feature")]
    fn rpm(&self, recipe: &Recipe) -> Result<rpm::Package, Error> {
        rpm_package::build(recipe)
    }

    #[allow(clippy::unused_self, reason = "as with the feature")]
    fn sign_checksums(&self, build: &Build, _: &str, _: u32) -> Result<()> {
        Ok(out::remove(&build.out, out::SIGNATURE)?)
    }
}
