//! The tables of the database.

use redb::TableDefinition;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Object, ObjectKey};

/// Bucket name → [`super::Bucket`] as JSON.
pub(crate) const BUCKETS: TableDefinition<&str, &[u8]> = TableDefinition::new("buckets");
/// (bucket, object name in bytes) → [`Record`] as JSON. Names are bytes, so that the end of a
/// prefix is a key too.
pub(crate) const OBJECTS: TableDefinition<(&str, &[u8]), &[u8]> = TableDefinition::new("objects");
/// Blob id → how many objects have these bytes.
pub(crate) const BLOBS: TableDefinition<u128, u64> = TableDefinition::new("blobs");
/// Upload id → [`super::uploads::Session`] as JSON.
pub(crate) const UPLOADS: TableDefinition<&str, &[u8]> = TableDefinition::new("uploads");
/// Setting → value.
pub(crate) const SETTINGS: TableDefinition<&str, &str> = TableDefinition::new("settings");
/// One row: the last generation that was given.
pub(crate) const GENERATION: TableDefinition<(), i64> = TableDefinition::new("generation");

/// An object and where its bytes are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) object: Object,
    pub(crate) blob: Uuid,
}

/// The key of an object in [`OBJECTS`].
pub(crate) fn object_row(key: &ObjectKey) -> (&str, &[u8]) {
    (&key.bucket, key.name.as_bytes())
}
