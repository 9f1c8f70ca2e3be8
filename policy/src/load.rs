//! Brings a module into force: compiles it, installs it in one transaction, and assesses the rule again.

use host::fs::InRoot;
use host::process::clock::Clock;
use host::process::{Command, CommandRunner};
use host::{Dir, ReadError, Root};
use thiserror::Error;

use crate::assess::{RuleAssessment, RuleState, System, assess};
use crate::classify::Cause;
use crate::compile::{Compile, CompileError, Compiled, Format};
use crate::render::{RenderError, Sources};
use crate::spec::ModuleSpec;
use crate::transaction::{self, CommitError, Done, InstalledAt, StoreTarget, TransactionError};

/// A planned installation of a module. Nothing has been done yet.
#[derive(Debug, Clone)]
pub struct ModuleLoad {
    /// The module.
    pub spec: ModuleSpec,
    /// How it is compiled.
    pub compile: Compile,
    /// The store that it goes into.
    pub target: StoreTarget,
    /// What the store has of it now.
    pub present: InstalledAt,
}

/// A module was not brought into force.
#[derive(Debug, Error)]
pub enum LoadError {
    /// SELinux's configuration, the store or the compiled policy cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The module's sources cannot be made.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The module cannot be compiled.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// `semodule` failed.
    #[error(transparent)]
    Transaction(#[from] TransactionError),
}

impl From<CommitError> for LoadError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Files(e) => Self::Read(e.into()),
            CommitError::Transaction(e) => Self::Transaction(e),
        }
    }
}

impl ModuleLoad {
    /// Plans it for the system as assessed. The compiler's files go into `build_dir`. Only root may be able to write to
    /// that directory, or another module could be loaded in place of this one.
    ///
    /// # Errors
    /// [`RenderError`] if `spec` is not valid.
    pub fn plan(
        system: &System<'_>,
        spec: &ModuleSpec,
        assessment: &RuleAssessment,
        build_dir: &InRoot,
    ) -> Result<Self, RenderError> {
        let domain = assessment.domain.as_deref().unwrap_or(&spec.domain);
        let sources = Sources::render(spec, domain)?;
        let compile = Compile::plan(system.runner, system.root, &spec.name, &sources, build_dir);
        // The tools of an older root do not read a package of this machine's module version when they build the policy.
        let compile = if system.root.is_alternate() { compile.as_cil() } else { compile };
        Ok(Self {
            spec: spec.clone(),
            compile,
            target: assessment.target(system.root),
            present: InstalledAt::from(&assessment.module),
        })
    }

    /// Returns the transaction, if the module compiles as planned.
    #[must_use]
    pub fn command(&self, root: &Root) -> Command {
        self.target.install(&self.spec, root, &self.compile.file, &self.present)
    }

    /// Compiles the module in `build_dir`, which is the directory planned for.
    ///
    /// # Errors
    /// [`CompileError`] if a file cannot be written, or on Ctrl-C.
    pub fn compile(&self, runner: &CommandRunner<'_>, build_dir: &Dir) -> Result<Compiled, CompileError> {
        self.compile.run(runner, build_dir)
    }

    /// Installs the compiled module in one transaction. If this host's linker cannot read the package's version, the
    /// module is installed as CIL, which has no version.
    ///
    /// # Errors
    /// [`LoadError::Transaction`], or [`LoadError::Compile`] if the CIL source cannot be written.
    pub fn commit(
        &self,
        runner: &CommandRunner<'_>,
        root: &Root,
        clock: &dyn Clock,
        build_dir: &Dir,
        compiled: &Compiled,
    ) -> Result<Done, LoadError> {
        match self.transaction(runner, root, clock, &compiled.file) {
            Err(CommitError::Transaction(e)) if e.cause == Cause::PolicyVersion && compiled.format == Format::Pp => {
                let compiled = self.compile.as_cil().run(runner, build_dir)?;
                Ok(self.transaction(runner, root, clock, &compiled.file)?)
            }
            done => Ok(done?),
        }
    }

    fn transaction(
        &self,
        runner: &CommandRunner<'_>,
        root: &Root,
        clock: &dyn Clock,
        file: &InRoot,
    ) -> Result<Done, CommitError> {
        let command = self.target.install(&self.spec, root, file, &self.present);
        transaction::commit(runner, root, clock, &self.target, &command, &self.spec.name)
    }
}

/// Brings the rule of `spec` into force, if it is not and the module helps. Returns a new assessment, because exit
/// status 0 of `semodule` proves nothing.
///
/// `build_dir` is as for [`ModuleLoad::plan`]; the compiler's files are removed from it.
///
/// # Errors
/// [`LoadError`]. A failed transaction leaves the store as it was.
pub fn load(
    system: &System<'_>,
    clock: &dyn Clock,
    spec: &ModuleSpec,
    build_dir: &Dir,
) -> Result<RuleAssessment, LoadError> {
    let (mut committed, mut reloaded) = (false, false);
    loop {
        let assessment = assess(system, spec)?;
        match assessment.rule {
            // They would make another store.
            _ if assessment.tools_elsewhere.is_some() => return Ok(assessment),
            RuleState::Missing(_) if !committed => {
                let load = ModuleLoad::plan(system, spec, &assessment, build_dir.in_root())?;
                let done = load
                    .compile(system.runner, build_dir)
                    .map_err(LoadError::from)
                    .and_then(|compiled| load.commit(system.runner, system.root, clock, build_dir, &compiled));
                load.compile.clean(build_dir).map_err(CompileError::from)?;
                done?;
                committed = true;
            }
            // A commit of what the store already has takes seconds and changes nothing.
            RuleState::NotLoaded(_) | RuleState::NotBuilt(_) if !reloaded && !assessment.is_load_locked => {
                let target = assessment.target(system.root);
                let is_built = matches!(assessment.rule, RuleState::NotLoaded(_));
                let command = if is_built { target.reload() } else { target.rebuild() };
                transaction::commit(system.runner, system.root, clock, &target, &command, &spec.name)?;
                reloaded = true;
            }
            _ => return Ok(assessment),
        }
    }
}

#[cfg(test)]
mod tests;
