//! The members of the control archive that are not scripts.

use std::fmt::Write;

use md5::{Digest, Md5};

use crate::contents::Kind;
use crate::recipe::Recipe;

/// The control file, its fields in the order of Debian Policy 5.3.
pub fn fields(recipe: &Recipe, installed_kib: u64) -> String {
    let about = &recipe.manifest.package;
    let deb = &recipe.manifest.deb;
    let mut text = String::new();
    let mut field = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{name}: {value}");
        }
    };
    field("Package", &about.name);
    field("Version", &format!("{}-{}", about.version, about.release));
    field("Architecture", about.debian_architecture().unwrap_or("all"));
    field("Maintainer", &about.maintainer);
    field("Installed-Size", &installed_kib.to_string());
    field("Depends", &deb.depends.join(", "));
    field("Suggests", &deb.suggests.join(", "));
    field("Section", &about.section);
    field("Priority", &about.priority);
    field("Homepage", &about.url);
    field("Description", &about.summary);
    text + &extended_description(&about.description)
}

/// Each line begins with a space; an empty one is a dot (Policy 5.6.13).
fn extended_description(text: &str) -> String {
    text.trim().lines().map(str::trim_end).fold(String::new(), |mut out, line| {
        let _ = writeln!(out, " {}", if line.is_empty() { "." } else { line });
        out
    })
}

/// Of every file that is no configuration file, as `dh_md5sums` writes them.
pub fn md5sums(entries: &[(String, &Kind)], is_configuration: impl Fn(&str) -> bool) -> String {
    let mut text = String::new();
    for (path, kind) in entries {
        if let Kind::File { content, .. } = kind
            && !is_configuration(path)
        {
            let sum: String = Md5::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
            let _ = writeln!(text, "{sum}  {}", path.trim_start_matches('/'));
        }
    }
    text
}

/// The configuration files, a path a line (`deb-conffiles(5)`).
pub fn conffiles(entries: &[(String, &Kind)], is_configuration: impl Fn(&str) -> bool) -> String {
    let files = entries.iter().filter(|(path, kind)| matches!(kind, Kind::File { .. }) && is_configuration(path));
    files.map(|(path, _)| format!("{path}\n")).collect()
}

/// `interest-noawait`: whoever arrives there does not wait for us (`deb-triggers(5)`).
pub fn triggers(recipe: &Recipe) -> String {
    let interests = recipe.scripts.iter().flat_map(|_| &recipe.manifest.deb.interests);
    interests.map(|path| format!("interest-noawait {path}\n")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};

    use super::extended_description;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever a description says, no line of it begins a field or ends the paragraph.
        #[test]
        fn a_description_stays_in_its_field(text in "([a-zA-Z: .€]{0,9}\r?\n?){0,9}") {
            let folded = extended_description(&text);
            let lines: Vec<&str> = folded.lines().collect();
            for line in &lines {
                prop_assert!(line.starts_with(' ') && !line.trim().is_empty(), "{:?}", line);
            }
            let unfolded: Vec<&str> = lines.iter().map(|line| if *line == " ." { "" } else { &line[1..] }).collect();
            let said = text.trim().lines().map(str::trim_end).map(|line| if line == "." { "" } else { line });
            prop_assert_eq!(unfolded, said.collect::<Vec<_>>());
        }
    }
}
