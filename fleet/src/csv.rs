//! One row for each finding, for spreadsheets and databases.

use crate::collect::Collection;
use crate::error::Error;
use crate::result::HostResult;

const HEADER: [&str; 14] = [
    "host",
    "machine",
    "time",
    "distribution",
    "kernel",
    "state",
    "step",
    "outcome",
    "fault",
    "reason",
    "severity",
    "waived",
    "detail",
    "remedy",
];

/// Returns the table: a header, one row for each fault, pending fault and step that is not settled, and one for each host that
/// has none of them. Remedies are in one cell, a line each.
///
/// # Errors
/// [`Error::Table`], which no content causes.
pub fn render(collection: &Collection) -> Result<String, Error> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER)?;
    for result in &collection.results {
        let mut is_empty = true;
        for row in rows(result) {
            write(&mut writer, result, &row)?;
            is_empty = false;
        }
        if is_empty {
            write(&mut writer, result, &Row::default())?;
        }
    }
    let bytes = writer.into_inner().map_err(|e| ::csv::Error::from(e.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[derive(Default)]
struct Row<'r> {
    step: &'r str,
    outcome: &'r str,
    fault: Option<u16>,
    reason: &'r str,
    severity: &'r str,
    waived: &'r str,
    detail: &'r str,
    remedy: String,
}

fn rows(result: &HostResult) -> impl Iterator<Item = Row<'_>> {
    let findings = result.findings.iter().map(|found| Row {
        step: &found.step,
        outcome: "fault",
        fault: found.fault,
        reason: &found.reason,
        severity: &found.severity,
        waived: if found.is_waived { "yes" } else { "no" },
        detail: &found.detail,
        remedy: found.remedy.join("\n"),
    });
    let pending = result.pending.iter().map(|next| Row {
        outcome: "pending",
        fault: Some(next.fault),
        reason: &next.reason,
        detail: &next.title,
        remedy: next.remedy.join("\n"),
        ..Row::default()
    });
    let unsettled = result.unsettled.iter().map(|step| Row {
        step: &step.step,
        outcome: &step.outcome,
        detail: &step.detail,
        ..Row::default()
    });
    findings.chain(pending).chain(unsettled)
}

fn write(writer: &mut ::csv::Writer<Vec<u8>>, result: &HostResult, row: &Row) -> Result<(), Error> {
    let time = result.time.map(|time| time.to_string()).unwrap_or_default();
    let fault = row.fault.map(|fault| fault.to_string()).unwrap_or_default();
    let cells: [&str; HEADER.len()] = [
        &result.name,
        result.machine.as_deref().unwrap_or_default(),
        &time,
        &result.distribution,
        result.kernel.as_deref().unwrap_or_default(),
        result.state.as_str(),
        row.step,
        row.outcome,
        &fault,
        row.reason,
        row.severity,
        row.waived,
        row.detail,
        &row.remedy,
    ];
    Ok(writer.write_record(cells.map(harmless))?)
}

/// A spreadsheet takes a cell that begins like this for a formula, in the wide forms of East Asian keyboards too; an apostrophe
/// makes it text. What it does not show (white space, control characters, marks of width zero) may be before it, since a reader may
/// drop that.
fn harmless(cell: &str) -> String {
    const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    let is_unseen = |c: char| c.is_whitespace() || c.is_control() || is_of_no_width(c);
    match cell.starts_with(char::is_control) || cell.trim_start_matches(is_unseen).starts_with(FORMULA) {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    }
}

/// Returns whether `c` is one of Unicode's marks without width: joiners, marks of direction, the byte order mark.
fn is_of_no_width(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests;
