//! The journal's message catalog: what `journalctl -x` prints below an entry, in every language there is.

use faults::catalogue;
use faults::texts::{Texts, Values, hanging, languages};
use host::process::names::message_id;
use installer::profile::Profile;
use installer::report::explain::words_of;

/// The width of the texts in cells; journalctl does not wrap them.
const WIDTH: usize = 76;

/// Returns the catalog (<https://systemd.io/CATALOG>): one entry for each fault and language, English without its tag.
pub fn catalog(profile: &Profile) -> String {
    let names = &profile.names;
    let command = &names.command;
    let values = Values { program: Some(command.clone()), ..words_of(profile) };
    let mut text = String::new();
    for tag in languages() {
        let texts = Texts::for_language(tag).expect("a language of the list");
        // The journal looks for the locale's name, with and without its territory.
        let suffix = if tag == "en" { String::new() } else { format!(" {}", tag.replace('-', "_")) };
        for entry in catalogue::entries() {
            let Some(about) = texts.explain(entry.id, &values) else { continue };
            let body = [about.cause, about.impact].map(|part| hanging("", &part, Some(WIDTH))).join("\n");
            text += &format!(
                "-- {}{suffix}\nSubject: {} ({})\nDefined-By: {command}\nDocumentation: {}\n\n{body}\n\
                 FAULT_REASON=@FAULT_REASON@\n{command} explain {}\n\n",
                message_id(&entry.message_id, &names.ident),
                about.summary,
                entry.id,
                profile.uri_about(entry.id),
                entry.id
            );
        }
        let cleared = texts.cleared("@FAULT_ID@");
        let id = message_id(catalogue::cleared_message_id(), &names.ident);
        text += &format!("-- {id}{suffix}\nSubject: {cleared}\nDefined-By: {command}\n\n{cleared}.\n\n");
    }
    text
}
