//! `buckets.*`.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::JsonError;
use super::params::{self, Params, VersionParams};
use crate::api::Api;
use crate::store::Bucket;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListParams {
    prefix: String,
}

pub(super) async fn list(
    State(api): State<Api>,
    Params(ListParams { prefix }): Params<ListParams>,
) -> Result<Json<Value>, JsonError> {
    let buckets = api.store.list_buckets(&prefix).await?;
    let items: Vec<_> = buckets
        .iter()
        .map(|bucket| bucket.to_json_at(&api.endpoint))
        .collect();
    Ok(Json(json!({ "kind": "storage#buckets", "items": items })))
}

pub(super) async fn insert(State(api): State<Api>, body: Body) -> Result<Json<Value>, JsonError> {
    let bucket = Bucket::template(&params::resource(body).await?)?;
    let bucket = api.store.create_bucket(bucket).await?;
    Ok(Json(bucket.to_json_at(&api.endpoint)))
}

pub(super) async fn get(
    State(api): State<Api>,
    Path(name): Path<String>,
) -> Result<Json<Value>, JsonError> {
    let bucket = api.store.get_bucket(&name).await?;
    Ok(Json(bucket.to_json_at(&api.endpoint)))
}

pub(super) async fn patch(
    State(api): State<Api>,
    Path(name): Path<String>,
    Params(version): Params<VersionParams>,
    body: Body,
) -> Result<Json<Value>, JsonError> {
    let patch = params::resource(body).await?;
    let change = move |bucket: &Bucket| bucket.patched(&patch);
    let bucket = api
        .store
        .update_bucket(&name, version.preconditions(), change)
        .await?;
    Ok(Json(bucket.to_json_at(&api.endpoint)))
}

pub(super) async fn update(
    State(api): State<Api>,
    Path(name): Path<String>,
    Params(version): Params<VersionParams>,
    body: Body,
) -> Result<Json<Value>, JsonError> {
    let resource = params::resource(body).await?;
    let change = move |bucket: &Bucket| bucket.replaced(&resource);
    let bucket = api
        .store
        .update_bucket(&name, version.preconditions(), change)
        .await?;
    Ok(Json(bucket.to_json_at(&api.endpoint)))
}

pub(super) async fn delete(
    State(api): State<Api>,
    Path(name): Path<String>,
    Params(version): Params<VersionParams>,
) -> Result<StatusCode, JsonError> {
    api.store
        .delete_bucket(&name, version.preconditions())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `gcloud storage` asks this before it copies.
pub(super) async fn storage_layout(
    State(api): State<Api>,
    Path(name): Path<String>,
) -> Result<Json<Value>, JsonError> {
    let bucket = api.store.get_bucket(&name).await?;
    Ok(Json(json!({
        "kind": "storage#storageLayout",
        "bucket": bucket.name,
        "location": bucket.location,
        "locationType": bucket.location_type,
        "hierarchicalNamespace": { "enabled": false },
    })))
}

/// `gcloud storage rm --recursive` asks this; there are none.
pub(super) async fn managed_folders(
    State(api): State<Api>,
    Path(name): Path<String>,
) -> Result<Json<Value>, JsonError> {
    api.store.get_bucket(&name).await?;
    Ok(Json(
        json!({ "kind": "storage#managedFolders", "items": [] }),
    ))
}
