//! `changelog.Debian.gz` (Debian Policy 4.4 and 12.7).

use std::fmt::Write;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::tz::TimeZone;

use crate::Error;
use crate::contents::gzip;
use crate::recipe::{Recipe, seconds};

pub fn path(recipe: &Recipe) -> String {
    format!("/usr/share/doc/{}/changelog.Debian.gz", recipe.manifest.package.name)
}

pub fn compressed(recipe: &Recipe) -> Result<Vec<u8>, Error> {
    let about = &recipe.manifest.package;
    let mut text = String::new();
    for change in &recipe.manifest.changelog {
        let _ = writeln!(text, "{} ({}) unstable; urgency=medium\n", about.name, change.version);
        for line in &change.changes {
            let _ = writeln!(text, "  * {line}");
        }
        let noon = Timestamp::from_second(seconds(change.date).into()).unwrap_or_default().to_zoned(TimeZone::UTC);
        let date = DateTimePrinter::new().zoned_to_string(&noon).unwrap_or_default();
        let _ = writeln!(text, "\n -- {}  {date}\n", about.maintainer);
    }
    Ok(gzip(format!("{}\n", text.trim_end_matches('\n')).as_bytes()))
}
