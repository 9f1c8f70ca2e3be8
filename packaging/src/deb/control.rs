//! The members of the control archive that are not scripts.

use std::fmt::Write;

use md5::{Digest, Md5};

use crate::file_tree::Kind;
use crate::loaded_manifest::LoadedManifest;

/// Returns the control file. Its fields are in the order of Debian Policy 5.3.
pub fn fields(loaded: &LoadedManifest, installed_kib: u64) -> String {
    let package = &loaded.manifest.package;
    let deb = &loaded.manifest.deb;
    let mut text = String::new();
    let mut field = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{name}: {value}");
        }
    };
    field("Package", &package.name);
    field("Version", &format!("{}-{}", package.version, package.release));
    field("Architecture", loaded.architecture.debian());
    field("Maintainer", &package.maintainer);
    field("Installed-Size", &installed_kib.to_string());
    field("Depends", &deb.depends.join(", "));
    field("Suggests", &deb.suggests.join(", "));
    field("Section", &package.section);
    field("Priority", &package.priority);
    field("Homepage", &package.url);
    field("Description", &package.summary);
    text + &extended_description(&package.description)
}

/// Each line begins with a space; an empty one is a dot (Policy 5.6.13).
fn extended_description(text: &str) -> String {
    text.trim().lines().map(str::trim_end).fold(String::new(), |mut out, line| {
        let _ = writeln!(out, " {}", if line.is_empty() { "." } else { line });
        out
    })
}

/// Returns the MD5 sums of every file that is not a configuration file, in the form of `dh_md5sums`.
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

/// Returns the configuration files, one path per line (`deb-conffiles(5)`).
pub fn conffiles(entries: &[(String, &Kind)], is_configuration: impl Fn(&str) -> bool) -> String {
    let files = entries.iter().filter(|(path, kind)| matches!(kind, Kind::File { .. }) && is_configuration(path));
    files.map(|(path, _)| format!("{path}\n")).collect()
}

/// Returns the file triggers as `interest-noawait`, so the package that activates one does not wait (`deb-triggers(5)`).
pub fn triggers(loaded: &LoadedManifest) -> String {
    let paths = loaded.scripts.iter().flat_map(|_| &loaded.manifest.deb.file_triggers);
    paths.map(|path| format!("interest-noawait {path}\n")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};

    use super::extended_description;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// No line of any description begins a field or ends the paragraph.
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
