//! The user that `systemd-sysusers` creates when an unbooted system boots: `docs/adr/0018-sysusers-is-the-second-way.md`.

use host::system::sysusers::{self, SysusersUser};

use crate::Error;
use crate::model::host_context::HostContext;

/// Returns the line of `sysusers.d` by which the system in the root creates the user at its next boot, as the profile requires it.
pub(super) fn created(cx: &HostContext, most: u32) -> Result<Option<SysusersUser>, Error> {
    if !cx.kind.is_unbooted() {
        return Ok(None);
    }
    let wanted = &cx.profile.scan_user;
    let is_as_required = |line: &SysusersUser| {
        line.uid.is_none_or(|uid| (1..=most).contains(&uid))
            && wanted.shells.iter().any(|shell| shell.as_path() == line.shell)
    };
    Ok(sysusers::at_next_boot(cx.root, &wanted.name)?.filter(is_as_required))
}
