//! Starting, stopping, and what is kept between.

use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::time::Duration;

use jiff::SignedDuration;
use local_stack::warehouse::{Warehouse, WarehouseError};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use super::{Dataset, PROJECT, row, start};

#[tokio::test]
async fn rows_outlive_a_restart_and_the_tables_being_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = start(&folder, 0).await.unwrap();
    let dataset = Dataset::create_in(&warehouse, "kept").await;
    dataset
        .insert(&[("1", row("a", SignedDuration::ZERO))])
        .await;
    let address = address(&warehouse);
    warehouse.stop().await.unwrap();
    assert!(
        TcpStream::connect(&address).is_err(),
        "it answers after its stop"
    );

    let warehouse = start(&folder, 0).await.unwrap();
    let dataset = Dataset::create_in(&warehouse, "kept").await;
    assert_eq!(dataset.ids("image_records").await, ["a"]);
    assert_eq!(dataset.ids("images").await, ["a"]);
}

#[tokio::test]
async fn the_launcher_ends_when_its_standard_input_closes() {
    let folder = tempfile::tempdir().unwrap();
    let mut launcher = Command::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../.local/python/bin/python"
    ))
    .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/warehouse/launch.py"))
    .args(["--port", "0", "--project", "local", "--data-dir"])
    .arg(folder.path())
    .stdin(Stdio::piped())
    .stdout(Stdio::piped())
    .spawn()
    .unwrap();
    let mut port = String::new();
    let stdout = BufReader::new(launcher.stdout.take().unwrap());
    stdout.take(8).read_line(&mut port).await.unwrap();
    assert!(port.trim().parse::<u16>().is_ok(), "{port}");

    drop(launcher.stdin.take());
    let ended = timeout(Duration::from_secs(20), launcher.wait()).await;
    assert!(ended.expect("it runs on").unwrap().success());
}

#[tokio::test]
async fn a_taken_port_is_told() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port();
    let error = start(&tempfile::tempdir().unwrap(), port)
        .await
        .unwrap_err();
    assert!(
        matches!(error, WarehouseError::PortTaken(taken) if taken == port),
        "{error}"
    );
}

#[tokio::test]
async fn a_second_warehouse_on_the_same_data_is_told_from_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let _first = start(&folder, 0).await.unwrap();
    let error = start(&folder, 0).await.unwrap_err();
    let message = error.to_string();
    assert!(
        matches!(error, WarehouseError::NotStarted { .. }),
        "{message}"
    );
    assert!(
        message.contains("warehouse.log") && message.contains("lock"),
        "{message}"
    );
}

#[tokio::test]
async fn results_of_old_queries_are_dropped_and_the_newest_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = start(&folder, 0).await.unwrap();
    let url = format!(
        "{}/bigquery/v2/projects/{PROJECT}/queries",
        warehouse.endpoint()
    );
    let client = reqwest::Client::new();
    let query = async || {
        let body = json!({ "query": "SELECT 1 AS one", "useLegacySql": false });
        let answer = client.post(&url).json(&body).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer["jobReference"]["jobId"].as_str().unwrap().to_owned()
    };
    let status = async |job: &str| {
        let answer = client.get(format!("{url}/{job}")).send().await.unwrap();
        answer.status().as_u16()
    };
    let first = query().await;
    assert_eq!(status(&first).await, 200);
    let mut last = first.clone();
    // More than are kept.
    for _ in 0..110 {
        last = query().await;
    }
    let dropped = async {
        while status(&first).await != 404 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(Duration::from_secs(120), dropped)
        .await
        .expect("it is kept");
    assert_eq!(status(&last).await, 200);
}

fn address(warehouse: &Warehouse) -> String {
    warehouse.endpoint().replace("http://", "")
}
