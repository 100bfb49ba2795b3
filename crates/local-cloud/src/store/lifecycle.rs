//! Lifecycle rules as a bucket holds them
//! (<https://cloud.google.com/storage/docs/lifecycle>).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Lifecycle rules.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lifecycle {
    /// The rules, each on its own.
    pub rule: Vec<LifecycleRule>,
}

/// When something happens to an object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LifecycleRule {
    /// What happens.
    pub action: LifecycleAction,
    /// When: all conditions that are given must hold.
    pub condition: LifecycleCondition,
}

/// What happens to an object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LifecycleAction {
    /// `Delete`, `SetStorageClass` or `AbortIncompleteMultipartUpload`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The class to set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
}

/// Conditions on an object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LifecycleCondition {
    /// Days since its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<i32>,
    /// Made before midnight UTC of this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_before: Option<Date>,
    /// Days since its custom time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_since_custom_time: Option<i32>,
    /// Its custom time is before midnight UTC of this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_time_before: Option<Date>,
    /// Whether it is the live version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_live: Option<bool>,
    /// Days since it was replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_since_noncurrent_time: Option<i32>,
    /// Replaced before midnight UTC of this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noncurrent_time_before: Option<Date>,
    /// How many newer versions there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_newer_versions: Option<i32>,
    /// Its name begins with one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub matches_prefix: Vec<String>,
    /// Its name ends with one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub matches_suffix: Vec<String>,
    /// It has one of these storage classes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub matches_storage_class: Vec<String>,
}
