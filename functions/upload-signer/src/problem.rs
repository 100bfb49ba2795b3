//! The problems that several handlers can have.

use std::error::Error;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, RETRY_AFTER};
use darkroom_gcp::problem::Problem;
use serde_json::Value;

/// Something behind this service failed; the same request may succeed later.
pub(crate) fn unavailable(error: &(dyn Error + 'static)) -> Problem {
    tracing::error!(error, "a request cannot be answered now");
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "this cannot be answered now; try again in a moment",
    )
    .with_header(RETRY_AFTER, HeaderValue::from_static("5"))
}

/// Something is wrong in here; the same request will fail again.
pub(crate) fn internal(error: &(dyn Error + 'static)) -> Problem {
    tracing::error!(error, "a request cannot be answered");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "this cannot be answered; it has been logged",
    )
}

/// A body that is JSON, of whatever shape.
pub(crate) struct JsonBody(pub(crate) Value);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(rejection) => Err(unreadable(&rejection)),
        }
    }
}

fn unreadable(rejection: &JsonRejection) -> Problem {
    let detail = match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => "the body is over 1 MiB".to_owned(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            "the body must be JSON, with `Content-Type: application/json`".to_owned()
        }
        _ => rejection.body_text(),
    };
    Problem::new(rejection.status(), detail)
}
