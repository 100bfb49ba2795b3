//! The XML API at path style, `/{bucket}/{object}`, for signed URLs
//! (<https://cloud.google.com/storage/docs/xml-api/overview>).

mod cors;
mod error;
mod headers;
mod object;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::Method;
use http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::api::Api;
use crate::json::JsonError;
use crate::store::ObjectKey;
use crate::{body, signed_url};
use error::XmlError;

/// The first segments of paths that belong to other APIs.
const OTHER_APIS: [&str; 6] = [
    "storage",
    "upload",
    "resumable",
    "download",
    "batch",
    "_local",
];

/// Answers whatever no other API has a route for.
pub(crate) async fn handle(State(api): State<Api>, request: Request) -> Response {
    let (request, body) = request.into_parts();
    let first = request.uri.path().split('/').nth(1).unwrap_or_default();
    if OTHER_APIS.contains(&first) {
        body::discard(body).await;
        return JsonError::unknown_method().into_response();
    }
    let key = match key(request.uri.path()) {
        Ok(key) => key,
        Err(error) => return error.into_response(),
    };
    if request.method == Method::OPTIONS {
        return cors::preflight(&api, &key.bucket, &request).await;
    }
    let mut response = match answer(&api, &key, &request, body).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    };
    cors::allow(&api, &key.bucket, &request, &mut response).await;
    response
}

async fn answer(
    api: &Api,
    key: &ObjectKey,
    request: &Parts,
    body: Body,
) -> Result<Response, XmlError> {
    if let Err(error) = authorize(api, request) {
        body::discard(body).await;
        return Err(error);
    }
    match request.method {
        Method::GET | Method::HEAD => object::get(api, key, request).await,
        Method::PUT => object::put(api, key, request, body).await,
        Method::DELETE => object::delete(api, key, request).await,
        _ => Err(XmlError::method_not_allowed()),
    }
}

/// Only whoever holds a signed URL may do anything.
fn authorize(api: &Api, request: &Parts) -> Result<(), XmlError> {
    if !signed_url::is_signed(request) {
        return Err(XmlError::access_denied());
    }
    let verified = signed_url::verify(request, &api.identity, api.clock.now())?;
    tracing::debug!(principal = verified.principal, "a signed URL was used");
    Ok(())
}

fn key(path: &str) -> Result<ObjectKey, XmlError> {
    let invalid = |_| XmlError::bad_request("InvalidURI", "The path is not UTF-8.");
    let path = percent_decode_str(path).decode_utf8().map_err(invalid)?;
    match path.trim_start_matches('/').split_once('/') {
        Some((bucket, name)) if !name.is_empty() => Ok(ObjectKey::new(bucket, name)),
        _ => Err(XmlError::method_not_allowed()),
    }
}
