//! Cloud Storage events as Eventarc delivers them: CloudEvents over HTTP, at least once, unordered.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use cloudevents::binding::http::to_event;
use cloudevents::{AttributesReader, Data, Event};
use darkroom_core::outcome::Outcome;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use crate::problem::Problem;

/// An object was created or deleted.
#[derive(Debug, Clone)]
pub struct StorageEvent {
    /// What happened.
    pub kind: EventKind,
    /// The object it happened to.
    pub object: EventObject,
}

/// What can happen to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A generation was created.
    Finalized,
    /// A generation is gone.
    Deleted,
}

/// The object of an event, as the JSON API describes it
/// (<https://cloud.google.com/storage/docs/json_api/v1/objects#resource>).
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventObject {
    /// Its bucket.
    pub bucket: String,
    /// Its name.
    pub name: String,
    /// Its generation.
    #[serde(deserialize_with = "number_or_text")]
    pub generation: i64,
    /// Its size in bytes.
    #[serde(deserialize_with = "number_or_text")]
    pub size: i64,
    /// Its declared content type.
    #[serde(default)]
    pub content_type: Option<String>,
    /// CRC32C of its bytes in base64.
    #[serde(default)]
    pub crc32c: String,
    /// When it was created.
    pub time_created: Timestamp,
    /// When it was deleted, in the event of that.
    #[serde(default)]
    pub time_deleted: Option<Timestamp>,
    /// The time it was given, from which its retention counts.
    #[serde(default)]
    pub custom_time: Option<Timestamp>,
    /// Its custom metadata.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
}

/// A CloudEvent that is no event of a storage object.
#[derive(Debug, thiserror::Error)]
enum InvalidEvent {
    #[error("the event's type is {0}, not that of a finalized or deleted object")]
    Type(String),
    #[error("the event has no data")]
    NoData,
    #[error("the event's data is no storage object: {0}")]
    Data(#[from] serde_json::Error),
}

/// A router that gives every storage event posted to `/` to `handle`, with its state, and answers
/// by the [`Outcome`].
pub fn router<S, F, R>(state: S, handle: F) -> Router
where
    S: Clone + Send + Sync + 'static,
    F: Fn(S, StorageEvent) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Outcome> + Send + 'static,
{
    let receive = async move |State(state): State<S>, headers: HeaderMap, body: Bytes| {
        receive(&headers, body, |event| handle(state, event)).await
    };
    Router::new().route("/", post(receive)).with_state(state)
}

async fn receive<R: Future<Output = Outcome>>(
    headers: &HeaderMap,
    body: Bytes,
    handle: impl FnOnce(StorageEvent) -> R,
) -> Response {
    let event = match to_event(headers, body.into()) {
        Ok(event) => event,
        Err(error) => return not_an_event(&error),
    };
    let outcome = match StorageEvent::from_cloud_event(&event) {
        Ok(event) => {
            let EventObject {
                bucket,
                name,
                generation,
                ..
            } = &event.object;
            tracing::debug!(bucket, object = name, generation, kind = ?event.kind, "event");
            handle(event).await
        }
        Err(error) => Outcome::Rejected(error.to_string()),
    };
    respond(outcome)
}

/// Who sends something else is not Eventarc, so nothing is lost by a refusal that is not an
/// acknowledgement.
fn not_an_event(error: &cloudevents::message::Error) -> Response {
    let detail = format!("the request is no CloudEvent in HTTP binary mode: {error}");
    Problem::new(StatusCode::BAD_REQUEST, detail).into_response()
}

/// The one place where an outcome becomes a status. Eventarc takes 2xx as done and delivers
/// anything else again (<https://cloud.google.com/eventarc/docs/retry-events>).
fn respond(outcome: Outcome) -> Response {
    match outcome {
        Outcome::Done => StatusCode::NO_CONTENT.into_response(),
        Outcome::Skipped(reason) => {
            tracing::info!(reason, "event skipped");
            StatusCode::NO_CONTENT.into_response()
        }
        Outcome::Rejected(reason) => {
            tracing::error!(reason, "event rejected");
            Problem::new(StatusCode::OK, reason).into_response()
        }
        Outcome::Retry(error) => {
            tracing::warn!(error, "event to be delivered again");
            let detail = "the event could not be handled now; deliver it again";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).into_response()
        }
    }
}

impl StorageEvent {
    fn from_cloud_event(event: &Event) -> Result<Self, InvalidEvent> {
        let kind = match event.ty() {
            "google.cloud.storage.object.v1.finalized" => EventKind::Finalized,
            "google.cloud.storage.object.v1.deleted" => EventKind::Deleted,
            other => return Err(InvalidEvent::Type(other.to_owned())),
        };
        let object = match event.data() {
            Some(Data::Json(value)) => EventObject::deserialize(value)?,
            Some(Data::Binary(bytes)) => serde_json::from_slice(bytes)?,
            Some(Data::String(text)) => serde_json::from_str(text)?,
            None => return Err(InvalidEvent::NoData),
        };
        Ok(Self { kind, object })
    }
}

/// Google sends 64-bit numbers as text in some places and as numbers in others.
#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrText {
    Number(i64),
    Text(String),
}

impl NumberOrText {
    fn number<E: serde::de::Error>(self) -> Result<i64, E> {
        match self {
            Self::Number(number) => Ok(number),
            Self::Text(text) => text.parse().map_err(E::custom),
        }
    }
}

fn number_or_text<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    NumberOrText::deserialize(from)?.number()
}

/// Reads a 64-bit number that may be text, as Google writes it, or absent.
///
/// # Errors
///
/// When it is neither.
pub fn optional_number_or_text<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<i64>, D::Error> {
    let number = Option::<NumberOrText>::deserialize(from)?;
    number.map(NumberOrText::number).transpose()
}
