//! `report`: one report about the results of many hosts.

use std::io::IsTerminal;

use anyhow::Context as _;
use fleet::{Collection, Summary};
use host::Root;
use host::process::clock::{Clock, SystemClock};
use installer::report::exit;

use super::args::{Global, Report, ReportFormat};
use super::output::{Failure, Outcome, print_error, print_exactly, replace};

/// How many of the files that were left out are named on standard error; the report names more.
const NAMED: usize = 5;

/// After how many files a line on a terminal says how far it is.
const PROGRESS_EVERY: usize = 2_000;

pub fn run(global: &Global, args: &Report) -> Outcome {
    if global.root.is_some() {
        return Err(Failure::Usage("report reads files of this machine; leave --root out".into()));
    }
    let tells = std::io::stderr().is_terminal();
    let mut progress = |files: usize| {
        if tells && files.is_multiple_of(PROGRESS_EVERY) {
            print_error(&format!("{files} files read"));
        }
    };
    let now = SystemClock.now();
    let collection = Collection::of(&Root::system()?, &args.paths, now, &mut progress)?;
    for left_out in collection.left_out.iter().take(NAMED) {
        print_error(&format!("{} {}; it is left out", left_out.file, left_out.problem));
    }
    if let Some(more) = collection.left_out.len().checked_sub(NAMED + 1) {
        print_error(&format!("{} more files are left out; the report names them", more + 1));
    }
    if collection.results.is_empty() {
        return Err(anyhow::anyhow!(
            "no result in {} files; `{} check --format json > FILE` on each host writes one",
            collection.files,
            host::process::names::command()
        )
        .into());
    }
    let text = match args.format {
        ReportFormat::Csv => fleet::csv(&collection)?,
        format => {
            let summary = Summary::of(collection, now);
            match format {
                ReportFormat::Json => serde_json::to_string(&summary).context("cannot write the object")? + "\n",
                _ => fleet::html(&summary)?,
            }
        }
    };
    match &args.output {
        Some(file) => replace(file, &text)?,
        None => print_exactly(&text)?,
    }
    Ok(exit::WELL)
}
