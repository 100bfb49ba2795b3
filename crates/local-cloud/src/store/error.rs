//! What can be wrong with a storage request, before any API gives it its own form.

use std::sync::Arc;

use jiff::Timestamp;

/// A storage operation that was not done.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// There is no such bucket.
    #[error("The specified bucket does not exist.")]
    BucketNotFound,
    /// There is no such object, or not in the generation that was asked for.
    #[error("No such object: {bucket}/{name}")]
    ObjectNotFound {
        /// The bucket.
        bucket: String,
        /// The object's name.
        name: String,
    },
    /// There is no such resumable upload.
    #[error("There is no such resumable upload.")]
    UploadNotFound,
    /// A bucket of this name exists.
    #[error("Your previous request to create the named bucket succeeded and you already own it.")]
    BucketExists,
    /// The bucket still holds objects.
    #[error("The bucket you tried to delete is not empty.")]
    BucketNotEmpty,
    /// A precondition did not hold.
    #[error("At least one of the pre-conditions you specified did not hold.")]
    PreconditionFailed,
    /// What was asked for has not changed (`…NotMatch` on a read).
    #[error("Not modified.")]
    NotModified,
    /// The request makes no sense; the text says why.
    #[error("{0}")]
    Invalid(String),
    /// The bytes are not those of the checksum that came with them.
    #[error("Provided {kind} \"{expected}\" doesn't match calculated {kind} \"{actual}\".")]
    ChecksumMismatch {
        /// `CRC32C` or `MD5 hash`.
        kind: &'static str,
        /// What the request said, in base64.
        expected: String,
        /// What the bytes say, in base64.
        actual: String,
    },
    /// More bytes than an object may have.
    #[error("The object is larger than the maximum of {max} bytes.")]
    TooLarge {
        /// The maximum in bytes.
        max: u64,
    },
    /// The object may not be deleted or replaced because of a hold.
    #[error(
        "Object '{bucket}/{name}' is under active hold and cannot be deleted, overwritten or \
         archived until hold is removed."
    )]
    Held {
        /// The bucket.
        bucket: String,
        /// The object's name.
        name: String,
    },
    /// The object may not be deleted or replaced yet because of the bucket's retention policy.
    #[error(
        "Object '{bucket}/{name}' is subject to bucket's retention policy and cannot be deleted, \
         overwritten or archived until {until}"
    )]
    Retained {
        /// The bucket.
        bucket: String,
        /// The object's name.
        name: String,
        /// When it may be.
        until: Timestamp,
    },
    /// The client stopped sending before the end.
    #[error("The request ended before its body was complete: {0}")]
    BodyCut(String),
    /// The disk or the database failed.
    #[error("The storage failed: {0}")]
    Internal(Arc<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// The disk or the database failed with `error`.
    pub(crate) fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(Arc::from(error.into()))
    }

    pub(crate) fn invalid(reason: impl Into<String>) -> Self {
        Self::Invalid(reason.into())
    }
}

macro_rules! internal_from {
    ($($source:ty),+) => {
        $(impl From<$source> for StoreError {
            fn from(error: $source) -> Self {
                Self::internal(error)
            }
        })+
    };
}

internal_from!(
    std::io::Error,
    redb::TableError,
    redb::StorageError,
    redb::TransactionError,
    redb::CommitError,
    redb::DatabaseError,
    serde_json::Error
);
