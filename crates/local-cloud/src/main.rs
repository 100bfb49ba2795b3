//! The server as a program.

use std::error::Error;
use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use local_cloud::events::DeliveryPolicy;
use local_cloud::{Config, LocalCloud, Location};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// How long requests under way may take to end.
const GRACE: Duration = Duration::from_secs(5);

/// Cloud Storage, Eventarc and Cloud Scheduler on this machine.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where to listen; port 0 takes any that is free.
    #[arg(long, env = "LOCAL_CLOUD_ADDRESS", default_value = "127.0.0.1:9000")]
    address: SocketAddr,
    /// The folder that everything is kept in. Without it all is in memory and lost at the end.
    #[arg(long, env = "LOCAL_CLOUD_STATE")]
    state: Option<PathBuf>,
    /// The id of the project that all buckets are in.
    #[arg(long, env = "LOCAL_CLOUD_PROJECT", default_value = "local")]
    project: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("local-cloud: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let cloud = LocalCloud::start(Config {
        address: arguments.address,
        state: arguments.state.map_or(Location::Memory, Location::Folder),
        project: arguments.project,
        delivery: DeliveryPolicy::default(),
    })
    .await?;
    tracing::info!("listening at {}", cloud.endpoint());
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping");
    if tokio::time::timeout(GRACE, cloud.shutdown()).await.is_err() {
        tracing::warn!("requests were cut off that took longer than {GRACE:?}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_defined() {
        Arguments::command().debug_assert();
    }
}
