//! Where commands are run, and who is asked about those that are not.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
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
    /// What programs print about their options, by the command.
    helps: RefCell<BTreeMap<String, String>>,
    /// `cargo metadata`.
    metadata: Value,
}

/// The directory in the system in which commands are run.
const HERE: &str = "/root/here";

/// A kernel that examples name.
const EXAMPLES_KERNEL: &str = "5.14.0-362.8.1.el9_3.x86_64";

impl Places {
    pub fn new() -> Self {
        Self { system: system(), vendor: vendor(), helps: RefCell::default(), metadata: metadata() }
    }

    /// Runs a command line as it stands, as root.
    pub fn in_the_system(&self, line: &str, seconds: Option<i64>) -> Run {
        let limit = seconds.unwrap_or(60).to_string();
        let inside = format!("cd {HERE} && {line}");
        Run::of(self.system.command("timeout").args([&limit, "sh", "-c", &inside]))
    }

    /// Whether the help of a program names each option of a command line, and a shell can read that line.
    pub fn knows_options(&self, help: &str, line: &str) -> Result<String, String> {
        shell_takes(line)?;
        let mut helps = self.helps.borrow_mut();
        let text = helps.entry(help.to_owned()).or_insert_with(|| {
            let run = Run::of(shell(help).current_dir(top()));
            run.stdout + &run.stderr
        });
        options_in(text, line)?;
        Ok(format!("a shell reads it; the options by `{help}`"))
    }

    /// Whether cargo knows the package and its target.
    pub fn cargo_knows(&self, line: &str) -> Result<String, String> {
        cargo_knows(&self.metadata, line)
    }

    /// Runs a command line as a vendor would beside a manifest.
    pub fn as_a_vendor(&self, line: &str) -> Result<(), String> {
        let mut shell = shell(line);
        shell.current_dir(self.vendor.path().join("agent"));
        let run = Run::of(&mut shell);
        if run.code == Some(0) {
            Ok(())
        } else {
            Err(format!("exit code {:?}\n{}{}", run.code, run.stdout, run.stderr))
        }
    }
}

fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(top());
    cargo
}

fn metadata() -> Value {
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
        system.file(path, format!("#!/bin/sh\n{text}\n")).mode(path, 0o755);
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
    system.file(&format!("{HERE}/other.toml"), example("profile.toml"));
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
    fs::write(at("agent/packaging/documents.sh"), script).unwrap();
    setup::run(Command::new("chmod").arg("755").arg(at("agent/packaging/documents.sh")));
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
    let stages = fs::read_to_string(top().join(".ci/run")).unwrap();
    let is_stage = stages.lines().any(|line| line.split_whitespace().take(3).eq(["step", "make", target]));
    let recipe = fs::read_to_string(top().join("Makefile")).unwrap();
    let test = recipe.lines().find(|line| line.starts_with("test:")).unwrap_or_default();
    let is_part = test.split_whitespace().any(|word| word == target);
    Ok(match (is_stage, is_part) {
        (true, _) => format!("CI makes `{target}`; these words by `make --dry-run`"),
        (_, true) => format!("`make test` in CI makes `{target}`; these words by `make --dry-run`"),
        _ => "`make --dry-run`: long, or not for every machine".into(),
    })
}

fn cargo_knows(metadata: &Value, line: &str) -> Result<String, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let value = |names: &[&str]| words.windows(2).find(|pair| names.contains(&pair[0])).map(|pair| pair[1]);
    let Some(name) = value(&["-p", "--package"]) else { return Ok("cargo builds the workspace in CI".into()) };
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|it| it["name"] == name).ok_or(format!("cargo knows no package {name}"))?;
    for kind in ["test", "bin", "example"] {
        let Some(wanted) = value(&[&format!("--{kind}")]) else { continue };
        let is_target = |it: &Value| it["name"] == wanted && it["kind"][0] == kind;
        if !package["targets"].as_array().unwrap().iter().any(is_target) {
            return Err(format!("{name} has no {kind} {wanted}"));
        }
    }
    Ok("cargo knows package and target; `make test` runs it".into())
}

/// Whether hostprep has the subcommands and options of a command within a sentence.
pub fn hostprep_knows(line: &str) -> Result<String, String> {
    let words: Vec<&str> = line.split_whitespace().skip(1).collect();
    let mut path: Vec<&str> = Vec::new();
    let mut help = String::new();
    loop {
        let mut asked = Command::new(program::binary());
        let run = Run::of(asked.args(&path).arg("--help"));
        if run.code != Some(0) {
            return Err(run.stderr);
        }
        help.push_str(&run.stdout);
        match words.get(path.len()) {
            Some(word) if super::collect::subcommands(&run.stdout).iter().any(|it| it == word) => path.push(word),
            Some(word) if path.is_empty() && !word.starts_with('-') => {
                return Err(format!("there is no command {word}"));
            }
            _ => break,
        }
    }
    options_in(&help, line).map(|()| "hostprep knows command and options".into())
}

fn options_in(help: &str, line: &str) -> Result<(), String> {
    let is_end = |c: char| !c.is_ascii_alphanumeric() && c != '-';
    let known: BTreeSet<&str> = help.split(is_end).collect();
    for word in line.split(|c: char| c.is_whitespace() || "'\"();|".contains(c)) {
        let option = word.split('=').next().unwrap_or_default();
        if option.len() > 2 && option.starts_with("--") && !known.contains(option) {
            return Err(format!("there is no option {option}"));
        }
    }
    Ok(())
}
