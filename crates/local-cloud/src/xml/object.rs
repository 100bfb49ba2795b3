//! Methods on one object.

use std::ops::RangeInclusive;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use http::request::Parts;
use http::{StatusCode, header};

use super::error::XmlError;
use super::headers;
use crate::api::Api;
use crate::store::{BlobWriter, Insert, NewBlob, ObjectKey, Preconditions, StoreError};
use crate::{body, download};

pub(super) async fn get(api: &Api, key: &ObjectKey, request: &Parts) -> Result<Response, XmlError> {
    let preconditions = headers::preconditions(&request.headers)?;
    let generation = generation(request)?;
    let object = api.store.get_object(key, generation, preconditions).await?;
    let answer = download::respond(&api.store, &object, &request.method, &request.headers).await?;
    if answer.status() == StatusCode::RANGE_NOT_SATISFIABLE {
        let message = "The requested range cannot be satisfied.";
        return Err(XmlError::new(answer.status(), "InvalidRange", message));
    }
    Ok(answer)
}

pub(super) async fn delete(
    api: &Api,
    key: &ObjectKey,
    request: &Parts,
) -> Result<Response, XmlError> {
    let preconditions = headers::preconditions(&request.headers)?;
    api.store
        .delete_object(key, generation(request)?, preconditions)
        .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn put(
    api: &Api,
    key: &ObjectKey,
    request: &Parts,
    body: Body,
) -> Result<Response, XmlError> {
    let (insert, sizes) = match check(api, key, request).await {
        Ok(checked) => checked,
        Err(error) => {
            body::discard(body).await;
            return Err(error);
        }
    };
    let blob = receive(api.store.new_blob(), body, sizes).await?;
    let object = api.store.insert_object(insert(blob)).await?;
    let mut response = StatusCode::OK.into_response();
    download::describe_version(&object, response.headers_mut());
    let etag = header::HeaderValue::try_from(format!("\"{}\"", object.etag()));
    if let Ok(etag) = etag {
        response.headers_mut().insert(header::ETAG, etag);
    }
    Ok(response)
}

/// Finds out what is wrong with a `PUT` before its body is read.
async fn check(
    api: &Api,
    key: &ObjectKey,
    request: &Parts,
) -> Result<(impl FnOnce(NewBlob) -> Insert, RangeInclusive<u64>), XmlError> {
    let sizes = headers::allowed_sizes(&request.headers)?;
    if let Some(length) = headers::content_length(&request.headers)? {
        check_size(length, &sizes)?;
    }
    let template = headers::template(&request.headers)?;
    let expected = headers::expected(&request.headers);
    let preconditions = headers::preconditions(&request.headers)?;
    if preconditions.if_generation_match == Some(0) {
        refuse_existing(api, key).await?;
    }
    let key = key.clone();
    let insert = move |blob| Insert {
        key,
        template,
        blob,
        expected,
        preconditions,
    };
    Ok((insert, sizes))
}

/// Saves a client from sending what could not be taken.
async fn refuse_existing(api: &Api, key: &ObjectKey) -> Result<(), XmlError> {
    match api
        .store
        .get_object(key, None, Preconditions::default())
        .await
    {
        Ok(_) => Err(StoreError::PreconditionFailed.into()),
        Err(StoreError::ObjectNotFound { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn receive(
    mut blob: BlobWriter,
    body: Body,
    sizes: RangeInclusive<u64>,
) -> Result<NewBlob, XmlError> {
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        blob.write(&chunk.map_err(body::cut)?).await?;
        if blob.size() > *sizes.end() {
            body::discard(Body::from_stream(chunks)).await;
            return Err(too_large(&sizes));
        }
    }
    check_size(blob.size(), &sizes)?;
    Ok(blob.finish().await?)
}

fn check_size(size: u64, sizes: &RangeInclusive<u64>) -> Result<(), XmlError> {
    if size > *sizes.end() {
        return Err(too_large(sizes));
    }
    if size < *sizes.start() {
        let message = format!("Your upload is smaller than {} bytes.", sizes.start());
        return Err(XmlError::bad_request("EntityTooSmall", message));
    }
    Ok(())
}

fn too_large(sizes: &RangeInclusive<u64>) -> XmlError {
    let message = format!("Your upload is larger than {} bytes.", sizes.end());
    XmlError::bad_request("EntityTooLarge", message)
}

/// The generation that the query asks for.
fn generation(request: &Parts) -> Result<Option<i64>, XmlError> {
    let query = request.uri.query().unwrap_or_default().as_bytes();
    let value = url::form_urlencoded::parse(query).find(|(name, _)| name == "generation");
    let invalid = |_| XmlError::bad_request("InvalidArgument", "Invalid generation.");
    value
        .map(|(_, value)| value.parse().map_err(invalid))
        .transpose()
}
