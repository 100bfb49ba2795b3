//! What an auditor does with the evidence. Errors go to standard error.

mod report;
mod source;
mod verify;

use std::error::Error;
use std::process::ExitCode;

use clap::Subcommand;
use tokio::runtime::Runtime;

use report::ReportArguments;
use verify::VerifyArguments;

/// The commands.
#[derive(Debug, Subcommand)]
#[allow(
    private_interfaces,
    reason = "a command's arguments are made by clap alone"
)]
pub enum Command {
    /// Verify that all reports are there, as they were written and in order
    Verify(VerifyArguments),
    /// Print what the sweeps of a day did and found, for people
    Report(ReportArguments),
}

impl Command {
    /// Runs the command, and returns 0 when all is well and 1 after an error that it has told.
    #[must_use]
    pub fn run(self) -> ExitCode {
        darkroom_gcp::function::choose_crypto();
        match self.execute() {
            Ok(said) => {
                println!("{}", said.trim_end());
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        }
    }

    fn execute(self) -> Result<String, Box<dyn Error>> {
        let runtime = Runtime::new()?;
        Ok(match self {
            Self::Verify(arguments) => runtime.block_on(arguments.run())?,
            Self::Report(arguments) => runtime.block_on(arguments.run())?,
        })
    }
}
