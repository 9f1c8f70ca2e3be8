//! The page: one file that needs neither network nor script for its tables.
//!
//! What results say goes through the template's escaping. The page's policy lets only its own script and style run, which are
//! known by their hashes.

use std::io::{self, Write};

use data_encoding::BASE64;
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tera::{Context, Kwargs, State, Tera, Value};

use crate::error::Error;
use crate::summary::{HOSTS_NAMED, Summary};

/// The name ends so that values are escaped.
const NAME: &str = "page.html";
const PAGE: &str = include_str!("../../templates/fleet/page.html.tera");
const STYLE: &str = include_str!("../../templates/fleet/style.css");
const SCRIPT: &str = include_str!("../../templates/fleet/script.js");

/// Longer values are cut in the page: no host makes it large. The other forms have them whole.
const MAX_TEXT: usize = 300;

/// How many rows of remedies, waivers, kernels, older results and left-out files the page has; the other forms have all.
const MAX_ROWS: usize = 100;

/// Returns the page.
///
/// # Errors
/// [`Error::Page`], which no content causes.
pub fn render(summary: &Summary) -> Result<String, Error> {
    let mut tera = Tera::default();
    tera.set_escape_fn(escape);
    tera.register_filter("cut", |value: Value, _: Kwargs, _: &State| cut(value.as_str().unwrap_or_default()));
    tera.register_filter("number", |value: Value, _: Kwargs, _: &State| number(value.as_u64().unwrap_or_default()));
    tera.add_raw_template(NAME, PAGE)?;
    let mut context = Context::new();
    context.insert("report", summary);
    context.insert("style", STYLE);
    context.insert("script", SCRIPT);
    context.insert("style_hash", &hash(STYLE));
    context.insert("script_hash", &hash(SCRIPT));
    context.insert("max_rows", &MAX_ROWS);
    context.insert("hosts_named", &HOSTS_NAMED);
    context.insert("made", &minute(summary.time));
    context.insert("oldest", &summary.oldest.map(minute));
    context.insert("newest", &summary.newest.map(minute));
    context.insert("bar", &bar(summary));
    Ok(tera.render(NAME, &context)?)
}

/// Returns the hash by which the page's policy knows `text`.
fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64.encode(&Sha256::digest(text)))
}

/// Writes `text` so that it is no markup. Unlike tera's own, it also replaces the slash, which OWASP names.
fn escape(text: &str, page: &mut dyn Write) -> io::Result<()> {
    for byte in text.bytes() {
        match byte {
            b'&' => page.write_all(b"&amp;")?,
            b'<' => page.write_all(b"&lt;")?,
            b'>' => page.write_all(b"&gt;")?,
            b'"' => page.write_all(b"&quot;")?,
            b'\'' => page.write_all(b"&#x27;")?,
            b'/' => page.write_all(b"&#x2F;")?,
            other => page.write_all(&[other])?,
        }
    }
    Ok(())
}

/// Returns a time for reading, UTC.
fn minute(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Returns at most [`MAX_TEXT`] characters of `text`, and none that a terminal or an editor would obey, or that shows a command in
/// another order than it has: the page is for copying.
fn cut(text: &str) -> String {
    let is_obeyed = |c: char| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut kept: String = text.chars().take(MAX_TEXT).map(|c| if is_obeyed(c) { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(MAX_TEXT).is_some() {
        kept.push('…');
    }
    kept
}

/// Returns a number with a comma before each three digits.
fn number(number: u64) -> String {
    let digits = number.to_string();
    let grouped = digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group));
    grouped.collect::<Vec<_>>().join(",")
}

/// A part of the bar of states.
#[derive(Serialize)]
struct Part {
    state: &'static str,
    /// Left edge and width in thousandths of the bar.
    x: usize,
    width: usize,
}

fn bar(summary: &Summary) -> Vec<Part> {
    let (mut before, total) = (0, summary.hosts.max(1));
    let part = |count: &crate::summary::Count<crate::result::State>| {
        let x = before * 1000 / total;
        before += count.hosts;
        Part { state: count.value.as_str(), x, width: before * 1000 / total - x }
    };
    summary.states.iter().map(part).filter(|part| part.width > 0).collect()
}

#[cfg(test)]
mod tests;
