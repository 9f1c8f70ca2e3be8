//! The package with the policy module alone: rpmbuild builds it, its scriptlets call semodule, and its module loads.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

use std::path::{Path, PathBuf};
use std::process::Command;

use harness::{ScratchRoot, packages, setup};
use tempfile::TempDir;

/// Builds the package of hostprep's own manifest.
fn built() -> (TempDir, PathBuf) {
    built_of("packaging/hostprep.toml")
}

fn built_of(manifest: &str) -> (TempDir, PathBuf) {
    let work = setup::open_tempdir();
    packages::render(&setup::top().join(manifest), work.path());
    let sources = work.path().join("selinux");
    let macros = setup::top().join("packaging/tests/fixtures/selinux-policy.macros");
    let mut rpmbuild = Command::new("rpmbuild");
    // The dependencies of the build are packages of Fedora.
    rpmbuild.args(["-bb", "--nodeps", "--load"]).arg(macros).env("HOME", work.path()).current_dir(work.path());
    for (name, value) in [("_topdir", work.path()), ("_sourcedir", &sources)] {
        rpmbuild.arg("--define").arg(format!("{name} {}", value.display()));
    }
    setup::run(rpmbuild.arg(packages::only(&sources, "-selinux.spec")));
    let package = packages::only(&work.path().join("RPMS/noarch"), ".rpm");
    (work, package)
}

fn query(package: &Path, what: &[&str]) -> String {
    setup::run(Command::new("rpm").args(["-qp", "--nosignature"]).args(what).arg(package))
}

#[test]
fn the_package_loads_its_module_as_fedoras_do() {
    let (_work, package) = built();
    let scripts = query(&package, &["--scripts"]);
    let place = "/usr/share/selinux/packages/targeted/cisco-secure-bpf.pp.bz2";
    for (scriptlet, said) in [
        ("preinstall", "file_contexts"),
        ("postinstall", &format!("semodule -n -s ${{_policytype}} -X 200 -i {place}")),
        ("postuninstall", "semodule -n -s ${_policytype} -X 200 -r cisco-secure-bpf"),
        ("posttrans", "fixfiles -C"),
    ] {
        let (_, rest) = scripts.split_once(&format!("{scriptlet} scriptlet")).unwrap_or_else(|| panic!("{scripts}"));
        let body = rest.split(" scriptlet (").next().unwrap();
        assert!(body.contains(said) && !body.contains("%selinux"), "{scriptlet}: {said}: {body}");
    }
    let files = query(&package, &["-l"]);
    let ghost = "/var/lib/selinux/targeted/active/modules/200/cisco-secure-bpf";
    assert_eq!(files.lines().collect::<Vec<_>>(), [place, ghost]);
    let requires = query(&package, &["--requires"]);
    for needed in ["selinux-policy-targeted", "selinux-policy-base >= 40", "policycoreutils"] {
        assert!(requires.contains(needed), "{requires}");
    }
}

/// Unpacks the package, and returns the file of its module.
fn module_of(work: &TempDir, package: &Path) -> PathBuf {
    let unpack = format!("cd '{}' && rpm2cpio '{}' | cpio -id --quiet", work.path().display(), package.display());
    setup::run(Command::new("sh").args(["-ec", &unpack]));
    packages::only(&work.path().join("usr/share/selinux/packages/targeted"), ".bz2")
}

/// A module with a domain of the agent's own, beside that of another agent.
#[test]
fn a_vendors_domain_is_packaged_too() {
    let (work, package) = built_of("packaging/example/manifest.toml");
    let module = module_of(&work, &package);
    let root = ScratchRoot::of("rhel-9");
    root.small_policy_store();
    let profile = setup::top().join("packaging/example/profile.toml");
    let acme = |word: &str, code| {
        let args = [word, "--only", "selinux-module", "--format", "json", "--profile", profile.to_str().unwrap()];
        root.hostprep(&args).expect_code(code)
    };
    assert_eq!(acme("check", 3).faults(), [19]);
    root.hostprep(&["repair", "--only", "selinux-module"]).expect_code(0);
    let ours = root.modules();
    let semodule = |args: &[&str]| {
        let mut command = Command::new("/usr/sbin/semodule");
        setup::run(command.arg("-p").arg(root.path()).args(["-n", "-s", "small"]).args(args))
    };
    semodule(&["-X", "200", "-i", module.to_str().unwrap()]);
    for word in ["check", "repair"] {
        assert_eq!(acme(word, 0).step("selinux-module")["outcome"], "ok");
    }
    let both = root.modules();
    assert!(both.len() == ours.len() + 1 && both.contains(&"200 acme-bpf cil".to_owned()), "{both:?}");
    root.hostprep(&["remove"]).expect_code(0);
    assert_eq!(root.modules(), ["200 acme-bpf cil", "100 small_base cil"]);
    semodule(&["-X", "200", "-r", "acme-bpf"]);
    assert_eq!(acme("check", 3).faults(), [19]);
}

#[test]
fn its_module_has_the_rule_and_hostprep_needs_no_other() {
    let (work, package) = built();
    let module = module_of(&work, &package);
    let root = ScratchRoot::of("rhel-9");
    root.small_policy_store();
    let state = |code| root.hostprep(&["check", "--only", "selinux-module", "--format", "json"]).expect_code(code);
    assert_eq!(state(3).faults(), [19]);
    let semodule = |args: &[&str]| {
        let mut command = Command::new("/usr/sbin/semodule");
        setup::run(command.arg("-p").arg(root.path()).args(["-n", "-s", "small"]).args(args))
    };
    semodule(&["-X", "200", "-i", module.to_str().unwrap()]);
    assert_eq!(root.modules(), ["200 cisco-secure-bpf pp", "100 small_base cil"]);
    let rule = state(0).step("selinux-module");
    assert_eq!(rule["outcome"], "ok", "{rule}");
    root.hostprep(&["repair", "--only", "selinux-module"]).expect_code(0);
    assert_eq!(root.modules().len(), 2, "the rule is there");
    // hostprep's own above it, and either can go.
    semodule(&["-X", "200", "-r", "cisco-secure-bpf"]);
    root.hostprep(&["repair", "--only", "selinux-module"]).expect_code(0);
    semodule(&["-X", "200", "-i", module.to_str().unwrap()]);
    assert!(root.modules().iter().any(|line| line.starts_with("300 cisco-secure-bpf ")), "{:?}", root.modules());
    root.hostprep(&["remove"]).expect_code(0);
    assert_eq!(root.modules(), ["200 cisco-secure-bpf pp", "100 small_base cil"]);
    assert_eq!(state(0).step("selinux-module")["outcome"], "ok");
}

/// What auditors find below `/usr/share/selinux/packages` is what the store has after a repair.
#[test]
fn the_packaged_cil_is_what_hostprep_loads() {
    let program = setup::open_tempdir();
    std::fs::write(program.path().join("hostprep"), "").unwrap();
    let (place, deb) = packages::package_with(&program.path().join("hostprep"), ".deb");
    setup::run(Command::new("dpkg-deb").arg("-x").arg(deb).arg(place.path().join("unpacked")));
    let name = "cisco-secure-bpf";
    let packaged = place.path().join("unpacked/usr/share/selinux/packages").join(name).join("unconfined_service_t");
    let packaged = std::fs::read(packaged.join(format!("{name}.cil"))).unwrap();

    let root = ScratchRoot::of("rhel-9");
    root.small_policy_store();
    // Without the compiler of the other form, it is CIL that is loaded.
    root.hostprep_without(&["checkmodule"], &["repair", "--only", "selinux-module"]).expect_code(0);
    assert!(root.modules().contains(&format!("300 {name} cil")), "{:?}", root.modules());
    let extracted = setup::open_tempdir();
    let mut semodule = Command::new("/usr/sbin/semodule");
    semodule.arg("-p").arg(root.path()).args(["-s", "small", "-X", "300", "-cE", name]);
    setup::run(semodule.current_dir(extracted.path()));
    let loaded = std::fs::read(extracted.path().join(format!("{name}.cil"))).unwrap();
    assert_eq!(String::from_utf8(packaged).unwrap(), String::from_utf8(loaded).unwrap());
    let generated = root.hostprep(&["policy", "generate", "--form", "cil"]).expect_code(0).stdout;
    assert_eq!(generated.as_bytes(), std::fs::read(extracted.path().join(format!("{name}.cil"))).unwrap());
}
