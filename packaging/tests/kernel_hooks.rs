//! The hooks of kernel packages: portable sh, which call hostprep with the change and the release and never fail.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests arrange files and processes, and fail by panicking"
)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::kitchen_sink_agent::{self, Workshop};
use common::{Run, run, source, text, tool_command};
use packaging::file_tree::Kind;
use packaging::{Format, Inputs, LoadedManifest};

const RELEASE: &str = "6.1.0-40-amd64";
const PLUGIN: &str = "/usr/lib/kernel/install.d/95-";
const MANIFESTS: [&str; 2] = ["hostprep.toml", "example/manifest.toml"];

/// The hooks in a package: path, text and mode.
fn hooks(manifest: &Path, program: &Path, format: Format) -> Vec<(String, String, u32)> {
    fs::write(program, kitchen_sink_agent::PROGRAM).unwrap();
    let payload = source("example/payload");
    let payload = if manifest.ends_with("example/manifest.toml") { vec![payload] } else { Vec::new() };
    let inputs =
        Inputs { manifest: manifest.to_owned(), payload, hostprep: Some(program.to_owned()), ..Inputs::default() };
    let loaded = LoadedManifest::read(&inputs).unwrap();
    let is_hook = |path: &str| path.starts_with("/usr/lib/kernel/install.d/") || path.starts_with("/etc/kernel/");
    let hook = |(path, kind): (&str, &Kind)| match kind {
        Kind::File { content, mode } if is_hook(path) => {
            Some((path.to_owned(), String::from_utf8(content.clone()).unwrap(), *mode))
        }
        _ => None,
    };
    loaded.files.of(format).filter_map(hook).collect()
}

#[test]
fn each_format_has_the_hooks_that_its_kernels_run() {
    let work = tempfile::tempdir().unwrap();
    for (manifest, name) in MANIFESTS.into_iter().zip(["hostprep", "acme-agent"]) {
        let of = |format| hooks(&source(manifest), &work.path().join("program"), format);
        let paths = |format| of(format).into_iter().map(|(path, _, _)| path).collect::<Vec<_>>();
        let plugin = format!("{PLUGIN}{name}.install");
        // A directory /etc/kernel/postinst.d replaces installkernel where Mageia's kernels find one.
        assert_eq!(paths(Format::Rpm), std::slice::from_ref(&plugin));
        let debian = [
            format!("/etc/kernel/header_postinst.d/{name}"),
            format!("/etc/kernel/postinst.d/zz-{name}"),
            format!("/etc/kernel/postrm.d/{name}"),
            plugin,
        ];
        assert_eq!(paths(Format::Deb), debian);
        assert!(of(Format::Deb).iter().all(|(_, _, mode)| *mode == 0o755), "run-parts runs only what is executable");
    }
}

#[test]
fn every_shell_parses_them_and_shellcheck_finds_nothing() {
    let work = tempfile::tempdir().unwrap();
    for manifest in MANIFESTS {
        for (path, script, _) in hooks(&source(manifest), &work.path().join("program"), Format::Deb) {
            let file = work.path().join("hook");
            fs::write(&file, &script).unwrap();
            for checker in [
                &["shellcheck", "--shell=sh", "--norc"][..],
                &["dash", "-n"],
                &["bash", "--posix", "-n"],
                &["busybox", "sh", "-n"],
            ] {
                let found = run(&mut tool_command(checker[0], &[&checker[1..], &[text(&file)]].concat()));
                assert_eq!((found.code, found.stdout.as_str()), (Some(0), ""), "{checker:?} {path}: {found:?}");
            }
        }
    }
}

/// Hooks in a directory, with a stand-in for hostprep that notes its arguments, and one for dpkg-trigger.
struct Host {
    workshop: Workshop,
    hooks: Vec<(String, PathBuf)>,
}

impl Host {
    fn of(manifest: &str, program: &str) -> Self {
        let workshop = Workshop::bare();
        let hooks = hooks(&source(manifest), &workshop.at("program"), Format::Deb);
        let place = |(path, script, _): (String, String, u32)| {
            let file = workshop.at(&format!("hooks{path}"));
            workshop.write(&format!("hooks{path}"), script.replace(program, text(&workshop.at("bin/hostprep"))));
            fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
            (path, file)
        };
        let hooks = hooks.into_iter().map(place).collect();
        Self { workshop, hooks }
    }

    fn own() -> Self {
        Self::of("hostprep.toml", "/opt/cisco/hostprep/bin/hostprep")
    }

    fn tool(&self, path: &str, end: &str) {
        let file = self.workshop.at(path);
        let noted = self.workshop.at("noted");
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let script =
            format!("#!/bin/sh\n{{ printf '%s' {name}; printf '|%s' \"$@\"; echo; }} >>'{}'\n{end}\n", text(&noted));
        self.workshop.write("tool.source", script);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        // cp writes it, because a process that a parallel test starts would inherit our open file (ETXTBSY).
        assert!(Command::new("cp").arg(self.workshop.at("tool.source")).arg(&file).status().unwrap().success());
        fs::set_permissions(file, PermissionsExt::from_mode(0o755)).unwrap();
    }

    /// Runs a hook with these variables; also returns what the stand-ins noted.
    fn run(&self, file: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> (Run, String) {
        let noted = self.workshop.at("noted");
        let _ = fs::remove_file(&noted);
        let mut command = Command::new(file);
        command.args(arguments).env_clear().env("PATH", format!("{}:/usr/bin:/bin", text(&self.workshop.at("tools"))));
        let run = run(command.envs(variables.iter().copied()));
        (run, fs::read_to_string(noted).unwrap_or_default())
    }

    /// Each hook as its caller runs it, and what hostprep must then be asked.
    fn calls(&self) -> Vec<(&Path, Vec<&'static str>, String)> {
        let mut calls = Vec::new();
        for (path, file) in &self.hooks {
            let image = "/boot/vmlinuz-6.1.0-40-amd64";
            let asked = |change: &str| format!("hook|kernel|{change}|{RELEASE}\n");
            if path.starts_with(PLUGIN) {
                let entry = "/boot/0123/6.1.0-40-amd64";
                calls.push((file.as_path(), vec!["add", RELEASE, entry, image], asked("add")));
                calls.push((file, vec!["remove", RELEASE, entry], asked("remove")));
            } else {
                let change = if path.contains("/postrm.d/") { "remove" } else { "add" };
                calls.push((file, vec![RELEASE, image], asked(change)));
            }
        }
        assert_eq!(calls.len(), 5);
        calls
    }
}

#[test]
fn the_change_and_the_release_are_passed_on() {
    for (host, words) in [
        (Host::own(), String::new()),
        (
            Host::of("example/manifest.toml", "/opt/acme/hostprep/bin/hostprep"),
            "--profile|/opt/acme/hostprep/profile.toml|".into(),
        ),
    ] {
        host.tool("bin/hostprep", "exit 0");
        for (file, arguments, asked) in host.calls() {
            let (run, noted) = host.run(file, &arguments, &[]);
            assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (Some(0), "", ""), "{}", file.display());
            assert_eq!(noted, format!("hostprep|{words}{asked}"), "{}", file.display());
        }
    }
}

#[test]
fn nothing_fails_a_kernels_package() {
    let host = Host::own();
    for (file, arguments, _) in host.calls() {
        let (run, noted) = host.run(file, &arguments, &[]);
        assert_eq!((run.code, run.stderr.as_str(), noted.as_str()), (Some(0), "", ""), "a package that was removed");
        for (end, status) in [("exit 1", 1), ("exit 2", 2), ("kill -KILL $$", 137)] {
            host.tool("bin/hostprep", end);
            let (run, _) = host.run(file, &arguments, &[]);
            assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{run:?}");
            assert!(run.stderr.ends_with(&format!("{RELEASE} ended with status {status}\n")), "{run:?}");
        }
        fs::remove_dir_all(host.workshop.at("bin")).unwrap();
    }
    host.tool("bin/hostprep", "exit 0");
    for (path, file) in &host.hooks {
        let strange: &[&[&str]] = if path.starts_with(PLUGIN) {
            &[&[], &["add"], &["add", ""], &["inspect", RELEASE]]
        } else {
            &[&[], &[""]]
        };
        for arguments in strange {
            let (run, noted) = host.run(file, arguments, &[]);
            assert_eq!((run.code, run.stderr.as_str(), noted.as_str()), (Some(0), "", ""), "{path} {arguments:?}");
        }
    }
}

#[test]
fn in_a_transaction_of_dpkg_the_packages_trigger_judges() {
    let host = Host::own();
    host.tool("bin/hostprep", "exit 0");
    host.tool("tools/dpkg-trigger", "exit 0");
    let dpkg = [("DPKG_MAINTSCRIPT_PACKAGE", "linux-image-6.1.0-40-amd64")];
    for (file, arguments, asked) in host.calls() {
        let (run, noted) = host.run(file, &arguments, &dpkg);
        assert_eq!((run.code, noted.as_str()), (Some(0), "dpkg-trigger|--no-await|/lib/modules\n"), "{run:?}");
        host.tool("tools/dpkg-trigger", "exit 2");
        let (run, noted) = host.run(file, &arguments, &dpkg);
        assert_eq!((run.code, noted), (Some(0), format!("dpkg-trigger|--no-await|/lib/modules\nhostprep|{asked}")));
        host.tool("tools/dpkg-trigger", "exit 0");
        // Scripts of a package in another system, whose kernels are not this one's.
        let (run, noted) = host.run(file, &arguments, &[dpkg[0], ("DPKG_ROOT", "/srv/image")]);
        assert_eq!((run.code, noted.as_str()), (Some(0), ""), "{run:?}");
    }
}

/// rpm's scriptlets are files with such names; kernel-install may start the plugin through processes of its own.
#[test]
fn in_a_transaction_of_rpm_the_packages_trigger_judges() {
    let host = Host::own();
    host.tool("bin/hostprep", "exit 0");
    for (file, arguments, asked) in host.calls() {
        let line = format!("( '{}' {}; true ); true\n", text(file), arguments.join(" "));
        for (name, noted) in [("rpm-tmp.Ab3dE6", ""), ("rpm-tmp", asked.as_str()), ("other.sh", asked.as_str())] {
            host.workshop.write(name, &line);
            let noted = if noted.is_empty() { String::new() } else { format!("hostprep|{noted}") };
            let mut scriptlet = Command::new("/bin/sh");
            scriptlet.arg(host.workshop.at(name)).arg("1").env_clear().env("PATH", "/usr/bin:/bin");
            let _ = fs::remove_file(host.workshop.at("noted"));
            let run = run(&mut scriptlet);
            let seen = fs::read_to_string(host.workshop.at("noted")).unwrap_or_default();
            assert_eq!((run.code, run.stderr.as_str(), seen), (Some(0), "", noted), "{name} {}", file.display());
        }
    }
}

/// A vendor's package may have no trigger on modules.
#[test]
fn without_that_trigger_the_hooks_judge_at_once() {
    let workshop = Workshop::bare();
    workshop.change(
        "[rpm]",
        "[[file]]\npath = \"/etc/kernel/postinst.d/odd\"\ntemplate = \"kernel-added.sh\"\nexecutable = true\n\n[rpm]",
    );
    let script = |workshop: &Workshop| {
        let all = hooks(&workshop.at("manifest.toml"), &workshop.at("program"), Format::Deb);
        all.into_iter().find(|(path, _, _)| path == "/etc/kernel/postinst.d/odd").unwrap().1
    };
    assert!(script(&workshop).contains("dpkg-trigger"));
    workshop.change("interests = [\"/usr/src\", \"/lib/modules\"]", "interests = [\"/usr/src\"]");
    assert!(!script(&workshop).contains("dpkg-trigger"));
}
