//! UEFI Secure Boot, and whether the kernel accepts unsigned modules.

use crate::Root;
use crate::error::FileError;
use crate::system::lockdown::Lockdown;

/// The variable of the UEFI specification (3.3, global variables): four bytes of attributes, then the value.
const VARIABLE: &str = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
/// The same variable in kernels before 3.8: the value alone.
const OLD_VARIABLE: &str = "/sys/firmware/efi/vars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c/data";
/// The state of shim (`mokutil --disable-validation`), as it tells the operating system.
const SHIM_VARIABLE: &str = "/sys/firmware/efi/efivars/MokSBStateRT-605dab50-e046-4300-abb6-3dd810dd8b23";
const OLD_SHIM_VARIABLE: &str = "/sys/firmware/efi/vars/MokSBStateRT-605dab50-e046-4300-abb6-3dd810dd8b23/data";
/// `EFI_VARIABLE_NON_VOLATILE`: whoever runs could have set the variable.
const NON_VOLATILE: u8 = 1;
const SIG_ENFORCE: &str = "/sys/module/module/parameters/sig_enforce";

/// Returns whether Secure Boot is on; `false` if the firmware is not UEFI or has no such variable, and if shim was told not to
/// validate: the kernel then counts it as off (`efi_get_secureboot`).
///
/// # Errors
/// [`FileError`] if the variable exists and cannot be read.
pub fn is_on(root: &Root) -> Result<bool, FileError> {
    let is_set = |variable: Option<Vec<u8>>| variable.is_some_and(|bytes| bytes.last() == Some(&1));
    let firmware = is_set(first(root, [VARIABLE, OLD_VARIABLE])?);
    Ok(firmware && !is_set(first(root, [SHIM_VARIABLE, OLD_SHIM_VARIABLE])?.filter(|bytes| !is_kept(bytes))))
}

/// Returns the content of the first of these variables that exists.
fn first(root: &Root, paths: [&str; 2]) -> Result<Option<Vec<u8>>, FileError> {
    for path in paths {
        match root.read(path, 16) {
            Ok(bytes) => return Ok(Some(bytes)),
            Err(e) if e.is_missing() => {}
            Err(e) => return Err(e),
        }
    }
    Ok(None)
}

/// Returns whether a variable with attributes is kept over a reboot. Shim's own is made anew by shim at each start.
fn is_kept(variable: &[u8]) -> bool {
    matches!(variable, [attributes, _, _, _, _] if attributes & NON_VOLATILE != 0)
}

/// Returns the setting by which the kernel refuses unsigned modules: `module.sig_enforce`, or lockdown (`kernel_lockdown(7)`).
/// Returns `None` if it accepts them.
///
/// # Errors
/// [`FileError`] if a setting exists and cannot be read.
pub fn enforces_signatures(root: &Root) -> Result<Option<String>, FileError> {
    let sig_enforce = match root.read(SIG_ENFORCE, 256) {
        Ok(bytes) => bytes,
        Err(e) if e.is_missing() => Vec::new(),
        Err(e) => return Err(e),
    };
    if sig_enforce.trim_ascii() == b"Y" {
        return Ok(Some("module.sig_enforce is on".into()));
    }
    let lockdown = Lockdown::of_running(root)?.filter(|level| *level != Lockdown::None);
    Ok(lockdown.map(|level| format!("the kernel is locked down ({})", level.as_str())))
}

#[cfg(test)]
mod tests;
