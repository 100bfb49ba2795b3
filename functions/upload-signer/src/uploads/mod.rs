//! Uploads: what a caller asks for becomes a signed URL that allows just that.

mod fields;
mod request;
mod sign;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use darkroom_gcp::problem::{FieldError, Problem};
use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Principal;
use crate::openapi::{Invalid, Refused};
use crate::problem::{JsonBody, unavailable};
use crate::state::AppState;

pub use request::{BatchRequest, UploadRequest};
pub use sign::SignedUpload;
use sign::sign;

/// How many URLs of a batch are signed at a time: on Cloud Run each is a call to IAM.
const SIGNED_AT_ONCE: usize = 10;

/// The signed uploads, in the order they were asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchResponse {
    /// One for each upload of the request.
    pub uploads: Vec<SignedUpload>,
}

/// Ask for one upload
///
/// Answers with a URL that takes the image's bytes: send them with the given method and exactly the
/// given headers, until `expires_at`. The first bytes it takes are the image: what is sent by it
/// afterwards is refused, or discarded once the image is processed.
#[utoipa::path(
    post,
    path = "/v1/uploads",
    tag = "uploads",
    request_body = UploadRequest,
    responses((status = CREATED, body = SignedUpload, description = "Where to send the bytes, and how"), Invalid, Refused),
    security(("bearer" = [])),
)]
pub(crate) async fn create_upload(
    State(state): State<AppState>,
    owner: Principal,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, Json<SignedUpload>), Problem> {
    let request = UploadRequest::from_json(body).map_err(invalid)?;
    let now = state
        .clock
        .now()
        .await
        .map_err(|error| unavailable(&error))?;
    let signed = sign(&state, &owner, request, now).await?;
    Ok((StatusCode::CREATED, Json(signed)))
}

/// Ask for up to 100 uploads
///
/// All or nothing: if one of them is not allowed, none is signed, and the answer names every field
/// that is wrong, such as `uploads[3].size_bytes`.
#[utoipa::path(
    post,
    path = "/v1/uploads:batch",
    tag = "uploads",
    request_body = BatchRequest,
    responses((status = CREATED, body = BatchResponse, description = "Where to send the bytes of each"), Invalid, Refused),
    security(("bearer" = [])),
)]
pub(crate) async fn create_upload_batch(
    State(state): State<AppState>,
    owner: Principal,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, Json<BatchResponse>), Problem> {
    let request = BatchRequest::from_json(body).map_err(invalid)?;
    let now = state
        .clock
        .now()
        .await
        .map_err(|error| unavailable(&error))?;
    let signed = stream::iter(request.uploads)
        .map(|upload| sign(&state, &owner, upload, now))
        .buffered(SIGNED_AT_ONCE)
        .try_collect()
        .await?;
    Ok((StatusCode::CREATED, Json(BatchResponse { uploads: signed })))
}

fn invalid(errors: Vec<FieldError>) -> Problem {
    let detail = "the request has fields that are not allowed";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).with_errors(errors)
}
