//! The JSON API (<https://cloud.google.com/storage/docs/json_api/v1>), as far as its clients use it.

mod buckets;
mod error;
mod media;
mod multipart;
mod objects;
mod params;
mod resumable;
mod upload;

use axum::Router;
use axum::routing::{get, post};

use crate::api::Api;

pub(crate) use error::JsonError;

/// The routes of the API.
pub(crate) fn router() -> Router<Api> {
    let object = get(objects::get)
        .patch(objects::patch)
        .put(objects::update)
        .delete(objects::delete);
    let copy = post(objects::copy);
    let upload = post(upload::insert)
        .put(resumable::put)
        .delete(resumable::cancel);
    Router::new()
        .route("/storage/v1/b", get(buckets::list).post(buckets::insert))
        .route(
            "/storage/v1/b/{bucket}",
            get(buckets::get)
                .patch(buckets::patch)
                .put(buckets::update)
                .delete(buckets::delete),
        )
        .route(
            "/storage/v1/b/{bucket}/storageLayout",
            get(buckets::storage_layout),
        )
        .route(
            "/storage/v1/b/{bucket}/managedFolders",
            get(buckets::managed_folders),
        )
        .route("/storage/v1/b/{bucket}/o", get(objects::list))
        .route("/storage/v1/b/{bucket}/o/{object}", object)
        .route(
            "/storage/v1/b/{bucket}/o/{object}/compose",
            post(objects::compose),
        )
        .route(
            "/storage/v1/b/{bucket}/o/{object}/copyTo/b/{to}/o/{name}",
            copy,
        )
        .route(
            "/storage/v1/b/{bucket}/o/{object}/rewriteTo/b/{to}/o/{name}",
            post(objects::rewrite),
        )
        .route(
            "/download/storage/v1/b/{bucket}/o/{object}",
            get(media::get),
        )
        .route("/upload/storage/v1/b/{bucket}/o", upload.clone())
        .route("/resumable/upload/storage/v1/b/{bucket}/o", upload)
}
