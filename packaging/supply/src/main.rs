//! `supply`: what lies beside the packages, and whether it is true.

#![allow(clippy::disallowed_methods, reason = "a build tool: it reads and writes the files that its caller names")]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "results go to standard output, errors to standard error"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;
use supply::toolchain::{Toolchain, beside};
use supply::{NOTICES, SBOM, STATEMENT, check, dependencies, linked, notices, sbom, statement};

const EXAMPLES: &str = "\
Examples:
  supply bill --hostprep target/portable/hostprep --out target/supply
  supply statement --hostprep target/portable/hostprep --dist dist
  supply check --dist dist --program extracted/hostprep
  supply dependencies --write

SOURCE_DATE_EPOCH is the time in what is written. packaging/verify.sh runs `check` on the programs in the packages.
docs/supply-chain.md explains the files.";

/// Says what the packages are made of, and checks it.
#[derive(Debug, Parser)]
#[command(name = "supply", version, after_help = EXAMPLES, max_term_width = 120)]
struct Cli {
    /// This tree
    #[arg(long, value_name = "DIR", default_value = ".", global = true)]
    checkout: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the bill of materials and the licence texts of what is linked into the program
    Bill(Bill),
    /// Write the statement of where the packages in a directory come from
    Statement(Statement),
    /// Compare bill, licence texts, statement, packages and programs with each other and with this tree
    Check(Check),
    /// Check the table of direct dependencies in docs/dependencies.md, or write it
    Dependencies(Dependencies),
}

#[derive(Debug, Args)]
struct Bill {
    /// The program for each architecture; packaging/portable/build.sh left FILE.rustc beside it
    #[arg(long, value_name = "FILE", required = true)]
    hostprep: Vec<PathBuf>,
    /// Directory for both files
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Debug, Args)]
struct Statement {
    /// The program for each architecture; packaging/portable/build.sh left FILE.rustc beside it
    #[arg(long, value_name = "FILE", required = true)]
    hostprep: Vec<PathBuf>,
    /// Directory with the packages, SHA256SUMS and the bill
    #[arg(long, value_name = "DIR")]
    dist: PathBuf,
    /// The version of the packages, if it is not the manifest's
    #[arg(long)]
    version: Option<String>,
    /// Who vouches for the build
    #[arg(long, value_name = "URI", default_value = "https://hostprep.example/builder")]
    builder: String,
}

#[derive(Debug, Args)]
struct Check {
    /// Directory with the packages and what lies beside them
    #[arg(long, value_name = "DIR")]
    dist: PathBuf,
    /// The program in each package
    #[arg(long, value_name = "FILE", required = true)]
    program: Vec<PathBuf>,
}

#[derive(Debug, Args)]
struct Dependencies {
    /// Write the table instead of comparing it
    #[arg(long)]
    write: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.command {
        Command::Bill(bill) => self::bill(&cli.checkout, bill),
        Command::Statement(statement) => self::statement(&cli.checkout, statement),
        Command::Check(check) => self::check(&cli.checkout, check),
        Command::Dependencies(dependencies) => self::dependencies(&cli.checkout, dependencies),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("supply: {e:#}");
            ExitCode::FAILURE
        }
    }
}

fn source_date() -> Result<i64> {
    let text = std::env::var("SOURCE_DATE_EPOCH").context("SOURCE_DATE_EPOCH is not set")?;
    text.parse().with_context(|| format!("SOURCE_DATE_EPOCH is `{text}`; it must be seconds since 1970"))
}

fn write(path: &Path, content: &str) -> Result<()> {
    // As a whole or not at all.
    let new = beside(path, "new");
    std::fs::write(&new, content)
        .and_then(|()| std::fs::rename(&new, path))
        .with_context(|| path.display().to_string())?;
    println!("{}", path.display());
    Ok(())
}

fn bill(checkout: &Path, bill: &Bill) -> Result<()> {
    let crates = linked::crates(checkout)?;
    let toolchain = Toolchain::read(checkout, &bill.hostprep)?;
    let (sbom, notices) = (
        sbom::render(&crates, &toolchain, Timestamp::from_second(source_date()?)?)?,
        notices::render(&crates, &toolchain)?,
    );
    std::fs::create_dir_all(&bill.out).with_context(|| bill.out.display().to_string())?;
    write(&bill.out.join(SBOM), &sbom)?;
    write(&bill.out.join(NOTICES), &notices)
}

fn statement(checkout: &Path, wanted: &Statement) -> Result<()> {
    let text = statement::render(&statement::Inputs {
        checkout,
        dist: &wanted.dist,
        programs: &wanted.hostprep,
        source_date: source_date()?,
        version: wanted.version.as_deref(),
        builder: &wanted.builder,
    })?;
    write(&wanted.dist.join(STATEMENT), &text)
}

fn check(checkout: &Path, check: &Check) -> Result<()> {
    let outcomes = check::all(checkout, &check.dist, &check.program)?;
    for outcome in &outcomes {
        println!("{}  {}", if outcome.good { "ok   " } else { "WRONG" }, outcome.text);
    }
    match outcomes.iter().filter(|outcome| !outcome.good).count() {
        0 => Ok(()),
        wrong => bail!("{wrong} of {} comparisons are wrong", outcomes.len()),
    }
}

fn dependencies(checkout: &Path, wanted: &Dependencies) -> Result<()> {
    let (page, path) = (dependencies::document(checkout)?, checkout.join(dependencies::DOCUMENT));
    if wanted.write {
        return write(&path, &page);
    }
    if std::fs::read_to_string(&path).with_context(|| path.display().to_string())? != page {
        bail!("{} is not up to date; run: cargo run -p hostprep-supply -- dependencies --write", path.display());
    }
    println!("{} is up to date", path.display());
    Ok(())
}
