//! The warehouse's tables, generated from the types of their rows, so that rows and columns cannot drift.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use crate::audit::AuditCheck;
use crate::ledger::Purge;
use crate::record::Record;

/// The partitions' life in milliseconds: 7 days less one hour.
///
/// Google's pages read both ways on whether expiration counts from a partition's start or its end.
/// With hourly partitions this stays inside 7 days under both readings.
pub const PARTITION_EXPIRATION_MS: i64 = 601_200_000;

/// How long rows of the ledger and of checks are kept, in milliseconds: 400 days, longer than an auditor's year.
pub const LEDGER_EXPIRATION_MS: i64 = 34_560_000_000;

/// The name of the table that records are loaded into.
pub const TABLE: &str = "image_records";

/// The name of the table of what was purged.
pub const LEDGER: &str = "purge_ledger";

/// The name of the table of what sweeps found.
pub const AUDIT_CHECKS: &str = "audit_checks";

/// Every table: its name, and how BigQuery's API describes it
/// (<https://cloud.google.com/bigquery/docs/reference/rest/v2/tables>), without its reference.
#[must_use]
pub fn tables() -> [(&'static str, Value); 3] {
    [
        (TABLE, image_records()),
        (LEDGER, purge_ledger()),
        (AUDIT_CHECKS, audit_checks()),
    ]
}

fn image_records() -> Value {
    json!({
        "description": "One row per load of an image's record; the view `images` has each image once.",
        "schema": { "fields": fields::<Record>() },
        "timePartitioning": {
            "type": "HOUR",
            "field": "received_at",
            "expirationMs": PARTITION_EXPIRATION_MS.to_string(),
        },
        "clustering": { "fields": ["image_id"] },
    })
}

fn purge_ledger() -> Value {
    json!({
        "description": "What was purged, told by whoever deleted it and by its event; the view `purges` has each object once.",
        "schema": { "fields": fields::<Purge>() },
        "timePartitioning": {
            "type": "DAY",
            "field": "deleted_at",
            "expirationMs": LEDGER_EXPIRATION_MS.to_string(),
        },
        "clustering": { "fields": ["cause", "received_at"] },
    })
}

fn audit_checks() -> Value {
    json!({
        "description": "What every sweep's checks came to; the view `audit_findings` has each check's last.",
        "schema": { "fields": fields::<AuditCheck>() },
        "timePartitioning": {
            "type": "DAY",
            "field": "as_of",
            "expirationMs": LEDGER_EXPIRATION_MS.to_string(),
        },
        "clustering": { "fields": ["check_id"] },
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

fn fields<T: JsonSchema>() -> Vec<Value> {
    let settings = SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true);
    columns(
        settings
            .into_generator()
            .into_root_schema_for::<T>()
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
