//! `make vm`: plays the scenarios of `tests/vm` in a guest with SELinux enforcing and prints a table. Ends non-zero where
//! anything is not as expected. usage: vm NEWER OLDER [--broken NAME | --self-test NAME | --keep] [SCENARIO…]
//! NEWER and OLDER are directories with a DEB and an RPM each.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "its output is what it is for"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use harness::setup;
use harness::vm::machine::Image;
use harness::vm::play::{Stage, play};
use harness::vm::scenario::Scenario;
use harness::vm::seed::Seed;
use harness::vm::table::{is_green, others, table};

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(why) => {
            eprintln!("vm: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode, String> {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    if args.len() < 2 {
        return Err("usage: vm NEWER OLDER [--broken NAME | --self-test NAME | --keep] [SCENARIO…]".into());
    }
    let rest = args.split_off(2);
    let words: Vec<&str> = rest.iter().map(String::as_str).collect();
    let (keep, broken, self_test, names): (bool, Option<&str>, bool, &[&str]) = match words.as_slice() {
        ["--keep", ..] => (true, None, false, &[]),
        ["--broken", name, names @ ..] => (false, Some(*name), false, names),
        ["--self-test", name, names @ ..] => (false, Some(*name), true, names),
        names => (false, None, false, names),
    };

    let start = Instant::now();
    if !Command::new(setup::top().join("tests/vm/image.sh")).status().is_ok_and(|status| status.success()) {
        return Err("there is no image to boot".into());
    }
    let image = Image::in_directory(setup::top().join("target/vm/image"));
    let seed = Seed::of(&image.directory, Path::new(&args[0]), Path::new(&args[1]));
    println!("vm: prepared in {} s, accelerator {}", start.elapsed().as_secs(), image.accelerator);
    if keep {
        let mut guest = image.guest(&seed.disk(), "", "mon:stdio");
        guest.status().map_err(|e| format!("qemu-system-x86_64: {e}"))?;
        return Ok(ExitCode::SUCCESS);
    }

    let scenarios = Scenario::all(&setup::top().join("tests/vm/scenarios"), names)?;
    let logs = setup::top().join("target/vm/log");
    std::fs::create_dir_all(&logs).map_err(|e| format!("{}: {e}", logs.display()))?;
    let seed = seed.disk();
    let seen = play(Stage { image: &image, seed: &seed, broken }, &scenarios, |scenario, seen| {
        let end = if is_green(scenario, seen) { "as expected" } else { "NOT AS EXPECTED" };
        println!("vm: {} {end} after {} s", scenario.name, seen.took.as_secs());
        std::fs::write(logs.join(&scenario.name), &seen.transcript).ok();
    });
    let rows: Vec<_> = scenarios.iter().zip(&seen).collect();
    println!("\n{}", table(&rows));
    println!("denials that are not ours, and the scenarios that saw them:\n{}", others(&rows));
    let red: Vec<&str> = rows.iter().filter(|row| !is_green(row.0, row.1)).map(|row| row.0.name.as_str()).collect();
    println!("what each printed is in {}", logs.display());
    println!("{} s in all, accelerator {}", start.elapsed().as_secs(), image.accelerator);
    let as_expected = match broken.filter(|_| self_test) {
        None => {
            println!("{} passed, {} failed", rows.len() - red.len(), red.len());
            red.is_empty()
        }
        Some(broken) => {
            let mut expected = expected_red(broken)?;
            expected.retain(|name| scenarios.iter().any(|scenario| scenario.name == *name));
            println!("{broken}: to be red: {}\n{broken}: red:       {}", expected.join(" "), red.join(" "));
            expected == red
        }
    };
    Ok(if as_expected { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The scenarios that see what is broken.
fn expected_red(broken: &str) -> Result<Vec<String>, String> {
    let path: PathBuf = setup::top().join("tests/vm/broken").join(broken).join("red");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(text.lines().map(str::to_owned).collect())
}
