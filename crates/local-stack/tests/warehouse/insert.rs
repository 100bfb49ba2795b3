//! `tabledata.insertAll` does what BigQuery's does.

use std::process::Command;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Dataset, row, with};

fn recent(image_id: &str) -> Value {
    row(image_id, SignedDuration::from_mins(1))
}

/// (index, location) of each row error.
fn errors(answer: &Value) -> Vec<(u64, &str)> {
    let errors = answer["insertErrors"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    errors
        .iter()
        .map(|error| {
            let location = error["errors"][0]["location"].as_str();
            (
                error["index"].as_u64().unwrap(),
                location.unwrap_or_default(),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_row_that_failed_is_inserted_when_it_is_sent_again() {
    let dataset = Dataset::create("sent_again").await;
    let bad = with(recent("a"), json!({ "attributes": "{not json" }));
    for attempt in 0..2 {
        let answer = dataset.insert(&[("1", bad.clone())]).await;
        assert_eq!(errors(&answer).len(), 1, "attempt {attempt}: {answer}");
    }
    let answer = dataset.insert(&[("1", recent("a"))]).await;
    assert_eq!(errors(&answer), [], "{answer}");
    assert_eq!(dataset.ids("image_records").await, ["a"]);
}

#[tokio::test]
async fn a_row_that_is_in_is_not_inserted_again() {
    let dataset = Dataset::create("sent_twice").await;
    for _ in 0..2 {
        dataset.insert(&[("1", recent("a"))]).await;
    }
    let bad = with(recent("a"), json!({ "status": null }));
    assert_eq!(
        errors(&dataset.insert(&[("1", bad)]).await),
        [(0, "status")]
    );
    dataset.insert(&[("1", recent("a"))]).await;
    assert_eq!(dataset.ids("image_records").await, ["a"]);
}

#[tokio::test]
async fn faulty_rows_are_named_and_the_sound_ones_go_in() {
    let dataset = Dataset::create("faulty_rows").await;
    let label = json!([{ "key": "album" }]);
    let rows = [
        ("0", recent("sound")),
        ("1", with(recent("x"), json!({ "colour": "red" }))),
        (
            "2",
            with(
                recent("x"),
                json!({ "source": { "kind": "web", "user": "1" } }),
            ),
        ),
        ("3", with(recent("x"), json!({ "labels": label }))),
        ("4", with(recent("x"), json!({ "schema_version": "one" }))),
        ("5", with(recent("x"), json!({ "received_at": null }))),
        ("6", with(recent("x"), json!({ "derivatives": null }))),
        ("7", with(recent("x"), json!({ "rejection": "empty" }))),
        (
            "8",
            with(
                recent("x"),
                json!({ "exif": { "taken_at": "0000-01-01T00:00:00" } }),
            ),
        ),
        ("9", recent("sound too")),
    ];
    let answer = dataset.insert(&rows).await;
    let expected = [
        (1, "colour"),
        (2, "source.user"),
        (3, "labels[0].value"),
        (4, "schema_version"),
        (5, "received_at"),
        (6, "derivatives"),
        (7, "rejection"),
        (8, "exif.taken_at"),
    ];
    assert_eq!(errors(&answer), expected);
    assert_eq!(dataset.ids("image_records").await, ["sound", "sound too"]);
}

#[tokio::test]
async fn values_come_back_as_they_were_sent() {
    let dataset = Dataset::create("values").await;
    let full = json!({
        "received_at": "2026-11-22T10:15:00.123456Z",
        "perceptual_hash": i64::MIN.to_string(),
        "exif": { "make": "Größe \"1\"", "taken_at": "2026-11-22T10:15:00", "f_number": 1.8 },
        "labels": [{ "key": "a", "value": "1" }, { "key": "b", "value": "" }],
        "attributes": r#"{"faces":[{"x":0.5}],"none":null}"#,
    });
    let answer = dataset.insert(&[("1", with(recent("a"), full))]).await;
    assert_eq!(errors(&answer), [], "{answer}");

    let sql = format!(
        "SELECT received_at, perceptual_hash, exif.make, exif.taken_at, exif.f_number, exif.iso,
           exif.gps, labels, attributes, rejection, derivatives, original.ingest_generation
         FROM {}",
        dataset.table("image_records")
    );
    let rows = dataset.warehouse.query(&sql).await.unwrap().rows;
    let expected = json!([{
        "received_at": "2026-11-22T10:15:00.123456Z",
        "perceptual_hash": i64::MIN,
        "make": "Größe \"1\"",
        "taken_at": "2026-11-22T10:15:00",
        "f_number": 1.8,
        "iso": null,
        "gps": null,
        "labels": [{ "key": "a", "value": "1" }, { "key": "b", "value": "" }],
        "attributes": { "faces": [{ "x": 0.5 }], "none": null },
        "rejection": null,
        "derivatives": [],
        "ingest_generation": 1_795_342_500_123_456_i64,
    }]);
    assert_eq!(serde_json::to_value(rows).unwrap(), expected);
}

#[test]
fn writers_at_once_all_succeed() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/warehouse/concurrent_writers.py"
    );
    let folder = tempfile::tempdir().unwrap();
    let ended = Command::new(format!("{root}/.local/python/bin/python"))
        .args([script.as_ref(), folder.path()])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("the Python environment; run `make setup` first");
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
}
