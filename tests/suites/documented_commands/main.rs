//! Every command that the documentation shows is run, or `tests/cases/documented-commands.toml` says why not.
//!
//! The result is a table, `target/documented-commands.md`.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "the tests arrange the world around the program")]

mod collect;
#[path = "../../../packaging/tests/first_package/commands.rs"]
mod first_package;
mod places;
mod rows;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use collect::{Kind, Shown};
use harness::setup::top;
use harness::{Run, program};
use places::Places;
use rows::{How, Row};

/// Adds the examples of a program's command and its subcommands.
fn examples(program: &Path, words: &[&str], found: &mut Vec<Shown>) {
    let help = Run::of(Command::new(program).args(words).arg("--help").env("COLUMNS", "200")).expect_code(0).stdout;
    let name = program.file_name().unwrap().to_str().unwrap();
    let place = [&[name], words, &["--help"]].concat().join(" ");
    found.extend(collect::of_help(&place, &help));
    for name in collect::subcommands(&help) {
        examples(program, &[words, &[&name]].concat(), found);
    }
}

/// Every command that is documented, in order.
fn shown() -> Vec<Shown> {
    let mut found = Vec::new();
    for path in collect::documents() {
        let place = path.strip_prefix(top()).unwrap().display().to_string();
        found.extend(collect::of_markdown(&place, &fs::read_to_string(&path).unwrap()));
    }
    examples(program::binary(), &[], &mut found);
    for name in ["package", "supply"] {
        examples(&places::programs().join(name), &[], &mut found);
    }
    let verify = Run::of(Command::new(top().join("packaging/verify.sh")).arg("--help")).expect_code(0);
    found.extend(collect::of_help("packaging/verify.sh --help", &verify.stdout));
    found
}

/// Whether a file has a text on a line that is no comment.
fn has_code(text: &str, wanted: &str) -> bool {
    let is_comment = |line: &str| ["//", "# "].iter().any(|mark| line.trim_start().starts_with(mark));
    text.lines().any(|line| line.contains(wanted) && !is_comment(line))
}

/// Tries a command, and returns how in words, or what is wrong.
fn attempt(places: &Places, shown: &Shown, row: &Row) -> Result<String, String> {
    if shown.kind == Kind::Script {
        places::shell_takes(&shown.command)?;
    }
    let line = row.tried(&shown.command);
    match &row.how {
        How::System { parse_only: true, .. } if shown.kind == Kind::Inline => places.hostprep_knows(&line),
        How::System { exit, seconds, says, .. } => {
            if let Some(before) = &row.before {
                places.in_the_system(before, None).expect_code(0);
            }
            let run = places.in_the_system(&line, *seconds);
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
        How::Vendor => {
            row.before.as_ref().map_or(Ok(()), |before| places.as_a_vendor(before))?;
            places.as_a_vendor(&line).map(|()| "run in a vendor's directory".into())
        }
        How::FirstPackage => {
            let page = fs::read_to_string(top().join(&shown.place)).unwrap();
            let run = first_package::run_here(&page);
            let is_run = run.iter().any(|it| collect::without_comment(it) == shown.command);
            is_run.then(|| "run by packaging/tests/first_package.rs".into()).ok_or("that test does not run it".into())
        }
        How::Help => places::parses(&line),
        How::Make => places::make_knows(&line),
        How::Cargo => places.cargo_knows(&line),
        How::Options(help) => places::knows_options(help, &line),
        How::Ansible => places::ansible_knows(&line),
        How::Test { file, contains } => {
            let text = fs::read_to_string(top().join(file)).map_err(|e| format!("{file}: {e}"))?;
            match contains.iter().find(|wanted| !has_code(&text, wanted)) {
                Some(wanted) => Err(format!("{file} does not contain {wanted:?}")),
                None => Ok(format!("run by {file}")),
            }
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
    for misspelt in ["hostprep faults list 5", "hostprep check --olny kernel", "hostprep hook rpm later 1"] {
        assert!(places.hostprep_knows(misspelt).is_err(), "{misspelt}");
    }
    let mut table = "| where | command | how |\n|---|---|---|\n".to_owned();
    let mut wrong = Vec::new();
    let mut inline = BTreeSet::new();
    for shown in shown() {
        // A sentence may repeat it.
        if shown.kind == Kind::Inline && !inline.insert(shown.command.clone()) {
            continue;
        }
        let result = match rows::find(&rows, &shown.place, shown.bare()) {
            Some(row) => attempt(&places, &shown, row),
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

#[test]
fn what_no_program_knows_is_found() {
    let help = "  -X,--priority=PRIORITY  set it\n  -r NAME  remove\n  --long[=N]";
    for (line, problem) in [
        ("it -X 300 -r name --long=3 - --", None),
        ("it -rX name", None),
        ("it -X 300 -q name", Some("there is no option -q")),
        ("it -rq name", Some("there is no option -rq")),
        ("it | other --lnog", Some("there is no option --lnog")),
    ] {
        assert_eq!(places::options_in(help, line).err().as_deref(), problem, "{line}");
    }
    assert!(places::knows_options("echo --it; exit 1", "x --it").is_err(), "a help that fails is none");
    assert!(places::knows_options("echo --it", "x --it").is_ok());

    let metadata = places::metadata();
    for (line, is_known) in [
        ("cargo test -p hostprep-tests --test documented_commands -- every", true),
        ("cargo build --release --locked", true),
        ("HOSTPREP_BINARY=/x cargo test --test=documented_commands", true),
        ("package() { cargo run --quiet -p hostprep-packaging --bin package -- \"$@\"; }", true),
        ("cargo test -p hostprep-tests --test documented_comands", false),
        ("cargo test --test documented_comands", false),
        ("cargo run --example supervisro", false),
        ("cargo run --bin=packing", false),
        ("cargo build --relaese", false),
        ("cargo biuld", false),
        ("cargo test -p hostprep-test", false),
        ("make bench RUNS=3 ROOTS=50", true),
        ("make bench RUN=3", false),
        ("make bnech", false),
        ("ansible-playbook hostprep.hostprep.gather -i inventory -e hostprep_results=x", true),
        ("ansible-playbook hostprep.hostprep.gather -i inventory -e hostprep_result=x", false),
        ("ansible-playbook hostprep.hostprep.gahter -i inventory", false),
        ("ansible-playbook hostprep.hostprep.raw -i inventory --chekc", false),
        ("package build --manifest x --out y", true),
        ("package build --manifest x --dist y", false),
        ("package biuld --manifest x", false),
        ("package build | package --bogus", false),
    ] {
        let known = match line.split(' ').next() {
            Some("make") => places::make_knows(line),
            Some("package") => places::parses(line),
            Some("ansible-playbook") => places::ansible_knows(line),
            _ => places::cargo_knows(&metadata, line),
        };
        assert_eq!(known.is_ok(), is_known, "{line}: {known:?}");
    }
    assert!(has_code("// a b\nlet c;", "let c") && !has_code("// a b\nlet c;", "a b"));
}
