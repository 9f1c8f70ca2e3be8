//! `hook`: what package managers call. The host's state never fails them; what is wrong is a fault and a line in the log.

use std::panic::AssertUnwindSafe;

use faults::Source;
use host::Root;
use host::clock::SystemClock;
use host::log::{Level, Log};
use installer::hook::{Event, NoSuchCall, deb, rpm};
use installer::load_lock;
use installer::outcome::{self, StepName};
use installer::profile::Profile;
use installer::removal::{self, StateDirectory};
use installer::report::exit;
use installer::run::{self, Request};

use super::args::{Global, Hook};
use super::output::{Failure, Outcome, complain, line_of};
use super::progress::say_waiting;
use super::session::{Access, Session, with};

pub fn run(global: &Global, hook: &Hook) -> Outcome {
    let (event, name) = parse(hook).map_err(|e| Failure::Usage(e.to_string()))?;
    let work = || {
        with(global, Access::Hook, None, |session| {
            session.cx.log.line(Level::Info, &format!("starting {name}"));
            if let Err(e) = handle(session, event) {
                session.cx.log.line(Level::Error, &format!("{name}: {e}"));
                complain(&e.to_string());
            }
            session.cx.log.line(Level::Info, &format!("done {name}"));
            Ok(exit::WELL)
        })
    };
    // A panic has been reported by then; to the package manager it is no failure either.
    match std::panic::catch_unwind(AssertUnwindSafe(work)) {
        Ok(Err(Failure::Error(e))) => not_even_begun(global, &name, &line_of(&e)),
        Ok(Err(Failure::Usage(message))) => not_even_begun(global, &name, &message),
        Ok(Ok(_) | Err(Failure::NobodyReads)) | Err(_) => {}
    }
    Ok(exit::WELL)
}

/// Without its configuration a hook does not know whom it works for, and does nothing.
fn not_even_begun(global: &Global, name: &str, problem: &str) {
    complain(&format!("{problem}; nothing was done"));
    let root = global.root.as_deref().map_or_else(|| Root::system().ok(), |dir| Root::alternate(dir).ok());
    if let Some(root) = root {
        let log = Log::to(&root, Profile::built_in().paths.log, &SystemClock);
        log.line(Level::Error, &format!("{name}: {problem}; nothing was done"));
    }
}

fn parse(hook: &Hook) -> Result<(Event, String), NoSuchCall> {
    match hook {
        Hook::Rpm { phase, count, upgrade_info } => {
            let event = rpm::parse(phase, count, upgrade_info.as_deref())?;
            Ok((event, format!("rpm {phase} scriptlet ({count})")))
        }
        Hook::Deb { script, args } => Ok((deb::parse(script, args)?, format!("deb {script} ({})", args.join(" ")))),
    }
}

fn handle(session: &Session, event: Event) -> Result<(), installer::Error> {
    match event {
        Event::Nothing => run::recover(&session.cx, run::HOOK_PATIENCE, &mut say_waiting),
        Event::Remove => {
            let removed =
                removal::remove(&session.cx, StateDirectory::IsThePackages, run::HOOK_PATIENCE, &mut say_waiting)?;
            for problem in &removed.failed {
                complain(problem);
            }
            Ok(())
        }
        Event::Prepare { steps, judge, source } => {
            // Another version may not crash; what kept the last one out is forgotten.
            if judge && matches!(source, Source::Install | Source::Upgrade) {
                let tell = |e: installer::Error| {
                    session.cx.log.line(Level::Error, &e.to_string());
                    complain(&e.to_string());
                };
                if let Err(e) = load_lock::reset(&session.cx, source.clone(), &mut { tell }) {
                    tell(e);
                }
            }
            let skip = session.config.skip.clone();
            let steps: Vec<StepName> = steps.into_iter().filter(|name| !skip.contains(name)).collect();
            let request = Request { steps, skip, judge, source, strict: false, patience: run::HOOK_PATIENCE };
            let results = run::repair(&session.cx, &request, &mut say_waiting)?;
            for report in results.reports.iter().filter(|_| judge) {
                if let Some(finding) = report.finding() {
                    complain(&format!("fault {}: {}", report.name.fault(), finding.detail));
                    for remedy in &finding.remedy {
                        complain(&format!("  {}", remedy.shell_line(session.cx.alternate_root())));
                    }
                } else if report.outcome == outcome::Outcome::Unknown {
                    complain(&format!("{}: {}", report.name.as_str(), report.detail));
                }
            }
            Ok(())
        }
    }
}
