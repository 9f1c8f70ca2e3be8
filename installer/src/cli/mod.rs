//! Maps the command line to the library, and results to exit codes.

mod args;
mod fault_commands;
mod hook_commands;
mod invocation;
mod load_lock_commands;
mod named;
mod output;
mod own_domain_status;
mod policy_commands;
mod policy_status;
mod progress;
mod report_command;
mod schema_command;
mod status_commands;
mod step_commands;
mod support_command;

use std::process::ExitCode;

use installer::report::exit;

use args::Command;
use output::Failure;

/// Parses the command line, runs the command, and returns its exit code.
pub fn run() -> ExitCode {
    host::process::inherited::sanitize();
    let cli = match named::parse() {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return ExitCode::from(if e.use_stderr() { exit::USAGE } else { exit::WELL });
        }
    };
    let global = &cli.global;
    let result = match cli.command {
        Command::Check(check) => step_commands::check(global, check),
        Command::Repair(repair) => step_commands::repair(global, repair),
        Command::Remove(remove) => step_commands::remove(global, &remove),
        Command::Generalize(generalize) => step_commands::generalize(global, &generalize),
        Command::Status(status) => status_commands::run(global, &status),
        Command::Explain { id, format } => fault_commands::explain(global, &id, format),
        Command::LoadLock(command) => load_lock_commands::run(global, command),
        Command::Faults(command) => fault_commands::run(global, command),
        Command::Policy(command) => policy_commands::run(global, command),
        Command::Hook(hook) => hook_commands::run(global, &hook),
        Command::SupportBundle(bundle) => support_command::run(global, &bundle),
        Command::Report(report) => report_command::run(global, &report),
        Command::Schema { name } => schema_command::run(global, name.as_deref()),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(Failure::Usage(message)) => {
            output::print_error(&message);
            ExitCode::from(exit::USAGE)
        }
        Err(Failure::Error(error)) => {
            output::print_error(&output::one_line_chain(&error));
            ExitCode::from(exit::ERROR)
        }
        // The reader of our output is gone; nothing can be printed.
        Err(Failure::BrokenPipe) => ExitCode::from(exit::WELL),
    }
}
