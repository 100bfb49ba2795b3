//! Storage events as a test posts them, well-formed or not.

use serde_json::{Value, json};

/// The type of a finalized object's event.
pub const FINALIZED: &str = "google.cloud.storage.object.v1.finalized";

/// An event of an object, as Eventarc would post it.
#[derive(Debug, Clone)]
pub struct Event {
    /// The CloudEvents headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Value,
}

impl Event {
    /// The event of a new object that may or may not exist.
    #[must_use]
    pub fn finalized(bucket: &str, name: &str) -> Self {
        let source = format!("//storage.googleapis.com/projects/_/buckets/{bucket}");
        let headers = vec![
            ("ce-id", "1".to_owned()),
            ("ce-source", source),
            ("ce-specversion", "1.0".to_owned()),
            ("ce-type", FINALIZED.to_owned()),
            ("ce-subject", format!("objects/{name}")),
        ];
        let body = json!({
            "bucket": bucket,
            "name": name,
            "generation": "1",
            "size": "10",
            "crc32c": "AAAAAA==",
            "timeCreated": "2026-11-22T10:15:00.000Z",
            "metadata": { "darkroom": r#"{"source":{"kind":"web","principal":"user-1"}}"# },
        });
        Self { headers, body }
    }

    /// The same event with another header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The same event without a header.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self
    }

    /// Posts it to a function and returns the answer's status and text.
    pub async fn post(&self, function: &str) -> (u16, String) {
        let mut request = reqwest::Client::new().post(function).json(&self.body);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }
}
