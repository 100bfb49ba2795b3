//! What people do with the stream. Tables are for a person, `--json` is for a script; errors go to
//! standard error.

mod cluster;
mod dead_letters;
mod error;
mod lag;
mod output;
mod range;
mod reader;
mod replay;
mod topics;

use std::process::ExitCode;

use clap::Subcommand;
use tokio::runtime::Runtime;

use dead_letters::DeadLettersCommand;
use error::CommandError;
use lag::LagArguments;
use replay::ReplayArguments;
use topics::TopicsCommand;

/// The commands.
#[derive(Debug, Subcommand)]
#[allow(
    private_interfaces,
    reason = "a command's arguments are made by clap alone"
)]
pub enum Command {
    /// Compare the topics with their declaration, or make them so
    #[command(subcommand)]
    Topics(TopicsCommand),
    /// Show how far the consumers are behind
    Lag(LagArguments),
    /// Take messages in again; those that are stored already stay as they are
    Replay(ReplayArguments),
    /// Show messages that could not be taken in, or send them back
    #[command(subcommand)]
    DeadLetters(DeadLettersCommand),
}

impl Command {
    /// Runs the command, and returns 0 when all is well, 1 after an error that it has told, and 2
    /// when topics differ from their declaration.
    #[must_use]
    pub fn run(self) -> ExitCode {
        darkroom_gcp::function::choose_crypto();
        let runtime = match Runtime::new() {
            Ok(runtime) => runtime,
            Err(error) => return fail(&error.into()),
        };
        let result = runtime.block_on(self.execute());
        // A question that brokers still have would be waited for.
        runtime.shutdown_background();
        result.unwrap_or_else(|error| fail(&error))
    }

    async fn execute(self) -> Result<ExitCode, CommandError> {
        match self {
            Self::Topics(command) => command.run().await,
            Self::Lag(arguments) => lag::run(arguments).await,
            Self::Replay(arguments) => replay::run(arguments).await,
            Self::DeadLetters(command) => command.run().await,
        }
    }
}

fn fail(error: &CommandError) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::FAILURE
}
