//! Help, man pages and completions under a vendor's names: texts that are written for hostprep's own package, with another
//! agent's names in the place of ours.

use crate::kernels_file;
use crate::profile::Profile;

/// What is replaced, by what. The first that fits at a place counts.
#[derive(Debug, Default)]
pub struct Wording(Vec<(String, String)>);

/// What is ours in texts beside the values of the built-in profile.
const PRODUCT: &str = "Cisco Secure Endpoint connector";

impl Wording {
    /// Returns the wording for `profile`; it changes nothing for the built-in one.
    #[must_use]
    pub fn of(profile: &Profile) -> Self {
        let ours = Profile::built_in();
        let values = |profile: &Profile| {
            let (names, paths) = (&profile.names, &profile.paths);
            let mut values = vec![
                names.drop_ins().to_string(),
                names.vendor_configuration().to_string(),
                names.configuration.to_string(),
                names.data().to_string(),
            ];
            values.extend(kernels_file::paths(profile).map(|path| path.to_string()));
            values.extend(
                [&paths.faults, &paths.state, &paths.lock, &paths.log, &paths.build_dir].map(ToString::to_string),
            );
            values
        };
        let mut pairs: Vec<_> = values(&ours).into_iter().zip(values(profile)).collect();
        let title = if profile.name == ours.name { PRODUCT } else { profile.title.as_str() };
        pairs.push((PRODUCT.to_owned(), title.to_owned()));
        let (from, to) = (&ours.names.command, &profile.names.command);
        pairs.push((from.clone(), to.clone()));
        pairs.push((from.to_uppercase(), to.to_uppercase()));
        pairs.retain(|(from, to)| from != to);
        Self(pairs)
    }

    /// Returns whether nothing is replaced.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the text with these names. Words that only contain one of ours stay.
    #[must_use]
    pub fn apply(&self, text: &str) -> String {
        self.apply_as(text, str::to_owned)
    }

    /// As [`Wording::apply`], for a text in which names are written as `escape` returns them.
    pub fn apply_as(&self, text: &str, escape: impl Fn(&str) -> String) -> String {
        let pairs: Vec<_> = self.0.iter().map(|(from, to)| (escape(from), escape(to))).collect();
        let mut done = String::with_capacity(text.len());
        let mut left = text;
        while let Some(next) = left.chars().next() {
            let starts = |from: &str| {
                begins_with(left, from) && !goes_on(&done, from) && !left[from.len()..].starts_with(is_inside)
            };
            let (taken, put) = match pairs.iter().find(|(from, _)| starts(from)) {
                Some((from, to)) => (from.len(), to.as_str()),
                None => (next.len_utf8(), &left[..next.len_utf8()]),
            };
            done.push_str(put);
            left = &left[taken..];
        }
        done
    }
}

/// Returns whether `text` begins with `words`, which may be on two lines of a page.
fn begins_with(text: &str, words: &str) -> bool {
    let is_same = |(one, other): (u8, u8)| one == other || (one == b'\n' && other == b' ');
    text.len() >= words.len() && text.bytes().zip(words.bytes()).all(is_same)
}

/// Returns whether `word` would only be the end of a word after `before`. A change of roff's font is no part of one.
fn goes_on(before: &str, word: &str) -> bool {
    let font = ["\\fB", "\\fI", "\\fR"].iter().any(|font| before.ends_with(font));
    word.starts_with(is_inside) && !font && before.ends_with(|c| is_inside(c) || c == '-')
}

fn is_inside(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const ACME: &str = include_str!("../../packaging/example/profile.toml");

    #[test]
    fn our_own_texts_stay() {
        let ours = Wording::of(&Profile::built_in());
        assert!(ours.is_usual());
        assert_eq!(ours.apply("hostprep check"), "hostprep check");
    }

    #[test]
    fn a_vendors_text_names_what_the_vendor_installs() {
        let acme = Wording::of(&Profile::parse(ACME, Path::new("profile.toml")).unwrap());
        for (ours, theirs) in [
            ("sudo hostprep repair", "sudo acme-hostprep repair"),
            ("ExecStartPre=/usr/sbin/hostprep load-lock begin", "ExecStartPre=/usr/sbin/acme-hostprep load-lock begin"),
            ("/etc/cisco/hostprep.toml.d/*.toml", "/etc/acme/hostprep.toml.d/*.toml"),
            ("/usr/lib/hostprep/hostprep.toml", "/usr/lib/acme-hostprep/hostprep.toml"),
            ("/etc/cisco/kernels.toml", "/etc/acme/kernels.toml"),
            ("/usr/lib/hostprep/kernels.toml", "/opt/acme/hostprep/kernels.toml"),
            ("/etc/cisco/hostprep.toml,", "/etc/acme/hostprep.toml,"),
            ("hostprep.service and hostprep-explain(8)", "acme-hostprep.service and acme-hostprep-explain(8)"),
            ("/var/lib/cisco/hostprep/ /var/lib/cisco/faults/", "/var/lib/acme/hostprep/ /var/lib/acme/faults/"),
            ("jq .hostprep_build_info", "jq .hostprep_build_info"),
            ("for the Cisco Secure Endpoint connector", "for the Acme agent"),
            ("for the Cisco Secure Endpoint\nconnector and", "for the Acme agent and"),
            ("HOSTPREP-CHECK", "ACME-HOSTPREP-CHECK"),
        ] {
            assert_eq!(acme.apply(ours), theirs);
        }
        assert_eq!(acme.apply_as("hostprep\\-check", |name| name.replace('-', "\\-")), "acme\\-hostprep\\-check");
    }
}
