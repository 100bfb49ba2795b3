//! A record as a row that `tabledata.insertAll` takes.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use darkroom_core::record::Record;
use darkroom_core::warehouse;
use serde_json::{Value, json};

fn record(changes: Value) -> Record {
    let mut record = json!({
        "schema_version": 1,
        "image_id": "01936e3a-7b5e-7c3d-9f21-6b1f0a2c4d5e",
        "requested_at": "2026-11-22T10:15:00Z",
        "received_at": "2026-11-22T10:15:01.5Z",
        "processed_at": "2026-11-22T10:15:02Z",
        "source": { "kind": "web", "principal": "user-1" },
        "status": "rejected",
        "rejection": { "code": "empty", "detail": "no bytes" },
        "original": { "object": "o", "ingest_generation": 1, "size_bytes": 0, "crc32c": "AAAAAA==" },
        "recipe": "default",
        "processor_version": "0.1.0",
    });
    for (name, value) in changes.as_object().unwrap() {
        record[name] = value.clone();
    }
    serde_json::from_value(record).unwrap()
}

#[test]
fn attributes_become_json_text() {
    let row = warehouse::row(&record(json!({ "attributes": { "score": 0.5 } }))).unwrap();
    assert_eq!(row["attributes"], r#"{"score":0.5}"#);
}

#[test]
fn a_hash_keeps_all_its_bits() {
    for hash in [i64::MIN, -1, i64::MAX] {
        let row = warehouse::row(&record(json!({ "perceptual_hash": hash }))).unwrap();
        assert_eq!(row["perceptual_hash"], hash.to_string());
    }
    assert_eq!(
        warehouse::row(&record(json!({}))).unwrap()["perceptual_hash"],
        Value::Null
    );
}

#[test]
fn lists_are_empty_rather_than_null() {
    let row = warehouse::row(&record(json!({}))).unwrap();
    for column in ["labels", "derivatives", "stages"] {
        assert_eq!(row[column], json!([]), "{column}");
    }
}

#[test]
fn every_name_in_a_row_is_a_column() {
    let everything = json!({
        "exif": { "make": "Canon", "gps": { "latitude": 1.5, "longitude": 2.5 } },
        "labels": [{ "key": "album", "value": "2026" }],
        "derivatives": [{
            "name": "preview.webp", "object": "o", "content_type": "image/webp",
            "width": 1, "height": 1, "size_bytes": 1, "sha256": "00",
        }],
        "stages": [{ "stage": "decode", "milliseconds": 1.5 }],
        "source": {
            "kind": "kafka",
            "kafka": { "cluster": "c", "topic": "t", "partition": 0, "offset": 0 },
        },
    });
    let row = warehouse::row(&record(everything)).unwrap();
    let [(_, table), ..] = warehouse::tables();
    assert_columns(&row, &table["schema"]["fields"], "");
}

fn assert_columns(row: &Value, fields: &Value, path: &str) {
    for (name, value) in row.as_object().into_iter().flatten() {
        let field = fields
            .as_array()
            .and_then(|fields| fields.iter().find(|f| f["name"] == *name));
        let field = field.unwrap_or_else(|| panic!("{path}{name} is no column"));
        let records = value
            .as_array()
            .map_or(std::slice::from_ref(value), Vec::as_slice);
        for record in records {
            assert_columns(record, &field["fields"], &format!("{path}{name}."));
        }
    }
}
