//! QEMU with one guest, and an administrator's session in it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::setup;

/// Generous: an emulator on a busy machine.
const BOOT: Duration = Duration::from_secs(400);
const MOMENT: Duration = Duration::from_secs(60);
const KERNEL_SPEAKS: Duration = Duration::from_secs(20);

/// The image that a guest boots.
#[derive(Debug, Clone)]
pub struct Image {
    /// The output directory of `tests/vm/image.sh`.
    pub directory: PathBuf,
    /// `kvm`, where a guest really boots with it, else `tcg`.
    pub accelerator: &'static str,
    /// Whether it boots permissive and enforces later, because its policy does not fit the layout of its files.
    pub enforces_late: bool,
}

impl Image {
    /// Looks whether KVM works: there are machines where it opens, and then hangs.
    #[must_use]
    pub fn in_directory(directory: PathBuf, enforces_late: bool) -> Self {
        let mut image = Self { directory, accelerator: "kvm", enforces_late };
        if !Path::new("/dev/kvm").exists() || !image.kernel_speaks() {
            image.accelerator = "tcg";
        }
        image
    }

    fn kernel_speaks(&self) -> bool {
        let mut command = self.qemu(FIRST_KERNEL, "console=ttyS0 panic=-1");
        command.args(["-serial", "stdio", "-monitor", "none", "-no-reboot"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let Ok(mut child) = command.spawn() else { return false };
        let mut console = child.stdout.take().expect("it was piped");
        let (send, received) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut byte = [0];
            send.send(console.read(&mut byte).is_ok_and(|read| read == 1)).ok();
        });
        let spoke = received.recv_timeout(KERNEL_SPEAKS).unwrap_or(false);
        child.kill().ok();
        child.wait().ok();
        spoke
    }

    /// Returns the command without disks and consoles.
    fn qemu(&self, kernel: &str, kernel_line: &str) -> Command {
        let cpu = if self.accelerator == "kvm" { "host" } else { "max" };
        // Whatever ends this program, ends QEMU.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "qemu-system-x86_64"]);
        command.args(["-accel", self.accelerator, "-cpu", cpu, "-smp", "1", "-m", "2048"]);
        command.args(["-display", "none", "-net", "none"]);
        let kernels = if kernel == FIRST_KERNEL { self.directory.clone() } else { self.directory.join(kernel) };
        command.arg("-kernel").arg(kernels.join("vmlinuz")).arg("-initrd").arg(kernels.join("initrd.img"));
        command.args(["-append", kernel_line]);
        command
    }

    /// Returns the command with both disks as snapshots and the console at `serial`.
    #[must_use]
    pub fn guest(&self, seed: &Path, boot: &str, serial: &str) -> Command {
        let disk = format!("file={},snapshot=on", self.directory.join("disk.img").display());
        self.guest_with(FIRST_KERNEL, &disk, seed, boot, serial)
    }

    fn guest_with(&self, kernel: &str, disk: &str, seed: &Path, boot: &str, serial: &str) -> Command {
        // systemd gives a serial line up after 90 seconds, which newer ones need for their devices in an emulator on a busy machine.
        let wait = format!("systemd.default_device_timeout_sec={}", BOOT.as_secs());
        let line = format!("root=/dev/vda rw console=ttyS0 security=selinux selinux=1 audit=1 panic=5 quiet {wait}");
        let late = if self.enforces_late { "enforcing=0" } else { "" };
        let mut command = self.qemu(kernel, &format!("{line} {late} {boot}"));
        for disk in [disk, &format!("file={},snapshot=on", seed.display())] {
            command.args(["-drive", &format!("{disk},format=raw,if=virtio")]);
        }
        command.args(["-serial", serial]);
        command
    }
}

/// The image's usual kernel, as the `kernels` of a scenario name it; others have a directory of their name in the image.
const FIRST_KERNEL: &str = "first";

/// A running guest; it is ended when this is dropped.
#[derive(Debug)]
pub struct Machine {
    child: Child,
    agent: BufReader<UnixStream>,
    place: TempDir,
    enforces_late: bool,
    boot: String,
    /// The agent's first line: kernel and context.
    pub greeting: String,
}

/// A command's output and status.
#[derive(Debug)]
pub struct Answer {
    /// Its output's lines.
    pub lines: Vec<String>,
    /// Its exit status.
    pub status: String,
}

impl Machine {
    /// Boots and waits for the agent. With `keep`, the guest has a copy of the disk, and may be rebooted with another kernel.
    ///
    /// # Errors
    /// A line that says what did not happen.
    pub fn boot(image: &Image, seed: &Path, boot: &str, keep: bool) -> Result<Self, String> {
        let place = setup::open_tempdir();
        if keep {
            let mut copy = Command::new("cp");
            copy.args(["--sparse=always", "--reflink=auto"]).arg(image.directory.join("disk.img"));
            setup::run(copy.arg(place.path().join("disk.img")));
        }
        let (child, agent) = start(image, seed, boot, FIRST_KERNEL, &place)?;
        let (boot, greeting) = (boot.to_owned(), String::new());
        let mut machine = Self { child, agent, place, enforces_late: image.enforces_late, boot, greeting };
        machine.wait_until_ready()?;
        Ok(machine)
    }

    fn wait_until_ready(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + BOOT;
        loop {
            let line = self.line(deadline).map_err(|e| format!("the guest did not boot: {e}{}", self.console()))?;
            if let Some(greeting) = line.strip_prefix("= ready ") {
                greeting.clone_into(&mut self.greeting);
                break;
            }
        }
        if self.enforces_late && self.run("setenforce 1", MOMENT)?.status != "0" {
            return Err("the guest does not want to enforce".into());
        }
        Ok(())
    }

    fn console(&self) -> String {
        let text = std::fs::read(self.place.path().join("console")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().rev().take(5).collect();
        lines.iter().rev().map(|line| format!("\n    {line}")).collect()
    }

    fn line(&mut self, deadline: Instant) -> Result<String, String> {
        let mut line = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err("it took too long".into());
            }
            self.agent.get_ref().set_read_timeout(Some(left)).map_err(|e| e.to_string())?;
            match self.agent.read_until(b'\n', &mut line) {
                Ok(0) => return Err("QEMU ended".into()),
                Ok(_) => return Ok(String::from_utf8_lossy(&line).trim_end().to_owned()),
                Err(e) if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::Interrupted) => {}
                Err(e) => return Err(e.to_string()),
            }
        }
    }

    /// Runs a line of shell text as the guest's administrator.
    ///
    /// # Errors
    /// A line that says what did not happen.
    pub fn run(&mut self, command: &str, limit: Duration) -> Result<Answer, String> {
        let deadline = Instant::now() + limit;
        self.say(command)?;
        let mut lines = Vec::new();
        loop {
            let line = self.line(deadline).map_err(|e| format!("{command}: {e}{}", self.console()))?;
            match (line.strip_prefix("= "), line.strip_prefix("| ")) {
                (Some(status), _) => return Ok(Answer { lines, status: status.to_owned() }),
                (None, Some(said)) => lines.push(said.to_owned()),
                (None, None) => {}
            }
        }
    }

    /// Reboots the guest without changing its disk.
    ///
    /// # Errors
    /// A line that says what failed.
    pub fn reboot(&mut self) -> Result<(), String> {
        self.say("systemctl reboot")?;
        self.wait_until_ready()
    }

    /// Reboots a guest that has a copy of the disk with another kernel of the image.
    ///
    /// # Errors
    /// A line that says what failed.
    pub fn reboot_with(&mut self, image: &Image, seed: &Path, kernel: &str) -> Result<(), String> {
        self.say("systemctl reboot")?;
        let deadline = Instant::now() + BOOT;
        while self.child.try_wait().map_err(|e| e.to_string())?.is_none() {
            if Instant::now() > deadline {
                return Err(format!("the guest does not go down{}", self.console()));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        (self.child, self.agent) = start(image, seed, &self.boot, kernel, &self.place)?;
        self.wait_until_ready()
    }

    fn say(&mut self, command: &str) -> Result<(), String> {
        self.agent.get_mut().write_all(format!("{command}\n").as_bytes()).map_err(|e| format!("{command}: {e}"))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Starts QEMU with its console, agent and messages in `place`, and with the copy of the disk that is there, if there is one.
fn start(
    image: &Image,
    seed: &Path,
    boot: &str,
    kernel: &str,
    place: &TempDir,
) -> Result<(Child, BufReader<UnixStream>), String> {
    let at = |name: &str| place.path().join(name);
    let console = format!("file:{}", at("console").display());
    let mut command = if at("disk.img").exists() {
        // The copy is thrown away with the guest: nothing waits for it to be on the real disk.
        let disk = format!("file={},cache=unsafe", at("disk.img").display());
        let mut command = image.guest_with(kernel, &disk, seed, boot, &console);
        command.arg("-no-reboot");
        command
    } else {
        image.guest(seed, boot, &console)
    };
    command.args(["-serial", &format!("unix:{},server=on,wait=off", at("agent").display()), "-monitor", "none"]);
    let _ = std::fs::remove_file(at("agent"));
    let errors = File::create(at("qemu")).map_err(|e| e.to_string())?;
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors).spawn();
    let mut child = child.map_err(|e| format!("qemu-system-x86_64: {e}"))?;
    match connect(&at("agent")) {
        Ok(agent) => Ok((child, BufReader::new(agent))),
        Err(e) => {
            child.kill().ok();
            child.wait().ok();
            Err(format!("{e}; {}", std::fs::read_to_string(at("qemu")).unwrap_or_default()))
        }
    }
}

fn connect(socket: &Path) -> Result<UnixStream, String> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        match UnixStream::connect(socket) {
            Ok(stream) => return Ok(stream),
            Err(e) if Instant::now() > deadline => return Err(format!("QEMU did not start: {e}")),
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}
