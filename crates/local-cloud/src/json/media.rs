//! Downloads.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, Method};

use super::error::JsonError;
use super::params::{Params, Target, VersionParams};
use crate::api::Api;
use crate::download;
use crate::store::ObjectKey;

/// A request for an object's bytes.
pub(super) struct Download {
    pub(super) key: ObjectKey,
    pub(super) version: VersionParams,
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
}

pub(super) async fn get(
    State(api): State<Api>,
    Target(key): Target,
    Params(version): Params<VersionParams>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, JsonError> {
    respond(
        &api,
        Download {
            key,
            version,
            method,
            headers,
        },
    )
    .await
}

pub(super) async fn respond(api: &Api, request: Download) -> Result<Response, JsonError> {
    let Download {
        key,
        version,
        method,
        headers,
    } = request;
    let conditions = version.preconditions();
    let object = api
        .store
        .get_object(&key, version.generation, conditions)
        .await?;
    Ok(download::respond(&api.store, &object, &method, &headers).await?)
}
