//! The bucket resource.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::StoreError;
use super::lifecycle::Lifecycle;
use super::wire::{int_string, millis, optional_millis};

/// A bucket as the JSON API describes it
/// (<https://cloud.google.com/storage/docs/json_api/v1/buckets#resource>).
///
/// Lifecycle, CORS, holds and the retention policy are acted upon; soft delete and versioning are
/// kept as configuration only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// The version of its metadata, from 1.
    #[serde(with = "int_string")]
    pub metageneration: i64,
    /// When it was made.
    #[serde(with = "millis")]
    pub time_created: Timestamp,
    /// When its metadata last changed.
    #[serde(with = "millis")]
    pub updated: Timestamp,
    /// Where it is said to be.
    pub location: String,
    /// The kind of its location.
    pub location_type: String,
    /// The storage class of objects that name none.
    pub storage_class: String,
    /// The user's own keys and values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// What happens to objects by themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<Lifecycle>,
    /// Which web pages may use it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cors: Vec<Cors>,
    /// Whether replaced objects are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versioning: Option<Versioning>,
    /// How long deleted objects can be restored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soft_delete_policy: Option<SoftDeletePolicy>,
    /// How long objects cannot be deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_policy: Option<RetentionPolicy>,
    /// Who may be given access, and how.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iam_configuration: Option<IamConfiguration>,
    /// Whether new objects begin with an event-based hold.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub default_event_based_hold: bool,
}

/// What web pages of some origins may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Cors {
    /// The origins; `*` is any.
    pub origin: Vec<String>,
    /// The methods; `*` is any.
    pub method: Vec<String>,
    /// The headers that may be sent and read.
    pub response_header: Vec<String>,
    /// How long a browser may remember the answer, in seconds.
    pub max_age_seconds: i32,
}

/// Whether replaced objects are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Versioning {
    /// They are.
    pub enabled: bool,
}

/// How long deleted objects can be restored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SoftDeletePolicy {
    /// For so many seconds; 0 is not at all.
    #[serde(with = "int_string")]
    pub retention_duration_seconds: i64,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none", with = "optional_millis")]
    pub effective_time: Option<Timestamp>,
}

/// How long objects cannot be deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RetentionPolicy {
    /// For so many seconds from their creation.
    #[serde(with = "int_string")]
    pub retention_period: i64,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none", with = "optional_millis")]
    pub effective_time: Option<Timestamp>,
    /// It can never be shortened or removed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_locked: bool,
}

/// Who may be given access, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IamConfiguration {
    /// Access lists of single objects are off.
    pub uniform_bucket_level_access: UniformBucketLevelAccess,
    /// `enforced` or `inherited`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_access_prevention: Option<String>,
}

/// Whether access lists of single objects are off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UniformBucketLevelAccess {
    /// They are.
    pub enabled: bool,
}

/// The fields that a request may set, as the JSON API names them.
const WRITABLE: [&str; 9] = [
    "labels",
    "lifecycle",
    "cors",
    "versioning",
    "softDeletePolicy",
    "retentionPolicy",
    "iamConfiguration",
    "defaultEventBasedHold",
    "storageClass",
];

impl Default for Bucket {
    fn default() -> Self {
        Self {
            name: String::new(),
            metageneration: 1,
            time_created: Timestamp::UNIX_EPOCH,
            updated: Timestamp::UNIX_EPOCH,
            location: "US".to_owned(),
            location_type: "multi-region".to_owned(),
            storage_class: "STANDARD".to_owned(),
            labels: BTreeMap::new(),
            lifecycle: None,
            cors: Vec::new(),
            versioning: None,
            soft_delete_policy: None,
            retention_policy: None,
            iam_configuration: None,
            default_event_based_hold: false,
        }
    }
}

impl Bucket {
    /// A template with the fields of `resource` that a request may set, its name and location.
    ///
    /// # Errors
    ///
    /// [`StoreError::Invalid`] when a field has the wrong type.
    pub fn template(resource: &Value) -> Result<Self, StoreError> {
        let mut bucket = Self::default().patched(resource)?;
        if let Some(name) = resource["name"].as_str() {
            name.clone_into(&mut bucket.name);
        }
        if let Some(location) = resource["location"].as_str() {
            bucket.location = location.to_uppercase();
        }
        Ok(bucket)
    }

    /// This bucket with the writable fields of `patch` merged in
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

    /// This bucket with all writable fields taken from `resource`, as `buckets.update` does.
    ///
    /// # Errors
    ///
    /// [`StoreError::Invalid`] when a field has the wrong type.
    pub fn replaced(&self, resource: &Value) -> Result<Self, StoreError> {
        let cleared = Self {
            name: self.name.clone(),
            metageneration: self.metageneration,
            time_created: self.time_created,
            updated: self.updated,
            location: self.location.clone(),
            location_type: self.location_type.clone(),
            storage_class: self.storage_class.clone(),
            ..Self::default()
        };
        cleared.patched(resource)
    }

    /// The entity tag of this state of the bucket.
    #[must_use]
    pub fn etag(&self) -> String {
        BASE64_STANDARD.encode(self.metageneration.to_be_bytes())
    }

    /// The `storage#bucket` resource, with links to the server at `endpoint`.
    #[must_use]
    pub fn to_json_at(&self, endpoint: &str) -> Value {
        let name = &self.name;
        let mut resource = Map::from_iter([
            ("kind".to_owned(), json!("storage#bucket")),
            ("id".to_owned(), json!(name)),
            (
                "selfLink".to_owned(),
                json!(format!("{endpoint}/storage/v1/b/{name}")),
            ),
            ("projectNumber".to_owned(), json!("0")),
            ("etag".to_owned(), json!(self.etag())),
        ]);
        if let Ok(Value::Object(fields)) = serde_json::to_value(self) {
            resource.extend(fields);
        }
        Value::Object(resource)
    }
}
