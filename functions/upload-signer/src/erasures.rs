//! Erasing an image before its time, for its owner or on behalf of one.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use darkroom_core::ImageId;
use darkroom_core::erasure::{Request, Right};
use darkroom_gcp::erasure::ErasureState;
use darkroom_gcp::problem::Problem;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Principal;
use crate::images;
use crate::openapi::{NotShown, Refused};
use crate::problem::unavailable;
use crate::state::{AppState, Services};

/// How far the erasure of an image has come.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErasureView {
    /// The image's id.
    #[schema(value_type = String, format = "uuid")]
    pub image_id: ImageId,
    /// Whether anything is left.
    pub status: ErasureStatus,
    /// When it was asked for.
    #[schema(value_type = String, format = "date-time")]
    pub requested_at: Timestamp,
    /// When nothing was left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "date-time", required = false)]
    pub erased_at: Option<Timestamp>,
}

/// Whether anything of an image is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(rename_all = "snake_case")]
pub enum ErasureStatus {
    /// Its files go within moments, and fresh rows when BigQuery can delete them. The hourly sweep says
    /// that it is done, once it finds nothing any more.
    Pending,
    /// Its files and rows are gone.
    Erased,
}

impl From<ErasureState> for ErasureView {
    fn from(state: ErasureState) -> Self {
        Self {
            image_id: state.image_id,
            status: match state.erased_at {
                None => ErasureStatus::Pending,
                Some(_) => ErasureStatus::Erased,
            },
            requested_at: state.requested_at,
            erased_at: state.erased_at,
        }
    }
}

/// Erase an image
///
/// Every file of it and every row about it is deleted, and late deliveries cannot bring it back. Its
/// owner may ask, and whoever holds the privacy role. Asking again changes nothing and tells how far
/// it has come. What cannot be reached: BigQuery's time travel and fail-safe, and the company's own
/// Kafka topic, each until its own time.
#[utoipa::path(
    delete,
    path = "/v1/images/{image_id}",
    tag = "images",
    params(("image_id" = String, Path, format = "uuid", description = "The id that the upload was given")),
    responses(
        (status = OK, body = ErasureView, description = "It is erased"),
        (status = ACCEPTED, body = ErasureView, description = "It is being erased; `Location` tells how far",
            headers(("Location" = String, description = "The path of the erasure"))),
        NotShown, Refused,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn delete_image(
    State(state): State<AppState>,
    caller: Principal,
    image_id: Result<Path<ImageId>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(image_id) = image_id.map_err(|_| images::not_found())?;
    if let Some(known) = known(&state, image_id).await? {
        return Ok(answer(known));
    }
    let right = right(&state, &caller, image_id).await?;
    let now = state.clock.now().await;
    let requested_at = now.map_err(|error| unavailable(&error))?;
    let request = Request {
        image_id,
        requested_at,
        right,
    };
    let requested = state.erasures.request(&request).await;
    requested.map_err(|error| unavailable(&error))?;
    tracing::info!(%image_id, ?right, "erasure requested");
    Ok(answer(ErasureState {
        image_id,
        requested_at,
        erased_at: None,
    }))
}

/// Ask how far the erasure of an image has come
///
/// Whoever knows the id may ask: nothing is left that tells whose image it was.
#[utoipa::path(
    get,
    path = "/v1/images/{image_id}/erasure",
    tag = "images",
    params(("image_id" = String, Path, format = "uuid", description = "The id that the upload was given")),
    responses(
        (status = OK, body = ErasureView, description = "How far it has come"),
        (status = NOT_FOUND, content_type = "application/problem+json", description = "It was never asked for"),
        Refused,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_erasure(
    State(state): State<AppState>,
    _caller: Principal,
    image_id: Result<Path<ImageId>, PathRejection>,
) -> Result<Json<ErasureView>, Problem> {
    let not_found = || {
        let detail = "no erasure of this image was asked for in the last 30 days";
        Problem::new(StatusCode::NOT_FOUND, detail)
    };
    let Path(image_id) = image_id.map_err(|_| not_found())?;
    let known = known(&state, image_id).await?;
    Ok(Json(known.ok_or_else(not_found)?.into()))
}

async fn known(services: &Services, id: ImageId) -> Result<Option<ErasureState>, Problem> {
    let state = services.erasures.state(id).await;
    state.map_err(|error| unavailable(&error))
}

/// By which right the caller may have the image erased. The privacy role needs no record of the image:
/// where that is broken or gone, copies may be left.
async fn right(services: &Services, caller: &Principal, id: ImageId) -> Result<Right, Problem> {
    if caller.roles.contains(&services.privacy_role) {
        return Ok(Right::Privacy);
    }
    let image = images::find(services, id).await?;
    let image = image.ok_or_else(images::not_found)?;
    if image.owner() == Some(&caller.subject) {
        return Ok(Right::Owner);
    }
    let detail = "the image belongs to someone else, and the token lacks the privacy role";
    Err(Problem::new(StatusCode::FORBIDDEN, detail))
}

fn answer(state: ErasureState) -> Response {
    let view = ErasureView::from(state);
    match view.status {
        ErasureStatus::Erased => Json(view).into_response(),
        ErasureStatus::Pending => {
            let location = format!("/v1/images/{}/erasure", view.image_id);
            (StatusCode::ACCEPTED, [(LOCATION, location)], Json(view)).into_response()
        }
    }
}
