//! What is known of an image before it is opened, carried as the ingest object's custom metadata.
//!
//! The signer binds it into the signed URL (as `x-goog-meta-*` headers), so a client can neither
//! drop nor change it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The one custom metadata entry Darkroom writes. Its value is [`UploadMetadata`] as ASCII JSON.
pub const METADATA_KEY: &str = "darkroom";

/// Who sent an image, and what they said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UploadMetadata {
    /// Where the image came from.
    pub source: Source,
    /// The file's name at its sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// The sender's own labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// Where an image came from. Exactly one of `principal` and `kafka` is set, by `kind`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// `web` or `kafka`.
    pub kind: SourceKind,
    /// Web: the subject of the caller's token, who owns the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// Kafka: where the message stood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kafka: Option<KafkaCoordinates>,
}

/// The two ways in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum SourceKind {
    /// A signed upload URL.
    Web,
    /// The Kafka stream.
    Kafka,
}

/// The place of a message in a Kafka cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KafkaCoordinates {
    /// The cluster's name.
    pub cluster: String,
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset in the partition.
    pub offset: i64,
}

const MAX_FILENAME: usize = 255;
const MAX_LABELS: usize = 16;
const MAX_LABEL_KEY: usize = 63;
const MAX_LABEL_VALUE: usize = 128;

/// Checks a filename that a sender gives.
///
/// # Errors
///
/// What it must be.
pub fn check_filename(name: &str) -> Result<(), String> {
    let allowed = |c: char| !c.is_control() && !matches!(c, '/' | '\\');
    let holds = (1..=MAX_FILENAME).contains(&name.chars().count()) && name.chars().all(allowed);
    holds.then_some(()).ok_or_else(|| {
        format!("must be 1 to {MAX_FILENAME} characters, none of them a control character, / or \\")
    })
}

/// Checks the labels that a sender gives.
///
/// # Errors
///
/// What they must be.
pub fn check_labels(labels: &BTreeMap<String, String>) -> Result<(), String> {
    let holds = labels.len() <= MAX_LABELS && labels.iter().all(is_label);
    holds.then_some(()).ok_or_else(|| {
        format!(
            "must be at most {MAX_LABELS}: keys of 1 to {MAX_LABEL_KEY} of a-z, 0-9, _ and -; \
             values of at most {MAX_LABEL_VALUE} characters, none of them a control character"
        )
    })
}

fn is_label((key, value): (&String, &String)) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b);
    (1..=MAX_LABEL_KEY).contains(&key.len())
        && key.bytes().all(allowed)
        && value.chars().count() <= MAX_LABEL_VALUE
        && !value.contains(char::is_control)
}

/// The object's metadata is not what Darkroom writes.
#[derive(Debug, thiserror::Error)]
pub enum InvalidMetadata {
    /// There is no such entry.
    #[error("the object has no custom metadata entry `{METADATA_KEY}`")]
    Missing,
    /// The entry is not the JSON it should be.
    #[error("the custom metadata entry `{METADATA_KEY}` is malformed: {0}")]
    Malformed(#[from] serde_json::Error),
}

impl Source {
    /// An image uploaded by `principal`.
    #[must_use]
    pub fn web(principal: String) -> Self {
        Self {
            kind: SourceKind::Web,
            principal: Some(principal),
            kafka: None,
        }
    }
}

impl From<KafkaCoordinates> for Source {
    /// An image that came as the message at `coordinates`.
    fn from(coordinates: KafkaCoordinates) -> Self {
        Self {
            kind: SourceKind::Kafka,
            principal: None,
            kafka: Some(coordinates),
        }
    }
}

impl UploadMetadata {
    /// The value of the custom metadata entry. It travels as an HTTP header and is signed, so it is
    /// printable ASCII without runs of spaces, which V4 signing would make one space
    /// (<https://cloud.google.com/storage/docs/authentication/canonical-requests#about-headers>).
    #[must_use]
    pub fn to_header(&self) -> String {
        let json = serde_json::to_string(self).unwrap_or_default();
        json.chars()
            .fold(String::with_capacity(json.len()), |mut ascii, c| {
                let second_space = c == ' ' && ascii.ends_with(' ');
                if matches!(c, ' '..='~') && !second_space {
                    ascii.push(c);
                } else {
                    let mut units = [0; 2];
                    for unit in c.encode_utf16(&mut units) {
                        ascii.push_str(&format!("\\u{unit:04x}"));
                    }
                }
                ascii
            })
    }

    /// Reads it back from an object's custom metadata.
    ///
    /// # Errors
    ///
    /// [`InvalidMetadata`] when the entry is missing or not what [`Self::to_header`] writes.
    pub fn from_object<'a>(
        mut metadata: impl Iterator<Item = (&'a String, &'a String)>,
    ) -> Result<Self, InvalidMetadata> {
        let (_, value) = metadata
            .find(|(key, _)| *key == METADATA_KEY)
            .ok_or(InvalidMetadata::Missing)?;
        Ok(serde_json::from_str(value)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata() -> UploadMetadata {
        UploadMetadata {
            source: Source::web("user-1".to_owned()),
            filename: None,
            labels: BTreeMap::from([("album".to_owned(), "Ägypten".to_owned())]),
        }
    }

    #[test]
    fn a_header_is_printable_ascii_without_runs_of_spaces_and_read_back() {
        for filename in [
            "Füße \u{1f463} \"1\".jpg",
            "a  b   c    d",
            "\u{7f}\t\r\n\0",
        ] {
            let metadata = UploadMetadata {
                filename: Some(filename.to_owned()),
                ..metadata()
            };
            let header = metadata.to_header();
            let printable = header.bytes().all(|b| (b' '..=b'~').contains(&b));
            assert!(printable && !header.contains("  "), "{header}");
            let object = BTreeMap::from([(METADATA_KEY.to_owned(), header)]);
            assert_eq!(
                UploadMetadata::from_object(object.iter()).unwrap(),
                metadata
            );
        }
    }

    #[test]
    fn foreign_metadata_is_refused() {
        let none = BTreeMap::new();
        let missing = UploadMetadata::from_object(none.iter());
        assert!(matches!(missing, Err(InvalidMetadata::Missing)));
        let other = BTreeMap::from([(METADATA_KEY.to_owned(), "{}".to_owned())]);
        let malformed = UploadMetadata::from_object(other.iter());
        assert!(matches!(malformed, Err(InvalidMetadata::Malformed(_))));
    }
}
