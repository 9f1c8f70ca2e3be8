//! All about one fault, as a person reads it: what it is, whether and why it is raised, and what to do.

use crate::catalogue;
use crate::catalogue::id::FaultId;
use crate::store::fault::Fault;
use crate::texts::message_keys::Word;
use crate::texts::texts::{Explanation, Texts, Values};
use crate::texts::wrap;

/// Returns lines of text, each with its line feed; `None` for a fault that this version does not know. Text is wrapped to `width`
/// cells; commands and paths are not wrapped. `raised` is the fault in the store, if it is raised; only what helps against its reason
/// is then listed.
///
/// ```
/// use faults::texts::{Texts, Values};
/// use faults::FaultId;
///
/// let texts = Texts::for_language("en")?;
/// let text = faults::explain::render(FaultId::OVERLOAD, None, &texts, &Values::default(), Some(80));
/// assert!(text.unwrap().starts_with("Fault 18: Connector Event Monitoring Is Overloaded (major)\n\nRaised\n  no (the fault store has "));
/// # Ok::<(), faults::UnknownLanguage>(())
/// ```
#[must_use]
pub fn render(
    id: FaultId,
    raised: Option<&Fault>,
    texts: &Texts,
    values: &Values,
    width: Option<usize>,
) -> Option<String> {
    let entry = catalogue::find(id)?;
    // What helps against other reasons does not help here.
    let explanation = match raised {
        Some(fault) => texts.explain_for(id, &fault.finding.reason, values),
        None => texts.explain(id, values),
    };
    let Explanation { summary, cause, impact, resolutions, since } = explanation?;
    let program = values.program();
    let check = match &values.root {
        Some(root) => format!("{program} check --root {root}"),
        None => format!("{program} check"),
    };
    let in_root = values.root.as_ref().map(|root| [("root", root.as_str()), ("command", check.as_str())]);
    let severity = texts.severity(raised.map_or(entry.severity, |fault| fault.severity));
    let heading = [("id", &*id.to_string()), ("title", &*summary), ("severity", severity.as_str())];

    let mut page = Page { text: wrap::hanging("", &texts.word(Word::Heading, &heading), width), texts, width };
    page.section(Word::Raised);
    match raised {
        None => page.paragraph("", &texts.word(Word::NotRaised, &[("command", &*check)])),
        Some(fault) => {
            let source = texts.source(&fault.source);
            let time = format!("{:.0}", fault.raised_at);
            page.paragraph("", &texts.word(Word::Since, &[("time", &*time), ("source", &*source)]));
            let reason = texts.reason(&fault.finding.reason);
            page.paragraph("", &texts.word(Word::Why, &[("reason", &*reason), ("detail", &*fault.finding.detail)]));
        }
    }
    if let Some(fault) = raised.filter(|fault| !fault.finding.remedy.is_empty()) {
        page.section(Word::Remedy);
        fault.finding.remedy.iter().for_each(|command| page.verbatim("", command));
        if let Some(values) = &in_root {
            page.paragraph("", &texts.word(Word::InRoot, values));
        }
    }
    page.section(Word::When);
    page.paragraph("", &cause);
    page.section(Word::Meanwhile);
    page.paragraph("", &impact);
    page.section(Word::WhatToDo);
    for (number, resolution) in resolutions.iter().enumerate() {
        page.paragraph(&format!("{}. ", number + 1), resolution);
    }
    if let Some(values) = in_root.filter(|_| raised.is_none_or(|fault| fault.finding.remedy.is_empty())) {
        page.paragraph("", &texts.word(Word::InRoot, &values));
    }
    page.applies(&since);
    page.section(Word::Logs);
    values.logs(entry).iter().for_each(|path| page.verbatim("", path));
    if let Some(place) = &values.documentation {
        page.section(Word::More);
        page.verbatim("", place);
    }
    Some(page.text)
}

struct Page<'a> {
    text: String,
    texts: &'a Texts,
    width: Option<usize>,
}

impl Page<'_> {
    fn section(&mut self, title: Word) {
        self.text.push('\n');
        self.text.push_str(&wrap::hanging("", &self.texts.word(title, &[]), self.width));
    }

    /// The lines of a text after its first are commands.
    fn paragraph(&mut self, mark: &str, text: &str) {
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        self.text.push_str(&wrap::hanging(&format!("  {mark}"), first, self.width));
        let indent = " ".repeat(wrap::cells(mark));
        lines.for_each(|command| self.verbatim(&indent, command));
    }

    fn verbatim(&mut self, indent: &str, line: &str) {
        self.text.push_str(&format!("  {indent}{line}\n"));
    }

    fn applies(&mut self, since: &[(String, Option<String>)]) {
        if since.is_empty() {
            return;
        }
        self.section(Word::Applies);
        let version = |version: &Option<String>| match version {
            Some(version) => self.texts.word(Word::Connector, &[("version", &**version)]),
            None => self.texts.word(Word::AnyConnector, &[]),
        };
        let versions: Vec<String> = since.iter().map(|(_, connector)| version(connector)).collect();
        let widest = versions.iter().map(|version| wrap::cells(version)).max().unwrap_or(0);
        for (version, (scope, _)) in versions.iter().zip(since) {
            self.paragraph(&wrap::row(&[version, ""], &[widest]), scope);
        }
    }
}

#[cfg(test)]
mod tests;
