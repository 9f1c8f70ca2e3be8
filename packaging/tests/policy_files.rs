//! The policy module in the packages, and the spec of a package with it alone.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests arrange files and processes, and fail by panicking"
)]

mod common;

use std::fs;
use std::path::Path;

use common::kitchen_sink_agent::{self, Workshop};
use common::tree::{self, Node, Tree};
use common::{package, run, shell_as_root, source, text, tool, tool_command};
use installer::profile::Profile;
use policy::render::Sources;

const PLACE: &str = "/usr/share/selinux/packages";

/// Unpacks the two packages in `out` there and returns their trees.
fn trees(out: &Path) -> [Tree; 2] {
    let (rpm, deb) = (common::only(out, ".rpm"), common::only(out, ".deb"));
    let (rpm, deb) = (text(&rpm), text(&deb));
    let unpack = format!(
        "mkdir rpm deb; cd rpm; rpm2cpio '{rpm}' | cpio -id --quiet --no-absolute-filenames; cd ../deb; dpkg-deb -x '{deb}' ."
    );
    shell_as_root(&unpack, out);
    ["rpm", "deb"].map(|format| tree::read(&out.join(format)))
}

#[test]
fn both_packages_have_what_hostprep_loads_for_each_domain() {
    let work = tempfile::tempdir().unwrap();
    let own = common::build_own(work.path());
    let module = Profile::built_in().module;
    let domains: Vec<&String> = [&module.domain].into_iter().chain(&module.fallback_domains).collect();
    assert_eq!(domains, ["unconfined_service_t", "initrc_t"]);
    for tree in trees(&own) {
        for domain in &domains {
            let cil = Sources::render(&module, domain).unwrap().cil;
            let path = format!("{PLACE}/cisco-secure-bpf/{domain}/cisco-secure-bpf.cil");
            assert_eq!(tree.get(&path), Some(&Node::File { mode: 0o644, content: cil.into_bytes() }), "{path}");
        }
        let policies = tree.keys().filter(|path| path.starts_with(PLACE) && path.ends_with(".cil"));
        assert_eq!(policies.count(), domains.len());
    }
}

#[test]
fn the_policy_is_packaged_only_where_the_manifest_says() {
    let workshop = Workshop::bare();
    workshop.build().succeeded();
    assert!(trees(&workshop.out()).iter().all(|tree| !tree.keys().any(|path| path.ends_with(".cil"))));
    workshop.change("ident =", "policy = \"usr/share\"\nident =");
    workshop.build().refused(&["manifest.toml", "usr/share"]);
}

/// Renders the scripts of hostprep's own manifest and of the example. Returns the directory with the spec.
fn rendered(manifest: &str, work: &Path) -> std::path::PathBuf {
    fs::write(work.join("program"), kitchen_sink_agent::PROGRAM).unwrap();
    let out = work.join("rendered");
    let mut command = package();
    command.args(["render", "--manifest", text(&source(manifest)), "--out", text(&out)]);
    run(command.args(["--payload", text(&source("example/payload")), "--hostprep", text(&work.join("program"))]))
        .succeeded();
    out.join("selinux")
}

#[test]
fn the_spec_is_one_that_rpm_reads_and_rpmlint_has_nothing_to_say_of() {
    // A module with a domain of its own is CIL.
    for (manifest, name, module, form) in [
        ("hostprep.toml", "hostprep-selinux", "cisco-secure-bpf", "pp"),
        ("example/manifest.toml", "acme-agent-selinux", "acme-bpf", "cil"),
    ] {
        let work = tempfile::tempdir().unwrap();
        let directory = rendered(manifest, work.path());
        let spec = directory.join(format!("{name}.spec"));
        let macros = source("tests/fixtures/selinux-policy.macros");
        let load = ["--load", text(&macros)];
        let expanded = tool("rpmspec", &[&["-P"], &load[..], &[text(&spec)]].concat());
        assert!(!expanded.contains("%selinux_"), "{expanded}");
        for said in [
            format!(
                "semodule -n -s ${{_policytype}} -X 200 -i /usr/share/selinux/packages/targeted/{module}.{form}.bz2"
            ),
            format!("semodule -n -s ${{_policytype}} -X 200 -r {module}"),
            "Requires(post): selinux-policy-base >= 40".to_owned(),
            "fixfiles -C".to_owned(),
        ] {
            assert!(expanded.contains(&said), "{said}: {expanded}");
        }
        let query = tool("rpmspec", &[&["-q", "--qf", "%{NAME} %{ARCH}\n"], &load[..], &[text(&spec)]].concat());
        assert_eq!(query.trim(), format!("{name} noarch"));

        // rpmlint takes macros from the home directory alone.
        fs::copy(&macros, work.path().join(".rpmmacros")).unwrap();
        let (config, exceptions) = (source("rpmlint.toml"), source("tests/fixtures/selinux-spec.rpmlintrc"));
        let options = ["--strict", "--config", text(&config), "--rpmlintrc", text(&exceptions), text(&spec)];
        let said = run(tool_command("rpmlint", &options).env("HOME", work.path())).succeeded();
        assert!(said.contains(" 0 errors, 0 warnings"), "{said}");
    }
}

#[test]
fn without_the_macros_the_build_stops_and_says_what_to_install() {
    let work = tempfile::tempdir().unwrap();
    let spec = rendered("hostprep.toml", work.path()).join("hostprep-selinux.spec");
    let stopped = run(tool_command("rpmspec", &["-P", text(&spec)]).env("HOME", work.path()));
    assert_ne!(stopped.code, Some(0));
    assert!(stopped.stderr.contains("install selinux-policy-devel"), "{stopped:?}");
}
