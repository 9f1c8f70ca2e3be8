//! Where commands are run, and who is asked about those that are not.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use harness::packages::package_with;
use harness::setup::{self, top};
use harness::{Run, ScratchRoot, System, program};
use serde_json::Value;
use tempfile::TempDir;

/// The places, prepared once.
pub struct Places {
    system: System,
    vendor: TempDir,
    /// A root with a small policy store.
    store: ScratchRoot,
    /// `cargo metadata`.
    metadata: Value,
}

/// The directory in the system in which commands are run.
const HERE: &str = "/root/here";

/// A kernel that examples name.
const EXAMPLES_KERNEL: &str = "5.14.0-362.8.1.el9_3.x86_64";

impl Places {
    pub fn new() -> Self {
        let store = ScratchRoot::of("debian-12");
        store.small_policy_store();
        Self { system: system(), vendor: vendor(), store, metadata: metadata() }
    }

    /// Runs a command line as it stands, as root.
    pub fn in_the_system(&self, line: &str, seconds: Option<i64>) -> Run {
        let limit = seconds.unwrap_or(60).to_string();
        let inside = format!("cd {HERE} && {line}");
        // A scriptlet's `$1`.
        Run::of(self.system.command("timeout").args([&limit, "sh", "-ec", &inside, "sh", "1"]))
    }

    /// Whether hostprep parses a command within a sentence.
    pub fn hostprep_knows(&self, line: &str) -> Result<String, String> {
        let run = self.in_the_system(&with_help(line)?, None);
        well(&run).map(|()| "hostprep parses it: `--help` behind it".into())
    }

    /// Whether cargo knows subcommand and options, the package and its target.
    pub fn cargo_knows(&self, line: &str) -> Result<String, String> {
        cargo_knows(&self.metadata, line)
    }

    /// Runs a command line as a vendor would beside a manifest.
    pub fn as_a_vendor(&self, line: &str) -> Result<(), String> {
        let mut shell = shell(line);
        shell.current_dir(self.vendor.path().join("agent"));
        shell.env("HOSTPREP", program::binary()).env("STORE", self.store.path()).env("TOP", top());
        well(&Run::of(&mut shell))
    }
}

/// An error with what was printed unless it ended with 0.
fn well(run: &Run) -> Result<(), String> {
    match run.code {
        Some(0) => Ok(()),
        code => Err(format!("exit code {code:?}\n{}{}", run.stdout, run.stderr)),
    }
}

/// Returns a simple command with `--help` behind it.
fn with_help(line: &str) -> Result<String, String> {
    let mut quote = None;
    for c in line.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            None if "|;&<>#\n".contains(c) => return Err(format!("{c:?}: `--help` would be another command's")),
            _ => {}
        }
    }
    Ok(format!("{line} --help"))
}

/// Whether the program that a command line calls parses it.
pub fn parses(line: &str) -> Result<String, String> {
    let run = Run::of(shell(&with_help(line)?).current_dir(top()));
    well(&run).map(|()| "the program parses it: `--help` behind it".into())
}

/// Whether the help of a program names each option of a command line, and a shell can read that line.
pub fn knows_options(help: &str, line: &str) -> Result<String, String> {
    shell_takes(line)?;
    let run = Run::of(shell(help).current_dir(top()));
    well(&run)?;
    options_in(&(run.stdout + &run.stderr), line)?;
    Ok(format!("a shell reads it; the options by `{help}`"))
}

/// Whether the playbook that a command line plays reads each variable of it, and the suite `ansible` plays it with each option.
pub fn ansible_knows(line: &str) -> Result<String, String> {
    const SUITE: &str = "tests/suites/ansible";
    let read = |path: &str| fs::read_to_string(top().join(path)).map_err(|e| format!("{path}: {e}"));
    let words: Vec<&str> = line.split_whitespace().collect();
    let name = words.get(1).and_then(|word| word.strip_prefix("hostprep.hostprep.")).ok_or("no playbook of ours")?;
    let mut playbook = read(&format!("packaging/ansible/playbooks/{name}.yml"))?;
    if playbook.contains("role: hostprep.hostprep.hostprep") {
        playbook += &read("packaging/ansible/roles/hostprep/meta/argument_specs.yml")?;
    }
    let known: BTreeSet<&str> = playbook.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    for pair in words.windows(2).filter(|pair| pair[0] == "-e") {
        let variable = pair[1].split('=').next().unwrap_or_default();
        if !known.contains(variable) {
            return Err(format!("{name}.yml reads no variable {variable}"));
        }
    }
    let suite = read(&format!("{SUITE}/main.rs"))? + &read(&format!("{SUITE}/fleet.rs"))?;
    for word in words[1..].iter().filter(|word| word.starts_with('-') || word.starts_with("hostprep.hostprep.")) {
        if !suite.contains(&format!("\"{word}\"")) {
            return Err(format!("{SUITE} has no {word:?}"));
        }
    }
    Ok(format!("{name}.yml reads its variables; the suite `ansible` plays it with these options"))
}

fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(top());
    cargo
}

/// What cargo knows of the workspace.
pub fn metadata() -> Value {
    let metadata = ["metadata", "--no-deps", "--locked", "--format-version", "1"];
    serde_json::from_str(&setup::run(cargo().args(metadata))).unwrap()
}

/// The directory of `package` and `supply`, which are built first where they are not up to date.
pub fn programs() -> &'static Path {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let packages = ["--package", "hostprep-packaging", "--package", "hostprep-supply", "--bins"];
        setup::run(cargo().args(["build", "--quiet", "--locked"]).args(packages));
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or(top().join("target"), PathBuf::from);
        target.join("debug")
    })
}

/// A shell that finds `package` and `supply`.
fn shell(line: &str) -> Command {
    let path = format!("{}:{}", programs().display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-euc", line]).env("PATH", path);
    shell
}

fn system() -> System {
    let system = System::new("bookworm", &[]);
    let script = |path: &str, text: &str| {
        system.executable(path, format!("#!/bin/sh\n{text}\n"));
    };
    script("/usr/local/bin/sudo", "exec \"$@\"");
    for deb in setup::debs(&["libonig5", "libjq1", "jq"]) {
        let inside = format!("/tmp/{}", deb.file_name().unwrap().to_string_lossy());
        system.copy(&deb, &inside);
        system.run(&format!("dpkg --install {inside}")).expect_code(0);
    }
    // A program of the profile dev takes a minute to compress; the package has a script that calls it.
    const PROGRAM: &str = "/usr/local/bin/the-hostprep";
    system.copy(program::binary(), PROGRAM);
    script("/root/script", &format!("exec {PROGRAM} \"$@\""));
    let (_place, deb) = package_with(&system.at("/root/script"), ".deb");
    for directory in [HERE, "/root/here/dist"] {
        system.copy(&deb, &format!("{directory}/{}", deb.file_name().unwrap().to_string_lossy()));
    }
    let installed = Run::of(system.command("sh").args(["-c", "dpkg --install /root/here/hostprep_*.deb"]));
    installed.expect_code(0);

    // What the examples name.
    let image = ScratchRoot::of("debian-12");
    image.kernel(EXAMPLES_KERNEL, true);
    fs::create_dir_all(system.at("/mnt")).unwrap();
    setup::run(Command::new("cp").arg("-a").arg(image.path()).arg(system.at("/mnt/image")));
    for directory in ["/var/lib/node_exporter", "/root/here/tasks", "/root/here/results"] {
        system.dir(directory, 0o755);
    }
    let result = system.run("hostprep check --format json").stdout;
    for name in ["results/web1.json", "web1.json", "web2.json"] {
        system.file(&format!("{HERE}/{name}"), &result);
    }
    let example = |name: &str| fs::read(top().join("packaging/example").join(name)).unwrap();
    system.file("/opt/acme/hostprep/kernels.toml", example("kernels.toml"));
    system.file("/opt/acme/hostprep/profile.toml", example("profile.toml"));
    for path in ["/root/here/other.toml", "/root/initech/profile.toml"] {
        system.file(path, example("profile.toml"));
    }
    script("/usr/sbin/acme-hostprep", "exec hostprep --profile /opt/acme/hostprep/profile.toml \"$@\"");
    system
}

/// A manifest with what it names, beside a tree that is only read.
fn vendor() -> TempDir {
    let place = setup::open_tempdir();
    let at = |name: &str| place.path().join(name);
    setup::run(Command::new("cp").arg("-a").arg(top().join("packaging/example")).arg(at("agent")));
    symlink(top().join("packaging/debian"), at("debian")).unwrap();
    fs::create_dir(at("agent/packaging")).unwrap();
    symlink(top().join("packaging/example"), at("agent/packaging/example")).unwrap();
    let script = format!("#!/bin/sh\nexec '{}/packaging/documents.sh' \"$@\"\n", top().display());
    setup::executable(&at("agent/packaging/documents.sh"), script);
    for name in ["agent/hostprep", "agent/target/portable/hostprep"] {
        fs::create_dir_all(at(name).parent().unwrap()).unwrap();
        // Any program of this architecture: what it does is no matter here.
        symlink("/bin/true", at(name)).unwrap();
    }
    place
}

/// Whether a shell can read it.
pub fn shell_takes(text: &str) -> Result<(), String> {
    let run = Run::of(Command::new("sh").args(["-n", "-c", text]));
    if run.code == Some(0) { Ok(()) } else { Err(run.stderr) }
}

/// Whether `make` knows the target; says whether CI makes it.
pub fn make_knows(line: &str) -> Result<String, String> {
    // As the shell gives the words to make, but nothing is made.
    let (_, arguments) = line.split_once("make ").ok_or("no make")?;
    // It stands for more words.
    let arguments = arguments.trim_end_matches('…');
    let run = Run::of(Command::new("sh").args(["-c", &format!("make --dry-run {arguments}")]).current_dir(top()));
    if run.code != Some(0) {
        return Err(run.stderr);
    }
    let target = arguments.split_whitespace().find(|word| !word.contains('=') && !word.starts_with('-'));
    let target = target.ok_or("no target")?;
    let recipe = fs::read_to_string(top().join("Makefile")).unwrap();
    // What the scripts read from the environment is exported.
    let exports: Vec<&str> = recipe.lines().filter_map(|line| line.strip_prefix("export ")).collect();
    let is_exported = |name: &str| exports.iter().any(|names| names.split_whitespace().any(|it| it == name));
    for word in arguments.split_whitespace() {
        let Some((name, _)) = word.split_once('=') else { continue };
        let is_variable = !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        if is_variable && !recipe.contains(&format!("$({name})")) && !is_exported(name) {
            return Err(format!("the Makefile reads no variable {name}"));
        }
    }
    let stages = fs::read_to_string(top().join(".ci/run")).unwrap();
    let is_stage = stages.lines().any(|line| line.split_whitespace().take(3).eq(["step", "make", target]));
    let test = recipe.lines().find(|line| line.starts_with("test:")).unwrap_or_default();
    let is_part = test.split_whitespace().any(|word| word == target);
    Ok(match (is_stage, is_part) {
        (true, _) => format!("CI makes `{target}`; these words by `make --dry-run`"),
        (_, true) => format!("`make test` in CI makes `{target}`; these words by `make --dry-run`"),
        _ => "`make --dry-run`: long, or not for every machine".into(),
    })
}

/// Returns the value of an option, as the next word or behind `=`.
fn value<'a>(words: &[&'a str], names: &[&str]) -> Option<&'a str> {
    words.iter().enumerate().find_map(|(at, word)| {
        names.iter().find_map(|name| match word.strip_prefix(*name)? {
            "" => words.get(at + 1).copied(),
            behind => behind.strip_prefix('='),
        })
    })
}

/// Asks cargo itself about subcommand and options, and `cargo metadata` about packages and targets.
pub fn cargo_knows(metadata: &Value, line: &str) -> Result<String, String> {
    let words = line.split(|c: char| c.is_whitespace() || "'\"".contains(c)).filter(|word| !word.is_empty());
    let words: Vec<&str> =
        words.skip_while(|word| !word.ends_with("cargo")).skip(1).take_while(|it| *it != "--").collect();
    well(&Run::of(cargo().args(&words).arg("-h")))?;
    let mut packages: Vec<&Value> = metadata["packages"].as_array().unwrap().iter().collect();
    if let Some(name) = value(&words, &["-p", "--package"]) {
        packages.retain(|it| it["name"] == name);
        if packages.is_empty() {
            return Err(format!("cargo knows no package {name}"));
        }
    }
    for kind in ["test", "bin", "example", "bench"] {
        let Some(wanted) = value(&words, &[&format!("--{kind}")]) else { continue };
        let is_target = |it: &Value| it["name"] == wanted && it["kind"][0] == kind;
        if !packages.iter().any(|package| package["targets"].as_array().unwrap().iter().any(is_target)) {
            return Err(format!("there is no {kind} {wanted}"));
        }
    }
    Ok("cargo knows subcommand, options, package and target; CI builds and tests the workspace".into())
}

/// Whether a help names each option of a command line: short ones also if several are one word.
pub fn options_in(help: &str, line: &str) -> Result<(), String> {
    let is_end = |c: char| !c.is_ascii_alphanumeric() && c != '-';
    let known: BTreeSet<&str> = help.split(is_end).collect();
    for word in line.split(|c: char| c.is_whitespace() || "'\"();|".contains(c)) {
        let option = word.split('=').next().unwrap_or_default();
        let Some(letters) = option.strip_prefix('-').filter(|letters| !["", "-"].contains(letters)) else { continue };
        let is_short = |c: char| known.contains(format!("-{c}").as_str());
        if !known.contains(option) && (letters.starts_with('-') || !letters.chars().all(is_short)) {
            return Err(format!("there is no option {option}"));
        }
    }
    Ok(())
}
