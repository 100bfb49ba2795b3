//! The warehouse table, generated from [`Record`], so that rows and columns cannot drift.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::record::Record;

/// The partitions' life in milliseconds: 7 days less one hour.
///
/// Google's pages read both ways on whether expiration counts from a partition's start or its end.
/// With hourly partitions this stays inside 7 days under both readings.
pub const PARTITION_EXPIRATION_MS: i64 = 601_200_000;

/// The name of the table that records are loaded into.
pub const TABLE: &str = "image_records";

/// The table as BigQuery's API describes one
/// (<https://cloud.google.com/bigquery/docs/reference/rest/v2/tables>), without its reference.
#[must_use]
pub fn table() -> Value {
    json!({
        "description": "One row per load of an image's record; the view `images` has each image once.",
        "schema": { "fields": fields() },
        "timePartitioning": {
            "type": "HOUR",
            "field": "received_at",
            "expirationMs": PARTITION_EXPIRATION_MS.to_string(),
        },
        "clustering": { "fields": ["image_id"] },
    })
}

/// A record as a row for `tabledata.insertAll`: its JSON, with `attributes` as text, which is how
/// that method takes a JSON column, and the hash as text, because JSON numbers are exact to 2^53
/// only.
///
/// # Errors
///
/// When the record holds a number that JSON cannot (a NaN).
pub fn row(record: &Record) -> serde_json::Result<Value> {
    let mut row = serde_json::to_value(record)?;
    row["attributes"] = Value::String(serde_json::to_string(&record.attributes)?);
    row["perceptual_hash"] = json!(record.perceptual_hash.map(|hash| hash.to_string()));
    Ok(row)
}

fn fields() -> Vec<Value> {
    let settings = SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true);
    columns(
        settings
            .into_generator()
            .into_root_schema_for::<Record>()
            .as_value(),
    )
}

fn columns(object: &Value) -> Vec<Value> {
    let required = object["required"].as_array().cloned().unwrap_or_default();
    let properties = object["properties"].as_object().into_iter().flatten();
    properties
        .map(|(name, schema)| {
            column(
                name,
                schema,
                required.contains(&Value::String(name.clone())),
            )
        })
        .collect()
}

fn column(name: &str, schema: &Value, required: bool) -> Value {
    let (value, nullable) = without_null(schema);
    let (item, mode) = match value["type"].as_str() {
        Some("array") => (&value["items"], "REPEATED"),
        _ if required && !nullable => (value, "REQUIRED"),
        _ => (value, "NULLABLE"),
    };
    let kind = column_type(item);
    let mut column = Map::from_iter([
        ("name".to_owned(), json!(name)),
        ("type".to_owned(), json!(kind)),
        ("mode".to_owned(), json!(mode)),
    ]);
    if let Some(description) = schema["description"].as_str() {
        column.insert(
            "description".to_owned(),
            json!(description.replace('\n', " ")),
        );
    }
    if kind == "RECORD" {
        column.insert("fields".to_owned(), columns(item).into());
    }
    column.into()
}

/// The schema beside `null`, and whether there was a `null`.
fn without_null(schema: &Value) -> (&Value, bool) {
    match schema["anyOf"].as_array() {
        Some(options) => (
            options
                .iter()
                .find(|o| o["type"] != "null")
                .unwrap_or(schema),
            true,
        ),
        None => (schema, schema["type"].is_array()),
    }
}

fn column_type(schema: &Value) -> &'static str {
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|k| *k != "null").and_then(Value::as_str),
        kind => kind.as_str(),
    };
    match (kind, schema["format"].as_str()) {
        (Some("string"), Some("date-time")) => "TIMESTAMP",
        (Some("string"), Some("partial-date-time")) => "DATETIME",
        (Some("integer"), _) => "INTEGER",
        (Some("number"), _) => "FLOAT",
        (Some("boolean"), _) => "BOOLEAN",
        (Some("object"), _) if schema["properties"].is_object() => "RECORD",
        (Some("object"), _) => "JSON",
        _ => "STRING",
    }
}

/// The JSON Schema of a record, for readers of `record.json`.
#[must_use]
pub fn record_schema() -> Schema {
    schemars::schema_for!(Record)
}
