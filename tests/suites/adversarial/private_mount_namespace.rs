//! A scratch root as the system's own `/`, for what is done nowhere else: in a mount namespace of its own, with this machine's
//! programs.

use std::process::Command;

use harness::{ScratchRoot, program};

/// Binds files of this machine into the root; nothing writes to them.
const ARRANGE: &str = "R=$1; H=$2; shift 2
for name in bin sbin lib lib64; do mkdir -p $R/$name && mount --bind /$name $R/$name || exit 99; done
mkdir -p $R/usr $R/proc $R/dev && : >>$R/hostprep || exit 99
mount --bind /usr $R/usr && mount -o remount,ro,bind $R/usr && mount --bind /proc $R/proc || exit 99
mount -t tmpfs none $R/dev && : >$R/dev/null && mount --bind /dev/null $R/dev/null && mount --bind $H $R/hostprep || exit 99
exec chroot $R /hostprep \"$@\"";

/// The entries that it creates in the root.
pub const ARRANGED: &[&str] = &["/bin", "/sbin", "/lib", "/lib64", "/usr", "/proc", "/dev", "/hostprep"];

/// The program, in `root`; arguments are its own.
pub fn command(root: &ScratchRoot) -> Command {
    let mut command = crate::run::limited("unshare");
    command.args(["--mount", "/bin/sh", "-c", ARRANGE, "sh"]).arg(root.path()).arg(program::binary());
    command
}
