//! Errors as the XML API writes them
//! (<https://cloud.google.com/storage/docs/xml-api/reference-status>).

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;

use crate::signed_url::SignedUrlError;
use crate::store::StoreError;

/// An error with its status and code.
#[derive(Debug)]
pub(crate) struct XmlError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl XmlError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    pub(super) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(super) fn method_not_allowed() -> Self {
        let message = "The specified method is not allowed against this resource.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
    }

    pub(super) fn access_denied() -> Self {
        let message = "Anonymous caller does not have access: the URL is not signed.";
        Self::new(StatusCode::FORBIDDEN, "AccessDenied", message)
    }
}

impl From<SignedUrlError> for XmlError {
    fn from(error: SignedUrlError) -> Self {
        Self::new(error.status(), error.code(), error.to_string())
    }
}

impl From<StoreError> for XmlError {
    fn from(error: StoreError) -> Self {
        let (status, code) = match &error {
            StoreError::BucketNotFound => (StatusCode::NOT_FOUND, "NoSuchBucket"),
            StoreError::ObjectNotFound { .. } => (StatusCode::NOT_FOUND, "NoSuchKey"),
            StoreError::UploadNotFound => (StatusCode::NOT_FOUND, "NoSuchUpload"),
            StoreError::BucketExists => (StatusCode::CONFLICT, "BucketAlreadyOwnedByYou"),
            StoreError::BucketNotEmpty => (StatusCode::CONFLICT, "BucketNotEmpty"),
            StoreError::PreconditionFailed => {
                (StatusCode::PRECONDITION_FAILED, "PreconditionFailed")
            }
            StoreError::NotModified => (StatusCode::NOT_MODIFIED, "NotModified"),
            StoreError::Invalid(_) => (StatusCode::BAD_REQUEST, "InvalidArgument"),
            StoreError::ChecksumMismatch { .. } => (StatusCode::BAD_REQUEST, "BadDigest"),
            StoreError::BodyCut(_) => (StatusCode::BAD_REQUEST, "IncompleteBody"),
            StoreError::TooLarge { .. } => (StatusCode::BAD_REQUEST, "EntityTooLarge"),
            StoreError::Held { .. } => (StatusCode::FORBIDDEN, "ObjectUnderActiveHold"),
            StoreError::Retained { .. } => (StatusCode::FORBIDDEN, "RetentionPolicyNotMet"),
            StoreError::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
        };
        Self::new(status, code, error.to_string())
    }
}

impl IntoResponse for XmlError {
    fn into_response(self) -> Response {
        let Self {
            status,
            code,
            message,
        } = self;
        if status == StatusCode::NOT_MODIFIED {
            return status.into_response();
        }
        let message = escape(&message);
        let body = format!(
            "<?xml version='1.0' encoding='UTF-8'?>\
             <Error><Code>{code}</Code><Message>{message}</Message></Error>"
        );
        (
            status,
            [(CONTENT_TYPE, "application/xml; charset=UTF-8")],
            body,
        )
            .into_response()
    }
}

/// Text as the content of an element. Control characters that XML has no way to write are dropped.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c if c.is_control() && !"\t\n\r".contains(c) => {}
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_sent_cannot_become_markup() {
        assert_eq!(escape("<b>&\u{0}</b>"), "&lt;b&gt;&amp;&lt;/b&gt;");
    }
}
