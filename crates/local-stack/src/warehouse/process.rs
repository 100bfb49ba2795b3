//! The warehouse's process, from its start to its end.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::{WarehouseConfig, WarehouseError};

const LAUNCHER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/warehouse/launch.py");
/// Where `make setup` puts (a link to) the Python environment.
const PYTHON: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../.local/python/bin/python"
);

/// The launcher's exit status when the port is in use.
const PORT_TAKEN: i32 = 98;
const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(10);
/// How much of the log's end an error shows, in bytes.
const TAIL: u64 = 2_000;

#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    port: u16,
}

impl Process {
    /// Starts the launcher and waits until it says its port.
    pub(super) async fn start(config: &WarehouseConfig) -> Result<Self, WarehouseError> {
        if !Path::new(PYTHON).exists() {
            return Err(WarehouseError::NotSetUp);
        }
        std::fs::create_dir_all(&config.data_dir)?;
        let log = config.data_dir.join("warehouse.log");
        let mut child = spawn(config, File::create(&log)?)?;
        let port = timeout(START_LIMIT, read_port(child.stdout.take())).await;
        match port.ok().flatten() {
            Some(port) => Ok(Self { child, port }),
            None => Err(failure(child, config.port, log).await),
        }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Closes the launcher's standard input, which ends it; kills it when it takes too long.
    pub(super) async fn stop(mut self) -> Result<(), WarehouseError> {
        drop(self.child.stdin.take());
        match timeout(STOP_LIMIT, self.child.wait()).await {
            Ok(ended) => ended.map(drop),
            Err(_) => self.child.kill().await,
        }?;
        Ok(())
    }
}

fn spawn(config: &WarehouseConfig, log: File) -> io::Result<Child> {
    Command::new(PYTHON)
        .arg(LAUNCHER)
        .arg("--port")
        .arg(config.port.to_string())
        .arg("--project")
        .arg(&config.project)
        .arg("--data-dir")
        .arg(&config.data_dir)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        // A group of its own: Ctrl-C in the terminal ends it through us, in order.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

async fn read_port(stdout: Option<ChildStdout>) -> Option<u16> {
    let mut line = String::new();
    // A port has five digits at most.
    BufReader::new(stdout?.take(8))
        .read_line(&mut line)
        .await
        .ok()?;
    line.trim().parse().ok()
}

async fn failure(mut child: Child, port: u16, log: PathBuf) -> WarehouseError {
    // It has ended, or it hangs: then kill it rather than wait on.
    if let Err(error) = child.start_kill() {
        return error.into();
    }
    match child.wait().await.map(|status| status.code()) {
        Ok(Some(PORT_TAKEN)) => WarehouseError::PortTaken(port),
        _ => WarehouseError::NotStarted {
            tail: tail(&log).unwrap_or_default(),
            log,
        },
    }
}

fn tail(log: &Path) -> io::Result<String> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut end = Vec::new();
    file.take(TAIL).read_to_end(&mut end)?;
    Ok(String::from_utf8_lossy(&end).trim_end().to_owned())
}
