//! `make vm`: plays the scenarios of `tests/vm` in a guest with SELinux enforcing and prints a table. Ends non-zero where
//! anything is not as expected.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "its output is what it is for"
)]

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;

use harness::vm::machine::Image;
use harness::vm::play::{Stage, play};
use harness::vm::scenario::{Scenario, Seen};
use harness::vm::seed::{self, Seed};
use harness::vm::table::{others, table};
use harness::{packages, setup};

const USAGE: &str =
    "usage: vm NEWER OLDER [--distribution NAME | --policy DIR | --built KIND]
          [--broken NAME | --self-test NAME | --keep | --lay DIR] [SCENARIO…]
NEWER and OLDER are directories with a DEB and an RPM each. --distribution boots another Debian than 12: a home-made box of
vagrant/boxes.json, without \"home-\". --built plays the scenarios about an image whose builder installed NEWER's DEB: a KIND of
tests/vm/build-image.sh. --lay only makes DIR, what a guest gets as /srv/hostprep.";

/// The guest that is booted unless another is asked for.
const USUAL: &str = "debian12";

#[derive(Default)]
struct Options {
    packages: Vec<PathBuf>,
    distribution: Option<String>,
    policy: Option<PathBuf>,
    built: Option<String>,
    broken: Option<String>,
    self_test: bool,
    keep: bool,
    lay: Option<PathBuf>,
    scenarios: Vec<String>,
}

fn main() -> ExitCode {
    match options().and_then(|options| run(&options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("vm: {why}");
            ExitCode::FAILURE
        }
    }
}

fn options() -> Result<Options, String> {
    let mut options = Options::default();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value\n{USAGE}"));
        match word.as_str() {
            "--distribution" => options.distribution = Some(value()?),
            "--policy" => options.policy = Some(value()?.into()),
            "--built" => options.built = Some(value()?),
            "--broken" => options.broken = Some(value()?),
            "--self-test" => (options.broken, options.self_test) = (Some(value()?), true),
            "--lay" => options.lay = Some(value()?.into()),
            "--keep" => options.keep = true,
            _ if word.starts_with('-') => return Err(format!("what is {word}?\n{USAGE}")),
            _ if options.packages.len() < 2 => options.packages.push(word.into()),
            _ => options.scenarios.push(word),
        }
    }
    if options.packages.len() < 2 { Err(USAGE.into()) } else { Ok(options) }
}

fn run(options: &Options) -> Result<bool, String> {
    let [newer, older] = [&options.packages[0], &options.packages[1]];
    if let Some(tree) = &options.lay {
        seed::lay(tree, newer, older);
        return Ok(true);
    }
    let asked = [options.distribution.is_some(), options.policy.is_some(), options.built.is_some()];
    if asked.iter().filter(|asked| **asked).count() > 1 {
        return Err(format!("--distribution, --policy and --built exclude each other\n{USAGE}"));
    }
    let start = Instant::now();
    let distribution = options.distribution.as_deref().unwrap_or(USUAL);
    let host = host_facts(distribution, options.policy.is_some())?;
    let mut make_image = Command::new(setup::top().join("tests/vm/image.sh"));
    make_image.args(["--distribution", distribution]).args(&options.policy);
    if !make_image.status().is_ok_and(|status| status.success()) {
        return Err("there is no image to boot; name one".into());
    }
    let name = match (&options.policy, &options.built) {
        (None, Some(kind)) => {
            let mut build = Command::new(setup::top().join("tests/vm/build-image.sh"));
            if !build.arg(kind).arg(packages::only(newer, ".deb")).status().is_ok_and(|status| status.success()) {
                return Err(format!("there is no image of {kind} to boot"));
            }
            format!("{kind}-image")
        }
        (None, None) if distribution == USUAL => "image".to_owned(),
        (None, None) => format!("{distribution}-image"),
        (Some(_), _) => "policy-image".to_owned(),
    };
    let image = Image::in_directory(setup::top().join("target/vm").join(name), options.policy.is_some());
    let seed = Seed::of(newer, older);
    println!("vm: prepared in {} s, accelerator {}", start.elapsed().as_secs(), image.accelerator);
    if options.keep {
        println!("vm: Ctrl-a x ends the guest; what is done in it is not kept");
        let mut guest = image.guest(&seed.disk(), "", "mon:stdio");
        return guest.status().map(|status| status.success()).map_err(|e| format!("qemu-system-x86_64: {e}"));
    }

    let scenarios = scenarios(options)?;
    let logs = if distribution == USUAL { "log".to_owned() } else { format!("{distribution}-log") };
    let logs = setup::top().join("target/vm").join(logs);
    std::fs::create_dir_all(&logs).map_err(|e| format!("{}: {e}", logs.display()))?;
    let stage = Stage { image: &image, seed: &seed.disk(), host: &host, broken: options.broken.as_deref() };
    let seen = play(stage, &scenarios, |scenario, seen| {
        let end = match (seen.is_green(), &seen.skipped) {
            (true, _) => "as expected",
            (false, Some(_)) => "not for this host",
            (false, None) => "NOT AS EXPECTED",
        };
        println!("vm: {} {end} after {} s", scenario.name, seen.took.as_secs());
        if let Err(e) = std::fs::write(logs.join(&scenario.name), &seen.transcript) {
            eprintln!("vm: {}: {e}", logs.display());
        }
    });
    let rows: Vec<_> = scenarios.iter().zip(&seen).collect();
    println!("\n{}", table(&rows));
    println!("denials of other programs, and the scenarios with them:\n{}", others(&rows));
    println!("what each printed is in {}", logs.display());
    println!("{} s in all, accelerator {}", start.elapsed().as_secs(), image.accelerator);
    judge(options, &rows)
}

/// Those that were asked for. A foreign policy is switched on late, so it cannot be tried with another command line.
fn scenarios(options: &Options) -> Result<Vec<Scenario>, String> {
    let names: Vec<&str> = options.scenarios.iter().map(String::as_str).collect();
    let mut scenarios = Scenario::all(&setup::top().join("tests/vm/scenarios"), &names)?;
    scenarios.retain(|scenario| match &options.built {
        Some(kind) => scenario.images.contains(kind),
        None => scenario.images.is_empty(),
    });
    if scenarios.is_empty() {
        let image = options.built.as_deref().unwrap_or("the usual one");
        return Err(format!("no scenario that was asked for is about this image: {image}"));
    }
    if options.policy.is_some() {
        for left in scenarios.extract_if(.., |scenario| !scenario.boot.is_empty()) {
            println!("vm: {} is not played with another policy: it boots with {}", left.name, left.boot);
        }
    }
    Ok(scenarios)
}

/// Returns the expected facts of this guest: those of the home-made box of the same system.
fn host_facts(distribution: &str, foreign_policy: bool) -> Result<String, String> {
    let path = setup::top().join("vagrant/boxes.json");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let boxes: serde_json::Value = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    let name = format!("home-{distribution}");
    let facts = boxes[&name].as_object().ok_or_else(|| {
        let boxes = boxes.as_object().into_iter().flat_map(|boxes| boxes.keys());
        let known: Vec<&str> = boxes.filter_map(|name| name.strip_prefix("home-")).collect();
        format!("there is no guest of {distribution}, only of {}", known.join(", "))
    })?;
    let line = |(word, value): (&String, &serde_json::Value)| {
        let value = if foreign_policy && word == "rule" { "*" } else { value.as_str().unwrap_or_default() };
        format!("{word}: {value}\n")
    };
    Ok(facts.iter().map(line).collect())
}

/// Returns whether the result is as expected. In a self-test, exactly the scenarios in `red` must fail.
fn judge(options: &Options, rows: &[(&Scenario, &Seen)]) -> Result<bool, String> {
    let skipped = rows.iter().filter(|(_, seen)| seen.skipped.is_some()).count();
    let red: Vec<&str> = rows
        .iter()
        .filter(|(_, seen)| !seen.is_green() && seen.skipped.is_none())
        .map(|(scenario, _)| scenario.name.as_str())
        .collect();
    if let Some(broken) = options.broken.as_deref().filter(|_| options.self_test) {
        let path = setup::top().join("tests/vm/broken").join(broken).join("red");
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let expected: Vec<&str> =
            text.lines().filter(|name| rows.iter().any(|(scenario, _)| scenario.name == *name)).collect();
        println!("{broken}: to be red: {}\n{broken}: red:       {}", expected.join(" "), red.join(" "));
        // A scenario that was not played to its end has seen nothing.
        let broken_off = rows.iter().filter(|(_, seen)| seen.broken_off.is_some()).count();
        return Ok(expected == red && broken_off == 0 && skipped == 0);
    }
    let played = rows.len() - skipped;
    println!("{} passed, {} failed, {skipped} skipped", played - red.len(), red.len());
    // Our own guest has all that scenarios need: there, one that is skipped proves nothing and is an error.
    Ok(red.is_empty() && played > 0 && (skipped == 0 || options.policy.is_some()))
}
