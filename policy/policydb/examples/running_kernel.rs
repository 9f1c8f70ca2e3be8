//! Compares every decision about sampled contexts with the running kernel's: `running_kernel PAIRS [TYPE…]`. A quarter of the
//! contexts have one of the types TYPE. Needs root and SELinux. Fails if there is a difference.
//!
//! The policy is the one that the kernel gives out, `/sys/fs/selinux/policy`, in the state that its booleans have now.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example has no host to reach through other doors"
)]

#[path = "../tests/sample/mod.rs"]
mod sample;

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::process::ExitCode;

use policydb::Policy;
use sample::{Oracle, PREFIXES, Plan, compare};

const SELINUX: &str = "/sys/fs/selinux";
/// `AVD_FLAGS_PERMISSIVE` of the kernel.
const PERMISSIVE: u32 = 1;

/// The running kernel.
struct Kernel;

impl Oracle for Kernel {
    type Context = String;

    fn context(&self, text: &str) -> Option<String> {
        // The kernel takes the zero byte at its end for a part of it.
        let mut file = OpenOptions::new().write(true).open(format!("{SELINUX}/context")).ok()?;
        file.write_all(format!("{text}\0").as_bytes()).ok()?;
        Some(text.to_owned())
    }

    fn class(&self, name: &str) -> Option<u16> {
        fs::read_to_string(format!("{SELINUX}/class/{name}/index")).ok()?.trim().parse().ok()
    }

    fn decide(&self, source: &String, target: &String, class: u16) -> (u32, Option<bool>) {
        // `allowed decided auditallow auditdeny seqno flags`, hexadecimal but for the number.
        let answer = ask(&format!("{source} {target} {class}")).unwrap_or_else(|e| panic!("{source} {target}: {e}"));
        let words: Vec<&str> = answer.split_whitespace().collect();
        let word = |at: usize| u32::from_str_radix(words[at], 16).unwrap_or_else(|e| panic!("{answer}: {e}"));
        (word(0), Some(word(5) & PERMISSIVE != 0))
    }
}

/// Sends a question and reads the answer, which the kernel keeps with the open file.
fn ask(question: &str) -> std::io::Result<String> {
    let mut file = OpenOptions::new().read(true).write(true).open(format!("{SELINUX}/access"))?;
    file.write_all(question.as_bytes())?;
    file.rewind()?;
    let mut answer = String::new();
    file.read_to_string(&mut answer)?;
    Ok(answer)
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((Ok(pairs), types)) = words.split_first().map(|(pairs, types)| (pairs.parse::<usize>(), types)) else {
        eprintln!("usage: running_kernel PAIRS [TYPE…]");
        return ExitCode::from(2);
    };
    let mut bytes = Vec::new();
    let read = File::open(format!("{SELINUX}/policy")).and_then(|mut file| file.read_to_end(&mut bytes));
    if let Err(e) = read {
        eprintln!("running_kernel: {SELINUX}/policy: {e}");
        return ExitCode::FAILURE;
    }
    let policy = match Policy::parse(&bytes) {
        Ok(policy) => policy,
        Err(e) => {
            eprintln!("running_kernel: {SELINUX}/policy: {e}");
            return ExitCode::FAILURE;
        }
    };
    let types: Vec<&str> = types.iter().map(String::as_str).filter(|name| policy.knows_type(name)).collect();
    let plan = Plan { prefixes: PREFIXES, types: &types, contexts: 2 * pairs, pairs, types_alone_every: 4 };
    let outcome = compare(&policy, &Kernel, &plan);
    println!("policy version {}, {} bytes, {} types", policy.version(), bytes.len(), policy.types().count());
    println!("{pairs} pairs, {} triples with each class", outcome.decisions);
    println!("{} permissions allowed, {} triples of permissive domains", outcome.allowed, outcome.permissive);
    println!("{} differences", outcome.differences);
    for example in &outcome.examples {
        println!("difference: {example}");
    }
    if outcome.differences == 0 && outcome.allowed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
