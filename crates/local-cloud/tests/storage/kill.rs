//! What was acknowledged is there after the server was killed.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::cloud::start_at;
use local_cloud::Location;
use reqwest::Client;
use serde_json::json;

/// A server in a process of its own, which ends with the test at the latest.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn spawn(state: &Path, port: u16) -> Server {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-cloud"));
    command
        .args(["--address", &format!("127.0.0.1:{port}"), "--state"])
        .arg(state);
    Server(command.stderr(Stdio::null()).spawn().unwrap())
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

async fn wait_until_up(endpoint: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while Client::new()
        .get(format!("{endpoint}/storage/v1/b"))
        .send()
        .await
        .is_err()
    {
        assert!(Instant::now() < deadline, "the server did not come up");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Writes objects one after the other until the server is gone, and returns those it acknowledged.
async fn write_until_killed(
    endpoint: String,
    writer: usize,
    total: Arc<AtomicUsize>,
) -> Vec<String> {
    let client = Client::new();
    let mut acknowledged = Vec::new();
    loop {
        let name = format!("{writer}-{}", acknowledged.len());
        let url = format!("{endpoint}/upload/storage/v1/b/bucket/o?uploadType=media&name={name}");
        match client.post(url).body(name.clone()).send().await {
            Ok(response) if response.status() == 200 => {
                acknowledged.push(name);
                total.fetch_add(1, Ordering::Relaxed);
            }
            _ => return acknowledged,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_object_outlives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let endpoint = format!("http://127.0.0.1:{port}");
    let mut server = spawn(folder.path(), port);
    wait_until_up(&endpoint).await;
    let bucket = Client::new().post(format!("{endpoint}/storage/v1/b"));
    bucket
        .json(&json!({ "name": "bucket" }))
        .send()
        .await
        .unwrap();
    let total = Arc::new(AtomicUsize::new(0));
    let write = |n| tokio::spawn(write_until_killed(endpoint.clone(), n, Arc::clone(&total)));
    let writers: Vec<_> = (0..4).map(write).collect();
    let deadline = Instant::now() + Duration::from_secs(30);
    while total.load(Ordering::Relaxed) < 50 {
        assert!(Instant::now() < deadline, "the server is too slow");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.0.kill().unwrap();
    server.0.wait().unwrap();

    let cloud = start_at(Location::Folder(folder.path().to_owned())).await;
    let mut count = 0;
    for writer in writers {
        for name in writer.await.unwrap() {
            let url = format!(
                "{}/storage/v1/b/bucket/o/{name}?alt=media",
                cloud.endpoint()
            );
            assert_eq!(
                Client::new()
                    .get(url)
                    .send()
                    .await
                    .unwrap()
                    .text()
                    .await
                    .unwrap(),
                name
            );
            count += 1;
        }
    }
    assert!(count >= 50);
    // At most what each of the writers had under way is there besides, and no file without object.
    let files = std::fs::read_dir(folder.path().join("blobs"))
        .unwrap()
        .count();
    assert!(
        (count..=count + 4).contains(&files),
        "{files} files for {count} objects"
    );
}
