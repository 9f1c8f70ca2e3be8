//! Where people read more about a fault.

use faults::FaultId;
use serde::Deserialize;

use super::Profile;

const NUMBER: &str = "{number}";

/// Where people read more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Documentation {
    /// The address of the page about a fault, with `{number}` in the place of its number. Without one, it is the man page
    /// about all faults.
    pub fault_url: Option<String>,
}

impl Profile {
    /// Returns where more is written about the fault, for people: an address, or the command that shows the man page.
    #[must_use]
    pub fn page_about(&self, id: FaultId) -> String {
        self.documentation.url(&id.to_string()).unwrap_or_else(|| format!("man 7 {}-faults", self.names.command))
    }

    /// Returns where more is written about any fault, for people: NUMBER stands for that of the fault.
    #[must_use]
    pub fn pages_about_faults(&self) -> String {
        let page = || format!("`man 7 {}-faults`", self.names.command);
        self.documentation.url("NUMBER").unwrap_or_else(page)
    }

    /// As [`Profile::page_about`], as an address for programs; that of a man page is as in `Documentation=` of units
    /// (systemd.unit(5)).
    #[must_use]
    pub fn uri_about(&self, id: FaultId) -> String {
        self.documentation.url(&id.to_string()).unwrap_or_else(|| format!("man:{}-faults(7)", self.names.command))
    }
}

impl Documentation {
    fn url(&self, number: &str) -> Option<String> {
        Some(self.fault_url.as_ref()?.replace(NUMBER, number))
    }

    pub(super) fn validate(&self) -> Result<(), String> {
        let Some(url) = &self.fault_url else { return Ok(()) };
        let rest = url.strip_prefix("https://").unwrap_or_default();
        let is_plain = url.chars().all(|c| c.is_ascii_graphic() && !"\"'<>\\`".contains(c));
        let has_host = rest.starts_with(|c: char| c.is_ascii_alphanumeric());
        if is_plain && has_host && rest.contains(NUMBER) {
            return Ok(());
        }
        Err(format!("documentation.fault_url must be an https:// address with {NUMBER} in it, not {url:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(url: &str) -> Documentation {
        Documentation { fault_url: Some(url.to_owned()) }
    }

    #[test]
    fn a_fault_has_a_page() {
        let fault = FaultId::SELINUX_POLICY;
        let mut profile = Profile::built_in();
        assert_eq!(profile.page_about(fault), "man 7 hostprep-faults");
        assert_eq!(profile.uri_about(fault), "man:hostprep-faults(7)");
        assert_eq!(profile.pages_about_faults(), "`man 7 hostprep-faults`");
        profile.documentation = with("https://docs.example.com/{number}.html#fault-{number}");
        for place in [profile.page_about(fault), profile.uri_about(fault)] {
            assert_eq!(place, "https://docs.example.com/19.html#fault-19");
        }
        assert_eq!(profile.pages_about_faults(), "https://docs.example.com/NUMBER.html#fault-NUMBER");
    }

    #[test]
    fn an_address_is_one() {
        let refused = [
            "",
            "https://",
            "https:///fault-{number}",
            "http://docs.example.com/{number}",
            "https://docs.example.com/faults",
            "https://docs.example.com/{number} or so",
            "https://docs.example.com/{number}\u{1b}[2J",
            "https://docs.example.com/{number}'; reboot'",
            "file:///usr/share/doc/{number}",
        ];
        for url in refused {
            let error = with(url).validate().unwrap_err();
            assert!(error.contains("https://") && error.contains("{number}"), "{url:?}: {error}");
        }
        assert_eq!(with("https://docs.example.com/{number}").validate(), Ok(()));
        assert_eq!(Documentation::default().validate(), Ok(()));
    }
}
