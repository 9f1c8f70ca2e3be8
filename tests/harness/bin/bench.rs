//! `make bench`: what hostprep costs, side by side with `tests/bench/peer.sh` and the distribution's tools. Prints tables, and
//! fails if a limit is exceeded.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "its output is what it is for"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use harness::bench::report::Report;
use harness::bench::{Size, document, fault_store, fleet, hooks, machine, measure, packages, query, roots};
use harness::setup;

const USAGE: &str =
    "usage: bench HOSTPREP PAYLOAD [--runs N] [--roots N] [--only hooks|query|faults|packages|roots|report] [--update]
HOSTPREP and PAYLOAD are what goes into the packages. --update writes docs/performance.md.";
const DOCUMENT: &str = "docs/performance.md";
/// What `--update` asks for at least.
const LEAST: Size = Size { runs: 10, roots: 1000 };

struct Options {
    files: Vec<PathBuf>,
    size: Size,
    only: Option<String>,
    update: bool,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match words.split_first() {
        Some((first, command)) if first == measure::PEAK => print_peak(command),
        _ => options(words).and_then(|options| run(&options)),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("bench: {why}");
            ExitCode::FAILURE
        }
    }
}

fn print_peak(command: &[String]) -> Result<bool, String> {
    let (program, args) = command.split_first().ok_or(USAGE)?;
    let output = Command::new(program).args(args).output().map_err(|e| format!("{program}: {e}"))?;
    println!("{}", measure::peak_of_children());
    Ok(output.status.success())
}

fn options(words: Vec<String>) -> Result<Options, String> {
    let mut options = Options { files: Vec::new(), size: LEAST, only: None, update: false };
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value\n{USAGE}"));
        let number = |text: String| text.parse().ok().filter(|number| *number > 0).ok_or(format!("{text}: no number"));
        match word.as_str() {
            "--runs" => options.size.runs = number(value()?)?,
            "--roots" => options.size.roots = number(value()?)?,
            "--only" => options.only = Some(value()?),
            "--update" => options.update = true,
            _ if word.starts_with('-') || options.files.len() == 2 => return Err(format!("what is {word}?\n{USAGE}")),
            _ => options.files.push(word.into()),
        }
    }
    let Size { runs, roots } = options.size;
    if options.update && (runs < LEAST.runs || roots < LEAST.roots || options.only.is_some()) {
        return Err(format!(
            "--update is for whole runs: medians of {} and {} roots at least",
            LEAST.runs, LEAST.roots
        ));
    }
    if options.files.len() == 2 { Ok(options) } else { Err(USAGE.into()) }
}

fn run(options: &Options) -> Result<bool, String> {
    let [binary, payload] = [&options.files[0], &options.files[1]];
    let (size, load) = (options.size, machine::load());
    let mut report = Report::default();
    type Part<'a> = (&'a str, &'a dyn Fn(&mut Report));
    let of_packages = |report: &mut Report| packages::measure(size, binary, payload, report);
    let parts: [Part; 6] = [
        ("hooks", &|report| hooks::measure(size, report)),
        ("query", &|report| query::measure(size, report)),
        ("faults", &|report| fault_store::measure(size, report)),
        ("packages", &of_packages),
        ("roots", &|report| roots::measure(size, report)),
        ("report", &|report| fleet::measure(size, report)),
    ];
    let wanted = |name: &str| options.only.as_ref().is_none_or(|only| only == name);
    if !parts.iter().any(|(name, _)| wanted(name)) {
        return Err(USAGE.into());
    }
    for (name, part) in parts {
        if wanted(name) {
            part(&mut report);
        }
    }
    let mut figures: String = machine::describe().iter().map(|line| format!("- {line}\n")).collect();
    figures += &format!(
        "- medians of {} runs in turn, `make bench RUNS={} ROOTS={}`; load before the run {load}, after it {}\n\n",
        size.runs,
        size.runs,
        size.roots,
        machine::load()
    );
    figures += &report.markdown();
    println!("{figures}");
    if options.update {
        update(&setup::top().join(DOCUMENT), &figures)?;
        println!("written to {DOCUMENT}");
    }
    if !report.holds() {
        println!("A limit is missed.");
    }
    Ok(report.holds())
}

fn update(path: &Path, figures: &str) -> Result<(), String> {
    let said = |e: std::io::Error| format!("{}: {e}", path.display());
    let text = std::fs::read_to_string(path).map_err(said)?;
    let text = document::with_figures(&text, figures).map_err(|e| format!("{}: {e}", path.display()))?;
    std::fs::write(path, text).map_err(said)
}
