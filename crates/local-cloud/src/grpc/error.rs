//! Errors as gRPC statuses.

use tonic::{Code, Status};

use crate::store::StoreError;

/// The status of an error, with the codes that Cloud Storage uses.
pub(super) fn status(error: &StoreError) -> Status {
    let code = match error {
        StoreError::BucketNotFound
        | StoreError::ObjectNotFound { .. }
        | StoreError::UploadNotFound => Code::NotFound,
        StoreError::BucketExists => Code::AlreadyExists,
        StoreError::PreconditionFailed | StoreError::BucketNotEmpty => Code::FailedPrecondition,
        StoreError::NotModified => Code::Aborted,
        StoreError::Invalid(_)
        | StoreError::ChecksumMismatch { .. }
        | StoreError::BodyCut(_)
        | StoreError::TooLarge { .. } => Code::InvalidArgument,
        StoreError::Held { .. } | StoreError::Retained { .. } => Code::PermissionDenied,
        StoreError::Internal(_) => Code::Internal,
    };
    Status::new(code, error.to_string())
}
