//! The auditor's HTTP routes.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use darkroom_gcp::problem::Problem;

use crate::sweep::Sweeper;

pub(crate) fn router(sweeper: Arc<Sweeper>) -> Router {
    Router::new()
        .route("/sweep", post(sweep))
        .with_state(sweeper)
}

/// Sweeps, and answers 503 when anything was left undone, so that the scheduler tries again.
async fn sweep(State(sweeper): State<Arc<Sweeper>>) -> Response {
    match sweeper.sweep().await {
        Ok(report) if report.counts.failed == 0 => Json(report).into_response(),
        Ok(report) => {
            let detail = format!(
                "{} listings or deletions failed; {} objects were deleted",
                report.counts.failed, report.counts.deleted
            );
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).into_response()
        }
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "no sweep");
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response()
        }
    }
}
