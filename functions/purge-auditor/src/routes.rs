//! The auditor's HTTP routes.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use darkroom_gcp::event;
use darkroom_gcp::problem::Problem;
use serde::Serialize;

use crate::events;
use crate::evidence::Link;
use crate::report::SweepReport;
use crate::sweep::Sweeper;
use crate::walk::Scope;

pub(crate) fn router(sweeper: Sweeper) -> Router {
    let due = async |State(sweeper): State<Sweeper>| sweep(sweeper, Scope::Due).await;
    let full = async |State(sweeper): State<Sweeper>| sweep(sweeper, Scope::Everything).await;
    Router::new()
        .route("/sweep", post(due))
        .route("/sweep/full", post(full))
        .with_state(sweeper.clone())
        .merge(event::router(sweeper, events::handle))
}

/// A report and where it stands in the evidence.
#[derive(Debug, Serialize)]
struct Swept {
    evidence: Link,
    #[serde(flatten)]
    report: SweepReport,
}

/// Sweeps, and answers 503 when anything was left undone, so that the scheduler tries again.
async fn sweep(sweeper: Sweeper, scope: Scope) -> Response {
    let (evidence, report) = match sweeper.sweep(scope).await {
        Ok(swept) => swept,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "no report");
            return Problem::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
                .into_response();
        }
    };
    log(&evidence, &report);
    match undone(&report) {
        Some(detail) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).into_response(),
        None => Json(Swept { evidence, report }).into_response(),
    }
}

fn log(evidence: &Link, report: &SweepReport) {
    for check in report.violations() {
        tracing::error!(
            check = check.id,
            seen = check.seen,
            mend = check.mend,
            "violation"
        );
    }
    // The hash of the newest report is in no other report yet: the log keeps it.
    tracing::info!(
        sequence = evidence.sequence,
        sha256 = evidence.sha256,
        scope = ?report.scope,
        deleted = report.deleted(),
        failed = report.failed(),
        violations = report.violations().count(),
        "sweep done"
    );
}

/// What the sweep has left undone.
fn undone(report: &SweepReport) -> Option<String> {
    let (deleted, failed) = (report.deleted(), report.failed());
    if failed > 0 {
        return Some(format!(
            "{failed} listings or deletions failed; {deleted} objects were deleted"
        ));
    }
    let place = report.unfinished.get(&report.scope)?;
    Some(format!(
        "the time did not suffice: {deleted} objects were deleted, and the next sweep goes on in {} \
         from names at '{}'",
        place.bucket, place.from
    ))
}
