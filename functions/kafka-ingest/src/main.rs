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
    match Arguments::try_parse().map(|arguments| arguments.command) {
        Ok(Some(command)) => command.run(),
        Ok(None) => darkroom_gcp::function::run(kafka_ingest::Config::from_env, kafka_ingest::app),
        // clap's own exit code is 2, by which `topics plan` says that topics differ.
        Err(error) => {
            let _ = error.print();
            ExitCode::from(u8::from(error.use_stderr()))
        }
    }
}
