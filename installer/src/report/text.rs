//! Lines for people: aligned, and coloured where the stream takes colours.

use std::fmt::Write;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use faults::{FaultId, Order, Remedy};

use super::HostFacts;
use crate::engine::Results;
use crate::engine::fault_updates::faults_found;
use crate::engine::next_boot::{NextBoot, Undetermined};
use crate::model::host_context::HostContext;
use crate::model::report::{Finding, ImageItem, Outcome, StepReport};
use crate::model::waiver::Waiver;

const OUTCOME_WIDTH: usize = 9;
const NAME_WIDTH: usize = 18;

/// The purpose of a run, which decides the conclusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// `check`
    Check,
    /// `repair --dry-run`
    DryRun,
    /// `repair`
    Repair,
}

/// The report of `results`, with colours as ANSI escapes; the stream strips them where they are not wanted.
#[must_use]
pub fn render(cx: &HostContext, results: &Results, purpose: Purpose) -> String {
    let (host, root) = (HostFacts::of(cx), cx.alternate_root());
    let mut text = String::new();
    let version = host.version.as_deref().map_or_else(String::new, |version| format!(" {version}"));
    let kernel = host.kernel.as_deref().unwrap_or("none installed");
    let whose = if cx.kind.is_container() && cx.kernel_release.is_none() { " (the host's)" } else { "" };
    let head = format!("{}{version}, kernel {kernel}{whose}, SELinux {}", host.id, host.selinux);
    let _ = writeln!(text, "{}", one_line(&head));
    let _ = writeln!(text, "{}", one_line(&format!("Judged as {}: {}", host.kind, host.kind_evidence)));
    let width = results.reports.iter().map(|report| word_of(report, results).len()).fold(OUTCOME_WIDTH, usize::max);
    for report in &results.reports {
        step(&mut text, report, results, width, purpose, root);
    }
    image(&mut text, &results.image, root);
    let next_boot = results.next_boot.as_ref().filter(|next| !next.pending.is_empty() || !next.unknown.is_empty());
    if let Some(next_boot) = next_boot {
        from_next_boot(&mut text, next_boot, root);
    }
    for (id, waiver) in
        results.waived.iter().map(|waived| (waived.id, &waived.waiver)).chain(pending_waivers(next_boot))
    {
        let Waiver { reason, until, why, .. } = waiver;
        let _ = writeln!(text, "Waived: fault {id} ({reason}) until {until}: {}", one_line(why));
    }
    for warning in &results.warnings {
        let _ = writeln!(text, "Warning: {}", one_line(warning));
    }
    let _ = writeln!(text, "{}", conclusion(results, next_boot, purpose, root));
    if !results.faults.is_empty() {
        let explain = Remedy::hostprep(["explain", "NUMBER"]).shell_line(root);
        let _ = writeln!(text, "More about a fault: `{explain}`, or {}", cx.profile.pages_about_faults());
    }
    text
}

fn pending_waivers(next_boot: Option<&NextBoot>) -> impl Iterator<Item = (FaultId, &Waiver)> {
    let pending = next_boot.into_iter().flat_map(|next| &next.pending);
    pending.filter_map(|fault| Some((fault.id, fault.waiver.as_ref()?)))
}

/// The section on what counts when an image boots.
fn image(text: &mut String, items: &[ImageItem], root: Option<&Path>) {
    if !items.is_empty() {
        let _ = writeln!(text, "At the first boot:");
    }
    let dim = Style::new().dimmed();
    for ImageItem { name, outcome, detail, remedy } in items {
        let style = style_of(*outcome);
        let word = outcome.as_str();
        let _ = writeln!(text, "  {style}{word:<OUTCOME_WIDTH$}{style:#} {name:<NAME_WIDTH$} {}", one_line(detail));
        for (label, line) in labelled(remedy, root) {
            let _ =
                writeln!(text, "{:1$}{dim}{label}:{dim:#} {2}", "", OUTCOME_WIDTH + NAME_WIDTH + 4, one_line(&line));
        }
    }
}

/// The section on what the next boot brings.
fn from_next_boot(text: &mut String, next_boot: &NextBoot, root: Option<&Path>) {
    let _ = writeln!(text, "{}:", next_boot_heading(next_boot));
    let (label, dim) = (style_of(Outcome::Deferred), Style::new().dimmed());
    let groups = next_boot.findings();
    let words: Vec<String> = groups.iter().map(|(ids, _)| format!("pending {}", numbers(ids))).collect();
    let width = words.iter().map(String::len).fold(OUTCOME_WIDTH, usize::max);
    for (word, (_, finding)) in words.iter().zip(groups) {
        let _ = writeln!(text, "  {label}{word:<width$}{label:#} {}", one_line(&finding.detail));
        for (what, line) in remedies(finding, root) {
            let _ = writeln!(text, "  {:width$} {dim}{what}:{dim:#} {}", "", one_line(&line));
        }
    }
    let style = style_of(Outcome::Unknown);
    for Undetermined { step, detail } in &next_boot.unknown {
        let step = step.map_or_else(String::new, |step| format!("{step}: "));
        let _ = writeln!(text, "  {style}{:<width$}{style:#} {step}{}", "unknown", one_line(detail));
    }
}

/// Returns the words that introduce what the next boot brings.
#[must_use]
pub fn next_boot_heading(next_boot: &NextBoot) -> String {
    match &next_boot.kernel {
        Some(kernel) => format!("From the next boot on (kernel {})", one_line(kernel)),
        None => "From the next boot on".to_owned(),
    }
}

fn step(
    text: &mut String,
    report: &StepReport,
    results: &Results,
    width: usize,
    purpose: Purpose,
    root: Option<&Path>,
) {
    let style = style_of(report.outcome);
    let outcome = word_of(report, results);
    let name = report.step;
    let detail = one_line(&report.detail);
    let _ = writeln!(text, "  {style}{outcome:<width$}{style:#} {name:<NAME_WIDTH$} {detail}");
    let indent = " ".repeat(width + NAME_WIDTH + 4);
    let dim = Style::new().dimmed();
    let plan = |label: &'static str| report.plan.iter().map(|line| (label, line.clone())).collect();
    let mut lines: Vec<(&str, String)> = match (purpose, report.finding()) {
        (Purpose::DryRun, _) if is_planned(report) => plan("would run"),
        (Purpose::Repair, None) => plan("done"),
        (_, Some(finding)) => remedies(&finding, root),
        (_, None) => Vec::new(),
    };
    if purpose != Purpose::DryRun {
        lines.extend(report.obstacle.iter().flat_map(|obstacle| remedies(obstacle, root)));
    }
    for (label, line) in lines {
        let _ = writeln!(text, "{indent}{dim}{label}:{dim:#} {}", one_line(&line));
    }
}

/// Returns whether `repair` has changes to make, which a dry run prints instead of the remedies.
fn is_planned(report: &StepReport) -> bool {
    !report.plan.is_empty()
}

/// Returns the lines of a finding's remedies, each with its label: commands to run at once, and apart from them alternatives and
/// what restarts the host.
#[must_use]
pub fn remedies(finding: &Finding, root: Option<&Path>) -> Vec<(&'static str, String)> {
    labelled(&finding.remedy, root)
}

fn labelled(remedies: &[Remedy], root: Option<&Path>) -> Vec<(&'static str, String)> {
    let label = |(at, remedy): (usize, &Remedy)| match remedy.order {
        Order::Alternative if at > 0 => "or",
        _ if remedy.reboots => "then reboot",
        Order::AlternativeContinued if at > 0 => "then",
        _ => "fix",
    };
    let line = |(at, remedy): (usize, &Remedy)| (label((at, remedy)), remedy.unordered_shell_line(root));
    remedies.iter().enumerate().map(line).collect()
}

/// Names of files may hold what a terminal obeys.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

fn word_of(report: &StepReport, results: &Results) -> String {
    if report.outcome != Outcome::Fault {
        return report.outcome.as_str().into();
    }
    let raised = report.raised();
    let is_waived = |id: &FaultId| results.waived.iter().any(|waived| waived.id == *id);
    // The catalogue's severity is not said.
    let mark = match report.severity {
        _ if raised.iter().all(is_waived) => " (waived)".to_owned(),
        Some(severity) => format!(" ({})", severity.as_str()),
        None => String::new(),
    };
    format!("fault {}{mark}", numbers(&raised))
}

/// Returns the numbers of faults for people: `8, 9`.
#[must_use]
pub fn numbers(ids: &[FaultId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn style_of(outcome: Outcome) -> Style {
    let colour = match outcome {
        Outcome::Ok | Outcome::Changed => AnsiColor::Green,
        Outcome::Deferred | Outcome::Planned => AnsiColor::Yellow,
        Outcome::Fault => AnsiColor::Red,
        Outcome::Unknown => AnsiColor::Magenta,
    };
    colour.on_default()
}

fn conclusion(results: &Results, next_boot: Option<&NextBoot>, purpose: Purpose, root: Option<&Path>) -> String {
    let now = conclusion_now(results, purpose, root);
    let counting = next_boot.into_iter().flat_map(NextBoot::counting);
    let pending: Vec<FaultId> = counting.map(|fault| fault.id).collect();
    let next_boot = next_boot.filter(|next| !next.is_settled());
    match (next_boot, pending.len()) {
        (None, _) => now,
        (Some(_), 0) if now == NO_PROBLEMS => "No problem now; what is marked unknown could not be checked.".into(),
        (Some(_), 0) => now,
        (Some(_), n) => {
            let (now, but) = match now.as_str() {
                NO_PROBLEMS => ("No problem now", ", but "),
                now if results.faults.is_empty() => (now, " But "),
                now => (now, " Also "),
            };
            let faults = faults(n, &pending).to_lowercase();
            format!("{now}{but}{faults} from the next boot on. See above what to do before you reboot.")
        }
    }
}

const NO_PROBLEMS: &str = "No problems found.";

fn conclusion_now(results: &Results, purpose: Purpose, root: Option<&Path>) -> String {
    // What is typed next is for the same root.
    let command = |words: &[&str]| Remedy::hostprep(words.iter().copied()).shell_line(root);
    let ids = &results.faults;
    let unsettled = |outcome| results.reports.iter().any(|report| report.outcome == outcome);
    let plans = results.reports.iter().any(is_planned);
    let person = ForPerson::of(results);
    let image = |outcome| results.image.iter().any(|item| item.outcome == outcome);
    if image(Outcome::Fault) {
        let found = if ids.is_empty() { String::new() } else { format!("{}. ", faults(ids.len(), ids)) };
        return format!("{found}The image will not be right at its first boot: see the lines above.");
    }
    match (purpose, ids.len()) {
        (_, 0) if !results.image.is_empty() && unsettled(Outcome::Deferred) && !unsettled(Outcome::Unknown) => {
            "No fault. The first boot finishes what is marked deferred.".into()
        }
        (Purpose::DryRun, _) if plans => {
            let then = match person.ids.as_slice() {
                [] => String::new(),
                ids => format!("; then {} ({})", person.next.to_lowercase(), numbers(ids)),
            };
            format!("Nothing was changed. Run without --dry-run to make these changes{then}.")
        }
        (Purpose::DryRun, 0) if !unsettled(Outcome::Unknown) => "Nothing to do.".into(),
        (Purpose::Check, n @ 1..) if plans => {
            let (found, repair) = (faults(n, ids), command(&["repair"]));
            let corrected = with_ids(results, is_planned);
            match (corrected.as_slice(), person.ids.as_slice()) {
                (_, []) => format!("{found}. Run `{repair}` as root."),
                ([], _) => format!("{found}. {}; `{repair}` has other changes to make.", person.next),
                (corrected, left) => {
                    let (corrected, left, next) = (numbers(corrected), numbers(left), person.next.to_lowercase());
                    format!("{found}. Run `{repair}` as root ({corrected}); then {next} ({left}).")
                }
            }
        }
        (_, n @ 1..) if results.reports.iter().all(|report| report.findings.is_empty()) => {
            format!("{} found by a step outside --only. Run `{}` for details.", were(n, ids), command(&["check"]))
        }
        (_, n @ 1..) => format!("{}. {}.", faults(n, ids), next_of(results, |_| true)),
        (_, 0) if unsettled(Outcome::Unknown) => {
            let hint = if nix::unistd::geteuid().is_root() { "" } else { " Run it as root." };
            format!("No fault was found, but the steps marked unknown could not be checked.{hint}")
        }
        (Purpose::Check, 0) if plans => format!("No fault, but `{}` has changes to make.", command(&["repair"])),
        (_, 0) if results.reports.iter().any(|report| report.obstacle.is_some()) => {
            "No fault, but a step marked deferred could not be done. The lines below it help.".into()
        }
        (_, 0) if unsettled(Outcome::Deferred) => "No fault. The steps marked deferred are not in effect now.".into(),
        (_, 0) if !results.waived.is_empty() => "No other problem found.".into(),
        (_, 0) => NO_PROBLEMS.into(),
    }
}

/// What `repair` does not correct.
struct ForPerson {
    ids: Vec<FaultId>,
    /// What to do about it, as the first words of a sentence.
    next: &'static str,
}

impl ForPerson {
    fn of(results: &Results) -> Self {
        let is_left = |report: &StepReport| !is_planned(report);
        Self { ids: with_ids(results, is_left), next: next_of(results, is_left) }
    }
}

/// Returns the faults that count of the steps that `is_meant` selects, sorted.
fn with_ids(results: &Results, is_meant: impl Fn(&StepReport) -> bool) -> Vec<FaultId> {
    let found = faults_found(results.reports.iter().filter(|report| is_meant(report)));
    found.into_iter().filter(|id| results.faults.contains(id)).collect()
}

/// Returns what to do about the findings of the steps that `is_meant` selects.
fn next_of(results: &Results, is_meant: impl Fn(&StepReport) -> bool) -> &'static str {
    let findings = results.reports.iter().filter(|report| is_meant(report)).flat_map(|report| &report.findings);
    let has_command = findings.flat_map(|finding| &finding.remedy).any(Remedy::is_command);
    if has_command { "Run the commands above" } else { "Follow the steps above" }
}

fn were(n: usize, ids: &[FaultId]) -> String {
    format!("{} {}", faults(n, ids), if n == 1 { "was" } else { "were" })
}

fn faults(n: usize, ids: &[FaultId]) -> String {
    let noun = if n == 1 { "Fault" } else { "Faults" };
    format!("{noun} {}", numbers(ids))
}
