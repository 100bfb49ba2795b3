//! What can be wrong with a control request.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::events::EventsError;
use crate::faults::InvalidFault;
use crate::identity::IdentityError;
use crate::scheduler::SchedulerError;
use crate::store::StoreError;

/// A control request that was not done; answered by `{"error": "..."}`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ControlError {
    #[error("the body is not what is expected here: {0}")]
    Body(#[from] serde_json::Error),
    #[error(transparent)]
    Fault(#[from] InvalidFault),
    #[error(transparent)]
    Events(#[from] EventsError),
    #[error(transparent)]
    Scheduler(#[from] SchedulerError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("there is no {0} of this name")]
    NotFound(&'static str),
    #[error("the request was interrupted")]
    Interrupted(#[from] tokio::task::JoinError),
}

impl ControlError {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Store(_)
            | Self::Interrupted(_)
            | Self::Events(EventsError::Store(_) | EventsError::Client(_))
            | Self::Scheduler(SchedulerError::Store(_) | SchedulerError::Client(_)) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::Identity(IdentityError::Email(_)) => StatusCode::BAD_REQUEST,
            Self::Identity(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Body(_) | Self::Fault(_) | Self::Events(_) | Self::Scheduler(_) => {
                StatusCode::BAD_REQUEST
            }
        }
    }
}

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        (self.status(), Json(json!({ "error": self.to_string() }))).into_response()
    }
}

/// Reads a JSON body, whatever its content type says (`curl -d` says it is a form).
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ControlError> {
    Ok(serde_json::from_slice(body)?)
}
