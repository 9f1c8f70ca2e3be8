//! Compiles the sources into the file that `semodule` installs.
//!
//! A package is compiled on the host itself: one built elsewhere may have a version that this host's libsepol cannot
//! read. `checkmodule` always runs with `-M`: seen with libsepol 3.4, a module built with or without it becomes the
//! same CIL and links into policies with and without levels. A package's optional block depends on the attribute
//! `cil_gen_require`, which every base policy built from packages declares; a base policy written entirely in CIL
//! accepts only the CIL form.

use std::ffi::OsString;

use host::fs::InRoot;
use host::process::{Command, CommandRunner, ProcessError};
use host::{Dir, FileError, InsideText, Root};
use thiserror::Error;

use crate::render::Sources;

/// The format of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A policy package, built by `checkmodule` and `semodule_package`.
    Pp,
    /// The CIL source itself, which `semodule` compiles (libsemanage 2.4 and later).
    Cil,
}

/// A planned compilation. Nothing has been done yet.
#[derive(Debug, Clone)]
pub struct Compile {
    /// The format that it produces.
    pub format: Format,
    /// The file for `semodule`. Its base name is the module's name, as `semodule` requires.
    pub file: InRoot,
    /// The files that are written first, with their content.
    pub writes: Vec<(InRoot, String)>,
    /// The commands that are then run, in order.
    pub commands: Vec<Command>,
    /// The file that is written instead if a command fails.
    cil: (InRoot, String),
}

/// A compiled module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// Its format, which may differ from the planned one.
    pub format: Format,
    /// The file for `semodule`.
    pub file: InRoot,
    /// Why it is CIL although the compiler is installed; `None` if it was compiled as planned.
    pub fell_back: Option<String>,
}

/// The module could not be compiled.
#[derive(Debug, Error)]
pub enum CompileError {
    /// The sources cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The compiler was interrupted.
    #[error(transparent)]
    Process(#[from] ProcessError),
}

impl InsideText for CompileError {
    fn inside_text(&self, root: &Root) -> String {
        match self {
            Self::File(error) => error.inside_text(root),
            Self::Process(error) => error.inside_text(root),
        }
    }
}

impl Compile {
    /// Plans a package, or CIL if `checkmodule` or `semodule_package` is not installed. The files go into `directory`.
    #[must_use]
    pub fn plan(runner: &CommandRunner<'_>, root: &Root, name: &str, sources: &Sources, directory: &InRoot) -> Self {
        let path = |extension: &str| directory.join(format!("{name}.{extension}"));
        let cil = (path("cil"), sources.cil.clone());
        let has_compiler = || runner.find("checkmodule").is_some() && runner.find("semodule_package").is_some();
        let Some(source) = sources.te.clone().filter(|_| has_compiler()) else {
            return Self {
                format: Format::Cil,
                file: path("cil"),
                writes: vec![cil.clone()],
                commands: Vec::new(),
                cil,
            };
        };
        let (te, module, package) = (path("te"), path("mod"), path("pp"));
        let commands = vec![
            Command::new("checkmodule").args(["-M", "-m", "-o"]).path(root, &module).path(root, &te),
            Command::new("semodule_package").arg("-o").path(root, &package).arg("-m").path(root, &module),
        ];
        Self { format: Format::Pp, file: package, writes: vec![(te, source)], commands, cil }
    }

    /// Returns the same module as CIL, for a `semodule` that cannot read the package ([`crate::Cause::PolicyVersion`]).
    #[must_use]
    pub fn as_cil(&self) -> Self {
        let cil = self.cil.clone();
        Self { format: Format::Cil, file: cil.0.clone(), writes: vec![cil.clone()], commands: Vec::new(), cil }
    }

    /// Compiles the module in `directory`, which is the directory planned for. If the compiler fails, the CIL source is
    /// used.
    ///
    /// # Errors
    /// [`CompileError`] if a file cannot be written, or on Ctrl-C.
    pub fn run(&self, runner: &CommandRunner<'_>, directory: &Dir) -> Result<Compiled, CompileError> {
        self.clean(directory)?;
        for (path, content) in &self.writes {
            write(directory, path, content)?;
        }
        let mut fell_back = None;
        for command in &self.commands {
            match runner.run(command) {
                Ok(_) => {}
                Err(e @ ProcessError::Interrupted { .. }) => return Err(e.into()),
                Err(e) => {
                    fell_back = Some(e.to_string());
                    break;
                }
            }
        }
        if fell_back.is_none() {
            return Ok(Compiled { format: self.format, file: self.file.clone(), fell_back });
        }
        let (file, source) = &self.cil;
        write(directory, file, source)?;
        Ok(Compiled { format: Format::Cil, file: file.clone(), fell_back })
    }

    /// Removes every file that [`Compile::run`] may have created.
    ///
    /// # Errors
    /// [`FileError`] if a file cannot be removed.
    pub fn clean(&self, directory: &Dir) -> Result<(), FileError> {
        for extension in ["te", "mod", "pp", "cil"] {
            directory.unlink(file_name(&self.file.with_extension(extension)))?;
        }
        Ok(())
    }
}

fn write(directory: &Dir, path: &InRoot, content: &str) -> Result<(), FileError> {
    directory.replace(file_name(path), content.as_bytes(), 0o644)
}

fn file_name(path: &InRoot) -> OsString {
    path.file_name().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
