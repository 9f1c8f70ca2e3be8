//! Replaces host names and addresses, each by the same word everywhere, so that what belongs together is still seen.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Names that every host has.
const COMMON_NAMES: [&str; 2] = ["localhost", "localdomain"];

/// The letters behind a backslash in JSON.
const ESCAPES: [char; 5] = ['b', 'f', 'n', 'r', 't'];

/// A redaction of one bundle.
#[derive(Debug, Default)]
pub struct Redaction {
    /// The host's own names, without their domains.
    names: Vec<String>,
    /// The domains of these names.
    domains: Vec<String>,
    words: HashMap<String, String>,
    /// How many words of each kind there are.
    counts: HashMap<&'static str, usize>,
}

impl Redaction {
    /// Redacts for the host with these names, each with or without a domain, and these domains.
    pub fn of(names: impl IntoIterator<Item = String>, domains: impl IntoIterator<Item = String>) -> Self {
        // Others would take away a word of every text, or a number of JSON.
        let is_telling =
            |name: &str| !COMMON_NAMES.contains(&name) && name.bytes().any(|byte| byte.is_ascii_alphabetic());
        let mut redaction = Self::default();
        for name in names {
            let name = name.to_lowercase();
            let (short, domain) = name.split_once('.').unwrap_or((&name, ""));
            redaction.names.extend(is_telling(short).then(|| short.to_owned()));
            redaction.domains.extend(is_telling(domain).then(|| domain.to_owned()));
        }
        let domains = domains.into_iter().map(|domain| domain.trim_matches('.').to_lowercase());
        redaction.domains.extend(domains.filter(|domain| is_telling(domain)));
        redaction
    }

    /// Returns `text` with other words for host names in the host's domains, IP addresses and hardware addresses.
    pub fn apply(&mut self, text: &str) -> String {
        let mut redacted = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(is_part) {
            // `\n` in JSON: the letter is not the beginning of a word.
            let escape = usize::from(rest[..start].ends_with('\\') && rest[start..].starts_with(ESCAPES));
            let (before, from) = rest.split_at(start + escape);
            let end = from.find(|c| !is_part(c)).unwrap_or(from.len());
            let (word, after) = from.split_at(end);
            redacted += before;
            redacted += &self.word(word);
            rest = after;
        }
        redacted + rest
    }

    /// Replaces a run of characters that names and addresses have. Punctuation around it stays, and so does a port.
    fn word(&mut self, word: &str) -> String {
        let inner = word.trim_start_matches(['.', '-', '_']).trim_end_matches(['.', '-', '_']);
        if inner.is_empty() {
            return word.to_owned();
        }
        let at = word.len() - word.trim_start_matches(['.', '-', '_']).len();
        let (lead, tail) = (&word[..at], &word[at + inner.len()..]);
        format!("{lead}{}{tail}", self.inner(inner).unwrap_or_else(|| inner.to_owned()))
    }

    fn inner(&mut self, word: &str) -> Option<String> {
        if let Some(known) = self.replacement(word) {
            return Some(known);
        }
        if let Some(before) = word.strip_suffix(':') {
            return Some(self.inner(before)? + ":");
        }
        if let Some((host, port)) = word.rsplit_once(':')
            && port.bytes().all(|byte| byte.is_ascii_digit())
            && let Some(known) = self.replacement(host)
        {
            return Some(format!("{known}:{port}"));
        }
        // A range of addresses.
        if let Some((first, last)) = word.split_once('-')
            && let (Some(one), Some(other)) = (self.replacement(first), self.replacement(last))
        {
            return Some(format!("{one}-{other}"));
        }
        // Such as `inet:10.1.2.3:443`.
        if let Some((first, rest)) = word.split_once(':') {
            let (one, other) = (self.inner(first), self.inner(rest));
            if one.is_some() || other.is_some() {
                let (one, other) = (one.as_deref().unwrap_or(first), other.as_deref().unwrap_or(rest));
                return Some(format!("{one}:{other}"));
            }
            return None;
        }
        self.with_name_inside(word)
    }

    /// Replaces the host's own name between `.`, `-` and `_`: `web1-mgmt`, `web1.log`.
    fn with_name_inside(&mut self, word: &str) -> Option<String> {
        let mut is_inside = false;
        let parts: Vec<String> = word
            .split_inclusive(['.', '-', '_'])
            .map(|part| {
                let name = part.trim_end_matches(['.', '-', '_']);
                let is_own = self.names.contains(&name.to_lowercase());
                let known = if is_own { self.replacement(name) } else { None };
                is_inside |= known.is_some();
                known.map_or_else(|| part.to_owned(), |known| known + &part[name.len()..])
            })
            .collect();
        is_inside.then(|| parts.concat())
    }

    fn replacement(&mut self, word: &str) -> Option<String> {
        let lower = word.to_lowercase();
        let kind = if self.is_host_name(&lower) {
            "host"
        } else if is_hardware_address(&lower) {
            "hardware-address"
        } else if is_address(&lower) {
            "address"
        } else {
            return None;
        };
        // An address may be written in several ways.
        let lower = match (kind, lower.parse::<IpAddr>()) {
            ("address", Ok(address)) => address.to_canonical().to_string(),
            ("hardware-address", _) => lower.replace([':', '-', '.'], ""),
            _ => lower,
        };
        if let Some(known) = self.words.get(&lower) {
            return Some(known.clone());
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let known = format!("{kind}-{count}");
        self.words.insert(lower, known.clone());
        Some(known)
    }

    fn is_host_name(&self, word: &str) -> bool {
        let is_in = |domain: &String| {
            word == domain || word.strip_suffix(domain.as_str()).is_some_and(|rest| rest.ends_with('.'))
        };
        self.names.iter().any(|name| word == name) || self.domains.iter().any(is_in)
    }
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-' | '_')
}

/// Addresses that mean the same on every host stay.
fn is_address(word: &str) -> bool {
    match word.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => {
            !address.is_loopback() && address != Ipv4Addr::UNSPECIFIED && !address.is_broadcast()
        }
        Ok(IpAddr::V6(address)) => !address.is_loopback() && address != Ipv6Addr::UNSPECIFIED,
        Err(_) => false,
    }
}

fn is_hardware_address(word: &str) -> bool {
    let parts: Vec<&str> = word.split([':', '-', '.']).collect();
    let is_of = |digits: usize| {
        parts.iter().all(|part| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    // As `52:54:00:12:34:56`, or as `5254.0012.3456`.
    let is_usual = parts.len() == 6 && is_of(2) && !word.contains('.');
    let is_in_three = parts.len() == 3 && is_of(4) && word.matches('.').count() == 2;
    (is_usual || is_in_three) && word.bytes().any(|byte| byte.is_ascii_alphanumeric() && byte != b'0')
}

#[cfg(test)]
mod tests;
