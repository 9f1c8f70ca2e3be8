//! A policy store of which a transaction was cut short.

use policy::{InterruptedTransaction, SelinuxConfig};

use crate::Error;
use crate::model::host_context::HostContext;

/// Returns the configured store if a transaction of it was cut short.
///
/// # Errors
/// [`Error`] if SELinux's configuration or the store cannot be read.
pub(super) fn interrupted_store(cx: &HostContext) -> Result<Option<InterruptedTransaction>, Error> {
    match SelinuxConfig::read(cx.root)? {
        Some(config) => Ok(InterruptedTransaction::find(cx.root, &config.policy_type)?),
        None => Ok(None),
    }
}
