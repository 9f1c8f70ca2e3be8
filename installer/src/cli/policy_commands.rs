//! `policy`: the module by itself.

use std::path::Path;

use anyhow::Context as _;
use host::Root;
use installer::engine::recover::LOCK_TIMEOUT;
use installer::engine::{self, remove as removal, repair};
use installer::model::receipt::Receipt;
use installer::model::step::{Removal, StepRef};
use installer::report::exit;
use installer::report::text::Purpose;
use installer::steps::selinux::{self, assess};
use policy::compile::{Compile, Format as Compiled};
use policy::render::Sources;

use super::args::{Form, Format, Global, Policy};
use super::output::{Outcome, complain, print};
use super::policy_status;
use super::progress::say_waiting;
use super::session::{Access, Session, with};
use super::step_commands::{request, show, tell};

const MODULE: StepRef = &selinux::Module;

pub fn run(global: &Global, command: Policy) -> Outcome {
    match command {
        Policy::Generate { form } => with(global, Access::Looks, None, |session| {
            let sources = sources(session)?;
            print(match form {
                Form::Te => &sources.te,
                Form::Cil => &sources.cil,
            })?;
            Ok(exit::WELL)
        }),
        Policy::Compile { directory } => with(global, Access::Looks, None, |session| compile(session, &directory)),
        Policy::Install { dry_run } => install(global, dry_run),
        Policy::Remove { dry_run } => remove(global, dry_run),
        Policy::Status { format } => with(global, Access::Looks, None, |session| policy_status::show(session, format)),
    }
}

fn sources(session: &Session) -> Result<Sources, installer::Error> {
    let spec = &session.cx.profile.module;
    let domain = match assess(&session.cx) {
        Ok(assessment) => assessment.domain.unwrap_or_else(|| spec.domain.clone()),
        // An ordinary user may not read the store; the profile's own domain is the likely one.
        Err(e) if e.is_denied() => spec.domain.clone(),
        Err(e) => return Err(e),
    };
    Ok(Sources::render(spec, &domain)?)
}

fn compile(session: &Session, directory: &Path) -> Outcome {
    let directory = std::path::absolute(directory).context("cannot find the current directory")?;
    let opened = Root::system()?.dir(&directory)?;
    let name = &session.cx.profile.module.name;
    let plan = Compile::plan(session.cx.processes, name, &sources(session)?, &directory);
    let compiled = plan.run(session.cx.processes, &opened)?;
    if let Some(why) = &compiled.fell_back {
        complain(&format!("checkmodule or semodule_package failed, so this is CIL: {why}"));
    }
    print(&format!("{}\n", compiled.file.display()))?;
    if compiled.format == Compiled::Cil && compiled.fell_back.is_none() {
        complain("checkmodule or semodule_package is not installed, so this is CIL, which semodule takes as it is");
    }
    Ok(exit::WELL)
}

fn install(global: &Global, dry_run: bool) -> Outcome {
    let access = if dry_run { Access::Looks } else { Access::Changes("policy install") };
    with(global, access, None, |session| {
        let steps = vec![MODULE];
        if dry_run {
            return show(session, &engine::plan(&session.cx, &steps)?, Purpose::DryRun, Format::Text);
        }
        let results = repair::repair(&session.cx, &request(steps, session), &mut say_waiting)?;
        show(session, &results, Purpose::Repair, Format::Text)
    })
}

fn remove(global: &Global, dry_run: bool) -> Outcome {
    let access = if dry_run { Access::Looks } else { Access::Changes("policy remove") };
    let nothing = "The module is not in the policy store.";
    with(global, access, None, |session| {
        if dry_run {
            let Removal { actions, failed } = removal::plan(&session.cx, &Receipt::of(&session.cx), &[MODULE]);
            if let Some(e) = failed.into_iter().next() {
                return Err(e.into());
            }
            let lines: Vec<String> = actions.iter().flat_map(|action| action.describe(session.cx.root)).collect();
            return tell(&lines, "would run", Some(nothing));
        }
        let removed = removal::remove_one(&session.cx, MODULE, LOCK_TIMEOUT, &mut say_waiting)?;
        for problem in &removed.failed {
            complain(problem);
        }
        tell(&removed.done, "done", removed.failed.is_empty().then_some(nothing))?;
        Ok(if removed.failed.is_empty() { exit::WELL } else { exit::ERROR })
    })
}
