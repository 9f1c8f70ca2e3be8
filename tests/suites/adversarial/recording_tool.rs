//! A tool that records how it was started and then does its real work.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::setup;
use tempfile::TempDir;

/// A spy in the place of `useradd`.
pub struct RecordingTool {
    place: TempDir,
}

const TOOL: &str = "/usr/sbin/useradd";

impl RecordingTool {
    pub fn new() -> Self {
        use std::os::unix::fs::PermissionsExt;
        let place = setup::open_tempdir();
        let real = fs::canonicalize(TOOL).unwrap();
        // Put there by other processes: a script that this one had open for writing might be inherited (ETXTBSY).
        setup::run(Command::new("cp").arg(real).arg(place.path().join("real")));
        let at = place.path().display();
        // First what the shell opens nothing for.
        let script = format!(
            "#!/bin/sh\nls -l /proc/$$/fd >'{at}/fds'\numask >'{at}/umask'\n\
             cat /proc/$$/environ >'{at}/environ'\npwd >'{at}/cwd'\nexec '{at}/real' \"$@\"\n"
        );
        fs::write(place.path().join("source"), script).unwrap();
        setup::run(Command::new("cp").arg(place.path().join("source")).arg(place.path().join("script")));
        fs::set_permissions(place.path().join("script"), fs::Permissions::from_mode(0o755)).unwrap();
        Self { place }
    }

    /// A shell line that puts it in the tool's place, for a mount namespace.
    pub fn mount(&self) -> String {
        format!("mount --bind '{}' {TOOL}", self.place.path().join("script").display())
    }

    /// Returns the calls recorded under this name.
    pub fn noted(&self, name: &str) -> String {
        let path: PathBuf = self.place.path().join(name);
        let bytes = fs::read(&path).unwrap_or_else(|e| panic!("the tool was not started: {}: {e}", path.display()));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// A shell that runs `arrange` in a mount namespace of its own and then becomes its arguments.
pub fn arranged(arrange: &str, program: &Path) -> Command {
    let mut command = crate::run::limited("unshare");
    command.args(["--mount", "/bin/sh", "-c", &format!("{arrange} || exit 99\nexec \"$@\""), "sh"]).arg(program);
    command
}
