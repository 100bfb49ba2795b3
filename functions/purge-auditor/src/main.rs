//! The purge-auditor as a process: the function, or a command of the people who look at its evidence.

use std::process::ExitCode;

use clap::Parser;
use purge_auditor::commands::Command;

/// Deletes what is past its retention, and keeps evidence of it. Without a command it serves.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Some(command) => command.run(),
        None => darkroom_gcp::function::run(purge_auditor::Config::from_env, purge_auditor::app),
    }
}
