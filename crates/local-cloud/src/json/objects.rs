//! `objects.*`, other than uploads and downloads.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::JsonError;
use super::media::{self, Download};
use super::params::{self, Params, Target, VersionParams};
use crate::api::Api;
use crate::store::{
    Compose, ListQuery, Object, ObjectKey, Preconditions, Rewrite, Source, StoreError,
};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ListParams {
    prefix: String,
    delimiter: String,
    include_trailing_delimiter: bool,
    start_offset: String,
    end_offset: String,
    page_token: String,
    max_results: usize,
    match_glob: String,
    soft_deleted: bool,
}

impl From<ListParams> for ListQuery {
    fn from(params: ListParams) -> Self {
        Self {
            prefix: params.prefix,
            delimiter: params.delimiter,
            include_trailing_delimiter: params.include_trailing_delimiter,
            start_offset: params.start_offset,
            end_offset: params.end_offset,
            page_token: params.page_token,
            max_results: params.max_results,
        }
    }
}

pub(super) async fn list(
    State(api): State<Api>,
    Path(bucket): Path<String>,
    Params(params): Params<ListParams>,
) -> Result<Json<Value>, JsonError> {
    if !params.match_glob.is_empty() || params.soft_deleted {
        return Err(JsonError::invalid(
            "local-cloud has neither matchGlob nor softDeleted.",
        ));
    }
    let page = api.store.list_objects(&bucket, params.into()).await?;
    let items: Vec<_> = page
        .objects
        .iter()
        .map(|object| object.to_json_at(&api.endpoint))
        .collect();
    let mut answer = json!({ "kind": "storage#objects", "items": items });
    if !page.prefixes.is_empty() {
        answer["prefixes"] = json!(page.prefixes);
    }
    if let Some(token) = page.next_page_token {
        answer["nextPageToken"] = json!(token);
    }
    Ok(Json(answer))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct GetParams {
    alt: String,
}

pub(super) async fn get(
    State(api): State<Api>,
    Target(key): Target,
    (Params(params), Params(version)): (Params<GetParams>, Params<VersionParams>),
    method: Method,
    headers: HeaderMap,
) -> Result<Response, JsonError> {
    if params.alt == "media" {
        return media::respond(
            &api,
            Download {
                key,
                version,
                method,
                headers,
            },
        )
        .await;
    }
    let conditions = version.preconditions();
    let object = api
        .store
        .get_object(&key, version.generation, conditions)
        .await?;
    Ok(Json(object.to_json_at(&api.endpoint)).into_response())
}

pub(super) async fn patch(
    State(api): State<Api>,
    Target(key): Target,
    Params(version): Params<VersionParams>,
    body: Body,
) -> Result<Json<Value>, JsonError> {
    let patch = params::resource(body).await?;
    change(&api, &key, version, move |object| object.patched(&patch)).await
}

pub(super) async fn update(
    State(api): State<Api>,
    Target(key): Target,
    Params(version): Params<VersionParams>,
    body: Body,
) -> Result<Json<Value>, JsonError> {
    let resource = params::resource(body).await?;
    change(&api, &key, version, move |object| {
        object.replaced(&resource)
    })
    .await
}

async fn change(
    api: &Api,
    key: &ObjectKey,
    version: VersionParams,
    change: impl FnOnce(&Object) -> Result<Object, StoreError> + Send + 'static,
) -> Result<Json<Value>, JsonError> {
    let conditions = version.preconditions();
    let object = api
        .store
        .update_object(key, version.generation, conditions, change)
        .await?;
    Ok(Json(object.to_json_at(&api.endpoint)))
}

pub(super) async fn delete(
    State(api): State<Api>,
    Target(key): Target,
    Params(version): Params<VersionParams>,
) -> Result<StatusCode, JsonError> {
    let conditions = version.preconditions();
    api.store
        .delete_object(&key, version.generation, conditions)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct SourceParams {
    source_generation: Option<i64>,
    if_source_generation_match: Option<i64>,
    if_source_generation_not_match: Option<i64>,
    if_source_metageneration_match: Option<i64>,
    if_source_metageneration_not_match: Option<i64>,
}

impl SourceParams {
    fn of(self, key: ObjectKey) -> Source {
        let preconditions = Preconditions {
            if_generation_match: self.if_source_generation_match,
            if_generation_not_match: self.if_source_generation_not_match,
            if_metageneration_match: self.if_source_metageneration_match,
            if_metageneration_not_match: self.if_source_metageneration_not_match,
        };
        Source {
            key,
            generation: self.source_generation,
            preconditions,
        }
    }
}

type CopyPath = Path<(String, String, String, String)>;
type CopyParams = (Params<SourceParams>, Params<VersionParams>);

pub(super) async fn copy(
    State(api): State<Api>,
    path: CopyPath,
    params: CopyParams,
    body: Body,
) -> Result<Json<Value>, JsonError> {
    let object = copied(&api, path, params, body).await?;
    Ok(Json(object.to_json_at(&api.endpoint)))
}

pub(super) async fn rewrite(
    State(api): State<Api>,
    path: CopyPath,
    params: CopyParams,
    body: Body,
) -> Result<Json<Value>, JsonError> {
    let object = copied(&api, path, params, body).await?;
    Ok(Json(json!({
        "kind": "storage#rewriteResponse",
        "totalBytesRewritten": object.size.to_string(),
        "objectSize": object.size.to_string(),
        "done": true,
        "resource": object.to_json_at(&api.endpoint),
    })))
}

/// Makes the copy. A body that names no field takes over the source's.
async fn copied(
    api: &Api,
    Path((bucket, name, to_bucket, to_name)): CopyPath,
    (Params(source), Params(version)): CopyParams,
    body: Body,
) -> Result<Object, JsonError> {
    let resource = params::resource(body).await?;
    let has_fields = resource
        .as_object()
        .is_some_and(|fields| !fields.is_empty());
    let template = has_fields
        .then(|| Object::template(&resource))
        .transpose()?;
    let rewrite = Rewrite {
        source: source.of(ObjectKey::new(bucket, name)),
        destination: ObjectKey::new(to_bucket, to_name),
        template,
        preconditions: version.preconditions(),
    };
    Ok(api.store.rewrite_object(rewrite).await?)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ComposeRequest {
    source_objects: Vec<ComposeSource>,
    #[serde(default)]
    destination: Value,
}

/// Integers may come as strings.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ComposeSource {
    name: String,
    #[serde(default)]
    generation: Value,
    #[serde(default)]
    object_preconditions: Value,
}

impl ComposeSource {
    fn of(self, bucket: &str) -> Source {
        let if_generation_match = integer(&self.object_preconditions["ifGenerationMatch"]);
        Source {
            key: ObjectKey::new(bucket, self.name),
            generation: integer(&self.generation),
            preconditions: Preconditions {
                if_generation_match,
                ..Preconditions::default()
            },
        }
    }
}

fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

pub(super) async fn compose(
    State(api): State<Api>,
    Target(key): Target,
    Params(version): Params<VersionParams>,
    body: Body,
) -> Result<Json<Value>, JsonError> {
    let request: ComposeRequest = serde_json::from_value(params::resource(body).await?)
        .map_err(|error| JsonError::invalid(error.to_string()))?;
    let sources = request
        .source_objects
        .into_iter()
        .map(|source| source.of(&key.bucket));
    let compose = Compose {
        sources: sources.collect(),
        template: Object::template(&request.destination)?,
        destination: key,
        preconditions: version.preconditions(),
    };
    let object = api.store.compose_objects(compose).await?;
    Ok(Json(object.to_json_at(&api.endpoint)))
}
