//! `policy`: commands for the module only.

use std::path::Path;

use anyhow::Context as _;
use faults::Source;
use host::Root;
use host::fs::InRoot;
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
use super::invocation::{Invocation, Privilege, with};
use super::output::{Outcome, print, print_error, print_exactly};
use super::policy_status;
use super::progress::notify_waiting;
use super::step_commands::{request, show, tell};

const NO_TE: &str = "a module with a domain of its own is CIL alone; use --form cil";

const MODULE: StepRef = &selinux::Module;

pub fn run(global: &Global, command: Policy) -> Outcome {
    match command {
        Policy::Generate { form } => with(global, Privilege::ReadOnly, None, |invocation| {
            let sources = sources(invocation)?;
            print_exactly(match form {
                Form::Te => sources.te.as_ref().context(NO_TE)?,
                Form::Cil => &sources.cil,
            })?;
            Ok(exit::WELL)
        }),
        Policy::Compile { form, directory } => {
            with(global, Privilege::ReadOnly, None, |invocation| compile(invocation, form, &directory))
        }
        Policy::Install { dry_run } => install(global, dry_run),
        Policy::Remove { dry_run } => remove(global, dry_run),
        Policy::Status { format } => {
            with(global, Privilege::ReadOnly, None, |invocation| policy_status::show(invocation, format))
        }
    }
}

fn sources(invocation: &Invocation) -> Result<Sources, installer::Error> {
    let spec = &invocation.cx.profile.module;
    let domain = match assess(&invocation.cx) {
        Ok(assessment) => assessment.domain.unwrap_or_else(|| spec.domain.clone()),
        // Without the store or the configuration, the profile's own domain is the likely one.
        Err(e) => {
            if !e.is_denied() {
                print_error(&format!("the domain is the profile's: {e}"));
            }
            spec.domain.clone()
        }
    };
    Ok(Sources::render(spec, &domain)?)
}

fn compile(invocation: &Invocation, form: Form, directory: &Path) -> Outcome {
    let directory = std::path::absolute(directory).context("cannot find the current directory")?;
    // A directory of this machine, whatever root the policy is for.
    let (machine, directory) = (Root::system()?, InRoot::from_top(directory));
    let opened = machine.dir(&directory)?;
    let name = &invocation.cx.profile.module.name;
    let sources = sources(invocation)?;
    let plan = Compile::plan(invocation.cx.runner, &machine, name, &sources, &directory);
    let plan = if form == Form::Cil { plan.as_cil() } else { plan };
    let compiled = plan.run(invocation.cx.runner, &opened)?;
    if let Some(why) = &compiled.fell_back {
        print_error(&format!("checkmodule or semodule_package failed, so this is CIL: {why}"));
    }
    print(&format!("{}\n", compiled.file.display()))?;
    if form == Form::Te && sources.te.is_none() {
        print_error("a module with a domain of its own is CIL alone");
    } else if form == Form::Te && compiled.format == Compiled::Cil && compiled.fell_back.is_none() {
        print_error("checkmodule or semodule_package is not installed, so this is CIL, which semodule takes as it is");
    }
    Ok(exit::WELL)
}

fn install(global: &Global, dry_run: bool) -> Outcome {
    let privilege = if dry_run { Privilege::ReadOnly } else { Privilege::RequiresRoot("policy install") };
    with(global, privilege, None, |invocation| {
        let steps = vec![MODULE];
        if dry_run {
            return show(invocation, &engine::plan(&invocation.cx, &steps), Purpose::DryRun, Format::Text);
        }
        let results = repair::repair(&invocation.cx, &request(steps, Source::Repair, invocation), &mut notify_waiting)?;
        show(invocation, &results, Purpose::Repair, Format::Text)
    })
}

fn remove(global: &Global, dry_run: bool) -> Outcome {
    let privilege = if dry_run { Privilege::ReadOnly } else { Privilege::RequiresRoot("policy remove") };
    let nothing = "The module is not in the policy store.";
    with(global, privilege, None, |invocation| {
        if dry_run {
            let Removal { actions, failed } = removal::plan(&invocation.cx, &Receipt::of(&invocation.cx), &[MODULE]);
            if let Some(e) = failed.into_iter().next() {
                return Err(e.into());
            }
            let lines: Vec<String> = actions.iter().flat_map(|action| action.describe(invocation.cx.root)).collect();
            return tell(&lines, "would run", Some(nothing));
        }
        let removed = removal::remove_one(&invocation.cx, MODULE, LOCK_TIMEOUT, &mut notify_waiting)?;
        for problem in &removed.failed {
            print_error(problem);
        }
        tell(&removed.done, "done", removed.failed.is_empty().then_some(nothing))?;
        Ok(if removed.failed.is_empty() { exit::WELL } else { exit::ERROR })
    })
}
