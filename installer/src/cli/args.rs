//! The command line.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use faults::Severity;
use installer::model::step::StepRef;
use installer::steps::{self, STEPS};

const EXAMPLES: &str = "\
Examples:
  hostprep check                         what is wrong on this host; changes nothing
  sudo hostprep repair                   bring it in order
  sudo hostprep repair --dry-run         show every command and file change instead
  hostprep check --format json | jq .faults
  sudo hostprep repair --root /mnt/image prepare an installed system that is not running
  hostprep status                        the faults that are raised, as the connector prints them
  hostprep explain 19 --lang ja          what a fault means, and what to do about it here

Exit codes:
  0 all is well   1 an error of hostprep's own   2 usage   3 faults are raised
  4 nothing is faulted, but something is unknown, deferred or to be done
  5 the load lock is locked (load-lock begin, load-lock status)";

/// Prepares a Linux host for the Cisco Secure Endpoint connector and keeps it prepared.
#[derive(Debug, Parser)]
#[command(name = "hostprep", version, after_help = EXAMPLES, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Args)]
pub struct Global {
    /// Work on the system installed in DIR instead of the running one
    #[arg(long, value_name = "DIR", global = true)]
    pub root: Option<PathBuf>,
    /// Use the agent profile in FILE instead of the built-in one
    #[arg(long, value_name = "FILE", global = true)]
    pub profile: Option<PathBuf>,
    /// The language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: the environment's, or English]
    #[arg(long, global = true)]
    pub lang: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look at the host and say what is wrong; changes nothing
    Check(Check),
    /// Bring the host in order and raise or clear faults
    Repair(Repair),
    /// Print the raised faults in the connector's own form
    Status(Status),
    /// Say what a fault means, whether it is raised, and what to do on this host
    Explain {
        /// The fault's number
        id: String,
    },
    /// Keep a kernel component out that brings the host down again and again
    #[command(subcommand)]
    LoadLock(LoadLock),
    /// List, explain, raise and clear faults
    #[command(subcommand)]
    Faults(Faults),
    /// Generate, compile, install, remove and examine the SELinux policy module
    #[command(subcommand)]
    Policy(Policy),
    /// Called by package managers; exits 0 whatever the host's state
    #[command(subcommand)]
    Hook(Hook),
    /// Undo what hostprep made on this host
    Remove(Remove),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hostprep check\n  hostprep check --root /mnt/image --kernel 5.14.0-362.8.1.el9_3.x86_64\n  hostprep check --format json"
)]
pub struct Check {
    /// Text for people or one JSON object for programs
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
    /// Judge this kernel instead of the running one (or the newest under --root)
    #[arg(long, value_name = "RELEASE")]
    pub kernel: Option<String>,
    /// Only this step; may be given again
    #[arg(long, value_name = "STEP", value_parser = step_parser())]
    pub only: Vec<StepRef>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  sudo hostprep repair\n  sudo hostprep repair --dry-run\n  sudo hostprep repair --only directories --only scan-user"
)]
pub struct Repair {
    #[command(flatten)]
    pub look: Check,
    /// Show the exact commands and file changes, and make none
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    Text,
    Json,
    Prometheus,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hostprep status\n  hostprep status --lang ja\n  hostprep status --format json | jq '.faults[].id'\n  hostprep status --format prometheus --output hostprep.prom"
)]
pub struct Status {
    /// The connector's form, one JSON object, or metrics for node_exporter's textfile collector
    #[arg(long, value_enum, default_value = "text")]
    pub format: StatusFormat,
    /// Replace FILE by it as a whole instead of printing it, and exit 0 whatever is raised
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  ExecStartPre=/usr/sbin/hostprep load-lock begin   in the unit that loads the component\n  ExecStopPost=/usr/sbin/hostprep load-lock end     in the same unit\n  hostprep load-lock status\n  sudo hostprep load-lock reset"
)]
pub enum LoadLock {
    /// Record that the component is about to be loaded; exit 5 where it must not be
    Begin,
    /// Record that it was unloaded, or that the host shuts down, in order
    End,
    /// Say whether the component is kept out, and why
    Status {
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Forget the ungraceful ends, so that the component may be loaded again
    Reset,
}

#[derive(Debug, Subcommand)]
pub enum Faults {
    /// The raised faults, one a line
    List {
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// What a fault means, whether it is raised, and what to do
    Show {
        /// The fault's number
        id: String,
    },
    /// Every change of a fault, oldest first
    History {
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
        /// Only the last N changes
        #[arg(long, value_name = "N")]
        last: Option<u64>,
    },
    /// Print every change from now on as a line of JSON, until it is interrupted
    #[command(after_help = "Examples:\n  hostprep faults watch\n  hostprep faults watch --from 1 | jq .fault")]
    Watch {
        /// Begin with this change instead, of those that were before now
        #[arg(long, value_name = "SEQ")]
        from: Option<u64>,
    },
    /// Raise a fault by hand
    Raise {
        /// The fault's number
        id: String,
        /// A machine-readable reason
        #[arg(long, default_value = "raised-by-hand")]
        reason: String,
        /// One line of what was seen
        #[arg(long, default_value = "raised by hand")]
        detail: String,
        /// How bad it is, where it is not as bad as usual: critical, major, minor
        #[arg(long, value_parser = severity)]
        severity: Option<Severity>,
    },
    /// Clear a fault by hand; a later repair raises it again where it is still true
    Clear {
        /// The fault's number
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Print the module's source for this host's policy
    Generate {
        /// Type enforcement (for checkmodule) or CIL (for semodule alone)
        #[arg(long, value_enum, default_value = "te")]
        form: Form,
    },
    /// Compile the module into DIR
    Compile {
        /// An existing directory
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// Load the module where the kernel, or the disk, says that the rule is missing
    Install {
        /// Show what would be done, and do nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Take the module out of the policy store, at every priority ever used
    Remove {
        /// Show what would be done, and do nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Say how module, store and kernel stand
    Status {
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    Te,
    Cil,
}

#[derive(Debug, Subcommand)]
pub enum Hook {
    /// An RPM scriptlet: hostprep hook rpm post "$1"
    Rpm {
        /// pre, post, preun, postun, posttrans, trigger
        phase: String,
        /// The count that RPM passes as $1
        count: String,
        /// install or upgrade, where the count does not tell (posttrans on RPM 4.11)
        upgrade_info: Option<String>,
    },
    /// A Debian maintainer script: hostprep hook deb postinst "$@"
    Deb {
        /// preinst, postinst, prerm, postrm
        script: String,
        /// The words that dpkg passes
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

#[derive(Debug, Args)]
pub struct Remove {
    /// Show what would be undone, and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

fn severity(word: &str) -> Result<Severity, String> {
    Severity::WORST_FIRST
        .into_iter()
        .find(|severity| severity.as_str() == word)
        .ok_or_else(|| "a severity is critical, major or minor".to_owned())
}

fn step_parser() -> impl TypedValueParser<Value = StepRef> {
    let value = |step: &StepRef| PossibleValue::new(step.id().as_str()).help(step.doc());
    PossibleValuesParser::new(STEPS.iter().map(value)).try_map(|name| steps::by_name(&name))
}
