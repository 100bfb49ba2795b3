//! Object keys: `{shard}/{hour}/{image_id}/{part}`.
//!
//! The shard (the id's last byte) spreads writes over 256 even key ranges
//! (<https://cloud.google.com/storage/docs/request-rate#naming-convention>); the hour (of the id's
//! time, UTC) lets the purge list just what is overdue. Given an id, every key is computed.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::ImageId;

/// The name of one object of one image.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ObjectKey {
    /// The image it belongs to.
    pub image_id: ImageId,
    /// Which of the image's objects it is.
    pub part: Part,
}

/// Which of an image's objects a key names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Part {
    /// The bytes as they came in.
    Original,
    /// The record (see [`crate::record::Record`]).
    Record,
    /// Why the warehouse refused the record.
    LoadError,
    /// A derivative by its file name, such as `preview.webp`.
    Derivative(DerivativeName),
}

/// A derivative's file name: 1 to 64 of `a-z`, `0-9`, `-`, `_` and `.`, and none of the fixed parts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DerivativeName(String);

/// The text is no key of the layout, or its shard or hour is not its id's.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the name is not of the form shard/hour/image_id/part")]
pub struct InvalidKey;

impl ObjectKey {
    /// The key of `part` of `image_id`.
    #[must_use]
    pub fn new(image_id: ImageId, part: Part) -> Self {
        Self { image_id, part }
    }

    /// The key of the original.
    #[must_use]
    pub fn original(image_id: ImageId) -> Self {
        Self::new(image_id, Part::Original)
    }

    /// The key of the record.
    #[must_use]
    pub fn record(image_id: ImageId) -> Self {
        Self::new(image_id, Part::Record)
    }
}

/// What the keys of all objects of an image begin with, `{shard}/{hour}/{image_id}/`.
#[must_use]
pub fn folder(id: ImageId) -> String {
    format!("{}/{}/{id}/", shard_name(id.shard()), hour(id.time()))
}

impl Part {
    fn as_str(&self) -> &str {
        match self {
            Self::Original => "original",
            Self::Record => "record.json",
            Self::LoadError => "load-error.json",
            Self::Derivative(name) => &name.0,
        }
    }
}

impl FromStr for Part {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        [Self::Original, Self::Record, Self::LoadError]
            .into_iter()
            .find(|part| part.as_str() == text)
            .map_or_else(|| text.parse().map(Self::Derivative), Ok)
    }
}

impl FromStr for DerivativeName {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b);
        let fixed = ["original", "record.json", "load-error.json"].contains(&text);
        let well_formed = matches!(text.len(), 1..=64)
            && text.bytes().all(allowed)
            && !text.starts_with('.')
            && !fixed;
        well_formed.then(|| Self(text.to_owned())).ok_or(InvalidKey)
    }
}

impl fmt::Display for DerivativeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { image_id, part } = self;
        write!(f, "{}{}", folder(*image_id), part.as_str())
    }
}

impl FromStr for ObjectKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let (_, rest) = text.split_once('/').ok_or(InvalidKey)?;
        let (_, rest) = rest.split_once('/').ok_or(InvalidKey)?;
        let (id, part) = rest.split_once('/').ok_or(InvalidKey)?;
        let key = Self::new(id.parse().map_err(|_| InvalidKey)?, part.parse()?);
        (key.to_string() == text).then_some(key).ok_or(InvalidKey)
    }
}

/// The name of a shard: two hex digits.
#[must_use]
pub fn shard_name(shard: u8) -> String {
    format!("{shard:02x}")
}

/// The UTC hour of a moment as keys spell it: `2026-11-22T10`. Sorts as time does.
#[must_use]
pub fn hour(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%dT%H")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> ImageId {
        ImageId::new("2026-11-22T10:15:00Z".parse().unwrap())
    }

    #[test]
    fn a_key_is_shard_hour_id_and_part() {
        let key = ObjectKey::original(id()).to_string();
        let last_byte = id().to_string();
        assert_eq!(last_byte.len(), 36);
        let parts: Vec<_> = key.split('/').collect();
        assert!(parts[2].ends_with(parts[0]));
        assert_eq!(parts[1], "2026-11-22T10");
        assert_eq!(parts[3], "original");
    }

    #[test]
    fn every_part_is_read_back() {
        for part in ["original", "record.json", "load-error.json", "preview.webp"] {
            let key = ObjectKey::new(id(), part.parse().unwrap());
            assert_eq!(key.to_string().parse(), Ok(key));
        }
    }

    #[test]
    fn names_outside_the_layout_are_refused() {
        let id = id();
        let key = ObjectKey::original(id).to_string();
        let other_shard = shard_name(id.shard().wrapping_add(1));
        let names = [
            String::new(),
            "photo.jpg".to_owned(),
            format!("{key}/more"),
            format!("/{key}"),
            key.replace("T10", "T11"),
            format!("{other_shard}{}", &key[2..]),
            key.replace("original", "UPPER"),
            key.replace("original", ""),
            key.replace("original", ".."),
        ];
        for name in names {
            assert_eq!(name.parse::<ObjectKey>(), Err(InvalidKey), "{name}");
        }
    }
}
