//! `hook`: what package managers call. The host's state never fails them; what is wrong is a fault and a line in the log.

use std::panic::AssertUnwindSafe;

use faults::{FaultId, Source};
use host::Root;
use host::log::{Level, Log};
use host::process::clock::SystemClock;
use installer::engine::fault_updates;
use installer::engine::next_boot::{KernelChange, NextBoot};
use installer::engine::recover::{HOOK_LOCK_TIMEOUT, recover};
use installer::engine::remove::{self, StateDirectory};
use installer::engine::repair::{self, Request, Strictness};
use installer::hook::{Event, NoSuchCall, deb, kernel, moved, rpm, undone};
use installer::load_lock;
use installer::model::report::{Finding, Outcome as StepOutcome};
use installer::model::step::StepRef;
use installer::profile::Profile;
use installer::report::exit;
use installer::report::text::{next_boot_heading, numbers, remedies};
use installer::steps::STEPS;

use super::args::{Global, Hook};
use super::invocation::{Invocation, Privilege, given_profile, with};
use super::output::{Failure, Outcome, one_line_chain, print_error};
use super::progress::notify_waiting;

pub fn run(global: &Global, hook: &Hook) -> Outcome {
    let (event, name) = parse(hook).map_err(|e| Failure::Usage(e.to_string()))?;
    let is_debian_removal = matches!((hook, &event), (Hook::Deb { .. }, Event::Remove));
    let privilege = match event {
        Event::Remove => Privilege::RemovalHook,
        Event::Restore => Privilege::RestoringHook,
        _ => Privilege::Hook,
    };
    let work = || {
        with(global, privilege, None, |invocation| {
            invocation.cx.log.line(Level::Info, &format!("starting {name}"));
            if is_debian_removal {
                keep_what_is_undone(invocation);
            }
            if let Err(e) = handle(invocation, event) {
                invocation.cx.log.line(Level::Error, &format!("{name}: {e}"));
                print_error(&e.to_string());
            }
            // A profile of the command line is the package's own, whose places `purge` knows.
            if is_debian_removal
                && global.profile.is_none()
                && !invocation.is_config_ignored
                && let Err(e) = moved::record(invocation.cx.root, &Profile::built_in(), invocation.cx.profile)
            {
                print_error(&format!("{e}; what the configuration moved stays after a purge"));
            }
            invocation.cx.log.line(Level::Info, &format!("done {name}"));
            Ok(exit::WELL)
        })
    };
    // The panic hook has reported it; for the package manager it is not a failure either.
    match std::panic::catch_unwind(AssertUnwindSafe(work)) {
        Ok(Err(Failure::Error(e))) => not_even_begun(global, &name, &one_line_chain(&e)),
        Ok(Err(Failure::Usage(message))) => not_even_begun(global, &name, &message),
        Ok(Ok(_) | Err(Failure::BrokenPipe)) | Err(_) => {}
    }
    Ok(exit::WELL)
}

/// Keeps the receipt for an aborted removal that can read no configuration; another removal's is not wanted any more.
fn keep_what_is_undone(invocation: &Invocation) {
    let cx = &invocation.cx;
    let kept = if invocation.is_config_ignored {
        undone::keep(cx).map_err(|e| e.to_string())
    } else {
        undone::forget(cx).map_err(|e| e.to_string())
    };
    if let Err(e) = kept {
        let command = host::process::names::command();
        print_error(&format!("{e}; if the removal is aborted, nothing comes back before `{command} repair`"));
    }
}

/// Without its configuration a hook does not know its agent, and does nothing.
fn not_even_begun(global: &Global, name: &str, problem: &str) {
    print_error(&format!("{problem}; nothing was done"));
    let root = global.root.as_deref().map_or_else(|| Root::system().ok(), |dir| Root::alternate(dir).ok());
    // The log of another agent is not the place, where its profile cannot be read.
    let log = match given_profile(global) {
        Ok(profile) => Some(profile.unwrap_or_else(Profile::built_in).paths.log),
        Err(_) => None,
    };
    if let (Some(root), Some(log)) = (root, log) {
        let log = Log::to(&root, log, &SystemClock);
        log.line(Level::Error, &format!("{name}: {problem}; nothing was done"));
    }
}

fn parse(hook: &Hook) -> Result<(Event, String), NoSuchCall> {
    match hook {
        Hook::Rpm { scriptlet, count, upgrade_info } => {
            let event = rpm::parse(scriptlet, count, upgrade_info.as_deref())?;
            Ok((event, format!("rpm {scriptlet} scriptlet ({count})")))
        }
        Hook::Deb { script, args } => Ok((deb::parse(script, args)?, format!("deb {script} ({})", args.join(" ")))),
        Hook::Kernel { change, release } => {
            Ok((kernel::parse(change, release)?, format!("kernel hook ({change} {release})")))
        }
    }
}

fn handle(invocation: &Invocation, event: Event) -> Result<(), installer::Error> {
    match event {
        Event::Nothing => recover(&invocation.cx, HOOK_LOCK_TIMEOUT, &mut notify_waiting),
        Event::Remove => {
            let removed = remove::remove(&invocation.cx, StateDirectory::Keep, HOOK_LOCK_TIMEOUT, &mut notify_waiting)?;
            for problem in &removed.failed {
                print_error(problem);
            }
            Ok(())
        }
        Event::Prepare { steps, updates_faults, source } => {
            // Another version may not crash; what kept the last one out is forgotten.
            if updates_faults && matches!(source, Source::Install | Source::Upgrade) {
                let tell = |e: installer::Error| {
                    invocation.cx.log.line(Level::Error, &e.to_string());
                    print_error(&e.to_string());
                };
                if let Err(e) = load_lock::reset(&invocation.cx, source.clone(), &mut { tell }) {
                    tell(e);
                }
            }
            prepare(invocation, steps, updates_faults, source)?;
            if updates_faults {
                next_boot(invocation, KernelChange::Nothing);
                undone::forget(&invocation.cx)?;
            }
            Ok(())
        }
        Event::Restore if invocation.is_config_ignored => {
            prepare(invocation, undone::steps(&invocation.cx), true, Source::Repair)?;
            Ok(undone::forget(&invocation.cx)?)
        }
        Event::Restore => {
            handle(invocation, Event::Prepare { steps: STEPS.to_vec(), updates_faults: true, source: Source::Repair })
        }
        Event::KernelAdded(release) => kernel_changed(invocation, KernelChange::Added(&release)),
        Event::KernelsChanged => kernel_changed(invocation, KernelChange::Nothing),
        Event::KernelRemoved(release) => kernel_changed(invocation, KernelChange::Removed(&release)),
    }
}

/// Runs `steps`, and says which faults they found.
fn prepare(
    invocation: &Invocation,
    steps: Vec<StepRef>,
    updates_faults: bool,
    source: Source,
) -> Result<(), installer::Error> {
    let skip = invocation.config.skip.clone();
    let steps: Vec<StepRef> = steps.into_iter().filter(|step| !skip.contains(step)).collect();
    let (strictness, timeout) = (Strictness::Lenient, HOOK_LOCK_TIMEOUT);
    let request = Request { steps, skip, updates_faults, source, strictness, timeout };
    let results = repair::repair(&invocation.cx, &request, &mut notify_waiting)?;
    for line in &results.unrecorded {
        print_error(line);
    }
    let mut told: Vec<(String, Vec<(&str, String)>)> = Vec::new();
    let mut unknown: Vec<(&str, Vec<String>)> = Vec::new();
    for report in results.reports.iter().filter(|_| updates_faults) {
        let found = report.finding();
        if let Some(finding) = found.as_ref().or(report.obstacle.as_ref()) {
            let what = match found {
                Some(_) => format!("fault {}", numbers(&report.raised())),
                None => report.step.to_string(),
            };
            told.push((format!("{what}: {}", report.detail), remedies(finding, invocation.cx.alternate_root())));
        } else if report.outcome == StepOutcome::Unknown {
            match unknown.iter_mut().find(|(detail, _)| *detail == report.detail) {
                Some((_, steps)) => steps.push(report.step.to_string()),
                None => unknown.push((&report.detail, vec![report.step.to_string()])),
            }
        }
    }
    print_findings(&told);
    for (detail, steps) in unknown {
        print_error(&format!("{}: {detail}", steps.join(", ")));
    }
    Ok(())
}

/// Two steps may find the same: what to do is printed once, below the last of them, and so is what its line repeats.
fn print_findings(told: &[(String, Vec<(&str, String)>)]) {
    for (at, (line, remedies)) in told.iter().enumerate() {
        let next = told.get(at + 1).filter(|(_, of_next)| of_next == remedies);
        let rest = next.and_then(|(of_next, _)| of_next.strip_prefix(line.as_str()));
        if !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(';')) {
            print_error(line);
        }
        if next.is_none() {
            print_labelled(remedies);
        }
    }
}

fn print_remedies(invocation: &Invocation, finding: &Finding) {
    print_labelled(&remedies(finding, invocation.cx.alternate_root()));
}

fn print_labelled(remedies: &[(&str, String)]) {
    for (label, line) in remedies {
        print_error(&format!("  {label}: {line}"));
    }
}

/// A kernel comes or goes. On a system that is not booted, the faults of its newest kernel are its own.
fn kernel_changed(invocation: &Invocation, change: KernelChange) -> Result<(), installer::Error> {
    let steps = STEPS.iter().copied().filter(|step| step.judges_kernel()).collect();
    let prepared = prepare(invocation, steps, true, Source::Trigger);
    next_boot(invocation, change);
    prepared
}

/// Says, on standard error and in the log, what the kernel of the next boot would break.
fn next_boot(invocation: &Invocation, change: KernelChange) {
    let cx = &invocation.cx;
    let skip = &invocation.config.skip;
    let steps: Vec<StepRef> = STEPS.iter().copied().filter(|step| !skip.contains(step)).collect();
    // Without a store it is not known what is raised, and all is said.
    let raised: Vec<FaultId> = fault_updates::store(cx)
        .read()
        .map_or_else(|_| Vec::new(), |store| store.faults.iter().map(|fault| fault.id).collect());
    let Some(next_boot) = NextBoot::of(cx, &steps, &raised, &[], change) else { return };
    let heading = next_boot_heading(&next_boot);
    for (ids, finding) in next_boot.findings() {
        let said = format!("{heading}: fault {}: {}", numbers(&ids), finding.detail);
        cx.log.line(Level::Warning, &said);
        print_error(&said);
        print_remedies(invocation, finding);
    }
    for unknown in &next_boot.unknown {
        cx.log.line(Level::Warning, &format!("{heading}: {}", unknown.detail));
    }
    if next_boot.is_settled() {
        cx.log.line(Level::Info, &format!("{heading}: no other fault"));
    }
}
