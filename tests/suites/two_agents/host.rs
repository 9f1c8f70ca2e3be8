//! A host with both packages at hand, and what each package manager's command may change on it.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use harness::packages::{self, NEWER, OLDER, only};
use harness::system::OF_TOOLS;
use harness::{Run, Snapshot, System, program, setup};

/// A package, and what belongs to it on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agent {
    pub package: &'static str,
    /// Versions, the older first.
    pub versions: [&'static str; 2],
    pub command: &'static str,
    user: &'static str,
    module: &'static str,
    pub configuration: &'static str,
    pub directory: &'static str,
}

pub const OURS: Agent = Agent {
    package: "hostprep",
    versions: [OLDER, NEWER],
    command: "/usr/sbin/hostprep",
    user: "cisco-amp-scan-svc",
    module: "cisco-secure-bpf",
    configuration: "/etc/cisco/hostprep.toml",
    directory: "/opt/cisco",
};

pub const ACME: Agent = Agent {
    package: "acme-agent",
    versions: ["2.3.9", "2.4.0"],
    command: "/usr/sbin/acme-hostprep",
    user: "acme-scan",
    module: "acme-bpf",
    configuration: "/etc/acme/hostprep.toml",
    directory: "/opt/acme",
};

impl Agent {
    pub fn other(self) -> Self {
        if self == OURS { ACME } else { OURS }
    }

    /// Returns whether only this agent uses `path`, by the names in it.
    fn owns(self, path: &str) -> bool {
        let of_acme = path.contains("acme");
        if self == ACME { of_acme } else { !of_acme && (path.contains("cisco") || path.contains("hostprep")) }
    }
}

/// Files with lines of both: each has its own.
const ACCOUNTS: [&str; 4] = ["/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow"];

/// The program of both, outside their packages.
const PROGRAM: &str = "/tmp/hostprep";

/// The policy that is built from all modules of the store.
const STORE: &str = "/var/lib/selinux/default/active";
const BUILT_POLICY: [&str; 2] = ["/etc/selinux/default", STORE];

/// Builds both versions of both packages, once for all tests of this program. The two directories hold the older and the newer.
fn built() -> &'static [PathBuf; 2] {
    static BUILT: OnceLock<[PathBuf; 2]> = OnceLock::new();
    BUILT.get_or_init(|| {
        let place = setup::top().join("target/packages/two-agents");
        let _ = std::fs::remove_dir_all(&place);
        std::fs::create_dir_all(&place).unwrap();
        // Four packages with the program itself would take a minute to compress.
        let stub = place.join("program");
        std::fs::write(&stub, format!("#!/bin/sh\nexec {PROGRAM} \"$@\"\n")).unwrap();
        let example = setup::top().join("packaging/example");
        let profile = example.join("profile.toml");
        let documents = |name: &str, profile: Option<&Path>| {
            let payload = place.join(name);
            let mut command = Command::new(setup::top().join("packaging/documents.sh"));
            setup::run(command.arg(&payload).args(profile));
            payload
        };
        let of_ours = [documents("ours", None)];
        let of_acme = [documents("acme", Some(&profile)), example.join("payload")];
        let versions = ["older", "newer"].map(|name| place.join(name));
        for (version, out) in versions.iter().enumerate() {
            let manifest = setup::top().join("packaging/hostprep.toml");
            packages::build_version(&manifest, &of_ours, &stub, OURS.versions[version], &out.join(OURS.package));
            let manifest = example.join("manifest.toml");
            packages::build_version(&manifest, &of_acme, &stub, ACME.versions[version], &out.join(ACME.package));
        }
        versions
    })
}

/// Copies the program and the packages to `/tmp/AGENT-older` and `/tmp/AGENT-newer` of the system, with this ending.
pub fn copy_packages(system: &System, ending: &str) {
    system.copy(program::binary(), PROGRAM);
    for (version, directory) in ["older", "newer"].iter().zip(built()) {
        for agent in [OURS, ACME] {
            let file = only(&directory.join(agent.package), ending);
            system.copy(&file, &format!("/tmp/{}-{version}{ending}", agent.package));
        }
    }
}

/// Whether this is how often the policy store was built, or the directory of a priority, which stay.
pub fn is_of_store(change: &str) -> bool {
    ["commit_num", "modules/300 ("].iter().any(|end| change.contains(&format!("{STORE}/{end}")))
}

/// Files that all tools share are left out.
pub fn tree(system: &System) -> Snapshot {
    system.snapshot().without(OF_TOOLS)
}

/// The lines of account files that name this user.
fn accounts(system: &System, agent: Agent) -> Vec<String> {
    let of_file = |file: &&str| {
        let text = system.text(file);
        text.lines().filter(|line| line.starts_with(&format!("{}:", agent.user))).map(str::to_owned).collect::<Vec<_>>()
    };
    ACCOUNTS.iter().flat_map(of_file).collect()
}

/// The modules of this agent in the store, with their priorities.
fn modules(system: &System, agent: Agent) -> Vec<String> {
    if !system.at(STORE).exists() {
        return Vec::new();
    }
    let listed = system.run("semodule -s default -lfull").expect_code(0).stdout;
    listed
        .lines()
        .filter(|line| line.contains(agent.module))
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

/// Runs a command that is about `agent`, and fails the test if anything of the other changes: its files with content, mode and
/// owner, its lines of account files; or anything that is neither's.
///
/// The other's own hook runs too, because its trigger watches /usr/share/selinux, where the module of `agent` is: it may write its
/// records, and install its own module when the rule of the other has gone.
#[track_caller]
pub fn about(system: &System, agent: Agent, line: &str) -> Run {
    let other = agent.other();
    let (before, its_accounts, its_modules) = (tree(system), accounts(system, other), modules(system, other));
    let run = system.run(line).expect_code(0);
    assert_eq!(its_accounts, accounts(system, other), "{line}: accounts of {}", other.package);
    let now = modules(system, other);
    assert!(its_modules.iter().all(|module| now.contains(module)), "{line}: {its_modules:?}, now {now:?}");
    let changes = before.outline(&tree(system));
    let is_foreign = |change: &&String| !may_change(agent, change) && !is_record(other, change);
    let foreign: Vec<&String> = changes.iter().filter(is_foreign).collect();
    assert!(foreign.is_empty(), "{line}: {foreign:#?}");
    run
}

/// Whether the hook of `agent` changed its own records, or installed its module, which it compiles in a directory of its own.
fn is_record(agent: Agent, change: &str) -> bool {
    let vendor = agent.directory.trim_start_matches("/opt/");
    let records = [format!("~ /var/lib/{vendor}/"), format!("~ /var/log/{vendor}/")];
    let is_content = change.ends_with(" content") && records.iter().any(|path| change.starts_with(path));
    let of_module = [
        format!("+ {}/hostprep/policy (directory 7", agent.directory),
        format!("+ /var/lib/selinux/default/active/modules/300/{}", agent.module),
    ];
    is_content || of_module.iter().any(|path| change.starts_with(path))
}

fn may_change(agent: Agent, change: &str) -> bool {
    let path = change.split(' ').nth(1).unwrap().trim_end_matches(':');
    if agent.owns(path) {
        return true;
    }
    if agent.other().owns(path) {
        return false;
    }
    // A directory for files of its kind comes with the first of them, and goes with the last.
    let is_directory = change.contains(" (directory 755 0:0)") || change.contains(" (directory 700 0:0)");
    let is_built = BUILT_POLICY.iter().any(|top| path.starts_with(top));
    is_directory || is_built || ACCOUNTS.contains(&path)
}

/// Both are there and do their work under their own names; neither's configuration is the other's.
#[track_caller]
pub fn both_work(system: &System) {
    // Whichever came first: while its rule is in force, the other needs no module.
    let loaded = [OURS, ACME].map(|agent| modules(system, agent)).concat();
    assert_eq!(loaded.is_empty(), !system.at(STORE).exists(), "{loaded:?}");
    for agent in [OURS, ACME] {
        let other = agent.other();
        let name = agent.command.rsplit('/').next().unwrap();
        let help = system.run(&format!("{} --help", agent.command)).expect_code(0).stdout;
        assert!(help.contains(&format!("Usage: {name} ")), "{help}");
        assert_eq!(accounts(system, agent).len(), 4, "{name}");

        // What the other cannot read, and what it leaves alone, does not matter here.
        system.file(other.configuration, "skip = [\n");
        system.file(agent.configuration, "skip = [\"kernel\"]\n");
        let check = system.run(&format!("{} check --format json", agent.command)).json();
        let steps: Vec<&str> =
            check["steps"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
        assert!(!steps.contains(&"kernel") && steps.contains(&"scan-user"), "{name}: {steps:?}");
        let refused = system.run(&format!("{} check", other.command));
        assert!(refused.code == Some(1) && refused.stderr.contains(other.configuration), "{refused:?}");
        for agent in [OURS, ACME] {
            std::fs::remove_file(system.at(agent.configuration)).unwrap();
            std::fs::remove_dir(system.at(agent.configuration).parent().unwrap()).unwrap();
        }

        // A remedy names the command that is there.
        let mode = |mode| PermissionsExt::from_mode(mode);
        std::fs::set_permissions(system.at(agent.directory), mode(0o777)).unwrap();
        let said = system.run(&format!("{} check", agent.command)).expect_code(3).stdout;
        assert!(said.contains(&format!("Run `{name} repair` as root.")), "{said}");
        let _ = system.run(&format!("{name} repair"));
        let repaired = std::fs::metadata(system.at(agent.directory)).unwrap().permissions().mode();
        assert_eq!(repaired & 0o7777, 0o755, "{name}: {said}");
    }
}

/// Fails the test if both list a path that is no directory.
#[track_caller]
pub fn share_no_file(system: &System, list: &str) {
    let listed = |agent: Agent| -> BTreeSet<String> {
        let text = system.run(&format!("{list} {}", agent.package)).expect_code(0).stdout;
        text.lines().filter(|path| path.starts_with('/') && *path != "/.").map(str::to_owned).collect()
    };
    let (ours, theirs) = (listed(OURS), listed(ACME));
    assert!(ours.len() > 80 && theirs.len() > 80, "{ours:?} {theirs:?}");
    let shared: Vec<_> = ours.intersection(&theirs).filter(|path| !system.at(path).is_dir()).collect();
    assert!(shared.is_empty(), "{shared:?}");
}
