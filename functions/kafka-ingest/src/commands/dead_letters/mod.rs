//! Messages that could not be taken in: which there are, and sending them back.

mod letter;
mod list;
mod requeue;
mod survey;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use darkroom_gcp::env::Env;

use super::error::CommandError;
use darkroom_kafka::Connection;

/// What is done with dead letters.
#[derive(Debug, Subcommand)]
pub(super) enum DeadLettersCommand {
    /// Show those that were not sent back yet
    List(ListArguments),
    /// Send those back to their topics that were not yet
    Requeue(RequeueArguments),
}

/// What `dead-letters list` is told.
#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// Those that were sent back too
    #[arg(long)]
    all: bool,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// What `dead-letters requeue` is told.
#[derive(Debug, Args)]
pub(super) struct RequeueArguments {
    /// Show what would be sent, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

struct Config {
    connection: Connection,
    topic: String,
    /// Its committed offsets on the dead-letter topic are how far letters were sent back.
    marker: String,
}

impl DeadLettersCommand {
    pub(super) async fn run(self) -> Result<ExitCode, CommandError> {
        let config = Env::read(Config::from_env)?;
        match self {
            Self::List(arguments) => list::run(&config, &arguments).await?,
            Self::Requeue(arguments) => requeue::run(&config, &arguments).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Config {
    fn from_env(env: &mut Env) -> Option<Self> {
        let connection = Connection::from_env(env);
        let group = env.required::<String>("KAFKA_GROUP");
        let topic = env.required("KAFKA_DEAD_LETTER_TOPIC");
        Some(Self {
            connection: connection?,
            topic: topic?,
            marker: format!("{}-requeue", group?),
        })
    }
}
