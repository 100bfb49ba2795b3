//! The program: how it starts, ends, and what survives when it is killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use reqwest::Client;
use serde_json::json;
use tokio::net::TcpListener;

use crate::receiver::Receiver;

struct Process {
    child: Child,
    endpoint: String,
}

impl Process {
    fn start(state: &Path) -> Self {
        let mut child = command("127.0.0.1:0")
            .arg("--state")
            .arg(state)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let listening = lines.find_map(|line| {
            line.unwrap()
                .split_once("listening at ")
                .map(|(_, url)| url.trim().to_owned())
        });
        // Whoever stops reading would stop the program at its next log line.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            child,
            endpoint: listening.unwrap(),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.endpoint)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(address: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-cloud"));
    command.args(["--address", address]).env_remove("RUST_LOG");
    command.stderr(Stdio::piped());
    command
}

#[tokio::test]
async fn a_taken_port_is_one_clear_line_and_exit_code_1() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = command(&address).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(
        stderr.contains(&address) && stderr.contains("taken"),
        "{stderr}"
    );
}

#[test]
fn a_termination_signal_ends_it_cleanly() {
    let folder = tempfile::tempdir().unwrap();
    for signal in ["-TERM", "-INT"] {
        let mut process = Process::start(folder.path());
        let pid = process.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(process.child.wait().unwrap().code(), Some(0));
    }
}

#[tokio::test]
async fn an_event_that_is_not_acknowledged_outlives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let (hanging, client) = (Receiver::hanging().await, Client::new());
    let trigger = |to: &Receiver| {
        json!({
            "event_type": "google.cloud.storage.object.v1.finalized",
            "bucket": "bucket",
            "destination": to.url,
        })
    };
    let put = |url: String, spec| client.put(url).json(&spec).send();
    let process = Process::start(folder.path());
    let buckets = process.url("/storage/v1/b?project=local");
    client
        .post(buckets)
        .json(&json!({ "name": "bucket" }))
        .send()
        .await
        .unwrap();
    put(process.url("/_local/triggers/t"), trigger(&hanging))
        .await
        .unwrap();
    let upload = process.url("/upload/storage/v1/b/bucket/o?uploadType=media&name=a");
    assert_eq!(
        client
            .post(upload)
            .body("content")
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    let before = hanging.wait_for(1).await.remove(0);
    drop(process);

    let process = Process::start(folder.path());
    let after = Receiver::start().await;
    put(process.url("/_local/triggers/t"), trigger(&after))
        .await
        .unwrap();
    let again = after.wait_for(1).await.remove(0);
    assert_eq!(again.header("ce-id"), before.header("ce-id"));
    assert_eq!(again.body, before.body);
}
