//! The table's definition in `infra/` is the one that the code generates.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;

use serde_json::Value;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/warehouse");

#[test]
fn the_files_are_what_the_code_generates() {
    for (name, table) in darkroom_core::warehouse::tables() {
        let file = std::fs::read_to_string(format!("{FOLDER}/{name}.json")).unwrap();
        let generated = format!("{table:#}\n");
        assert!(
            file == generated,
            "{name}.json is not what the code generates; run `make schema`"
        );
    }
}

#[test]
fn columns_have_the_types_that_their_values_need() {
    let columns = columns();
    let expected = [
        ("schema_version", "INTEGER REQUIRED"),
        ("image_id", "STRING REQUIRED"),
        ("received_at", "TIMESTAMP REQUIRED"),
        ("source", "RECORD REQUIRED"),
        ("source.principal", "STRING NULLABLE"),
        ("source.kafka.offset", "INTEGER REQUIRED"),
        ("labels", "RECORD REPEATED"),
        ("labels.key", "STRING REQUIRED"),
        ("status", "STRING REQUIRED"),
        ("rejection", "RECORD NULLABLE"),
        ("rejection.code", "STRING REQUIRED"),
        ("original.has_alpha", "BOOLEAN NULLABLE"),
        ("exif", "RECORD NULLABLE"),
        ("exif.taken_at", "DATETIME NULLABLE"),
        ("exif.gps.latitude", "FLOAT REQUIRED"),
        ("perceptual_hash", "INTEGER NULLABLE"),
        ("derivatives", "RECORD REPEATED"),
        ("stages.milliseconds", "FLOAT REQUIRED"),
        ("attributes", "JSON NULLABLE"),
    ];
    for (column, kind) in expected {
        assert_eq!(
            columns.get(column).map(String::as_str),
            Some(kind),
            "{column}"
        );
    }
}

#[test]
fn every_column_is_described() {
    let tables = darkroom_core::warehouse::tables();
    let fields = tables.iter().map(|(_, table)| &table["schema"]["fields"]);
    let mut waiting: Vec<&Value> = fields.flat_map(|f| f.as_array().unwrap()).collect();
    while let Some(field) = waiting.pop() {
        assert!(field["description"].is_string(), "{}", field["name"]);
        waiting.extend(field["fields"].as_array().into_iter().flatten());
    }
}

#[test]
fn partitions_are_hours_of_receipt_and_end_within_seven_days() {
    let table = image_records();
    let partitioning = &table["timePartitioning"];
    assert_eq!(partitioning["type"], "HOUR");
    assert_eq!(partitioning["field"], "received_at");
    let life: i64 = partitioning["expirationMs"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let (hour, seven_days) = (3_600_000, 7 * 24 * 3_600_000);
    assert!(
        life + hour <= seven_days,
        "even counted from the partition's end"
    );
}

fn image_records() -> Value {
    let [(_, table), ..] = darkroom_core::warehouse::tables();
    table
}

/// `TYPE MODE` of every column, by its path.
fn columns() -> BTreeMap<String, String> {
    let table = image_records();
    let mut columns = BTreeMap::new();
    collect(&table["schema"]["fields"], "", &mut columns);
    columns
}

fn collect(fields: &Value, prefix: &str, columns: &mut BTreeMap<String, String>) {
    for field in fields.as_array().into_iter().flatten() {
        let path = format!("{prefix}{}", field["name"].as_str().unwrap());
        let kind = format!(
            "{} {}",
            field["type"].as_str().unwrap(),
            field["mode"].as_str().unwrap()
        );
        collect(&field["fields"], &format!("{path}."), columns);
        columns.insert(path, kind);
    }
}
