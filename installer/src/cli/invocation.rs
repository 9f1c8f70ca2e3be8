//! Turns the global options into the host that a command works on.

use anyhow::Context as _;
use faults::texts::Texts;
use host::fs::{InRoot, RootError};
use host::log::{Level, Log};
use host::process::CommandRunner;
use host::process::clock::{Clock, SystemClock};
use host::process::environment::Environment;
use host::process::names;
use host::system::bpf;
use host::system::distribution::Distribution;
use host::system::kernel;
use host::system::kind::{DetectedKind, SystemKind};
use host::{FileError, InsideText, Root};
use installer::config::Config;
use installer::hook::undone;
use installer::kernels_file;
use installer::model::host_context::{HostContext, RECEIPT};
use installer::model::waiver::Waivers;
use installer::profile::{Names, Profile};
use nix::errno::Errno;
use policy::RunningKernel;

use super::args::Global;
use super::output::{Failure, Outcome, one_line_chain, print_error};
use super::progress::Follower;

/// The privilege that a command needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privilege {
    /// Nothing: it writes nothing, not even a log.
    ReadOnly,
    /// As `ReadOnly`, to collect what is wrong: a configuration that cannot be used is a part of that, and the default is taken.
    Collect,
    /// Root, because it may change the host.
    RequiresRoot(&'static str),
    /// Root; but what only its texts need does not stop it, such as an unknown language.
    LenientRoot(&'static str),
    /// Like `LenientRoot`, for a hook.
    Hook,
    /// As `Hook`, when the package goes: nothing removes later what stays now, so a configuration that cannot be used is ignored
    /// where a receipt lists what is to go.
    RemovalHook,
    /// As `Hook`, when the package stays after all: what a `RemovalHook` undid without the configuration comes back without it.
    RestoringHook,
}

impl Privilege {
    fn is_lenient(self) -> bool {
        matches!(self, Self::LenientRoot(_) | Self::Hook | Self::RemovalHook | Self::RestoringHook)
    }
}

/// The surroundings of a command.
pub struct Invocation<'a> {
    pub cx: HostContext<'a>,
    pub config: Config,
    /// The configuration cannot be used; this is the default.
    pub is_config_ignored: bool,
    /// Why it cannot.
    pub config_problem: Option<String>,
    pub texts: Texts,
}

/// Opens root, profile and configuration, and does `work`.
pub fn with(
    global: &Global,
    privilege: Privilege,
    kernel: Option<String>,
    work: impl FnOnce(&Invocation) -> Outcome,
) -> Outcome {
    with_force(global, privilege, kernel, false, work)
}

/// As [`with`]; `force` is that of [`HostContext`].
pub fn with_force(
    global: &Global,
    privilege: Privilege,
    kernel: Option<String>,
    force: bool,
    work: impl FnOnce(&Invocation) -> Outcome,
) -> Outcome {
    let root = open_root(global)?;
    let changes = match privilege {
        Privilege::ReadOnly | Privilege::Collect => None,
        Privilege::RequiresRoot(command) | Privilege::LenientRoot(command) => Some(command),
        Privilege::Hook | Privilege::RemovalHook | Privilege::RestoringHook => Some("hook"),
    };
    if let Some(command) = changes
        && !nix::unistd::geteuid().is_root()
    {
        return Err(installer::Error::NotRoot { command: format!("{} {command}", names::command()) }.into());
    }
    let detected = match global.assume {
        Some(kind) => DetectedKind::assumed(kind),
        None => DetectedKind::of(&root, &Environment::of_process()),
    };
    if let Some(release) = &kernel {
        require_kernel(&root, detected.kind, release)?;
    }
    // A profile of the command line says where its configuration is; one that the configuration names does not.
    let given = given_profile(global)?;
    let names = given.as_ref().map(|profile| profile.names.clone()).unwrap_or_default();
    let may_ignore = may_ignore_config(&root, privilege, given.as_ref());
    let mut ignored = None;
    let config = match Config::of(&root, &names) {
        Err(e) if may_ignore => {
            ignored = Some(e.to_string());
            Config::default()
        }
        config => config?,
    };
    let texts = match texts(global, &config) {
        // Hooks and guards print no texts.
        Err(_) if privilege.is_lenient() => Texts::for_language("en")?,
        Err(Failure::Error(e)) if privilege == Privilege::Collect => {
            ignored = ignored.or_else(|| Some(one_line_chain(&e)));
            Texts::for_language("en")?
        }
        texts => texts?,
    };
    let is_given = given.is_some();
    let profile = match given {
        Some(profile) => profile,
        // The program that reads this configuration keeps the names under which it was installed.
        None => {
            let configured = match configured_profile(&config, &root) {
                Err(Failure::Error(e)) if may_ignore => {
                    ignored = Some(one_line_chain(&e));
                    Profile::built_in()
                }
                configured => configured?,
            };
            Profile { names: Names::default(), ..configured }
        }
    };
    names::set(&profile.names.command, &profile.names.ident);
    let mut profile = profile.with_domain_mode(config.domain_mode);
    profile.kernels = kernels_file::find(&root, &profile);
    if changes.is_some() {
        host::process::signals::note_interruptions().context("cannot set a signal handler")?;
    }
    let clock = SystemClock;
    let log = match privilege {
        Privilege::ReadOnly | Privilege::Collect => Log::silent(&clock),
        _ => Log::to(&root, profile.paths.log.clone(), &clock),
    };
    // Package names are lost, and what follows from the distribution is unknown; the rest does not need it.
    let (distribution, distribution_problem) = match Distribution::of(&root) {
        Ok(distribution) => (distribution, None),
        Err(e) => {
            log.line(Level::Error, &e.to_string());
            print_error(&e.to_string());
            (Distribution::unknown(), Some(e.inside_text(&root)))
        }
    };
    if let Some(problem) = &ignored {
        let line = match privilege {
            Privilege::Collect => format!("{problem}; it is ignored, and the default is taken"),
            Privilege::RestoringHook => format!("{problem}; it is ignored, and what the removal undid is restored"),
            _ => format!("{problem}; it is ignored, and what the receipt lists is removed"),
        };
        log.line(Level::Error, &line);
        print_error(&line);
    }
    if let Some(problem) = &profile.kernels.problem {
        log.line(Level::Error, problem);
        print_error(problem);
    }
    if let Some(problem) = profile_without_effect(&config, &names, is_given) {
        log.line(Level::Error, &problem);
        print_error(&problem);
    }
    let follower = Follower::new(&log);
    let runner = CommandRunner::new(&clock, &follower);
    let cx = HostContext {
        root: &root,
        profile: &profile,
        clock: &clock,
        runner: &runner,
        log: &log,
        kernel: &RunningKernel,
        bpf: &bpf::RunningKernel,
        kind: detected.kind,
        kind_evidence: detected.evidence,
        distribution,
        distribution_problem,
        kernel_release: kernel,
        newest_kernel: std::cell::OnceCell::new(),
        force,
        waivers: Waivers::at(config.accept.clone(), clock.now()),
    };
    work(&Invocation { cx, config, is_config_ignored: ignored.is_some(), config_problem: ignored, texts })
}

/// Returns what is wrong with a profile that the configuration of a vendor's package names: the package gives its own by `--profile`,
/// also at boot and in its hooks.
fn profile_without_effect(config: &Config, names: &Names, is_given: bool) -> Option<String> {
    let is_vendors = is_given && *names != Names::default();
    let file = config.profile_file.as_ref().filter(|_| is_vendors)?;
    Some(format!(
        "{}: `profile` has no effect, because --profile names one, as the {} package does",
        file.display(),
        names.command
    ))
}

/// Returns whether a configuration that cannot be used may be ignored: where files are only collected, and where hostprep recorded
/// what it made, or undid, for the agent of the given profile, else of the built-in one. What another profile of the configuration
/// has made is recorded elsewhere.
fn may_ignore_config(root: &Root, privilege: Privilege, given: Option<&Profile>) -> bool {
    let profile = || given.cloned().unwrap_or_else(Profile::built_in);
    match privilege {
        Privilege::Collect => true,
        Privilege::RemovalHook => root.exists(profile().paths.state.join(RECEIPT)),
        Privilege::RestoringHook => undone::is_kept(root, &profile()),
        _ => false,
    }
}

fn open_root(global: &Global) -> Result<Root, Failure> {
    match &global.root {
        None => Ok(Root::system()?),
        Some(dir) => Root::alternate(dir).map_err(|e| unusable_root(&e)),
    }
}

/// Checks that the kernel of `--kernel` is installed: what is said about another would be about nothing. Modules are enough, since
/// the image may be on a partition that is not mounted.
fn require_kernel(root: &Root, kind: SystemKind, release: &str) -> Result<(), Failure> {
    let is_running = !kind.is_unbooted() && release == kernel::running_release();
    if is_running || kernel::has_modules(root, release) {
        return Ok(());
    }
    let mut installed: Vec<String> = kernel::installed(root)?.collect();
    installed.reverse();
    if installed.iter().any(|other| other == release) {
        return Ok(());
    }
    let problem =
        if kernel::is_release(release) { "is not installed" } else { "is no kernel release, as `uname -r` prints it" };
    let instead = match installed.is_empty() {
        true => "no kernel is found: neither /boot nor /lib/modules has an image; mount /boot if it is a file system of its own".into(),
        false => format!("installed: {}", installed.join(", ")),
    };
    Err(Failure::Usage(format!("--kernel {release:?} {problem}; {instead}")))
}

/// `--lang`, else the configuration, else the environment, else English. What names a language for hostprep alone must fit
/// one that is there.
fn texts(global: &Global, config: &Config) -> Result<Texts, Failure> {
    if let Some(lang) = &global.lang {
        return Texts::for_language(lang).map_err(|e| Failure::Usage(e.to_string()));
    }
    if let Some(lang) = &config.lang {
        let file = config.lang_file.as_ref().map_or_else(String::new, |file| format!("{}, ", file.display()));
        return Ok(Texts::for_language(lang).with_context(|| format!("{file}lang"))?);
    }
    let environment = Environment::of_process();
    Ok(Texts::for_environment(|name| environment.get(name)))
}

/// Returns the profile of the command line, which lies on this system and is the caller's word.
pub fn given_profile(global: &Global) -> Result<Option<Profile>, Failure> {
    let Some(file) = &global.profile else { return Ok(None) };
    let file = std::path::absolute(file).with_context(|| format!("cannot find {}", file.display()))?;
    Ok(Some(Profile::parse(&Root::system()?.read_text(InRoot::from_top(&file))?, &file)?))
}

/// Returns the profile of the configuration, which lies where the configuration does, and is root's alone to change like it;
/// without one, the built-in profile.
fn configured_profile(config: &Config, root: &Root) -> Result<Profile, Failure> {
    let Some(file) = &config.profile else { return Ok(Profile::built_in()) };
    let text = root
        .read_trusted_text(file)
        .and_then(|text| text.ok_or_else(|| FileError::new("open", root.host_path(file), Errno::ENOENT).into()));
    let by = || {
        let by = config.profile_file.as_ref().map_or_else(String::new, |by| format!("{}, ", by.display()));
        format!("{by}profile")
    };
    Ok(Profile::parse(&text.with_context(by)?, &root.host_path(file))?)
}

/// Returns what is wrong with the directory of `--root`.
fn unusable_root(error: &RootError) -> Failure {
    let hint = match error {
        RootError::NotADirectory { .. } => "",
        RootError::IsSystem { .. } => "; leave --root out",
        RootError::NotUtf8 { .. } => "; bind-mount it at one that is, and use that",
        RootError::NoEtc { .. } => "; nothing was changed",
    };
    Failure::Usage(format!("--root {error}{hint}"))
}
