//! `objects.insert`, in one request or as the beginning of several.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::Value;

use super::error::JsonError;
use super::multipart::Parts;
use super::params::{self, Params, VersionParams};
use super::resumable;
use crate::api::Api;
use crate::body;
use crate::store::{ExpectedChecksums, Insert, Object, ObjectKey, StoreError};

/// The most bytes of a part that is not the media.
const MAX_RESOURCE_PART: usize = 256 << 10;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct UploadParams {
    upload_type: String,
    name: Option<String>,
    content_encoding: Option<String>,
    #[serde(rename = "upload_id")]
    pub(super) upload_id: Option<String>,
}

/// An object's description, however it was sent.
pub(super) struct Described {
    pub(super) key: ObjectKey,
    pub(super) template: Object,
    pub(super) expected: ExpectedChecksums,
}

impl UploadParams {
    /// Reads an object resource. The query wins over its name.
    pub(super) fn describe(self, bucket: String, resource: &Value) -> Result<Described, JsonError> {
        let name = self
            .name
            .or_else(|| resource["name"].as_str().map(str::to_owned));
        let name = name.ok_or_else(|| JsonError::invalid("Required parameter: name"))?;
        let mut template = Object::template(resource)?;
        template.content_encoding = template.content_encoding.or(self.content_encoding);
        Ok(Described {
            key: ObjectKey { bucket, name },
            template,
            expected: ExpectedChecksums::of_resource(resource),
        })
    }
}

pub(super) async fn insert(
    State(api): State<Api>,
    Path(bucket): Path<String>,
    (Params(upload), Params(version)): (Params<UploadParams>, Params<VersionParams>),
    headers: HeaderMap,
    body: Body,
) -> Result<Response, JsonError> {
    let content_type = text(&headers, CONTENT_TYPE.as_str());
    let insert = match upload.upload_type.as_str() {
        "resumable" => {
            let resource = params::resource(body).await?;
            let described = upload.describe(bucket, &resource)?;
            return resumable::begin(&api, described, version, &headers).await;
        }
        "multipart" => {
            let parts = Parts::new(content_type.unwrap_or_default(), body)?;
            multipart(&api, upload, bucket, parts).await?
        }
        "media" => {
            let mut described = upload.describe(bucket, &Value::Null)?;
            described.template.content_type = content_type.map(str::to_owned);
            described.expected = expected(&headers);
            let mut blob = api.store.new_blob();
            body::receive(body, &mut blob).await?;
            described.with(blob.finish().await?)
        }
        other => return Err(JsonError::invalid(format!("Unknown uploadType: '{other}'"))),
    };
    let insert = Insert {
        preconditions: version.preconditions(),
        ..insert
    };
    let object = api.store.insert_object(insert).await?;
    Ok(Json(object.to_json_at(&api.endpoint)).into_response())
}

impl Described {
    fn with(self, blob: crate::store::NewBlob) -> Insert {
        let Self {
            key,
            template,
            expected,
        } = self;
        Insert {
            key,
            template,
            blob,
            expected,
            preconditions: Default::default(),
        }
    }
}

/// Reads the object resource, the media and, where the client computed them while it sent, the
/// checksums.
async fn multipart(
    api: &Api,
    params: UploadParams,
    bucket: String,
    mut parts: Parts,
) -> Result<Insert, JsonError> {
    let missing = || StoreError::invalid("The multipart body must have a resource and media.");
    parts.next_part().await?.ok_or_else(missing)?;
    let resource = params::parse(&parts.whole(MAX_RESOURCE_PART).await?)?;
    let mut described = params.describe(bucket, &resource)?;
    let headers = parts.next_part().await?.ok_or_else(missing)?;
    let content_type = text(&headers, CONTENT_TYPE.as_str()).map(str::to_owned);
    described.template.content_type = described.template.content_type.or(content_type);
    let mut blob = api.store.new_blob();
    while let Some(chunk) = parts.chunk().await? {
        blob.write(&chunk).await?;
    }
    if parts.next_part().await?.is_some() {
        let checksums = params::parse(&parts.whole(MAX_RESOURCE_PART).await?)?;
        described.expected = ExpectedChecksums::of_resource(&checksums).or(described.expected);
    }
    Ok(described.with(blob.finish().await?))
}

/// The checksums in the headers of an upload.
pub(super) fn expected(headers: &HeaderMap) -> ExpectedChecksums {
    let hash = text(headers, "x-goog-hash")
        .map(ExpectedChecksums::of_header)
        .unwrap_or_default();
    let md5_hash = text(headers, "content-md5").map(str::to_owned);
    hash.or(ExpectedChecksums {
        crc32c: None,
        md5_hash,
    })
}

pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
