//! UEFI Secure Boot, and whether the kernel accepts unsigned modules.

use crate::Root;
use crate::error::FileError;

/// The variable of the UEFI specification (3.3, global variables): four bytes of attributes, then the value.
const VARIABLE: &str = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
/// The same variable in kernels before 3.8: the value alone.
const OLD_VARIABLE: &str = "/sys/firmware/efi/vars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c/data";
const SIG_ENFORCE: &str = "/sys/module/module/parameters/sig_enforce";
const LOCKDOWN: &str = "/sys/kernel/security/lockdown";

/// Returns whether Secure Boot is on; `false` if the firmware is not UEFI or has no such variable.
///
/// # Errors
/// [`FileError`] if the variable exists and cannot be read.
pub fn is_on(root: &Root) -> Result<bool, FileError> {
    for path in [VARIABLE, OLD_VARIABLE] {
        match root.read(path, 16) {
            Ok(bytes) => return Ok(bytes.last() == Some(&1)),
            Err(e) if e.is_missing() => {}
            Err(e) => return Err(e),
        }
    }
    Ok(false)
}

/// Returns the setting by which the kernel refuses unsigned modules: `module.sig_enforce`, or lockdown (`kernel_lockdown(7)`).
/// Returns `None` if it accepts them.
///
/// # Errors
/// [`FileError`] if a setting exists and cannot be read.
pub fn enforces_signatures(root: &Root) -> Result<Option<String>, FileError> {
    let text = |path: &str| match root.read(path, 256) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).trim().to_owned()),
        Err(e) if e.is_missing() => Ok(String::new()),
        Err(e) => Err(e),
    };
    if text(SIG_ENFORCE)? == "Y" {
        return Ok(Some("module.sig_enforce is on".into()));
    }
    let lockdown = text(LOCKDOWN)?;
    let chosen = lockdown.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map(|(chosen, _)| chosen);
    Ok(chosen.filter(|chosen| *chosen != "none").map(|chosen| format!("the kernel is locked down ({chosen})")))
}

#[cfg(test)]
mod tests;
