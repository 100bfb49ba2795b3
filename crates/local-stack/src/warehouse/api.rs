//! As much of BigQuery's REST API as the local stack itself uses
//! (<https://cloud.google.com/bigquery/docs/reference/rest>).

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, Method};
use serde_json::{Map, Value, json};

use super::WarehouseError;

const REQUEST_LIMIT: Duration = Duration::from_secs(60);
const MAX_ROWS: u32 = 10_000;

/// What a statement returned.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryResult {
    /// The rows, by column name. Timestamps are RFC 3339 text; JSON columns are JSON.
    pub rows: Vec<Map<String, Value>>,
    /// How many rows a DML statement inserted, changed or deleted.
    pub affected_rows: u64,
}

#[derive(Debug)]
pub(super) struct Api {
    client: Client,
    endpoint: String,
    project: String,
}

impl Api {
    pub(super) fn new(port: u16, project: &str) -> Result<Self, WarehouseError> {
        // No connection is kept: a test that shares a warehouse ends with its runtime, and so do
        // that runtime's connections.
        let client = Client::builder()
            .no_proxy()
            .pool_max_idle_per_host(0)
            .timeout(REQUEST_LIMIT)
            .build()?;
        let endpoint = format!("http://127.0.0.1:{port}");
        Ok(Self {
            client,
            endpoint,
            project: project.to_owned(),
        })
    }

    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(super) fn project(&self) -> &str {
        &self.project
    }

    /// Sends a request to a path below the project and returns the JSON of the answer.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, WarehouseError> {
        let Self {
            client,
            endpoint,
            project,
        } = self;
        let url = format!("{endpoint}/bigquery/v2/projects/{project}/{path}");
        let mut request = client.request(method.clone(), url);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status();
        let answer = response.text().await?;
        if !status.is_success() {
            let request = format!("{method} {path}");
            let message = error_message(&answer);
            return Err(WarehouseError::Refused {
                request,
                status: status.as_u16(),
                message,
            });
        }
        Ok(serde_json::from_str(&answer).unwrap_or(Value::Null))
    }

    pub(super) async fn query(&self, sql: &str) -> Result<QueryResult, WarehouseError> {
        let body = json!({
            "query": sql,
            "useLegacySql": false,
            "maxResults": MAX_ROWS,
            "timeoutMs": REQUEST_LIMIT.as_millis(),
            "formatOptions": { "useInt64Timestamp": true },
        });
        let answer = self.send(Method::POST, "queries", Some(&body)).await?;
        let fields = list(&answer["schema"]["fields"]);
        let affected = answer["numDmlAffectedRows"]
            .as_str()
            .and_then(|n| n.parse().ok());
        Ok(QueryResult {
            rows: list(&answer["rows"])
                .iter()
                .map(|row| record(fields, row))
                .collect(),
            affected_rows: affected.unwrap_or(0),
        })
    }
}

/// BigQuery's message, or the answer itself when it is not in BigQuery's form.
fn error_message(answer: &str) -> String {
    let error: Value = serde_json::from_str(answer).unwrap_or(Value::Null);
    error["error"]["message"]
        .as_str()
        .unwrap_or(answer)
        .to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A row or nested record, `{"f": [{"v": …}, …]}`, by its fields' names.
fn record(fields: &[Value], row: &Value) -> Map<String, Value> {
    fields
        .iter()
        .zip(list(&row["f"]))
        .map(|(field, cell)| {
            (
                field["name"].as_str().unwrap_or_default().to_owned(),
                (field, cell),
            )
        })
        .map(|(name, (field, cell))| (name, cell_value(field, &cell["v"])))
        .collect()
}

fn cell_value(field: &Value, value: &Value) -> Value {
    match value {
        Value::Array(items) => items
            .iter()
            .map(|item| cell_value(field, &item["v"]))
            .collect(),
        Value::Object(_) => record(list(&field["fields"]), value).into(),
        Value::String(text) => scalar(field["type"].as_str(), text),
        other => other.clone(),
    }
}

/// A scalar comes as text whatever its type; what does not parse stays text.
fn scalar(kind: Option<&str>, text: &str) -> Value {
    let parsed = match kind {
        Some("INTEGER" | "FLOAT" | "BOOLEAN" | "JSON") => serde_json::from_str(text).ok(),
        Some("TIMESTAMP") => timestamp(text),
        _ => None,
    };
    parsed.unwrap_or_else(|| text.into())
}

fn timestamp(microseconds: &str) -> Option<Value> {
    let at = Timestamp::from_microsecond(microseconds.parse().ok()?).ok()?;
    Some(at.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_by_name_and_type() {
        let fields = json!([
            { "name": "id", "type": "STRING" },
            { "name": "hash", "type": "INTEGER" },
            { "name": "at", "type": "TIMESTAMP" },
            { "name": "attributes", "type": "JSON" },
            { "name": "labels", "type": "RECORD", "mode": "REPEATED", "fields": [{ "name": "key", "type": "STRING" }] },
            { "name": "rejection", "type": "RECORD", "fields": [] },
        ]);
        let row = json!({ "f": [
            { "v": "12" }, { "v": "-9223372036854775808" }, { "v": "1795342500123000" },
            { "v": "{\"a\":1}" }, { "v": [{ "v": { "f": [{ "v": "album" }] } }] }, { "v": null },
        ]});
        let expected = json!({
            "id": "12",
            "hash": i64::MIN,
            "at": "2026-11-22T10:15:00.123Z",
            "attributes": { "a": 1 },
            "labels": [{ "key": "album" }],
            "rejection": null,
        });
        assert_eq!(Value::from(record(list(&fields), &row)), expected);
    }

    #[test]
    fn an_error_is_told_by_its_message_or_else_by_the_whole_answer() {
        assert_eq!(
            error_message(r#"{"error": {"message": "no such table"}}"#),
            "no such table"
        );
        assert_eq!(
            error_message("Internal Server Error"),
            "Internal Server Error"
        );
    }
}
