//! Errors as the JSON API writes them
//! (<https://cloud.google.com/storage/docs/json_api/v1/status-codes>).

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use crate::store::StoreError;

/// An error with its status and reason.
#[derive(Debug)]
pub(crate) struct JsonError {
    status: StatusCode,
    reason: &'static str,
    message: String,
}

impl JsonError {
    pub(crate) fn new(
        status: StatusCode,
        reason: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            reason,
            message: message.into(),
        }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", message)
    }

    pub(crate) fn unknown_method() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "notFound",
            "local-cloud has no such method.",
        )
    }
}

impl From<StoreError> for JsonError {
    fn from(error: StoreError) -> Self {
        let (status, reason) = match &error {
            StoreError::BucketNotFound
            | StoreError::ObjectNotFound { .. }
            | StoreError::UploadNotFound => (StatusCode::NOT_FOUND, "notFound"),
            StoreError::BucketExists | StoreError::BucketNotEmpty => {
                (StatusCode::CONFLICT, "conflict")
            }
            StoreError::PreconditionFailed => (StatusCode::PRECONDITION_FAILED, "conditionNotMet"),
            StoreError::NotModified => (StatusCode::NOT_MODIFIED, "notModified"),
            StoreError::Invalid(_)
            | StoreError::ChecksumMismatch { .. }
            | StoreError::BodyCut(_) => (StatusCode::BAD_REQUEST, "invalid"),
            StoreError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "uploadTooLarge"),
            StoreError::Held { .. } => (StatusCode::FORBIDDEN, "objectUnderActiveHold"),
            StoreError::Retained { .. } => (StatusCode::FORBIDDEN, "retentionPolicyNotMet"),
            StoreError::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "backendError"),
        };
        Self::new(status, reason, error.to_string())
    }
}

impl From<QueryRejection> for JsonError {
    fn from(error: QueryRejection) -> Self {
        Self::invalid(error.body_text())
    }
}

impl From<PathRejection> for JsonError {
    fn from(error: PathRejection) -> Self {
        Self::invalid(error.body_text())
    }
}

impl IntoResponse for JsonError {
    fn into_response(self) -> Response {
        let Self {
            status,
            reason,
            message,
        } = self;
        if status == StatusCode::NOT_MODIFIED {
            return status.into_response();
        }
        let cause = json!({ "message": message, "domain": "global", "reason": reason });
        let error = json!({ "code": status.as_u16(), "message": message, "errors": [cause] });
        (status, Json(json!({ "error": error }))).into_response()
    }
}
