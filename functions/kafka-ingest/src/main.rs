//! Kafka ingest as a process: the consumer, or a command of the people who run the stream.

use std::process::ExitCode;

use clap::Parser;
use kafka_ingest::commands::Command;

/// Stores every message of a Kafka stream as an image. Without a command it consumes.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Some(command) => command.run(),
        None => darkroom_gcp::function::run(kafka_ingest::Config::from_env, kafka_ingest::app),
    }
}
