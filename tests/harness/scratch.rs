//! A root directory with real files, in a temporary directory, for the program to work in.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::program::{Caller, Run, binary, run_hostprep, run_hostprep_as_ordinary_user};
use crate::setup;
use crate::snapshot::Snapshot;

/// Debian 12's first kernel release, which the kernels of scratch roots are named after.
pub const KERNEL: &str = "6.1.0-18-amd64";

/// The last kernel of Enterprise Linux 7, where the connector has kernel modules.
const EL7_KERNEL: &str = "3.10.0-1160.el7.x86_64";

/// Returns a kernel that the connector supports on a distribution.
fn kernel_of(distribution: &str) -> &'static str {
    if ["rhel-7", "centos-7", "oracle-7", "clearos-7"].contains(&distribution) { EL7_KERNEL } else { KERNEL }
}

/// A scratch root. Paths are those that the prepared system would use.
#[derive(Debug)]
pub struct ScratchRoot {
    place: TempDir,
    path: PathBuf,
}

/// The first line of the configuration of the kernel that each root has.
const EVERY_ROOTS: &str = "# The kernel of every scratch root\n";

const OUTSIDE: &[u8] = b"not in the root\n";

impl ScratchRoot {
    /// A root with the accounts and login.defs of a Debian base system, the os-release of `distribution` (a file under
    /// `tests/fixtures/os-release`), a nologin shell, a kernel that the connector supports there,
    /// and no SELinux.
    #[must_use]
    pub fn of(distribution: &str) -> Self {
        Self::within(setup::open_tempdir(), distribution)
    }

    /// Creates the same root in memory, for tests that need many roots and lose no disk.
    #[must_use]
    pub fn in_memory(distribution: &str) -> Self {
        Self::within(setup::open_tempdir_in_memory(), distribution)
    }

    /// A root with an empty `/etc` and nothing else. Next to the root is a file that nothing may touch; see
    /// [`Self::expect_nothing_outside`].
    #[must_use]
    pub fn empty() -> Self {
        let place = setup::open_tempdir();
        let path = place.path().join("root");
        fs::write(place.path().join("outside"), OUTSIDE).unwrap();
        fs::create_dir_all(path.join("etc")).unwrap();
        Self { place, path }
    }

    /// Fails the test where something next to an [`Self::empty`] root was added, removed or written to.
    #[track_caller]
    pub fn expect_nothing_outside(&self) {
        let entries = fs::read_dir(self.place.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["outside", "root"]);
        assert_eq!(fs::read(self.place.path().join("outside")).unwrap(), OUTSIDE);
    }

    /// Wraps the existing tree in `place`.
    pub fn existing(place: TempDir) -> Self {
        let path = place.path().to_owned();
        Self { place, path }
    }

    fn within(place: TempDir, distribution: &str) -> Self {
        let root = Self::existing(place);
        for name in ["passwd", "group", "shadow", "gshadow"] {
            root.copy(&setup::fixture(&format!("accounts/{name}")), &format!("/etc/{name}"));
        }
        root.mode("/etc/shadow", 0o640).mode("/etc/gshadow", 0o640);
        root.copy(&setup::fixture("login.defs/debian-12"), "/etc/login.defs");
        root.copy(&setup::fixture(&format!("os-release/{distribution}")), "/etc/os-release");
        root.file("/usr/sbin/nologin", "").mode("/usr/sbin/nologin", 0o755);
        root.dir("/opt", 0o755);
        root.give_kernel(kernel_of(distribution));
        root
    }

    /// Installs the kernel that each root has.
    pub(crate) fn give_kernel(&self, release: &str) {
        self.kernel(release, true);
        let config = format!("/boot/config-{release}");
        self.file(&config, format!("{EVERY_ROOTS}{}", self.text(&config)));
    }

    /// Removes the kernel that each root has.
    pub fn without_kernel(&self) -> &Self {
        for release in [KERNEL, EL7_KERNEL] {
            let config = format!("/boot/config-{release}");
            if fs::read_to_string(self.at(&config)).is_ok_and(|text| text.starts_with(EVERY_ROOTS)) {
                self.remove(&config)
                    .remove(&format!("/boot/vmlinuz-{release}"))
                    .remove(&format!("/lib/modules/{release}"));
            }
        }
        self
    }

    /// The root directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `inside` as this process would name it.
    #[must_use]
    pub fn at(&self, inside: &str) -> PathBuf {
        self.path().join(inside.trim_start_matches('/'))
    }

    /// Copies the content of a file of this machine.
    fn copy(&self, from: &Path, inside: &str) -> &Self {
        let bytes = fs::read(from).unwrap_or_else(|e| panic!("{}: {e}", from.display()));
        self.file(inside, bytes)
    }

    /// Makes or overwrites a file of mode 0644, and the directories above it.
    pub fn file(&self, inside: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.at(inside);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        self.mode(inside, 0o644)
    }

    /// Creates a program that can be run at once; its mode is 0755.
    pub fn executable(&self, inside: &str, content: impl AsRef<[u8]>) -> &Self {
        setup::executable(&self.at(inside), content);
        self
    }

    /// Creates a directory if it is missing, and sets exactly this mode.
    pub fn dir(&self, inside: &str, mode: u32) -> &Self {
        fs::create_dir_all(self.at(inside)).unwrap();
        self.mode(inside, mode)
    }

    /// Makes a symbolic link.
    pub fn link(&self, inside: &str, target: impl AsRef<Path>) -> &Self {
        let path = self.at(inside);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
        self
    }

    /// Changes a mode.
    pub fn mode(&self, inside: &str, mode: u32) -> &Self {
        fs::set_permissions(self.at(inside), fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    /// Removes a file, a link or a whole directory.
    pub fn remove(&self, inside: &str) -> &Self {
        let path = self.at(inside);
        let is_dir = fs::symlink_metadata(&path).is_ok_and(|found| found.is_dir());
        if is_dir { fs::remove_dir_all(&path) } else { fs::remove_file(&path) }
            .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        self
    }

    /// The text of a file.
    #[must_use]
    #[track_caller]
    pub fn text(&self, inside: &str) -> String {
        fs::read_to_string(self.at(inside)).unwrap_or_else(|e| panic!("{inside}: {e}"))
    }

    /// The line of a user or group in `/etc/passwd`, `/etc/group`, …, in its fields.
    #[must_use]
    pub fn account(&self, file: &str, name: &str) -> Option<Vec<String>> {
        let text = self.text(&format!("/etc/{file}"));
        let fields = |line: &str| line.split(':').map(str::to_owned).collect::<Vec<_>>();
        text.lines().map(fields).find(|fields| fields[0] == name)
    }

    /// Adds a line to one of the account files.
    pub fn add_account(&self, file: &str, line: &str) -> &Self {
        let path = format!("/etc/{file}");
        let mode = fs::metadata(self.at(&path)).unwrap().permissions().mode();
        self.file(&path, format!("{}{line}\n", self.text(&path))).mode(&path, mode & 0o7777)
    }

    /// Puts the content in `/etc/login.defs`, with a modification time in the past and, where the file system has
    /// them, an extended attribute.
    pub fn login_defs(&self, content: &str) -> &Self {
        self.file("/etc/login.defs", content).aged("/etc/login.defs")
    }

    /// Gives a file a modification time in the past, to the nanosecond, and an extended attribute.
    pub fn aged(&self, inside: &str) -> &Self {
        let path = self.at(inside);
        let _ = xattr::set(&path, "user.hostprep-test", b"kept");
        let past = std::time::UNIX_EPOCH + std::time::Duration::new(1_709_210_096, 123_456_789);
        fs::File::options().append(true).open(&path).unwrap().set_modified(past).unwrap();
        self
    }

    /// Installs a kernel without headers, in the place of the one that each root has; `btf` is what its configuration says.
    pub fn kernel(&self, release: &str, btf: bool) -> &Self {
        self.without_kernel();
        let option = if btf { "CONFIG_DEBUG_INFO_BTF=y" } else { "# CONFIG_DEBUG_INFO_BTF is not set" };
        let ebpf = "CONFIG_BPF_SYSCALL=y\nCONFIG_BPF_JIT=y\nCONFIG_KPROBES=y\nCONFIG_BPF_EVENTS=y\n";
        self.file(&format!("/boot/vmlinuz-{release}"), "")
            .file(&format!("/boot/config-{release}"), format!("CONFIG_BPF=y\n{ebpf}{option}\n"))
            .file(&format!("/lib/modules/{release}/modules.dep"), "")
    }

    /// Installs headers of a kernel, as far as they are looked at.
    pub fn headers(&self, release: &str) -> &Self {
        let build = format!("/lib/modules/{release}/build");
        self.file(&format!("{build}/Makefile"), "")
            .file(&format!("{build}/include/generated/autoconf.h"), "")
            .file(&format!("{build}/include/generated/utsrelease.h"), format!("#define UTS_RELEASE \"{release}\"\n"))
    }

    /// Copies a real policy store and its configuration in: SELinux is then configured as enforcing. It has only those
    /// modules that the base policy needs, so that a transaction takes a second.
    pub fn policy_store(&self) -> &Self {
        self.copy_store("core")
    }

    /// Creates the same store with all modules of the distribution's policy; a transaction takes five seconds.
    pub fn whole_policy_store(&self) -> &Self {
        self.copy_store("root")
    }

    fn copy_store(&self, name: &str) -> &Self {
        let mut copy = Command::new("cp");
        // Not the owner: the store may be another user's.
        copy.args(["-R", "--reflink=auto", "--preserve=mode,timestamps"]);
        setup::run(copy.arg(setup::policy_stores().join(name).join(".")).arg(self.path()));
        self
    }

    /// Makes a policy store of the type `small` by the real `semodule`, as an administrator would, and configures it as
    /// enforcing: a transaction takes milliseconds there.
    pub fn small_policy_store(&self) -> &Self {
        self.file("/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=small\n");
        self.copy(Path::new("/etc/selinux/semanage.conf"), "/etc/selinux/semanage.conf");
        self.dir("/etc/selinux/small/contexts/files", 0o755).dir("/etc/selinux/small/policy", 0o755);
        self.dir("/var/lib/selinux", 0o755);
        let mut semodule = Caller::Root.command("semodule");
        semodule.arg("-p").arg(self.path()).args(["-n", "-s", "small", "-X", "100", "-i"]);
        setup::run(semodule.arg(setup::fixture("policy/small_base.cil")));
        self
    }

    /// The policy type that is configured (`SELINUXTYPE`).
    #[must_use]
    pub fn policy_type(&self) -> String {
        let config = self.text("/etc/selinux/config");
        config.lines().find_map(|line| line.strip_prefix("SELINUXTYPE=")).unwrap().to_owned()
    }

    /// The modules of the store as the real `semodule` lists them: `300 cisco-secure-bpf cil disabled`.
    #[must_use]
    pub fn modules(&self) -> Vec<String> {
        let mut list = Caller::Root.command("semodule");
        let list = setup::run(list.arg("-p").arg(self.path()).args(["-s", &self.policy_type(), "-lfull"]));
        list.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    /// Everything that can be known of the tree now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(self.path())
    }

    /// `--root` and this root, then the arguments `args`: behind the words of a hook it would be one of them.
    pub fn args<'a>(&'a self, args: &'a [&'a str]) -> impl Iterator<Item = &'a OsStr> {
        [OsStr::new("--root"), self.path().as_os_str()].into_iter().chain(args.iter().map(OsStr::new))
    }

    /// Runs the built program as root on this root.
    #[must_use]
    pub fn hostprep(&self, args: &[&str]) -> Run {
        run_hostprep(self.args(args))
    }

    /// Runs the built program as root on this root, where these programs of the building host are hidden from it.
    #[must_use]
    pub fn hostprep_without(&self, hidden: &[&str], args: &[&str]) -> Run {
        Run::of(Caller::Root.without(hidden, binary()).args(self.args(args)))
    }

    /// Runs the built program on this root as an ordinary user.
    #[must_use]
    pub fn hostprep_as_ordinary_user(&self, args: &[&str]) -> Run {
        run_hostprep_as_ordinary_user(self.args(args))
    }
}
