//! From sources to the file that `semodule` takes.
//!
//! A package is compiled on the host itself, for one made elsewhere may be in a version that its libsepol does not read.
//! `checkmodule` runs with `-M` always: seen with libsepol 3.4, a module made with or without it becomes the same CIL
//! and links into policies with and without levels. A package's optional block hangs on the attribute `cil_gen_require`,
//! which every base policy made from packages declares; into one written in CIL throughout only the CIL form goes.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use host::process::{Command, ProcessError, Processes, telling_line};
use host::{Dir, FileError};
use thiserror::Error;

use crate::render::Sources;

/// The form of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A policy package, made by `checkmodule` and `semodule_package`.
    Pp,
    /// The CIL source itself, which `semodule` compiles (libsemanage 2.4 and later).
    Cil,
}

/// A compilation as planned: nothing has been done yet.
#[derive(Debug, Clone)]
pub struct Compile {
    /// The form that it will make.
    pub format: Format,
    /// The file that `semodule` is to take. Its base name is the module's name, as `semodule` demands.
    pub file: PathBuf,
    /// The files that it writes first, with their content.
    pub writes: Vec<(PathBuf, String)>,
    /// What it runs, in order.
    pub commands: Vec<Command>,
    /// What is written in place of all that where it fails.
    cil: (PathBuf, String),
}

/// What was compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The form that it has, perhaps not the planned one.
    pub format: Format,
    /// The file that `semodule` is to take.
    pub file: PathBuf,
    /// Why it is CIL although the compiler is installed.
    pub fell_back: Option<String>,
}

/// Nothing could be compiled.
#[derive(Debug, Error)]
pub enum CompileError {
    /// The sources cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The compiler was interrupted.
    #[error(transparent)]
    Process(#[from] ProcessError),
}

impl Compile {
    /// Plans it for the programs that are installed: a package, or CIL where `checkmodule` or `semodule_package` is
    /// missing. `directory` is where the files go.
    #[must_use]
    pub fn plan(processes: &Processes<'_>, name: &str, sources: &Sources, directory: &Path) -> Self {
        let path = |extension: &str| directory.join(format!("{name}.{extension}"));
        let cil = (path("cil"), sources.cil.clone());
        if processes.find("checkmodule").is_none() || processes.find("semodule_package").is_none() {
            return Self {
                format: Format::Cil,
                file: path("cil"),
                writes: vec![cil.clone()],
                commands: Vec::new(),
                cil,
            };
        }
        let (te, module, package) = (path("te"), path("mod"), path("pp"));
        let commands = vec![
            Command::new("checkmodule").args(["-M", "-m", "-o"]).arg(&module).arg(&te),
            Command::new("semodule_package").arg("-o").arg(&package).arg("-m").arg(&module),
        ];
        Self { format: Format::Pp, file: package, writes: vec![(te, sources.te.clone())], commands, cil }
    }

    /// The same as CIL, for a `semodule` that could not read the package ([`crate::Cause::PolicyVersion`]).
    #[must_use]
    pub fn as_cil(&self) -> Self {
        let cil = self.cil.clone();
        Self { format: Format::Cil, file: cil.0.clone(), writes: vec![cil.clone()], commands: Vec::new(), cil }
    }

    /// Does it. `directory` is the one planned for, opened. Where the compiler fails, the CIL source takes its place.
    ///
    /// # Errors
    /// [`CompileError`] where a file cannot be written or somebody interrupts.
    pub fn run(&self, processes: &Processes<'_>, directory: &Dir) -> Result<Compiled, CompileError> {
        self.clean(directory)?;
        for (path, content) in &self.writes {
            write(directory, path, content)?;
        }
        let mut fell_back = None;
        for command in &self.commands {
            match processes.run(command) {
                Ok(_) => {}
                Err(e @ ProcessError::Interrupted { .. }) => return Err(e.into()),
                Err(e) => {
                    fell_back = Some(told(&e));
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

    /// Removes every file that it may have made.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn clean(&self, directory: &Dir) -> Result<(), FileError> {
        for extension in ["te", "mod", "pp", "cil"] {
            directory.unlink(file_name(&self.file.with_extension(extension)))?;
        }
        Ok(())
    }
}

/// The error with the line that tells most: the last one, which the error itself shows, seldom does.
fn told(error: &ProcessError) -> String {
    let shown = error.to_string();
    match telling_line(error.stderr()) {
        Some(line) if !shown.contains(line) => format!("{shown} ({line})"),
        _ => shown,
    }
}

fn write(directory: &Dir, path: &Path, content: &str) -> Result<(), FileError> {
    directory.replace(file_name(path), content.as_bytes(), 0o644)
}

fn file_name(path: &Path) -> OsString {
    path.file_name().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
