//! What requests of the JSON API say in their path, query and body.

use axum::body::Body;
use axum::extract::{FromRequestParts, Path, Query};
use http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::JsonError;
use crate::body;
use crate::store::{ObjectKey, Preconditions};

/// The query, or the API's own error.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = JsonError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, JsonError> {
        let Query(query) = Query::from_request_parts(parts, state).await?;
        Ok(Self(query))
    }
}

/// The bucket and object in the path.
pub(crate) struct Target(pub(crate) ObjectKey);

impl<S: Send + Sync> FromRequestParts<S> for Target {
    type Rejection = JsonError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, JsonError> {
        let Path((bucket, name)): Path<(String, String)> =
            Path::from_request_parts(parts, state).await?;
        Ok(Self(ObjectKey { bucket, name }))
    }
}

/// Which version of an object is meant.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct VersionParams {
    pub(crate) generation: Option<i64>,
    if_generation_match: Option<i64>,
    if_generation_not_match: Option<i64>,
    if_metageneration_match: Option<i64>,
    if_metageneration_not_match: Option<i64>,
}

impl VersionParams {
    pub(crate) fn preconditions(self) -> Preconditions {
        Preconditions {
            if_generation_match: self.if_generation_match,
            if_generation_not_match: self.if_generation_not_match,
            if_metageneration_match: self.if_metageneration_match,
            if_metageneration_not_match: self.if_metageneration_not_match,
        }
    }
}

/// A body that is a JSON resource, or null when it is empty.
pub(crate) async fn resource(body: Body) -> Result<Value, JsonError> {
    parse(&body::read(body).await?)
}

/// A JSON resource, or null when there are no bytes.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(bytes)
        .map_err(|error| JsonError::invalid(format!("Parse Error: {error}")))
}
