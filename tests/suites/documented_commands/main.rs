//! Every command that the documentation shows is run, or `tests/cases/documented-commands.toml` says why not.
//!
//! The result is a table, `target/documented-commands.md`.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

mod collect;
mod places;
mod rows;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::process::Command;

use collect::{Kind, Shown};
use harness::setup::top;
use harness::{Run, program};
use places::Places;
use rows::How;

/// Returns what the program prints about a command.
fn help(words: &[&str]) -> String {
    Run::of(Command::new(program::binary()).args(words).arg("--help").env("COLUMNS", "200")).expect_code(0).stdout
}

/// Adds the examples of a command and its subcommands.
fn examples(words: &[&str], found: &mut Vec<Shown>) {
    let text = help(words);
    let place = [&["hostprep"], words, &["--help"]].concat().join(" ");
    found.extend(collect::of_help(&place, &text));
    for name in collect::subcommands(&text) {
        examples(&[words, &[&name]].concat(), found);
    }
}

/// Every command that is documented, in order.
fn shown() -> Vec<Shown> {
    let mut found = Vec::new();
    for path in collect::documents() {
        let place = path.strip_prefix(top()).unwrap().display().to_string();
        found.extend(collect::of_markdown(&place, &fs::read_to_string(&path).unwrap()));
    }
    examples(&[], &mut found);
    for name in ["package", "supply"] {
        let help = |words: &[&str]| {
            let mut asked = Command::new(places::programs().join(name));
            Run::of(asked.args(words).arg("--help").env("COLUMNS", "200")).expect_code(0).stdout
        };
        let of_all = help(&[]);
        found.extend(collect::of_help(&format!("{name} --help"), &of_all));
        for below in collect::subcommands(&of_all) {
            found.extend(collect::of_help(&format!("{name} {below} --help"), &help(&[&below])));
        }
    }
    let verify = Run::of(Command::new(top().join("packaging/verify.sh")).arg("--help")).expect_code(0);
    found.extend(collect::of_help("packaging/verify.sh --help", &verify.stdout));
    found
}

/// Tries a command, and returns how in words, or what is wrong.
fn attempt(places: &Places, shown: &Shown, how: &How) -> Result<String, String> {
    if shown.kind == Kind::Script {
        places::shell_takes(&shown.command)?;
    }
    match how {
        How::System { .. } if shown.kind == Kind::Inline => places::hostprep_knows(&shown.command),
        How::System { exit, seconds, says } => {
            let run = places.in_the_system(&shown.command, *seconds);
            let code = run.code.unwrap_or(-1);
            if !exit.contains(&code) {
                return Err(format!("exit code {code}\n{}{}", run.stdout, run.stderr));
            }
            let first_words = |line: &str| line.split_whitespace().take(2).map(str::to_owned).collect::<Vec<_>>();
            let said: BTreeSet<_> = run.stdout.lines().map(first_words).collect();
            match shown.output.iter().find(|line| *says && !said.contains(&first_words(line))) {
                Some(line) => Err(format!("it does not print a line as {line:?}, but\n{}", run.stdout)),
                None => Ok(format!("run in a Debian system, exit code {code}")),
            }
        }
        How::Vendor => places.as_a_vendor(&shown.command).map(|()| "run in a vendor's directory".into()),
        How::Make => places::make_knows(&shown.command),
        How::Cargo => places.cargo_knows(&shown.command),
        How::Options(help) => places.knows_options(help, &shown.command),
        How::Test { file, contains } => {
            let text = fs::read_to_string(top().join(file)).map_err(|e| format!("{file}: {e}"))?;
            let is_there = text.contains(contains.as_str());
            is_there.then(|| format!("run by {file}")).ok_or(format!("{file} does not contain {contains:?}"))
        }
        How::NotRun(why) => Ok(format!("not run: {why}")),
    }
}

#[test]
fn every_command_is_run_or_says_why_not() {
    if !harness::need_root() {
        return;
    }
    let (rows, places) = (rows::read(), Places::new());
    let mut table = "| where | command | how |\n|---|---|---|\n".to_owned();
    let mut wrong = Vec::new();
    let mut inline = BTreeSet::new();
    for shown in shown() {
        // A sentence may repeat it.
        if shown.kind == Kind::Inline && !inline.insert(shown.command.clone()) {
            continue;
        }
        let result = match rows::find(&rows, &shown.place, shown.bare()) {
            Some(row) => attempt(&places, &shown, &row.how),
            None => Err("no row of tests/cases/documented-commands.toml is for this command".to_owned()),
        };
        let first = shown.command.lines().next().unwrap_or_default().replace('|', "\\|");
        let how = result.as_ref().map_or("WRONG", |how| how.as_str());
        let _ = writeln!(table, "| {} | `{first}` | {how} |", shown.at());
        if let Err(problem) = result {
            wrong.push(format!(
                "{}: {}\n    {}",
                shown.at(),
                shown.command,
                problem.trim_end().replace('\n', "\n    ")
            ));
        }
    }
    for (pattern, _) in rows.iter().flat_map(|row| &row.commands).filter(|(_, is_used)| !is_used.get()) {
        wrong.push(format!("tests/cases/documented-commands.toml: no document has a command as {pattern:?}"));
    }
    fs::write(top().join("target/documented-commands.md"), table).unwrap();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn commands_are_found_in_texts() {
    let text = "Run `make demo`.\n\n```console\n$ sudo hostprep repair \\\n    --only 'a # b'   # words\nok   kernel\n$ two\n```\n\n\
                ```sh\nset -eu\none # two\n```\n\n```toml\nhostprep check\n```\n";
    let found: Vec<_> = collect::of_markdown("x.md", text)
        .into_iter()
        .map(|it| (it.line, it.command.clone(), it.output.len()))
        .collect();
    let command = |line, text: &str, output| (line, text.to_owned(), output);
    let repair = "sudo hostprep repair     --only 'a # b'";
    let expected =
        [command(1, "make demo", 0), command(4, repair, 1), command(7, "two", 0), command(11, "set -eu\none # two", 0)];
    assert_eq!(found, expected);

    let help = "X\n\nExamples:\n  hostprep check   look\n  hostprep repair  mend\n  hostprep a \\\n      --b   # c\n\nExit codes:\n";
    let found: Vec<_> = collect::of_help("x", help).into_iter().map(|it| it.command.trim().to_owned()).collect();
    assert_eq!(found, ["hostprep check", "hostprep repair", "hostprep a --b"]);

    assert!(rows::matches("hostprep * --all*", "hostprep x --all") && !rows::matches("hostprep *x", "hostprep xy"));
}
