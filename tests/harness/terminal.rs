//! A program on a pseudo terminal.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use nix::pty::{Winsize, openpty};

/// The key that interrupts.
pub const CTRL_C: &[u8] = b"\x03";

/// A program that runs on a terminal of 80 columns, with a session of its own, so that keys have their meaning.
#[derive(Debug)]
pub struct Terminal {
    child: Child,
    keyboard: File,
    screen: Arc<Mutex<Vec<u8>>>,
    readers: Vec<JoinHandle<()>>,
    piped: Arc<Mutex<Vec<u8>>>,
}

/// The result of a program on a terminal.
#[derive(Debug)]
pub struct Seen {
    /// The exit status; `None` where a signal ended it.
    pub code: Option<i32>,
    /// All that the terminal was sent.
    pub shown: String,
    /// The bytes in the pipe that replaced standard output, if there was one.
    pub piped: String,
}

impl Terminal {
    /// Starts `command` with everything on the terminal.
    #[must_use]
    pub fn start(command: &Command) -> Self {
        Self::open(command, false)
    }

    /// Starts `command` with standard output in a pipe and the rest on the terminal: `hostprep … | program`.
    #[must_use]
    pub fn start_piped(command: &Command) -> Self {
        Self::open(command, true)
    }

    fn open(command: &Command, pipe: bool) -> Self {
        let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(Some(&size), None).unwrap();
        // `env` becomes `command`; it leads no process group yet, so no fork is needed.
        let mut leader = Command::new("env");
        leader.args(["--default-signal", "setsid", "--ctty"]).arg(command.get_program()).args(command.get_args());
        for colours in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"] {
            leader.env_remove(colours);
        }
        leader.env("TERM", "xterm-256color");
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => leader.env(name, value),
                None => leader.env_remove(name),
            };
        }
        let end = |slave: &OwnedFd| Stdio::from(slave.try_clone().unwrap());
        leader.stdin(end(&pty.slave)).stdout(end(&pty.slave)).stderr(end(&pty.slave));
        if pipe {
            leader.stdout(Stdio::piped());
        }
        let mut child = leader.spawn().unwrap_or_else(|e| panic!("{leader:?}: {e}"));
        // Else the terminal would never end.
        drop((leader, pty.slave));
        let (screen, piped) = (Arc::default(), Arc::default());
        let mut readers = vec![follow(File::from(pty.master.try_clone().unwrap()), &screen)];
        readers.extend(child.stdout.take().map(|stdout| follow(stdout, &piped)));
        Self { child, keyboard: pty.master.into(), screen, readers, piped }
    }

    /// The process.
    #[must_use]
    pub fn id(&self) -> nix::unistd::Pid {
        nix::unistd::Pid::from_raw(self.child.id().cast_signed())
    }

    /// All that the terminal was sent so far.
    #[must_use]
    pub fn shown(&self) -> String {
        text(&self.screen)
    }

    /// Waits until the terminal was sent `text`.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        crate::wait_until(&format!("{text:?} is shown"), || self.shown().contains(text).then_some(()));
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &[u8]) {
        self.keyboard.write_all(keys).unwrap();
    }

    /// Waits for the program's end.
    #[must_use]
    #[track_caller]
    pub fn end(mut self) -> Seen {
        let status = crate::wait_until("the program ends", || self.child.try_wait().unwrap());
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        Seen { code: status.code(), shown: text(&self.screen), piped: text(&self.piped) }
    }
}

impl Drop for Terminal {
    /// A test that fails leaves nothing running.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn follow(mut from: impl Read + Send + 'static, into: &Arc<Mutex<Vec<u8>>>) -> JoinHandle<()> {
    let into = Arc::clone(into);
    std::thread::spawn(move || {
        let mut chunk = [0; 4096];
        // A terminal that the last process has left gives EIO.
        while let Ok(n @ 1..) = from.read(&mut chunk) {
            into.lock().unwrap().extend_from_slice(&chunk[..n]);
        }
    })
}

fn text(bytes: &Mutex<Vec<u8>>) -> String {
    String::from_utf8_lossy(&bytes.lock().unwrap()).into_owned()
}
