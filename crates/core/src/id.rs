//! The image id: a UUIDv7, so that it sorts by time and says when it was made.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::{NoContext, Uuid};

use crate::metadata::KafkaCoordinates;

/// A UUIDv7 ([RFC 9562, section 5.7](https://www.rfc-editor.org/rfc/rfc9562#section-5.7)).
///
/// Its timestamp (milliseconds) is when the upload was asked for, or the Kafka message's own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Uuid", into = "Uuid")]
pub struct ImageId(Uuid);

/// The text is no UUIDv7.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("an image id is a UUIDv7 in lower case, such as 01936e3a-7b5e-7c3d-9f21-6b1f0a2c4d5e")]
pub struct InvalidImageId;

impl ImageId {
    /// A new random id for the moment `at`.
    ///
    /// Times before 1970 count as 1970: UUIDv7 has no room for them.
    #[must_use]
    pub fn new(at: Timestamp) -> Self {
        let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
        let nanos = u32::try_from(millis % 1_000 * 1_000_000).unwrap_or(0);
        let time = uuid::Timestamp::from_unix(NoContext, millis / 1_000, nanos);
        Self(Uuid::new_v7(time))
    }

    /// The id of the Kafka message at `coordinates` with the timestamp `at`: a redelivered message
    /// gets the same one, and so names the same object.
    #[must_use]
    pub fn of_message(coordinates: &KafkaCoordinates, at: Timestamp) -> Self {
        let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
        let KafkaCoordinates {
            cluster,
            topic,
            partition,
            offset,
        } = coordinates;
        // A topic's name has no line break, so no two messages are hashed alike.
        let text = format!("{topic}\n{partition}\n{offset}\n{millis}\n{cluster}");
        let digest = Sha256::digest(text);
        let mut random = [0; 10];
        random.copy_from_slice(&digest[..10]);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// The moment in the id, to the millisecond.
    #[must_use]
    pub fn time(self) -> Timestamp {
        let bytes = self.0.as_bytes();
        let millis = bytes[..6].iter().fold(0_i64, |n, b| n << 8 | i64::from(*b));
        Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
    }

    /// The last byte, by which object keys are spread over 256 ranges.
    #[must_use]
    pub fn shard(self) -> u8 {
        self.0.as_bytes()[15]
    }
}

impl fmt::Display for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Debug for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<Uuid> for ImageId {
    type Error = InvalidImageId;

    fn try_from(uuid: Uuid) -> Result<Self, InvalidImageId> {
        let is_v7 = uuid.get_version_num() == 7 && uuid.get_variant() == uuid::Variant::RFC4122;
        is_v7.then_some(Self(uuid)).ok_or(InvalidImageId)
    }
}

impl From<ImageId> for Uuid {
    fn from(id: ImageId) -> Self {
        id.0
    }
}

impl FromStr for ImageId {
    type Err = InvalidImageId;

    /// Accepts the one spelling that [`fmt::Display`] writes, so an id has exactly one key.
    fn from_str(text: &str) -> Result<Self, InvalidImageId> {
        let id = Self::try_from(Uuid::try_parse(text).map_err(|_| InvalidImageId)?)?;
        (id.to_string() == text).then_some(id).ok_or(InvalidImageId)
    }
}

impl schemars::JsonSchema for ImageId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ImageId".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "uuid" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_carries_its_time_to_the_millisecond() {
        let at: Timestamp = "2026-11-22T10:59:59.999Z".parse().unwrap();
        assert_eq!(ImageId::new(at).time(), at);
    }

    fn message(cluster: &str, topic: &str, partition: i32, offset: i64) -> ImageId {
        let coordinates = KafkaCoordinates {
            cluster: cluster.to_owned(),
            topic: topic.to_owned(),
            partition,
            offset,
        };
        ImageId::of_message(&coordinates, "2026-11-22T10:59:59.999Z".parse().unwrap())
    }

    #[test]
    fn a_message_has_one_id_that_carries_its_time() {
        let id = message("prod", "images", 3, 41);
        assert_eq!(id, message("prod", "images", 3, 41));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.time(), "2026-11-22T10:59:59.999Z".parse().unwrap());
    }

    #[test]
    fn messages_that_differ_in_any_coordinate_differ_in_id() {
        let ids = [
            message("prod", "images", 3, 41),
            message("test", "images", 3, 41),
            message("prod", "image", 3, 41),
            message("prod", "images", 34, 1),
            message("prod", "images", 3, 42),
        ];
        let distinct: std::collections::HashSet<_> = ids.into_iter().collect();
        assert_eq!(distinct.len(), ids.len());
    }

    #[test]
    fn text_is_read_back() {
        let id = ImageId::new(Timestamp::UNIX_EPOCH);
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn other_uuids_and_spellings_are_refused() {
        let v4 = "6fa459ea-ee8a-4ca4-894e-db77e160355e";
        let upper = ImageId::new(Timestamp::UNIX_EPOCH)
            .to_string()
            .to_uppercase();
        let plain = upper.to_lowercase().replace('-', "");
        for text in ["", "x", v4, &upper, &plain] {
            assert_eq!(text.parse::<ImageId>(), Err(InvalidImageId), "{text}");
        }
    }
}
