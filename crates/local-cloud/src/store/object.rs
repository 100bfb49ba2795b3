//! The object resource.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::StoreError;
use super::checksum::Checksums;
use super::wire::{int_string, millis, optional_millis};

/// Where Google serves the JSON API; links in events lead there.
const GOOGLE: &str = "https://www.googleapis.com";

/// What is left as it is in a path segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The name of an object in its bucket.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey {
    /// The bucket's name.
    pub bucket: String,
    /// The object's name.
    pub name: String,
}

impl ObjectKey {
    /// The key of `name` in `bucket`.
    pub fn new(bucket: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            name: name.into(),
        }
    }

    pub(crate) fn not_found(&self) -> StoreError {
        StoreError::ObjectNotFound {
            bucket: self.bucket.clone(),
            name: self.name.clone(),
        }
    }
}

/// An object as the JSON API describes it
/// (<https://cloud.google.com/storage/docs/json_api/v1/objects#resource>).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Object {
    /// Its name.
    pub name: String,
    /// Its bucket's name.
    pub bucket: String,
    /// The version of its content: microseconds of its creation, always rising.
    #[serde(with = "int_string")]
    pub generation: i64,
    /// The version of its metadata, from 1.
    #[serde(with = "int_string")]
    pub metageneration: i64,
    /// MIME type of its content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Always `STANDARD`, unless the request said otherwise.
    pub storage_class: String,
    /// Size in bytes.
    #[serde(with = "int_string")]
    pub size: u64,
    /// MD5 of the content in base64; composed objects have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub md5_hash: Option<String>,
    /// CRC32C of the content, big-endian, in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crc32c: Option<String>,
    /// How many objects it was composed of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component_count: Option<i32>,
    /// `Content-Encoding` of its content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
    /// `Content-Disposition` of its content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_disposition: Option<String>,
    /// `Content-Language` of its content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_language: Option<String>,
    /// `Cache-Control` of its content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<String>,
    /// The user's own keys and values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Held by a user.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub temporary_hold: bool,
    /// Held until an event.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub event_based_hold: bool,
    /// Until when the bucket's retention policy keeps it.
    #[serde(skip_serializing_if = "Option::is_none", with = "optional_millis")]
    pub retention_expiration_time: Option<Timestamp>,
    /// When this generation was made.
    #[serde(with = "millis")]
    pub time_created: Timestamp,
    /// When its content or metadata last changed.
    #[serde(with = "millis")]
    pub updated: Timestamp,
    /// When it was deleted; only in the event of a deletion.
    #[serde(skip_serializing_if = "Option::is_none", with = "optional_millis")]
    pub time_deleted: Option<Timestamp>,
    /// A time that the user set, which can only move forward.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_time: Option<Timestamp>,
}

/// The fields that a request may set, as the JSON API names them.
const WRITABLE: [&str; 10] = [
    "contentType",
    "contentEncoding",
    "contentDisposition",
    "contentLanguage",
    "cacheControl",
    "customTime",
    "metadata",
    "temporaryHold",
    "eventBasedHold",
    "storageClass",
];

impl Object {
    /// A template with the fields of `resource` that a request may set; the rest is ignored.
    ///
    /// # Errors
    ///
    /// [`StoreError::Invalid`] when a field has the wrong type.
    pub fn template(resource: &Value) -> Result<Self, StoreError> {
        Self::default().patched(resource)
    }

    /// This object with the writable fields of `patch` merged in
    /// ([RFC 7396](https://www.rfc-editor.org/rfc/rfc7396)): null removes.
    ///
    /// # Errors
    ///
    /// [`StoreError::Invalid`] when a field has the wrong type.
    pub fn patched(&self, patch: &Value) -> Result<Self, StoreError> {
        let mut fields = serde_json::to_value(self)?;
        super::patch::merge(&mut fields, patch, &WRITABLE);
        serde_json::from_value(fields).map_err(|error| StoreError::invalid(error.to_string()))
    }

    /// This object with all writable fields taken from `resource`, as `objects.update` does.
    ///
    /// # Errors
    ///
    /// [`StoreError::Invalid`] when a field has the wrong type.
    pub fn replaced(&self, resource: &Value) -> Result<Self, StoreError> {
        let mut cleared = self.clone();
        cleared.set_fields_of(&Self::default());
        cleared.storage_class.clone_from(&self.storage_class);
        cleared.patched(resource)
    }

    /// Takes the writable fields from `other`.
    pub(crate) fn set_fields_of(&mut self, other: &Self) {
        let kept = std::mem::take(self);
        *self = Self {
            name: kept.name,
            bucket: kept.bucket,
            generation: kept.generation,
            metageneration: kept.metageneration,
            size: kept.size,
            md5_hash: kept.md5_hash,
            crc32c: kept.crc32c,
            component_count: kept.component_count,
            retention_expiration_time: kept.retention_expiration_time,
            time_created: kept.time_created,
            updated: kept.updated,
            time_deleted: kept.time_deleted,
            ..other.clone()
        };
    }

    pub(crate) fn set_checksums(&mut self, checksums: Checksums) {
        self.crc32c = Some(BASE64_STANDARD.encode(checksums.crc32c.to_be_bytes()));
        self.md5_hash = checksums.md5.map(|md5| BASE64_STANDARD.encode(md5));
    }

    /// Its checksums, as far as they are known.
    #[must_use]
    pub fn checksums(&self) -> Option<Checksums> {
        let crc32c = BASE64_STANDARD.decode(self.crc32c.as_ref()?).ok()?;
        let md5 = self
            .md5_hash
            .as_ref()
            .and_then(|md5| BASE64_STANDARD.decode(md5).ok());
        Some(Checksums {
            crc32c: u32::from_be_bytes(crc32c.try_into().ok()?),
            md5: md5.and_then(|md5| md5.try_into().ok()),
        })
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> ObjectKey {
        ObjectKey::new(&self.bucket, &self.name)
    }

    /// The entity tag of this state of the object.
    #[must_use]
    pub fn etag(&self) -> String {
        let mut state = self.generation.to_be_bytes().to_vec();
        state.extend(self.metageneration.to_be_bytes());
        BASE64_STANDARD.encode(state)
    }

    /// The `storage#object` resource, with Google's own links.
    #[must_use]
    pub fn to_json(&self) -> Value {
        self.to_json_at(GOOGLE)
    }

    /// The `storage#object` resource, with links to the server at `endpoint`.
    #[must_use]
    pub fn to_json_at(&self, endpoint: &str) -> Value {
        let Self {
            bucket,
            name,
            generation,
            ..
        } = self;
        let path = format!(
            "storage/v1/b/{bucket}/o/{}",
            utf8_percent_encode(name, SEGMENT)
        );
        let mut resource = Map::from_iter([
            ("kind".to_owned(), json!("storage#object")),
            (
                "id".to_owned(),
                json!(format!("{bucket}/{name}/{generation}")),
            ),
            ("selfLink".to_owned(), json!(format!("{endpoint}/{path}"))),
            (
                "mediaLink".to_owned(),
                json!(self.media_link(endpoint, &path)),
            ),
        ]);
        if let Ok(Value::Object(fields)) = serde_json::to_value(self) {
            resource.extend(fields);
        }
        let created = resource["timeCreated"].clone();
        resource.insert("timeFinalized".to_owned(), created.clone());
        resource.insert("timeStorageClassUpdated".to_owned(), created);
        resource.insert("etag".to_owned(), json!(self.etag()));
        Value::Object(resource)
    }

    fn media_link(&self, endpoint: &str, path: &str) -> String {
        format!(
            "{endpoint}/download/{path}?generation={}&alt=media",
            self.generation
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object() -> Object {
        Object {
            name: "a b/c".to_owned(),
            bucket: "bucket".to_owned(),
            generation: 1_700_000_000_000_001,
            size: 12,
            metadata: BTreeMap::from([("k".to_owned(), "v".to_owned())]),
            ..Object::default()
        }
    }

    #[test]
    fn numbers_are_strings_and_times_have_milliseconds() {
        let json = object().to_json();
        assert_eq!(json["generation"], "1700000000000001");
        assert_eq!(json["size"], "12");
        assert_eq!(json["timeCreated"], "1970-01-01T00:00:00.000Z");
        assert_eq!(json["id"], "bucket/a b/c/1700000000000001");
    }

    #[test]
    fn links_escape_the_name() {
        let link = object().to_json_at("http://127.0.0.1:1")["mediaLink"].clone();
        let expected = "http://127.0.0.1:1/download/storage/v1/b/bucket/o/a%20b%2Fc\
                        ?generation=1700000000000001&alt=media";
        assert_eq!(link, expected);
    }

    #[test]
    fn a_patch_merges_metadata_and_cannot_touch_what_the_server_owns() {
        let patch = json!({"metadata": {"k": null, "l": "m"}, "size": "99", "contentType": "a/b"});
        let patched = object().patched(&patch).unwrap();
        assert_eq!(
            patched.metadata,
            BTreeMap::from([("l".to_owned(), "m".to_owned())])
        );
        assert_eq!(patched.size, 12);
        assert_eq!(patched.content_type.as_deref(), Some("a/b"));
    }

    #[test]
    fn a_replacement_clears_what_it_does_not_name() {
        let replaced = object().replaced(&json!({"contentType": "a/b"})).unwrap();
        assert!(replaced.metadata.is_empty());
        assert_eq!(replaced.generation, object().generation);
    }

    #[test]
    fn a_field_of_the_wrong_type_is_invalid() {
        let patched = object().patched(&json!({"contentType": 7}));
        assert!(matches!(patched, Err(StoreError::Invalid(_))));
    }
}
