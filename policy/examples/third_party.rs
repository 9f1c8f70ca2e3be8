//! Assesses, and with `--load` loads, the policy module of any agent, on this host or in another root directory.
//!
//! ```console
//! # cat agent.toml
//! name = "agent-bpf"
//! priority = 300
//! domain = "unconfined_service_t"
//! fallback_domains = ["initrc_t"]
//! class = "bpf"
//! permissions = ["map_create", "map_read", "map_write", "prog_load", "prog_run"]
//! executable = "/opt/agent/bin/agentd"
//! # third_party agent.toml
//! # third_party --root /mnt/image --load agent.toml
//! ```
//!
//! Exits with status 0 if the rule is in force, or will be after the next boot, or is not needed; else with 1.

#![expect(clippy::print_stdout, reason = "an example prints for its reader")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use policy::load::load;
use policy::{CommandRunner, ModuleSpec, Root, RuleAssessment, RuleState, RunningKernel, System, SystemClock, assess};

/// Where the module is compiled: only root can write to `/run`.
const BUILD_PARENT: &str = "/run";
const BUILD_DIR: &str = "third-party-policy";

const USAGE: &str = "usage: third_party [--root DIR] [--load] SPEC.toml";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (mut root, mut wants_load, mut file) = (Root::system()?, false, None);
    let mut args = std::env::args_os().skip(1);
    while let Some(arg) = args.next() {
        match arg.to_str() {
            Some("--root") => root = Root::alternate(Path::new(&args.next().ok_or(USAGE)?))?,
            Some("--load") => wants_load = true,
            _ => file = Some(PathBuf::from(arg)),
        }
    }
    let spec = read_spec(&file.ok_or(USAGE)?)?;

    let clock = SystemClock;
    let runner = CommandRunner::new(&clock, &());
    let system = System::new(&root, &RunningKernel, &runner);
    let mut assessment = assess(&system, &spec)?;
    print(&root, &assessment);
    if wants_load && !assessment.rule.is_settled() {
        let parent = root.make_dirs(BUILD_PARENT)?;
        let build_dir = parent.make_dir(BUILD_DIR, 0o700)?;
        let loaded = load(&system, &clock, &spec, &build_dir);
        parent.remove_dir(BUILD_DIR)?;
        assessment = loaded?;
        print(&root, &assessment);
    }
    Ok(if assessment.rule.is_settled() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read_spec(file: &Path) -> Result<ModuleSpec, Box<dyn Error>> {
    let text = Root::system()?.read_text(host::fs::InRoot::from_top(std::path::absolute(file)?))?;
    let spec: ModuleSpec = toml::from_str(&text)?;
    spec.validate()?;
    Ok(spec)
}

fn print(root: &Root, assessment: &RuleAssessment) {
    let word = match &assessment.rule {
        RuleState::NotApplicable(_) => "not applicable",
        RuleState::InForce(_) => "in force",
        RuleState::Pending(_) => "pending",
        RuleState::Missing(_) => "missing",
        RuleState::NotLoaded(_) => "not loaded",
        RuleState::NotBuilt(_) => "not built",
        RuleState::Overridden { .. } => "overridden",
        RuleState::Unfixable(_) => "unfixable",
        RuleState::Unknown(_) => "unknown",
    };
    println!("{word}: {}", assessment.rule);
    if let Some(problem) = assessment.rule.problem() {
        let now = if problem.denied_now { "denied now" } else { "not denied now" };
        println!("  {now}; {}", problem.cause.hint(Some(&assessment.target(root).rebuild())));
    }
}
