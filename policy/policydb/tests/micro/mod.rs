//! A small policy with one idea for each type, in every version of the format.

use std::path::Path;
use std::process::Command;

/// How a policy is compiled.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    pub compiler: Compiler,
    pub version: u32,
    pub mls: bool,
    /// `allow`, `deny` or `reject`.
    pub unknown: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compiler {
    /// From CIL, as `semodule` does.
    Secilc,
    /// From the language of a monolithic policy.
    Checkpolicy,
}

/// The policy, or its twin without the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    Present,
    Missing,
}

/// Both compilers, every version that they write, with and without MLS, and with every handling of unknown classes.
pub fn forms() -> impl Iterator<Item = Form> {
    let compilers = [Compiler::Secilc, Compiler::Checkpolicy];
    let all = compilers.into_iter().flat_map(|compiler| (24..=33).map(move |version| (compiler, version)));
    let all = all.flat_map(|(compiler, version)| [true, false].map(|mls| (compiler, version, mls)));
    all.flat_map(|(compiler, version, mls)| {
        ["allow", "deny", "reject"].map(|unknown| Form { compiler, version, mls, unknown })
    })
}

/// Compiles `micro/policy.cil`, or its twin, into `file`.
pub fn compile(form: Form, rules: Rules, file: &Path) {
    let lines = include_str!("policy.cil").lines().filter_map(|line| statement(line, form.version, rules));
    let source: String = lines.map(|line| format!("{line}\n")).collect();
    let mut source = source.replace("HANDLING", form.unknown).replace("(mls MLS)", &format!("(mls {})", form.mls));
    if form.compiler == Compiler::Checkpolicy && rules == Rules::Present {
        // It refuses a type that exceeds its bounds.
        let in_bounds = "(allow child_t self (bpf (map_create map_read map_write prog_load)))";
        source = source.replace("(allow child_t self all)", in_bounds);
    }
    let cil = file.with_extension("cil");
    std::fs::write(&cil, source).unwrap();
    let version = form.version.to_string();
    // The way from CIL to the other language is a policy of the newest version: older ones lack names.
    let first = if form.compiler == Compiler::Checkpolicy { "33" } else { &version };
    // -N: secilc, too, refuses what exceeds its bounds unless it is told to look for nothing that is never allowed.
    run("secilc", &["-N", "-O", "-c", first, "-f", "/dev/null", "-o"], &[file, &cil]);
    if form.compiler == Compiler::Checkpolicy {
        let conf = file.with_extension("conf");
        let mls: &[&str] = if form.mls { &["-M"] } else { &[] };
        run("checkpolicy", &[mls, &["-b", "-F", "-o"]].concat(), &[&conf, file]);
        run("checkpolicy", &[mls, &["-U", form.unknown, "-c", &version, "-o"]].concat(), &[file, &conf]);
    }
}

fn run(program: &str, words: &[&str], files: &[&Path]) {
    let output = Command::new(program).args(words).args(files).output();
    let output = output.unwrap_or_else(|e| panic!("{program}: {e}; install the package of that name"));
    assert!(output.status.success(), "{program} {words:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Returns a line of the policy as it is in this version of it; `None` if it is missing there.
fn statement(line: &str, version: u32, rules: Rules) -> Option<&str> {
    if let Some((mark, rest)) = line.strip_prefix(";;").and_then(|marked| marked.split_once(' ')) {
        let counts = match mark {
            "twin" => rules == Rules::Missing,
            since => version >= since.parse().unwrap(),
        };
        return counts.then_some(rest);
    }
    (rules == Rules::Present || !line.ends_with("; rule")).then_some(line)
}
