//! The command line.

use std::path::PathBuf;

use clap::builder::{NonEmptyStringValueParser, PossibleValue, PossibleValuesParser, StyledStr, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use faults::{Severity, Source};
use host::system::kind::{ASSUMABLE, SystemKind};
use installer::hook::{kernel, rpm};
use installer::model::step::StepRef;
use installer::report::schema::SCHEMAS;
use installer::steps::{self, STEPS};
use installer::wording::Wording;

const EXAMPLES: &str = "\
Examples:
  hostprep check                          report problems on this host; changes nothing
  sudo hostprep repair                    fix them
  sudo hostprep repair --dry-run          show every command and file change instead
  hostprep check --format json | jq .faults
  sudo hostprep repair --root /mnt/image  prepare an installed system that is not running
  hostprep status                         show the raised faults in the connector's format
  hostprep explain 19 --lang ja           explain a fault and its remedy on this host

Exit codes:
  0 no problem   1 hostprep failed   2 usage error   3 faults are found or raised
  4 no fault, but something is unknown, deferred, pending (from the next boot on) or not done yet
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

/// Returns the command line as `name`, with the texts in these words.
pub fn renamed(command: clap::Command, name: &'static str, wording: &Wording) -> clap::Command {
    if wording.is_usual() {
        return command;
    }
    in_words(command.name(name).bin_name(name), wording)
}

fn in_words(mut command: clap::Command, wording: &Wording) -> clap::Command {
    type Put = fn(clap::Command, String) -> clap::Command;
    let reworded = |text: Option<&StyledStr>| text.map(|text| wording.apply(&text.to_string()));
    let texts: [(_, Put); 3] = [
        (reworded(command.get_about()), |command, text| command.about(text)),
        (reworded(command.get_long_about()), |command, text| command.long_about(text)),
        (reworded(command.get_after_help()), |command, text| command.after_help(text)),
    ];
    for (text, put) in texts {
        command = match text {
            Some(text) => put(command, text),
            None => command,
        };
    }
    command
        .mut_args(|arg| {
            let values = arg.get_possible_values();
            let (help, long) = (reworded(arg.get_help()), reworded(arg.get_long_help()));
            let arg = match help {
                Some(help) => arg.help(help),
                None => arg,
            };
            let arg = match long {
                Some(long) => arg.long_help(long),
                None => arg,
            };
            let told = values.iter().filter_map(PossibleValue::get_help).map(ToString::to_string);
            // Only those of `schema` name a command; they are plain words.
            match told.into_iter().any(|text| wording.apply(&text) != text) {
                true => arg.value_parser(PossibleValuesParser::new(values.into_iter().map(|value| {
                    let help = value.get_help().map(|text| wording.apply(&text.to_string())).unwrap_or_default();
                    value.help(help)
                }))),
                false => arg,
            }
        })
        .mut_subcommands(|below| in_words(below, wording))
}

#[derive(Debug, Args)]
pub struct Global {
    /// Work on the system installed in DIR instead of the running one
    #[arg(long, value_name = "DIR", global = true)]
    pub root: Option<PathBuf>,
    /// Use the agent profile in FILE instead of the built-in one
    #[arg(long, value_name = "FILE", global = true)]
    pub profile: Option<PathBuf>,
    /// Judge the running system as this kind instead of detecting it
    #[arg(long, value_name = "KIND", global = true, conflicts_with = "root", value_parser = kind_parser())]
    pub assume: Option<SystemKind>,
    /// Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]
    #[arg(long, global = true)]
    pub lang: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people
    Text,
    /// One JSON object for programs
    Json,
    /// A shell script with what is still to be done
    Script,
    /// Ansible tasks with what is still to be done
    Ansible,
    /// One line for Nagios and Icinga; exits with 0, 1, 2 or 3 as their plugins do
    Nagios,
    /// An OCSF Compliance Finding for each step, one JSON object a line
    Ocsf,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check the host and report problems; changes nothing
    Check(Check),
    /// Fix problems on the host, and raise or clear faults
    Repair(Repair),
    /// Print the raised faults in the connector's format
    Status(Status),
    /// Explain a fault, whether it is raised, and its remedy on this host
    #[command(
        after_help = "Examples:\n  hostprep explain 19\n  hostprep explain 11 --lang ja\n  hostprep explain 19 --format json"
    )]
    Explain {
        /// The fault's number
        id: String,
        /// Text for people or one JSON object for programs
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Stop loading a kernel component that keeps crashing the host
    #[command(subcommand)]
    LoadLock(LoadLock),
    /// List, explain, raise and clear faults
    #[command(subcommand)]
    Faults(Faults),
    /// Generate, compile, install, remove and examine the SELinux policy module
    #[command(subcommand)]
    Policy(Policy),
    /// Entry point for package managers; exits 0 in every state of the host
    #[command(subcommand)]
    Hook(Hook),
    /// Remove what hostprep created on this host
    Remove(Remove),
    /// Remove the state of this machine before its disk becomes a template for others
    ///
    /// Removes the faults, their events and the records of the load lock and the last run. Keeps what prepared the system: accounts,
    /// directories, the policy module and the receipt. Run it last, then shut the machine down.
    Generalize(Generalize),
    /// Write one report about the results of many hosts
    ///
    /// Reads the files that `hostprep check --format json` or `hostprep repair --format json` wrote on each host, and in
    /// directories every file named *.json. Writes a page for a browser that needs no network, a table, or one JSON object.
    /// Files that are no results are named and left out; of several results of a host the newest counts.
    Report(Report),
    /// Collect what support asks for in one archive
    ///
    /// Writes a compressed tar with one folder: the check, the raised faults and their events, the policy module, the receipt,
    /// the configuration, hostprep's log and journal, and what SELinux denied to the agent. manifest.json names each part with
    /// its checksum, or why it is missing. No key, no password file and no command line is in it.
    SupportBundle(SupportBundle),
    /// List the JSON Schemas of the outputs, or print one
    #[command(
        after_help = "Examples:\n  hostprep schema\n  hostprep schema check > check.schema.json\n  hostprep schema status | jq .properties"
    )]
    Schema {
        /// The name of an output, as in check or policy-status
        #[arg(value_parser = schema_parser())]
        name: Option<String>,
    },
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hostprep check\n  hostprep check --root /mnt/image --kernel 5.14.0-362.8.1.el9_3.x86_64\n  hostprep check --root /mnt/image --image   before the image is published\n  hostprep check --format json\n  hostprep check --format script > fix.sh\n  hostprep check --format nagios"
)]
pub struct Check {
    /// The form of the report
    #[arg(long, value_enum, default_value = "text")]
    pub format: CheckFormat,
    /// Check whether an image will be right at its first boot: with --root, or inside an offline system
    #[arg(long)]
    pub image: bool,
    #[command(flatten)]
    pub look: Look,
}

/// What is checked.
#[derive(Debug, Args)]
pub struct Look {
    /// Check this installed kernel instead of the running one (with --root: the newest)
    #[arg(long, value_name = "RELEASE")]
    pub kernel: Option<String>,
    /// Only this step (repeatable)
    #[arg(long, value_name = "STEP", value_parser = step_parser())]
    pub only: Vec<StepRef>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  sudo hostprep repair\n  sudo hostprep repair --dry-run\n  sudo hostprep repair --only directories --only scan-user\n  sudo hostprep repair --only selinux-module --force"
)]
pub struct Repair {
    /// Text for people or one JSON object for programs
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
    #[command(flatten)]
    pub look: Look,
    /// Show the exact commands and file changes without making them
    #[arg(long)]
    pub dry_run: bool,
    /// Repeat a policy transaction that failed, although nothing it depends on has changed
    #[arg(long)]
    pub force: bool,
    /// Record SOURCE as the source of fault events; for the units that run repair
    #[arg(long, value_name = "SOURCE", value_enum, default_value = "repair")]
    pub source: RepairSource,
}

/// What runs `repair`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RepairSource {
    /// An administrator
    Repair,
    /// The unit that runs at boot
    Boot,
    /// The daily timer
    Timer,
}

impl From<RepairSource> for Source {
    fn from(source: RepairSource) -> Self {
        match source {
            RepairSource::Repair => Self::Repair,
            RepairSource::Boot => Self::Boot,
            RepairSource::Timer => Self::Timer,
        }
    }
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
    /// The connector's format, one JSON object, or metrics for node_exporter's textfile collector
    #[arg(long, value_enum, default_value = "text")]
    pub format: StatusFormat,
    /// Write to FILE atomically instead of standard output; always exit 0
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  ExecStartPre=/usr/sbin/hostprep load-lock begin   in the unit that loads the component\n  ExecStopPost=/usr/sbin/hostprep load-lock end     in the same unit\n  hostprep load-lock status\n  sudo hostprep load-lock reset"
)]
pub enum LoadLock {
    /// Record that the component is about to be loaded; exit 5 if it must not be
    #[command(after_help = "Examples:\n  ExecStartPre=/usr/sbin/hostprep load-lock begin")]
    Begin,
    /// Record that the component was unloaded, or that the host shuts down cleanly
    #[command(after_help = "Examples:\n  ExecStopPost=/usr/sbin/hostprep load-lock end")]
    End,
    /// Show whether the component is locked, and why
    #[command(after_help = "Examples:\n  hostprep load-lock status\n  hostprep load-lock status --format json")]
    Status {
        /// Text for people or one JSON object for programs
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Forget the unclean loads, so that the component may be loaded again
    #[command(after_help = "Examples:\n  sudo hostprep load-lock reset")]
    Reset,
}

#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:\n  hostprep faults list\n  hostprep faults history --last 10")]
pub enum Faults {
    /// List the raised faults, one per line
    #[command(after_help = "Examples:\n  hostprep faults list\n  hostprep faults list --format json")]
    List {
        /// Text for people or one JSON array for programs
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Explain a fault, whether it is raised, and its remedy
    #[command(after_help = "Examples:\n  hostprep faults show 19")]
    Show {
        /// The fault's number
        id: String,
        /// Text for people or one JSON object for programs
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// List every change of a fault, oldest first
    #[command(after_help = "Examples:\n  hostprep faults history --last 10\n  hostprep faults history --format json")]
    History {
        /// Text for people or one JSON object a line for programs
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
        /// Only the last N changes
        #[arg(long, value_name = "N")]
        last: Option<u64>,
    },
    /// Print every change from now on as a line of JSON, until interrupted
    #[command(after_help = "Examples:\n  hostprep faults watch\n  hostprep faults watch --from 1 | jq .fault")]
    Watch {
        /// Start with change SEQ instead of the next one
        #[arg(long, value_name = "SEQ")]
        from: Option<u64>,
    },
    /// Raise a fault by hand
    #[command(after_help = "Examples:\n  sudo hostprep faults raise 18 --detail \"too many events\"")]
    Raise {
        /// The fault's number
        id: String,
        /// A machine-readable reason
        #[arg(long, default_value = "raised-by-hand", value_parser = NonEmptyStringValueParser::new())]
        reason: String,
        /// The detail, in one line
        #[arg(long, default_value = "raised by hand")]
        detail: String,
        /// Override the default severity: critical, major or minor
        #[arg(long, value_parser = severity)]
        severity: Option<Severity>,
    },
    /// Clear a fault by hand; the next repair raises it again if the problem remains
    #[command(after_help = "Examples:\n  sudo hostprep faults clear 18")]
    Clear {
        /// The fault's number
        id: String,
    },
}

#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:\n  hostprep policy status\n  hostprep policy generate --form cil")]
pub enum Policy {
    /// Print the module's source for this host's policy
    #[command(after_help = "Examples:\n  hostprep policy generate\n  hostprep policy generate --form cil")]
    Generate {
        /// Type enforcement (for checkmodule) or CIL (for semodule alone)
        #[arg(long, value_enum, default_value = "te")]
        form: Form,
    },
    /// Compile the module into DIR
    #[command(after_help = "Examples:\n  hostprep policy compile --form cil /tmp")]
    Compile {
        /// A package by checkmodule (te), or CIL as it is, which semodule of any system takes
        #[arg(long, value_enum, default_value = "te")]
        form: Form,
        /// An existing directory
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// Load the module, unless the policy has the rule already
    #[command(after_help = "Examples:\n  sudo hostprep policy install --dry-run\n  sudo hostprep policy install")]
    Install {
        /// Show what would be done, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Remove the module from the policy store, at every priority that hostprep has used
    #[command(after_help = "Examples:\n  sudo hostprep policy remove --dry-run\n  sudo hostprep policy remove")]
    Remove {
        /// Show what would be done, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Show the state of module, store and kernel
    #[command(after_help = "Examples:\n  hostprep policy status\n  hostprep policy status --format json")]
    Status {
        /// Text for people or one JSON object for programs
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
#[command(after_help = "Examples:\n  hostprep hook deb postinst configure")]
pub enum Hook {
    /// Run for an RPM scriptlet
    #[command(after_help = "Examples:\n  hostprep hook rpm posttrans 1")]
    Rpm {
        /// The scriptlet
        #[arg(value_parser = PossibleValuesParser::new(rpm::scriptlets()))]
        scriptlet: String,
        /// The count that RPM passes as $1
        count: String,
        /// install or upgrade, if the count does not tell (posttrans on RPM 4.11)
        upgrade_info: Option<String>,
    },
    /// Run for a Debian maintainer script
    #[command(after_help = "Examples:\n  hostprep hook deb postinst configure")]
    Deb {
        /// The script: preinst, postinst, prerm or postrm
        script: String,
        /// The arguments that dpkg passes
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Run for a kernel that is installed or removed
    ///
    /// Judges the kernel of the next boot and says on standard error which faults it would bring.
    #[command(after_help = "Examples:\n  hostprep hook kernel add 6.1.0-37-amd64")]
    Kernel {
        /// What happens to the kernel
        #[arg(value_parser = PossibleValuesParser::new(kernel::CHANGES))]
        change: String,
        /// The kernel's release
        release: String,
    },
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  sudo hostprep remove --dry-run\n  sudo hostprep remove\n  sudo hostprep remove --format json"
)]
pub struct Remove {
    /// Text for people or one JSON object for programs
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
    /// Show what would be removed, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  sudo hostprep generalize --dry-run\n  sudo hostprep generalize\n  sudo hostprep generalize --root /mnt/image"
)]
pub struct Generalize {
    /// Show what would be removed, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

fn severity(word: &str) -> Result<Severity, String> {
    Severity::WORST_FIRST
        .into_iter()
        .find(|severity| severity.as_str() == word)
        .ok_or_else(|| "expected critical, major or minor".to_owned())
}

fn schema_parser() -> PossibleValuesParser {
    PossibleValuesParser::new(SCHEMAS.iter().map(|schema| PossibleValue::new(schema.name).help(schema.describes)))
}

fn kind_parser() -> impl TypedValueParser<Value = SystemKind> {
    let value = |kind: SystemKind| PossibleValue::new(kind.as_str()).help(kind.doc());
    PossibleValuesParser::new(ASSUMABLE.map(value)).try_map(|word| word.parse::<SystemKind>())
}

fn step_parser() -> impl TypedValueParser<Value = StepRef> {
    let value = |step: &StepRef| PossibleValue::new(step.id().as_str()).help(step.doc());
    PossibleValuesParser::new(STEPS.iter().map(value)).try_map(|name| steps::by_name(&name))
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hostprep report results/ --output report.html\n  hostprep report results/ --format csv > findings.csv\n  hostprep report web1.json web2.json --format json | jq .faults"
)]
pub struct Report {
    /// Files with results, and directories with such files
    #[arg(value_name = "FILE|DIR", required = true)]
    pub paths: Vec<PathBuf>,
    /// A page for a browser, a table with a row for each finding, or one JSON object
    #[arg(long, value_enum, default_value = "html")]
    pub format: ReportFormat,
    /// Write to FILE instead of standard output, as a whole or not at all
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    Html,
    Csv,
    Json,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  sudo hostprep support-bundle\n  sudo hostprep support-bundle --redact --output /tmp/support.tar.gz\n  sudo hostprep support-bundle --root /mnt/image"
)]
pub struct SupportBundle {
    /// Write to FILE instead of hostprep-support-HOST-TIME.tar.gz in the current directory
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Replace names of this host and of hosts in its domains, and IP and hardware addresses, each by the same word everywhere
    #[arg(long)]
    pub redact: bool,
}
