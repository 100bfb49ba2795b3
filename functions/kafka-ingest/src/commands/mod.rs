//! What people do with the stream.

use std::process::ExitCode;

use clap::Subcommand;

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Nothing yet.
    Lag,
}

impl Command {
    /// Runs the command.
    #[must_use]
    pub fn run(self) -> ExitCode {
        ExitCode::SUCCESS
    }
}
