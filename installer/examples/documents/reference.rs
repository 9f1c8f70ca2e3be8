//! The pages of `docs/reference` and `docs/faults`, in Markdown, and the man page of the packaging tool's manifest.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::keys::{self, Keys};
use super::{cli_reference, fault_pages, keys_page, keys_reference, output_reference, page};

/// Where the pages are, in the repository.
const DIRECTORY: &str = "docs/reference";

/// Everything that is written, by its path in the repository.
pub fn all() -> Result<BTreeMap<PathBuf, String>> {
    let mut all = BTreeMap::new();
    let mut put = |name: &str, content: String| all.insert(Path::new(DIRECTORY).join(name), content);
    let mut cli = super::command();
    cli.build();
    let manifest = keys::of_manifest()?;
    for (name, keys) in ["configuration", "profile"].into_iter().zip(keys::of_program()?) {
        put(&format!("{name}.md"), keys_reference::page(&keys));
    }
    put("manifest.md", keys_reference::page(&manifest));
    put("cli.md", cli_reference::page(&cli)?);
    put("reasons.md", output_reference::reasons()?);
    put("metrics.md", output_reference::metrics());
    put("schemas.md", output_reference::schemas()?);
    all.insert("packaging/hostprep-manifest.5".into(), man_page(&manifest, &page::source(&cli)));
    all.extend(fault_pages::all(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))?);
    Ok(all)
}

/// The program `package` is in no package, so its page is not either. Its date is that of the newest release.
fn man_page(keys: &Keys, source: &str) -> String {
    let changelog = include_str!("../../../CHANGELOG.md");
    let day = changelog.lines().find_map(|line| line.strip_prefix("## [")?.split_once("] - ")).map(|(_, day)| day);
    keys_page::page(keys, source, day.unwrap_or_default()).content
}

/// The line at the top of each page.
pub fn head(title: &str) -> String {
    format!("<!-- Made by `make reference`; do not edit. -->\n\n# {title}\n")
}

/// A table after an empty line.
pub fn table<const N: usize>(heads: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let line = |cells: [String; N]| format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "));
    let rows: String = rows.into_iter().map(line).collect();
    format!("\n{}|{}\n{rows}", line(heads.map(str::to_owned)), "---|".repeat(N))
}
