//! What a message's value is: an image, or a CloudEvent around one or around a reference to one
//! (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md>).

use bytes::Bytes;
use cloudevents::event::SpecVersion;
use cloudevents::{AttributesReader, Data, Event};
use serde::Deserialize;

use super::{Message, Poison};

const CONTENT_TYPE: &str = "content-type";
const STRUCTURED: &str = "application/cloudevents+json";

/// What is in a message.
#[derive(Debug)]
pub(super) enum Contents {
    /// An image's bytes, and their declared content type.
    Bytes(Bytes, Option<String>),
    /// Where the image's bytes are.
    Reference(Reference),
}

/// An object that holds an image too large for Kafka. The JSON is Cloud Storage's own of an object,
/// of which these fields are read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Reference {
    /// Its bucket.
    pub bucket: String,
    /// Its name.
    pub name: String,
    /// Its generation; without one it is the live one.
    #[serde(
        default,
        deserialize_with = "darkroom_gcp::event::optional_number_or_text"
    )]
    pub generation: Option<i64>,
}

/// Opens what a message came in.
pub(super) fn open(message: &Message) -> Result<Contents, Poison> {
    let value = message.value.clone().unwrap_or_default();
    let content_type = message.header(CONTENT_TYPE).map(str::to_owned);
    let media_type = content_type.as_deref().map(media_type).unwrap_or_default();
    if media_type.starts_with("application/cloudevents") {
        return structured(&media_type, &value);
    }
    if message.header("ce_specversion").is_some() {
        check_attributes(message)?;
        return data(value, content_type);
    }
    Ok(Contents::Bytes(value, content_type))
}

/// A media type without its parameters.
fn media_type(content_type: &str) -> String {
    let end = content_type.find(';').unwrap_or(content_type.len());
    content_type[..end].trim().to_ascii_lowercase()
}

/// Binary mode: the attributes are headers, the value is the data.
fn check_attributes(message: &Message) -> Result<(), Poison> {
    if message.header("ce_specversion") != Some("1.0") {
        return Err(broken("ce_specversion must be 1.0"));
    }
    let missing = ["ce_id", "ce_source", "ce_type"]
        .into_iter()
        .find(|name| message.header(name).is_none_or(str::is_empty));
    missing.map_or(Ok(()), |name| Err(broken(format!("{name} is missing"))))
}

/// Structured mode: the value is the whole event.
fn structured(media_type: &str, value: &[u8]) -> Result<Contents, Poison> {
    if media_type != STRUCTURED {
        return Err(broken(format!("{media_type} is not {STRUCTURED}")));
    }
    let event: Event = serde_json::from_slice(value).map_err(broken)?;
    if event.specversion() != SpecVersion::V10 {
        return Err(broken("specversion must be 1.0"));
    }
    let content_type = event.datacontenttype().map(str::to_owned);
    match event.data() {
        Some(Data::Binary(bytes)) => data(Bytes::copy_from_slice(bytes), content_type),
        Some(Data::Json(json)) => Reference::deserialize(json)
            .map(Contents::Reference)
            .map_err(broken),
        Some(Data::String(_)) => Err(broken("data must be data_base64, or an object as JSON")),
        None => Err(Poison::Empty),
    }
}

/// The data of an event: JSON is a reference, anything else an image.
fn data(value: Bytes, content_type: Option<String>) -> Result<Contents, Poison> {
    let is_json = content_type.as_deref().is_some_and(|content_type| {
        let media_type = media_type(content_type);
        media_type == "application/json" || media_type.ends_with("+json")
    });
    if is_json {
        let reference = serde_json::from_slice(&value).map_err(broken)?;
        return Ok(Contents::Reference(reference));
    }
    Ok(Contents::Bytes(value, content_type))
}

fn broken(problem: impl ToString) -> Poison {
    Poison::Envelope(problem.to_string())
}
