//! UEFI Secure Boot, and whether the kernel takes modules that nobody signed.

use crate::Root;
use crate::error::FileError;

/// The variable of the UEFI specification (3.3, global variables): four bytes of attributes, then the value.
const VARIABLE: &str = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
/// The same as kernels before 3.8 show it: the value alone.
const OLD_VARIABLE: &str = "/sys/firmware/efi/vars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c/data";
const SIG_ENFORCE: &str = "/sys/module/module/parameters/sig_enforce";
const LOCKDOWN: &str = "/sys/kernel/security/lockdown";

/// Whether Secure Boot is on; `false` too where the firmware is no UEFI or does not say.
///
/// # Errors
/// [`FileError`] where the variable is there and cannot be read.
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

/// What makes the kernel refuse modules that nobody signed (`module.sig_enforce`, or lockdown: `kernel_lockdown(7)`);
/// `None` where nothing does.
///
/// # Errors
/// [`FileError`] where a setting is there and cannot be read.
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
