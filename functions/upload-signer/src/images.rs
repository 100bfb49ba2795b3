//! What became of an image, for its owner.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use darkroom_core::ImageId;
use darkroom_core::key::{ObjectKey, Part};
use darkroom_core::metadata::{Source, UploadMetadata};
use darkroom_core::record::{Record, Status};
use darkroom_core::retention::arrived_at;
use darkroom_gcp::problem::Problem;
use darkroom_gcp::storage::{ObjectRef, StorageError};
use futures::future::try_join_all;
use google_cloud_storage::http::Method;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Principal;
use crate::openapi::{self, NotShown, Refused};
use crate::problem::{internal, unavailable};
use crate::signed_url::expiry;
use crate::state::{AppState, Services};

/// An image as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImageView {
    /// The image's id.
    #[schema(value_type = String, format = "uuid")]
    pub image_id: ImageId,
    /// What became of it so far.
    pub status: ImageStatus,
    /// All that is known of it, once it is processed or rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = openapi::record, required = false)]
    pub record: Option<Box<Record>>,
    /// Where its files can be fetched, once it is processed or rejected.
    pub downloads: Vec<Download>,
}

/// What became of an image so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(rename_all = "snake_case")]
pub enum ImageStatus {
    /// It was uploaded and is waiting or being worked on.
    Pending,
    /// Its derivatives are made.
    Processed,
    /// It could not be processed; the record's `rejection` says why.
    Rejected,
}

/// A file of an image.
#[derive(Debug, Serialize, ToSchema)]
pub struct Download {
    /// `original`, or the derivative's name.
    #[schema(example = "preview.webp")]
    pub name: String,
    /// A URL that gives the file to whoever has it: keep it secret.
    #[schema(format = "uri")]
    pub url: String,
    /// When the URL stops working: in 15 minutes, or when the image must be gone.
    #[schema(value_type = String, format = "date-time")]
    pub expires_at: Timestamp,
}

/// Ask what became of an image
///
/// Only its owner is told: the subject of the token it was uploaded with.
#[utoipa::path(
    get,
    path = "/v1/images/{image_id}",
    tag = "images",
    params(("image_id" = String, Path, format = "uuid", description = "The id that the upload was given")),
    responses((status = OK, body = ImageView, description = "What became of it so far"), NotShown, Refused),
    security(("bearer" = [])),
)]
pub(crate) async fn get_image(
    State(state): State<AppState>,
    caller: Principal,
    image_id: Result<Path<ImageId>, PathRejection>,
) -> Result<Json<ImageView>, Problem> {
    let Path(image_id) = image_id.map_err(|_| not_found())?;
    let erasure = state.erasures.is_requested(image_id).await;
    if erasure.map_err(|error| unavailable(&error))? {
        let detail = "the image was erased, as was asked for";
        return Err(Problem::new(StatusCode::GONE, detail));
    }
    let image = find(&state, image_id).await?.ok_or_else(not_found)?;
    if image.owner() != Some(&caller.subject) {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "the image belongs to someone else",
        ));
    }
    let now = state
        .clock
        .now()
        .await
        .map_err(|error| unavailable(&error))?;
    let due = state.retention.due(image.received_at());
    if due <= now {
        return Err(Problem::new(
            StatusCode::GONE,
            "the image's time is over: it is kept no longer",
        ));
    }
    let expires_at = expiry(now, due);
    Ok(Json(view(&state, image_id, image, expires_at).await?))
}

/// How far an image has come.
pub(crate) enum Image {
    /// It is in the ingest bucket; there is no record yet.
    Pending {
        received_at: Timestamp,
        source: Source,
    },
    /// It is archived.
    Recorded(Box<Record>),
}

impl Image {
    pub(crate) fn owner(&self) -> Option<&String> {
        match self {
            Self::Pending { source, .. } => source.principal.as_ref(),
            Self::Recorded(record) => record.source.principal.as_ref(),
        }
    }

    fn received_at(&self) -> Timestamp {
        match self {
            Self::Pending { received_at, .. } => *received_at,
            Self::Recorded(record) => record.received_at,
        }
    }
}

pub(crate) async fn find(services: &Services, id: ImageId) -> Result<Option<Image>, Problem> {
    if let Some(record) = find_record(services, id).await? {
        return Ok(Some(Image::Recorded(record)));
    }
    if let Some(pending) = find_pending(services, id).await? {
        return Ok(Some(pending));
    }
    // The record is written before the ingest object is deleted, and both may have happened between
    // the two looks.
    Ok(find_record(services, id).await?.map(Image::Recorded))
}

async fn find_record(services: &Services, id: ImageId) -> Result<Option<Box<Record>>, Problem> {
    let name = ObjectKey::record(id).to_string();
    let object = ObjectRef {
        bucket: &services.buckets.records,
        name: &name,
        generation: None,
    };
    match services.objects.read(object, Record::MOST_BYTES).await {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| internal(&error)),
        Err(StorageError::NotFound) => Ok(None),
        Err(error @ StorageError::TooLarge { .. }) => Err(internal(&error)),
        Err(error) => Err(unavailable(&error)),
    }
}

async fn find_pending(services: &Services, id: ImageId) -> Result<Option<Image>, Problem> {
    let name = ObjectKey::original(id).to_string();
    let object = ObjectRef {
        bucket: &services.buckets.ingest,
        name: &name,
        generation: None,
    };
    let found = services
        .objects
        .find(object)
        .await
        .map_err(|error| unavailable(&error))?;
    let Some(object) = found else { return Ok(None) };
    match UploadMetadata::from_object(object.metadata.iter()) {
        Ok(metadata) => Ok(Some(Image::Pending {
            received_at: arrived_at(object.created_at, object.custom_time),
            source: metadata.source,
        })),
        // Whoever put it there, it is nobody's image, and the processor refuses it.
        Err(error) => {
            tracing::warn!(%id, %error, "an ingest object that is not Darkroom's");
            Ok(None)
        }
    }
}

async fn view(
    services: &Services,
    image_id: ImageId,
    image: Image,
    expires_at: Timestamp,
) -> Result<ImageView, Problem> {
    let Image::Recorded(record) = image else {
        let (status, downloads) = (ImageStatus::Pending, Vec::new());
        return Ok(ImageView {
            image_id,
            status,
            record: None,
            downloads,
        });
    };
    let status = match record.status {
        Status::Processed => ImageStatus::Processed,
        Status::Rejected => ImageStatus::Rejected,
    };
    let names = record
        .derivatives
        .iter()
        .map(|derivative| derivative.name.as_str());
    let downloads = std::iter::once("original")
        .chain(names)
        .map(|name| download(services, image_id, name, expires_at));
    let downloads = try_join_all(downloads).await?;
    Ok(ImageView {
        image_id,
        status,
        record: Some(record),
        downloads,
    })
}

async fn download(
    services: &Services,
    id: ImageId,
    name: &str,
    expires_at: Timestamp,
) -> Result<Download, Problem> {
    let part: Part = name.parse().map_err(|error| internal(&error))?;
    let key = ObjectKey::new(id, part).to_string();
    let object = ObjectRef {
        bucket: &services.buckets.archive,
        name: &key,
        generation: None,
    };
    let signing = services.signer.sign(Method::GET, object, &[], expires_at);
    let url = signing.await.map_err(|error| unavailable(&error))?;
    Ok(Download {
        name: name.to_owned(),
        url,
        expires_at,
    })
}

pub(crate) fn not_found() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "there is no image with this id: never uploaded, or purged",
    )
}
