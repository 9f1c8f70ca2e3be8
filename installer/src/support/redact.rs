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
        let (first, last) = word.split_once('-')?;
        let (one, other) = (self.replacement(first), self.replacement(last));
        (one.is_some() && other.is_some()).then(|| format!("{}-{}", one.unwrap_or_default(), other.unwrap_or_default()))
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
    let parts: Vec<&str> = word.split([':', '-']).collect();
    let is_byte = |part: &&str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    parts.len() == 6 && parts.iter().all(is_byte) && word != "00:00:00:00:00:00"
}

#[cfg(test)]
mod tests;
