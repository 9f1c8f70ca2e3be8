//! `changelog.Debian.gz` (Debian Policy 4.4 and 12.7).

use std::fmt::Write;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::tz::TimeZone;

use textwrap::{Options, fill};

use crate::Error;
use crate::file_tree::gzip;
use crate::loaded_manifest::{LoadedManifest, noon};

/// What lintian takes (`debian-changelog-line-too-long`).
const WIDTH: usize = 79;

pub fn path(loaded: &LoadedManifest) -> String {
    format!("/usr/share/doc/{}/changelog.Debian.gz", loaded.manifest.package.name)
}

pub fn compressed(loaded: &LoadedManifest) -> Result<Vec<u8>, Error> {
    let package = &loaded.manifest.package;
    let mut text = String::new();
    for change in &loaded.manifest.changelog {
        let _ = writeln!(text, "{} ({}) unstable; urgency=medium\n", package.name, change.version);
        for line in &change.changes {
            let wrapping = Options::new(WIDTH).initial_indent("  * ").subsequent_indent("    ").break_words(false);
            let _ = writeln!(text, "{}", fill(line, wrapping));
        }
        let date = Timestamp::from_second(noon(change.date).into()).unwrap_or_default().to_zoned(TimeZone::UTC);
        let date = DateTimePrinter::new().zoned_to_string(&date).unwrap_or_default();
        let _ = writeln!(text, "\n -- {}  {date}\n", package.maintainer);
    }
    Ok(gzip(format!("{}\n", text.trim_end_matches('\n')).as_bytes()))
}
