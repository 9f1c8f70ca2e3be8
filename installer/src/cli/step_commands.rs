//! `check`, `repair`, `remove`, `generalize`.

use faults::Source;
use installer::config::Config;
use installer::engine::generalize;
use installer::engine::recover::LOCK_TIMEOUT;
use installer::engine::remove::{self, StateDirectory};
use installer::engine::repair::{self, Request, Strictness};
use installer::engine::{self, Results};
use installer::hook::undone;
use installer::model::receipt::Receipt;
use installer::model::step::{Removal, StepRef};
use installer::report::json::RunObject;
use installer::report::remove::RemoveObject;
use installer::report::text::Purpose;
use installer::report::todo::todo;
use installer::report::{ansible, exit, exit_code, nagios, ocsf, script, text};
use installer::steps::STEPS;

use super::args::{Check, CheckFormat, Format, Generalize, Global, Look, Remove, Repair};
use super::invocation::{Invocation, Privilege, with, with_force};
use super::output::{Failure, Outcome, one_line_chain, print, print_error, print_exactly, print_json};
use super::progress::notify_waiting;

pub fn check(global: &Global, args: Check) -> Outcome {
    let Check { format, image, look: Look { kernel, only } } = args;
    if image && !matches!(format, CheckFormat::Text | CheckFormat::Json) {
        return Err(Failure::Usage("--image takes --format text or json".into()));
    }
    let outcome = with(global, Privilege::ReadOnly, kernel, |invocation| {
        let cx = &invocation.cx;
        if image && !cx.kind.is_unbooted() {
            let hint = "use it with --root DIR, or with --assume offline in a chroot or an image build";
            return Err(Failure::Usage(format!(
                "--image is about a system that is not booted, and this is {}; {hint}",
                cx.kind
            )));
        }
        let steps = steps(&only, &invocation.config);
        let results = if image { installer::image::check(cx, &steps) } else { engine::check(cx, &steps) };
        match format {
            CheckFormat::Text => return show(invocation, &results, Purpose::Check, Format::Text),
            CheckFormat::Json => return show(invocation, &results, Purpose::Check, Format::Json),
            CheckFormat::Script => print_exactly(&script::render(cx, &todo(cx, &results)))?,
            CheckFormat::Ansible => print_exactly(&ansible::render(cx, &todo(cx, &results)))?,
            CheckFormat::Ocsf => print_exactly(&ocsf::render(cx, &results, &invocation.texts))?,
            CheckFormat::Nagios => return tell_state(nagios::render(&cx.waivers, &results)),
        }
        Ok(exit_code(&results))
    });
    // Its caller knows four exit codes.
    match (format, outcome) {
        (CheckFormat::Nagios, Err(Failure::Error(e))) => tell_state(nagios::failed(&one_line_chain(&e))),
        (CheckFormat::Nagios, Err(Failure::Usage(message))) => tell_state(nagios::failed(&message)),
        (_, outcome) => outcome,
    }
}

fn tell_state((state, line): (nagios::State, String)) -> Outcome {
    print_exactly(&format!("{line}\n"))?;
    Ok(state as u8)
}

pub fn repair(global: &Global, args: Repair) -> Outcome {
    if args.look.kernel.is_some() && global.root.is_none() && !args.dry_run {
        let message = "repair works on the running kernel; use --kernel with --root, with --dry-run, or with `check`";
        return Err(Failure::Usage(message.into()));
    }
    let privilege = if args.dry_run { Privilege::ReadOnly } else { Privilege::RequiresRoot("repair") };
    with_force(global, privilege, args.look.kernel, args.force, |invocation| {
        let steps = steps(&args.look.only, &invocation.config);
        if args.dry_run {
            let results = engine::plan(&invocation.cx, &steps);
            return show(invocation, &results, Purpose::DryRun, args.format);
        }
        let request = request(steps, args.source.into(), invocation);
        let results = repair::repair(&invocation.cx, &request, &mut notify_waiting)?;
        if args.look.only.is_empty() {
            undone::forget(&invocation.cx)?;
        }
        show(invocation, &results, Purpose::Repair, args.format)
    })
}

/// A repair of `steps` that reports what failed.
pub fn request(steps: Vec<StepRef>, source: Source, invocation: &Invocation) -> Request {
    let skip = invocation.config.skip.clone();
    let (strictness, timeout) = (Strictness::Strict, LOCK_TIMEOUT);
    Request { steps, skip, updates_faults: true, source, strictness, timeout }
}

pub fn show(invocation: &Invocation, results: &Results, purpose: Purpose, format: Format) -> Outcome {
    for line in &results.unrecorded {
        print_error(line);
    }
    match format {
        Format::Text => print(&text::render(&invocation.cx, results, purpose))?,
        Format::Json => print_json(&RunObject::of(&invocation.cx, results, purpose, &invocation.texts))?,
    }
    Ok(exit_code(results))
}

/// The steps asked for, in their order, without those that the administrator leaves alone.
pub fn steps(only: &[StepRef], config: &Config) -> Vec<StepRef> {
    let wanted = |step: &StepRef| only.is_empty() && !config.skip.contains(step) || only.contains(step);
    STEPS.iter().copied().filter(wanted).collect()
}

pub fn remove(global: &Global, args: &Remove) -> Outcome {
    let privilege = if args.dry_run { Privilege::ReadOnly } else { Privilege::RequiresRoot("remove") };
    with(global, privilege, None, |invocation| {
        if args.dry_run {
            let Removal { actions, failed } = remove::plan(&invocation.cx, &Receipt::of(&invocation.cx), STEPS);
            let failed: Vec<String> = failed.iter().map(ToString::to_string).collect();
            for problem in &failed {
                print_error(problem);
            }
            let lines: Vec<String> = actions.iter().flat_map(|action| action.describe(invocation.cx.root)).collect();
            match args.format {
                Format::Text => {
                    tell(&lines, "would run", failed.is_empty().then_some("Nothing to undo."))?;
                }
                Format::Json => print_json(&RemoveObject::of(&invocation.cx, true, &lines, &failed))?,
            }
            return Ok(if failed.is_empty() { exit::WELL } else { exit::ERROR });
        }
        let removed = remove::remove(&invocation.cx, StateDirectory::Remove, LOCK_TIMEOUT, &mut notify_waiting)?;
        for problem in &removed.failed {
            print_error(problem);
        }
        match args.format {
            Format::Text => {
                tell(&removed.done, "done", removed.failed.is_empty().then_some("Nothing to undo."))?;
            }
            Format::Json => {
                print_json(&RemoveObject::of(&invocation.cx, false, &removed.done, &removed.failed))?;
            }
        }
        Ok(if removed.failed.is_empty() { exit::WELL } else { exit::ERROR })
    })
}

pub fn generalize(global: &Global, args: &Generalize) -> Outcome {
    let privilege = if args.dry_run { Privilege::ReadOnly } else { Privilege::RequiresRoot("generalize") };
    with(global, privilege, None, |invocation| {
        let nothing = Some("Nothing to forget.");
        if args.dry_run {
            return tell(&generalize::plan(&invocation.cx)?, "would run", nothing);
        }
        tell(&generalize::generalize(&invocation.cx, LOCK_TIMEOUT, &mut notify_waiting)?, "done", nothing)
    })
}

/// Prints `lines`, or `nothing` if there are none.
pub fn tell(lines: &[String], label: &str, nothing: Option<&str>) -> Outcome {
    let text: String = lines.iter().map(|line| format!("{label}: {line}\n")).collect();
    print(&match nothing {
        Some(nothing) if lines.is_empty() => format!("{nothing}\n"),
        _ => text,
    })?;
    Ok(exit::WELL)
}
