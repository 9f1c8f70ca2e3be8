//! `package`: builds an RPM and a DEB from a manifest.

#![allow(clippy::disallowed_methods, reason = "a build tool: it reads and writes the files that its caller names")]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "results go to standard output, errors to standard error"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use clap::{Args, Parser, Subcommand};
use host::process::clock::{Clock, SystemClock};
use packaging::architecture::Architecture;
use packaging::manifest::Manifest;
use packaging::scripts::Scripts;
use packaging::signing::openpgp::Signature;
use packaging::signing::{PublicKeys, Signer};
use packaging::targets::{Payload, Program, targets};
use packaging::{Error, Format, Inputs, LoadedManifest, artifacts, deb, rpm_package, rpm_signature_header};

const EXAMPLES: &str = "\
Examples:
  package build --manifest packaging/hostprep.toml \\
      --hostprep target/portable/hostprep --payload target/packages/payload
  package render --manifest agent.toml --hostprep hostprep --out scripts
  package verify --public-key vendor.asc dist/SHA256SUMS dist/*.rpm

`package COMMAND --help` has more. packaging/README.md explains the manifest.";

const BUILD_EXAMPLES: &str = "\
Examples:
  package build --manifest packaging/hostprep.toml \\
      --hostprep target/portable/hostprep --payload target/packages/payload
  package build --manifest agent.toml --payload agent-files \\
      --hostprep hostprep --public-key vendor.asc \\
      --sign-with 'gpg --batch --local-user KEY --detach-sign'
  package build --manifest agent.toml --payload common \\
      --payload x86_64=x86-files --payload aarch64=arm-files \\
      --hostprep target/portable/hostprep \\
      --hostprep target/portable/aarch64/hostprep    # built on x86_64

The time in the packages is SOURCE_DATE_EPOCH or, if it is unset, the day of the newest changelog entry.";

const RENDER_EXAMPLES: &str = "\
Examples:
  package render --manifest agent.toml --hostprep hostprep --out scripts";

const SIGN_EXAMPLES: &str = "\
Examples:
  package sign dist/provenance.json --public-key vendor.asc \\
      --sign-with 'gpg --batch --local-user KEY --detach-sign'";

const VERIFY_EXAMPLES: &str = "\
Examples:
  package verify --public-key vendor.asc dist/SHA256SUMS dist/*.rpm";

const COMPARE_EXAMPLES: &str = "\
Examples:
  package compare dist/hostprep-*.x86_64.rpm again/hostprep-*.x86_64.rpm

The exit status is 0 if they are the same, and 1 if they are not.";

const REPOSITORY_EXAMPLES: &str = "\
Examples:
  package repository --url https://packages.example/acme --public-key acme.asc \\
      --sign-with 'gpg --batch --local-user KEY --detach-sign' \\
      --clearsign-with 'gpg --batch --local-user KEY --clearsign'
  package repository --url https://packages.example/acme \\
      --public-key acme-2026.asc --next-key acme-2027.asc \\
      --sign-with 'gpg --batch --local-user KEY --detach-sign'

Each signature is verified by gpgv with --public-key. If one cannot be made, the repository that is there stays.
The time in the indexes is SOURCE_DATE_EPOCH, or now. A change of keys takes --next-key. docs/repositories.md says how, and
how hosts use the repository.";

/// Builds one RPM and one DEB for each architecture from one manifest, and repositories of them.
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
    /// Make signed repositories for apt, dnf, yum and zypper of built packages
    Repository(Repository),
    /// Write FILE.sig, a detached signature of a file
    Sign(Sign),
    /// Verify FILE.sig of each file, or an RPM's payload and the signature in its header
    Verify(Verify),
    /// Compare two packages: they must be the same but for signatures in RPMs
    Compare(Compare),
}

#[derive(Debug, Args)]
#[command(after_help = SIGN_EXAMPLES)]
struct Sign {
    /// The file
    file: PathBuf,
    #[command(flatten)]
    signing: Signing,
}

#[derive(Debug, Args)]
#[command(after_help = VERIFY_EXAMPLES)]
struct Verify {
    /// The public key of who signed
    #[arg(long, value_name = "FILE")]
    public_key: PathBuf,
    /// Files with a detached signature beside them, called FILE.sig, and RPMs
    #[arg(required = true)]
    file: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = COMPARE_EXAMPLES)]
struct Compare {
    /// A package
    one: PathBuf,
    /// Another one
    other: PathBuf,
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
#[command(after_help = BUILD_EXAMPLES)]
struct Build {
    #[command(flatten)]
    common: Common,
    /// Directory for the packages
    #[arg(long, value_name = "DIR", default_value = "dist")]
    out: PathBuf,
    /// Build only this format
    #[arg(long)]
    format: Option<Only>,
    #[command(flatten)]
    signing: Signing,
}

#[derive(Debug, Args)]
struct Signing {
    /// Sign with this command: the RPMs and the checksums, or the file
    ///
    /// The command is run by sh, once for each signature. It reads the bytes to sign on standard input and writes one detached
    /// OpenPGP signature of exactly these bytes to standard output, binary or armored: version 4, type 0x00, SHA-256 to
    /// SHA-512. It may ask at the terminal. Nothing is written to the output directory unless every signature is made.
    ///
    /// With gpg: gpg --batch --local-user KEY --detach-sign
    #[arg(long, value_name = "COMMAND")]
    sign_with: Option<String>,
    /// Have gpgv verify each signature with the public key in this file
    #[arg(long, value_name = "FILE", requires = "sign_with")]
    public_key: Option<PathBuf>,
    /// How long one signature may take
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..), requires = "sign_with")]
    sign_timeout: u64,
}

impl Signing {
    fn signer(&self) -> Result<Option<Signer>, Error> {
        let limit = Duration::from_secs(self.sign_timeout);
        self.sign_with.as_ref().map(|command| Signer::new(command, limit, self.public_key.as_deref())).transpose()
    }
}

#[derive(Debug, Args)]
#[command(after_help = RENDER_EXAMPLES)]
struct Render {
    #[command(flatten)]
    common: Common,
    /// Directory for the scripts (rpm/post, deb/postinst, …) and the policy's spec (selinux/NAME-selinux.spec)
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = REPOSITORY_EXAMPLES)]
struct Repository {
    /// Directory with packages and their SHA256SUMS (repeatable: older versions to keep)
    #[arg(long, value_name = "DIR", default_value = "dist")]
    packages: Vec<PathBuf>,
    /// The directory of the repository; one that is there is replaced at the end, in one step
    #[arg(long, value_name = "DIR", default_value = "target/repository")]
    out: PathBuf,
    /// The URL of that directory for its users [default: file:// and its path]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The manifest of the package with the public keys, called NAME-keyring
    #[arg(long, value_name = "FILE", default_value = "packaging/keyring.toml")]
    keyring: PathBuf,
    /// The public key that belongs to the signing commands
    #[arg(long, value_name = "FILE")]
    public_key: PathBuf,
    /// A public key for the hosts to know before it signs
    #[arg(long, value_name = "FILE")]
    next_key: Option<PathBuf>,
    /// Sign RPMs, repomd.xml and Release with this command, as `package build --help` says
    #[arg(long, value_name = "COMMAND")]
    sign_with: String,
    /// Make InRelease with this command, which reads a text and writes it clear-signed: gpg --batch --local-user KEY --clearsign
    #[arg(long, value_name = "COMMAND")]
    clearsign_with: Option<String>,
    /// How long one signature may take
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    sign_timeout: u64,
    /// Have apt refuse the index after so many days; make the repository anew before
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
    valid_days: Option<u32>,
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
        Command::Repository(repository) => self::repository(repository),
        Command::Sign(wanted) => sign(&wanted),
        Command::Verify(wanted) => verify(&wanted),
        Command::Compare(wanted) => compare(&wanted),
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
    let signer = build.signing.signer()?;
    // Builds and signs all before it writes any: if something cannot be made, the directory stays unchanged.
    let mut finished = Vec::new();
    let mut sizes = Vec::new();
    for loaded in &packages {
        if !matches!(build.format, Some(Only::Deb)) {
            let bytes = rpm_package::bytes(&rpm_package::build(loaded)?, signer.as_ref())?;
            finished.push((rpm_package::file_name(loaded), bytes));
            sizes.push(loaded.files.size(Format::Rpm));
        }
        if !matches!(build.format, Some(Only::Rpm)) {
            finished.push((deb::file_name(loaded), deb::build(loaded)?));
            sizes.push(loaded.files.size(Format::Deb));
        }
    }
    let checksums = artifacts::checksums(&finished);
    let signature = signer.map(|signer| signer.sign(checksums.as_bytes())).transpose()?;
    let signature = signature.as_ref().map(|signature| signature.packet.as_slice());
    artifacts::write_all(&build.out, &finished, &checksums, signature)?;
    for ((name, bytes), size) in finished.iter().zip(sizes) {
        let (packed, installed) = (kib(bytes.len() as u64), kib(size));
        println!("{}  {packed} KiB, {installed} KiB installed", build.out.join(name).display());
    }
    if signature.is_some() {
        println!("{}", build.out.join(artifacts::SIGNATURE).display());
    }
    Ok(())
}

fn repository(repository: Repository) -> Result<()> {
    let lines = packaging::repository::make(&packaging::repository::Request {
        packages: repository.packages,
        out: repository.out,
        url: repository.url.map(|url| url.trim_end_matches('/').to_owned()),
        keyring: repository.keyring,
        present_key: repository.public_key,
        next_key: repository.next_key,
        sign_with: repository.sign_with,
        clearsign_with: repository.clearsign_with,
        limit: Duration::from_secs(repository.sign_timeout),
        valid_days: repository.valid_days,
        source_date: source_date(),
        now: u32::try_from(SystemClock.now().as_second()).unwrap_or(u32::MAX),
    })?;
    for line in lines {
        println!("{line}");
    }
    Ok(())
}

fn sign(wanted: &Sign) -> Result<()> {
    let signer = wanted.signing.signer()?.context("--sign-with is missing: the command that signs")?;
    let content = read_file(&wanted.file)?;
    let signature = signer.sign(&content)?;
    let path = signature_of(&wanted.file);
    let name = path.file_name().and_then(|name| name.to_str()).context("the name of the file is not UTF-8")?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    artifacts::write(directory, name, &signature.packet)?;
    println!("{}", path.display());
    Ok(())
}

fn verify(wanted: &Verify) -> Result<()> {
    let keys = PublicKeys::read(&wanted.public_key)?;
    for file in &wanted.file {
        let content = read_file(file)?;
        let wrong = |problem: String| anyhow!("{}: the signer {problem}", file.display());
        if file.extension().is_some_and(|end| end == "rpm") {
            let damaged = || file.display().to_string();
            let signature = rpm_signature_header::signature(&content).with_context(damaged)?;
            let signature = signature.with_context(|| format!("{}: there is no signature in it", file.display()))?;
            keys.verify(rpm_signature_header::header(&content).with_context(damaged)?, &signature).map_err(wrong)?;
            let same = rpm_signature_header::has_its_payload(&content).with_context(damaged)?;
            ensure!(same, "{}: its payload is not the one that was signed", file.display());
        } else {
            let signature = Signature::read(&read_file(&signature_of(file))?).map_err(wrong)?;
            keys.verify(&content, &signature.packet).map_err(wrong)?;
        }
        println!("{}: a good signature", file.display());
    }
    Ok(())
}

fn compare(wanted: &Compare) -> Result<()> {
    let (one, other) = (read_file(&wanted.one)?, read_file(&wanted.other)?);
    let is_rpm = wanted.one.extension().is_some_and(|end| end == "rpm");
    let by_signature = || {
        let alone = rpm_signature_header::differ_by_signature_alone(&one, &other);
        alone.with_context(|| format!("cannot compare {} and {}", wanted.one.display(), wanted.other.display()))
    };
    let same = one == other || (is_rpm && by_signature()?);
    ensure!(same, "{} and {} have another content", wanted.one.display(), wanted.other.display());
    Ok(())
}

fn read_file(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}

fn signature_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".sig");
    name.into()
}

fn source_date() -> Option<String> {
    std::env::var_os("SOURCE_DATE_EPOCH").map(|text| text.to_string_lossy().into_owned())
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
            source_date: source_date(),
        })
    };
    targets.iter().map(read).collect()
}
