//! `package`: builds an RPM and a DEB from a manifest.

#![allow(clippy::disallowed_methods, reason = "a build tool: it reads and writes the files that its caller names")]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "results go to standard output, errors to standard error"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use packaging::architecture::Architecture;
use packaging::manifest::Manifest;
use packaging::scripts::Scripts;
use packaging::targets::{Payload, Program, targets};
use packaging::{Error, Format, Inputs, LoadedManifest, artifacts, deb, rpm_package};

const EXAMPLES: &str = "\
Examples:
  package build --manifest packaging/hostprep.toml --hostprep target/portable/hostprep --payload target/packages/payload
  package build --manifest agent.toml --payload agent-files --hostprep hostprep --sign-key secret.asc
  package build --manifest agent.toml --payload common --payload x86_64=x86-files --payload aarch64=arm-files \\
      --hostprep target/portable/x86_64/hostprep --hostprep target/portable/aarch64/hostprep
  package render --manifest agent.toml --out scripts

The time in the packages is SOURCE_DATE_EPOCH or, if it is unset, the day of the newest changelog entry.
packaging/README.md explains the manifest.";

/// Builds one RPM and one DEB for each architecture from one manifest.
#[derive(Debug, Parser)]
#[command(name = "package", version, after_help = EXAMPLES, max_term_width = 120)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build both packages and SHA256SUMS
    Build(Build),
    /// Write only the scripts of the packages, and the spec of a package with the SELinux policy alone
    Render(Render),
}

#[derive(Debug, Args)]
struct Common {
    /// The manifest: name, files and dependencies of the package
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// Directory with files to package; its top becomes / (repeatable); aarch64=DIR is packaged for that architecture alone
    #[arg(long, value_name = "[ARCHITECTURE=]DIR")]
    payload: Vec<Payload>,
    /// The hostprep program that the hooks call; repeat it to build packages for several architectures
    #[arg(long, value_name = "BINARY")]
    hostprep: Vec<PathBuf>,
    /// Build only for this architecture of the manifest (repeatable) [default: those that a --hostprep is for, or all]
    #[arg(long, value_name = "ARCHITECTURE")]
    architecture: Vec<Architecture>,
    /// Package version, instead of the manifest's
    #[arg(long)]
    version: Option<String>,
}

#[derive(Debug, Args)]
struct Build {
    #[command(flatten)]
    common: Common,
    /// Directory for the packages
    #[arg(long, value_name = "DIR", default_value = "dist")]
    out: PathBuf,
    /// Build only this format
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
    /// Directory for the scripts (rpm/post, deb/postinst, …) and the policy's spec (selinux/NAME-selinux.spec)
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
    let packages = read(&build.common)?;
    let key = Key::of(build.sign_key.as_deref())?;
    // Builds all before it writes one: if one cannot be built, the directory stays unchanged.
    let mut finished = Vec::new();
    for loaded in &packages {
        if !matches!(build.format, Some(Only::Deb)) {
            let bytes = rpm_package::bytes(&key.rpm(loaded)?)?;
            finished.push((loaded, Format::Rpm, rpm_package::file_name(loaded), bytes));
        }
        if !matches!(build.format, Some(Only::Rpm)) {
            finished.push((loaded, Format::Deb, deb::file_name(loaded), deb::build(loaded)?));
        }
    }
    let mut names = Vec::new();
    for (loaded, format, name, bytes) in finished {
        names.push(finish(build, loaded, format, name, &bytes)?);
    }
    names.sort();
    let checksums = artifacts::checksums(&build.out, &names)?;
    artifacts::write(&build.out, artifacts::CHECKSUMS, checksums.as_bytes())?;
    key.sign_checksums(build, &checksums, packages[0].time)
}

/// Writes a package and prints its size.
fn finish(build: &Build, loaded: &LoadedManifest, format: Format, name: String, bytes: &[u8]) -> Result<String> {
    let path = artifacts::write(&build.out, &name, bytes)?;
    let (packed, installed) = (kib(bytes.len() as u64), kib(loaded.files.size(format)));
    println!("{}  {packed} KiB, {installed} KiB installed", path.display());
    Ok(name)
}

fn kib(bytes: u64) -> u64 {
    bytes.div_ceil(1024)
}

fn render(render: &Render) -> Result<()> {
    // They are the same for every architecture.
    let loaded = &read(&render.common)?[0];
    for (kind, text) in loaded.scripts.iter().flat_map(Scripts::all) {
        let path = render.out.join(kind.name);
        let directory = path.parent().unwrap_or(&render.out);
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // rpm runs a scriptlet with /bin/sh; the line tells readers and tools so.
        let text = if text.starts_with("#!") { text.to_owned() } else { format!("#!/bin/sh\n{text}") };
        artifacts::write(directory, name, text.as_bytes())?;
    }
    if let Some(policy) = &loaded.policy_package {
        let directory = render.out.join("selinux");
        artifacts::write(&directory, &format!("{}.spec", policy.name), policy.spec.as_bytes())?;
        artifacts::write(&directory, &policy.source.0, policy.source.1.as_bytes())?;
    }
    Ok(())
}

/// Reads what each package is built from: one for each architecture, and at least one.
fn read(common: &Common) -> Result<Vec<LoadedManifest>, Error> {
    let wrong = |problem: String| Error::Manifest { path: common.manifest.clone(), problem };
    let listed = Manifest::read(&common.manifest)?.package.architectures().map_err(wrong)?;
    let mut programs: Vec<Program> = Vec::new();
    for path in &common.hostprep {
        let content = std::fs::read(path).map_err(|source| Error::File { path: path.clone(), source })?;
        programs.push((path.clone(), Architecture::of_program(&content)));
    }
    let targets = targets(&listed, &common.architecture, &programs, &common.payload).map_err(wrong)?;
    let read = |target: &packaging::targets::Target| {
        LoadedManifest::read(&Inputs {
            manifest: common.manifest.clone(),
            architecture: Some(target.architecture),
            payload: target.payload.clone(),
            hostprep: target.hostprep.clone(),
            version: common.version.clone(),
            source_date: std::env::var_os("SOURCE_DATE_EPOCH").map(|text| text.to_string_lossy().into_owned()),
        })
    };
    targets.iter().map(read).collect()
}

/// The signing key, if one is given.
struct Key {
    #[cfg(feature = "sign")]
    key: Option<packaging::sign::Key>,
}

#[cfg(feature = "sign")]
impl Key {
    fn of(path: Option<&std::path::Path>) -> Result<Self, Error> {
        Ok(Self { key: path.map(packaging::sign::Key::read).transpose()? })
    }

    fn rpm(&self, loaded: &LoadedManifest) -> Result<rpm::Package, Error> {
        match &self.key {
            Some(key) => key.build_rpm(loaded),
            None => rpm_package::build(loaded),
        }
    }

    /// Also removes an old signature when no key is given, because it does not match the new checksums.
    fn sign_checksums(&self, build: &Build, checksums: &str, time: u32) -> Result<()> {
        match &self.key {
            Some(key) => {
                let path = artifacts::write(&build.out, artifacts::SIGNATURE, &key.sign(checksums.as_bytes(), time)?)?;
                println!("{}", path.display());
                Ok(())
            }
            None => Ok(artifacts::remove(&build.out, artifacts::SIGNATURE)?),
        }
    }
}

#[cfg(not(feature = "sign"))]
impl Key {
    fn of(path: Option<&std::path::Path>) -> Result<Self, Error> {
        if path.is_some() { Err(Error::CannotSign) } else { Ok(Self {}) }
    }

    #[allow(clippy::unused_self, reason = "as with the feature")]
    fn rpm(&self, loaded: &LoadedManifest) -> Result<rpm::Package, Error> {
        rpm_package::build(loaded)
    }

    #[allow(clippy::unused_self, reason = "as with the feature")]
    fn sign_checksums(&self, build: &Build, _: &str, _: u32) -> Result<()> {
        Ok(artifacts::remove(&build.out, artifacts::SIGNATURE)?)
    }
}
