//! What this process is called by those who run it and read its log. The agent's profile says so; it is set once, at the start.

use std::sync::OnceLock;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The command, where no profile gives another.
pub const COMMAND: &str = "hostprep";

/// The identifier in the journal and in syslog, where no profile gives another.
pub const IDENT: &str = "cisco-hostprep";

static GIVEN: OnceLock<(String, String)> = OnceLock::new();

/// Sets the names for the rest of this process. Only the first call counts.
pub fn set(command: &str, ident: &str) {
    let _ = GIVEN.set((command.to_owned(), ident.to_owned()));
}

/// Returns the command that people type and that remedies name.
#[must_use]
pub fn command() -> &'static str {
    GIVEN.get().map_or(COMMAND, |(command, _)| command)
}

/// Returns the identifier in the journal and in syslog.
#[must_use]
pub fn ident() -> &'static str {
    GIVEN.get().map_or(IDENT, |(_, ident)| ident)
}

/// Returns the `MESSAGE_ID=` under which `ident` writes what has the id `base` of ours: 32 hexadecimal digits. It is ours for
/// [`IDENT`]. Others get one of their own, as `sd_id128_get_app_specific(3)` makes it, so that no two catalogs explain one entry.
#[must_use]
pub fn message_id(base: &str, ident: &str) -> String {
    if ident == IDENT {
        return base.to_owned();
    }
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(base.as_bytes()) else { return base.to_owned() };
    mac.update(ident.as_bytes());
    let digest = mac.finalize().into_bytes();
    let mut id: [u8; 16] = std::array::from_fn(|at| digest[at]);
    // A random UUID (RFC 9562).
    id[6] = id[6] & 0x0f | 0x40;
    id[8] = id[8] & 0x3f | 0x80;
    format!("{:032x}", u128::from_be_bytes(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_are_kept_and_each_other_ident_has_its_own() {
        const BASE: &str = "0123456789abcdef0123456789abcdef";
        assert_eq!(message_id(BASE, IDENT), BASE);
        let (acme, other) = (message_id(BASE, "acme-hostprep"), message_id(BASE, "other-hostprep"));
        assert!(acme != BASE && acme != other, "{acme} {other}");
        assert_eq!(acme, message_id(BASE, "acme-hostprep"));
        assert!(acme.len() == 32 && acme.chars().all(|c| c.is_ascii_hexdigit()), "{acme}");
        assert!(&acme[12..13] == "4" && "89ab".contains(&acme[16..17]), "{acme}");
    }
}
