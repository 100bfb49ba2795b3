//! A function as a process of its real binary.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::fs::File;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How long a function may take from its start until it listens.
const START: Duration = Duration::from_secs(30);

/// Cloud Run's time between SIGTERM and SIGKILL.
const STOP: Duration = Duration::from_secs(10);

/// What a function is started with.
#[derive(Debug, Clone)]
pub struct FunctionConfig {
    /// Its name, which is its binary's.
    pub name: &'static str,
    /// The folder of the binaries.
    pub binaries: PathBuf,
    /// Its environment, without `HOST` and `PORT`.
    pub environment: Vec<(&'static str, String)>,
    /// Its port; 0 takes a free one.
    pub port: u16,
    /// The file its log goes to.
    pub log: PathBuf,
}

/// A running function.
#[derive(Debug)]
pub struct Function {
    config: FunctionConfig,
    child: Child,
}

/// A function did not start.
#[derive(Debug, thiserror::Error)]
pub enum FunctionError {
    /// Its binary cannot be run.
    #[error("cannot start {name}: {source} (`cargo build --workspace --bins` builds it)")]
    Spawn {
        /// The function.
        name: &'static str,
        /// Why.
        source: io::Error,
    },
    /// It ended, or said nothing, before it listened.
    #[error("{name} did not start listening; it said:\n{said}")]
    NotListening {
        /// The function.
        name: &'static str,
        /// The end of its log.
        said: String,
    },
}

impl Function {
    /// Starts a function and waits until it listens.
    ///
    /// # Errors
    ///
    /// When it cannot be run, or ends before it listens (a taken port, a missing variable).
    pub async fn start(mut config: FunctionConfig) -> Result<Self, FunctionError> {
        let name = config.name;
        let spawn = |source| FunctionError::Spawn { name, source };
        let mut child = command(&config).spawn().map_err(spawn)?;
        let log = File::options()
            .append(true)
            .create(true)
            .open(&config.log)
            .await;
        let stdout = child
            .stdout
            .take()
            .ok_or_else(|| spawn(io::ErrorKind::BrokenPipe.into()))?;
        let (sender, listening) = oneshot::channel();
        tokio::spawn(follow(stdout, log.map_err(spawn)?, sender));
        match timeout(START, listening).await {
            Ok(Ok(port)) => config.port = port,
            _ => {
                let said = tail(&config.log).await;
                return Err(FunctionError::NotListening { name, said });
            }
        }
        Ok(Self { config, child })
    }

    /// Its address, `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.config.port)
    }

    /// Its process's id, while it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Sets a variable of its environment for the next start.
    pub fn set(&mut self, name: &'static str, value: &str) {
        self.config.environment.retain(|(other, _)| *other != name);
        self.config.environment.push((name, value.to_owned()));
    }

    /// Kills it at once, as `kill -9` does.
    ///
    /// # Errors
    ///
    /// When the signal cannot be sent.
    pub async fn kill(&mut self) -> io::Result<()> {
        self.child.kill().await
    }

    /// Starts it again on the port it had.
    ///
    /// # Errors
    ///
    /// As [`Self::start`].
    pub async fn restart(&mut self) -> Result<(), FunctionError> {
        *self = Self::start(self.config.clone()).await?;
        Ok(())
    }

    /// Stops it as Cloud Run does: SIGTERM, and SIGKILL after 10 s.
    ///
    /// # Errors
    ///
    /// When its end cannot be waited for.
    pub async fn stop(&mut self) -> io::Result<ExitStatus> {
        if let Some(id) = self.child.id().and_then(|id| i32::try_from(id).ok()) {
            // It may have ended between the two lines; then there is nobody to signal.
            let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
        }
        match timeout(STOP, self.child.wait()).await {
            Ok(status) => status,
            Err(_) => {
                self.child.kill().await?;
                self.child.wait().await
            }
        }
    }
}

/// `setpriv` has the kernel end the function when its parent dies, however that comes about.
fn command(config: &FunctionConfig) -> Command {
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "TERM"])
        .arg(config.binaries.join(config.name))
        .env_clear()
        .envs(config.environment.iter().map(|(name, value)| (name, value)))
        .env("HOST", "127.0.0.1")
        .env("PORT", config.port.to_string())
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    if let Ok(filter) = std::env::var("RUST_LOG") {
        command.env("RUST_LOG", filter);
    }
    command
}

/// Copies a function's log to its file, and tells the port once it listens.
async fn follow(from: impl AsyncRead + Unpin, mut log: File, listening: oneshot::Sender<u16>) {
    let mut listening = Some(listening);
    let mut lines = BufReader::new(from).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        // A full disk must not stop the function, whose output this drains.
        let _ = log.write_all(format!("{line}\n").as_bytes()).await;
        let _ = log.flush().await;
        if let Some(port) = listening_port(&line)
            && let Some(sender) = listening.take()
        {
            let _ = sender.send(port);
        }
    }
}

fn listening_port(line: &str) -> Option<u16> {
    let entry: Value = serde_json::from_str(line).ok()?;
    if entry["message"] != "listening" {
        return None;
    }
    entry["address"].as_str()?.rsplit(':').next()?.parse().ok()
}

/// The last lines of a log.
async fn tail(log: &Path) -> String {
    let text = tokio::fs::read_to_string(log).await.unwrap_or_default();
    let mut last = VecDeque::with_capacity(5);
    for line in text.lines() {
        if last.len() == 5 {
            last.pop_front();
        }
        last.push_back(line);
    }
    Vec::from(last).join("\n")
}

/// The folder of the function binaries, by the one of `name`: the folder of the running program, or
/// the one above it when that is a test.
///
/// # Errors
///
/// When the binary is in neither.
pub fn binaries(name: &str) -> io::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let mut folders = program.ancestors().skip(1).take(2);
    let found = folders.find(|folder| folder.join(name).is_file());
    found.map(Path::to_owned).ok_or_else(|| {
        let message = format!(
            "{name} is not built beside this program: run `cargo build --workspace --bins`"
        );
        io::Error::new(io::ErrorKind::NotFound, message)
    })
}
