//! The local warehouse, run as `make run` runs it.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod insert;
mod lifecycle;
mod views;

use jiff::{SignedDuration, Timestamp};
use local_stack::warehouse::{Warehouse, WarehouseConfig};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::OnceCell;

const PROJECT: &str = "local";

/// A dataset of a test's own with production's tables.
struct Dataset<'a> {
    warehouse: &'a Warehouse,
    name: String,
}

impl Dataset<'static> {
    /// In the warehouse that tests share. It ends with the test process.
    async fn create(name: &str) -> Self {
        static SHARED: OnceCell<(Warehouse, TempDir)> = OnceCell::const_new();
        let shared = SHARED.get_or_init(async || {
            let folder = tempfile::tempdir().unwrap();
            (start(&folder, 0).await.unwrap(), folder)
        });
        Dataset::create_in(&shared.await.0, name).await
    }
}

impl<'a> Dataset<'a> {
    async fn create_in(warehouse: &'a Warehouse, name: &str) -> Self {
        warehouse.create_dataset_and_tables(name).await.unwrap();
        Self {
            warehouse,
            name: name.to_owned(),
        }
    }

    /// A table's or view's full name, quoted.
    fn table(&self, name: &str) -> String {
        format!("`{PROJECT}.{}.{name}`", self.name)
    }

    /// Inserts rows as (insertId, row) and returns BigQuery's answer.
    async fn insert(&self, rows: &[(&str, Value)]) -> Value {
        let rows: Vec<_> = rows
            .iter()
            .map(|(id, row)| json!({ "insertId": id, "json": row }))
            .collect();
        let url = format!(
            "{}/bigquery/v2/projects/{PROJECT}/datasets/{}/tables/image_records/insertAll",
            self.warehouse.endpoint(),
            self.name
        );
        let body = json!({ "rows": rows, "skipInvalidRows": true });
        let response = reqwest::Client::new()
            .post(url)
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }

    /// The ids in a table or view, sorted.
    async fn ids(&self, table: &str) -> Vec<String> {
        let sql = format!(
            "SELECT image_id FROM {} ORDER BY image_id",
            self.table(table)
        );
        let rows = self.warehouse.query(&sql).await.unwrap().rows;
        rows.iter()
            .map(|row| row["image_id"].as_str().unwrap().to_owned())
            .collect()
    }
}

async fn start(
    folder: &TempDir,
    port: u16,
) -> Result<Warehouse, local_stack::warehouse::WarehouseError> {
    let data_dir = folder.path().to_owned();
    Warehouse::start(WarehouseConfig {
        data_dir,
        port,
        project: PROJECT.to_owned(),
    })
    .await
}

/// A row of an image received `age` ago, with the columns that must be there.
fn row(image_id: &str, age: SignedDuration) -> Value {
    let received_at = Timestamp::now() - age;
    json!({
        "schema_version": 1,
        "image_id": image_id,
        "requested_at": received_at,
        "received_at": received_at,
        "processed_at": received_at,
        "source": { "kind": "web", "principal": "user-1" },
        "status": "processed",
        "original": {
            "object": "00/2026-11-22T10/id/original",
            "ingest_generation": 1_795_342_500_123_456_i64,
            "size_bytes": 12,
            "crc32c": "AAAAAA==",
        },
        "recipe": "default",
        "processor_version": "0.1.0",
    })
}

/// The row with some columns changed.
fn with(mut row: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        row[name] = value.clone();
    }
    row
}
