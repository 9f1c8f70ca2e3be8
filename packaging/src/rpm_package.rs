//! The RPM, readable by rpm 4.11 (EL7, Amazon Linux 2): format 4, a gzip payload, no rich dependency.

use rpm::{BuildConfig, CompressionWithLevel, Dependency, FileOptions, Package, PackageBuilder, Scriptlet, Timestamp};

use crate::file_tree::{Kind, is_at_or_beneath, is_configuration};
use crate::loaded_manifest::{LoadedManifest, noon};
use crate::manifest::RpmPart;
use crate::scripts::{Scripts, Slot};
use crate::signing::Signer;
use crate::{Error, Format, rpm_signature_header};

/// Builds the RPM; [`bytes`] signs it.
///
/// # Errors
/// [`Error::Rpm`] if the crate `rpm` refuses something.
pub fn build(loaded: &LoadedManifest) -> Result<Package, Error> {
    Ok(builder(loaded)?.build()?)
}

/// Returns the bytes of the file, with a signature of the header if there is a signer.
///
/// # Errors
/// [`Error::Rpm`] if the package cannot be written, or if its content is larger than 4 GiB; [`Error::Sign`].
pub fn bytes(package: &Package, signer: Option<&Signer>) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    package.write(&mut bytes)?;
    let signature = match signer {
        Some(signer) => Some(signer.sign(&package.header_bytes()?)?),
        None => None,
    };
    Ok(rpm_signature_header::completed(&bytes, signature.as_ref()).map_err(rpm::Error::Io)?)
}

/// Returns the RPM's file name in rpm's form.
#[must_use]
pub fn file_name(loaded: &LoadedManifest) -> String {
    let package = &loaded.manifest.package;
    format!("{}-{}-{}.{}.rpm", package.name, package.version, package.release, loaded.architecture)
}

pub(crate) fn builder(loaded: &LoadedManifest) -> Result<PackageBuilder, Error> {
    let manifest = &loaded.manifest;
    let package = &manifest.package;
    let config = BuildConfig::v4().compression(CompressionWithLevel::Gzip(9)).source_date(loaded.time);
    let summary = capitalized(&package.summary);
    let mut builder =
        PackageBuilder::new(&package.name, &package.version, &package.license, loaded.architecture.name(), &summary);
    builder
        .using_config(config)
        .release(&package.release)
        .url(&package.url)
        .description(package.description.trim())
        .vendor(&package.vendor)
        .packager(&package.maintainer)
        .group(&package.group)
        // Fixed, so that the bytes do not depend on the build machine.
        .build_host("localhost");
    for change in &manifest.changelog {
        let entry: Vec<String> = change.changes.iter().map(|change| format!("- {change}")).collect();
        let heading = format!("{} - {}", package.maintainer, change.version);
        builder.add_changelog_entry(heading, entry.join("\n"), Timestamp(noon(change.date)));
    }
    add_files(&mut builder, loaded)?;
    for text in &manifest.rpm.requires {
        builder.requires(dependency(text));
    }
    for text in &manifest.rpm.requires_for_scripts {
        builder.requires(Dependency::script_pre(text)).requires(Dependency::script_post(text));
    }
    for text in &manifest.rpm.provides {
        builder.provides(dependency(text));
    }
    // As rpmbuild: rpm before 4.10 sorts `1~rc1` after `1`.
    let dependencies = manifest.rpm.requires.iter().chain(&manifest.rpm.provides);
    if dependencies.chain([&package.version, &package.release]).any(|text| text.contains('~')) {
        builder.requires(Dependency::rpmlib("TildeInVersions", "4.10.0-1"));
    }
    if let Some(scripts) = &loaded.scripts {
        add_scripts(&mut builder, scripts, &manifest.rpm);
    }
    Ok(builder)
}

fn add_files(builder: &mut PackageBuilder, loaded: &LoadedManifest) -> Result<(), Error> {
    let time = Timestamp(loaded.time);
    let directories = loaded.manifest.directories.iter();
    let own = directories.filter(|directory| directory.only != Some(Format::Deb));
    let own: Vec<&str> = own.map(|directory| directory.path.as_str()).collect();
    for (path, kind) in loaded.files.of(Format::Rpm) {
        match kind {
            // A directory of the distribution that holds a payload's file still belongs to the distribution only.
            Kind::Directory
                if !own.iter().any(|own| is_at_or_beneath(path, own)) && !loaded.files.is_empty_directory(path) => {}
            Kind::Directory => {
                let options = FileOptions::dir(path).permissions(0o755);
                builder.with_dir_entry(options.user("root").group("root").modified_at(time))?;
            }
            Kind::Link { target } => {
                let options = FileOptions::symlink(path, target.as_str());
                builder.with_symlink(options.user("root").group("root").modified_at(time))?;
            }
            Kind::File { content, mode } => {
                let permissions = if *mode == 0o755 { 0o755 } else { 0o644 };
                let mut options = FileOptions::new(path).permissions(permissions);
                options = options.user("root").group("root").modified_at(time);
                if is_configuration(path) {
                    options = options.config().noreplace();
                } else if path.starts_with("/usr/share/licenses/") {
                    options = options.license();
                } else if path.starts_with("/usr/share/doc/") || path.starts_with("/usr/share/man/") {
                    options = options.doc();
                }
                builder.with_file_contents(content.as_slice(), options)?;
            }
        }
    }
    Ok(())
}

/// Capitalizes a summary for RPM; Debian's begin with a small letter (Developer's Reference 6.2.2).
fn capitalized(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

fn add_scripts(builder: &mut PackageBuilder, scripts: &Scripts, rpm: &RpmPart) {
    // rpm itself defaults to sh, but tools that only read headers do not.
    let scriptlet = |text: &str| Scriptlet::new(text).prog(vec!["/bin/sh"]);
    for (kind, text) in scripts.all() {
        match kind.slot {
            Slot::Scriptlet(add) => add(builder, scriptlet(text)),
            Slot::Trigger => add_triggers(builder, &rpm.triggers, text),
            Slot::KernelTrigger => add_triggers(builder, &rpm.kernel_triggers, text),
            Slot::FileTrigger(add) => rpm.file_triggers.iter().for_each(|path| add(builder, path, scriptlet(text))),
            Slot::Maintainer(_) => {}
        }
    }
    builder.requires(Dependency::interp("/bin/sh"));
}

fn add_triggers(builder: &mut PackageBuilder, targets: &[String], text: &str) {
    for target in targets {
        builder.trigger_in(target, None, text);
    }
}

/// Parses `NAME` or `NAME OP VERSION`.
fn dependency(text: &str) -> Dependency {
    let mut words = text.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(name), Some("="), Some(version)) => Dependency::eq(name, version),
        (Some(name), Some("<"), Some(version)) => Dependency::less(name, version),
        (Some(name), Some("<="), Some(version)) => Dependency::less_eq(name, version),
        (Some(name), Some(">"), Some(version)) => Dependency::greater(name, version),
        (Some(name), Some(">="), Some(version)) => Dependency::greater_eq(name, version),
        _ => Dependency::any(text),
    }
}
