//! Uploads in several requests
//! (<https://cloud.google.com/storage/docs/performing-resumable-uploads>).

use axum::Json;
use axum::body::{Body, BodyDataStream};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use http::header::{CONTENT_RANGE, LOCATION, RANGE};
use http::{HeaderMap, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::error::JsonError;
use super::params::{Params, VersionParams};
use super::upload::{Described, UploadParams, expected, text};
use crate::api::Api;
use crate::body;
use crate::store::{MAX_OBJECT_SIZE, Object, PartialUpload, Progress, StoreError, Upload};

/// Starts an upload. The answer's `Location` takes the bytes.
pub(super) async fn begin(
    api: &Api,
    described: Described,
    version: VersionParams,
    headers: &HeaderMap,
) -> Result<Response, JsonError> {
    let announced = text(headers, "x-upload-content-length").and_then(|text| text.parse().ok());
    if announced.is_some_and(|length: u64| length > MAX_OBJECT_SIZE) {
        return Err(StoreError::TooLarge {
            max: MAX_OBJECT_SIZE,
        }
        .into());
    }
    let Described {
        key,
        mut template,
        expected,
    } = described;
    let announced_type = text(headers, "x-upload-content-type").map(str::to_owned);
    template.content_type = template.content_type.or(announced_type);
    let (bucket, name) = (key.bucket.clone(), key.name);
    let preconditions = version.preconditions();
    let upload = Upload {
        bucket,
        name: name.clone(),
        template,
        expected,
        preconditions,
    };
    let id = api.store.begin_upload(upload).await?;
    let name = utf8_percent_encode(&name, NON_ALPHANUMERIC);
    let (endpoint, bucket) = (&api.endpoint, key.bucket);
    let location = format!(
        "{endpoint}/upload/storage/v1/b/{bucket}/o?uploadType=resumable&name={name}&upload_id={id}"
    );
    let headers = [(LOCATION.as_str(), location), ("x-guploader-uploadid", id)];
    Ok((StatusCode::OK, headers).into_response())
}

/// Takes bytes, or answers how many there are.
pub(super) async fn put(
    State(api): State<Api>,
    Params(params): Params<UploadParams>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, JsonError> {
    let id = params
        .upload_id
        .ok_or_else(|| JsonError::invalid("Required parameter: upload_id"))?;
    match api.store.upload(&id).await {
        Ok(Progress::Partial(upload)) => receive(&api, upload, &headers, body).await,
        Ok(Progress::Finished(object)) => {
            body::discard(body).await;
            Ok(finished(&api, &object))
        }
        Err(error) => {
            body::discard(body).await;
            Err(error.into())
        }
    }
}

async fn receive(
    api: &Api,
    mut upload: PartialUpload,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, JsonError> {
    let range = match text(headers, CONTENT_RANGE.as_str()) {
        Some(text) => ContentRange::parse(text).ok_or_else(|| invalid_range(text))?,
        None => ContentRange {
            first: Some(0),
            end: End::OfBody,
        },
    };
    if let Some(first) = range.first {
        append(&mut upload, first, body.into_data_stream()).await?;
    }
    if !range.is_complete(upload.size()) {
        return Ok(incomplete(upload.size()));
    }
    let object = api.store.finish_upload(upload, expected(headers)).await?;
    Ok(finished(api, &object))
}

/// Gives an upload up. The status is the one that Cloud Storage answers with.
pub(super) async fn cancel(
    State(api): State<Api>,
    Params(params): Params<UploadParams>,
) -> Result<Response, JsonError> {
    let id = params
        .upload_id
        .ok_or_else(|| JsonError::invalid("Required parameter: upload_id"))?;
    api.store.cancel_upload(&id).await?;
    let status = StatusCode::from_u16(499).unwrap_or(StatusCode::NO_CONTENT);
    Ok(status.into_response())
}

/// Appends a body that begins at the byte `first`. What is there already is skipped; what came
/// before the connection broke is kept.
async fn append(
    upload: &mut PartialUpload,
    first: u64,
    mut body: BodyDataStream,
) -> Result<(), JsonError> {
    let known = upload.size().checked_sub(first).ok_or_else(|| {
        JsonError::invalid(format!(
            "The upload has {} bytes, not {first}.",
            upload.size()
        ))
    })?;
    let mut skip = usize::try_from(known).unwrap_or(usize::MAX);
    let outcome = loop {
        let mut chunk = match body.next().await {
            None => break Ok(()),
            Some(Err(error)) => break Err(body::cut(error)),
            Some(Ok(chunk)) => chunk,
        };
        let new = chunk.split_off(skip.min(chunk.len()));
        skip -= chunk.len();
        if let Err(error) = upload.write(&new).await {
            break Err(error);
        }
    };
    upload.save().await?;
    Ok(outcome?)
}

fn finished(api: &Api, object: &Object) -> Response {
    Json(object.to_json_at(&api.endpoint)).into_response()
}

fn incomplete(size: u64) -> Response {
    match size.checked_sub(1) {
        Some(last) => {
            let range = [(RANGE, format!("bytes=0-{last}"))];
            (StatusCode::PERMANENT_REDIRECT, range).into_response()
        }
        None => StatusCode::PERMANENT_REDIRECT.into_response(),
    }
}

fn invalid_range(text: &str) -> JsonError {
    JsonError::invalid(format!("Invalid Content-Range: '{text}'"))
}

/// What a `Content-Range` header says of an upload.
#[derive(Debug, PartialEq, Eq)]
struct ContentRange {
    /// The place of the body's first byte; nothing when the body is empty (a question).
    first: Option<u64>,
    end: End,
}

/// Where the object ends.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Unknown,
    At(u64),
    /// Wherever the body does.
    OfBody,
}

impl ContentRange {
    /// `bytes FIRST-LAST/TOTAL`, where `FIRST-LAST`, `LAST` and `TOTAL` can be `*`.
    fn parse(text: &str) -> Option<Self> {
        let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
        let total = match total {
            "*" => End::Unknown,
            total => End::At(total.parse().ok()?),
        };
        let Some((first, last)) = range.split_once('-') else {
            return (range == "*").then_some(Self {
                first: None,
                end: total,
            });
        };
        let first = first.parse().ok()?;
        let end = match (last, total) {
            ("*", End::Unknown) => End::OfBody,
            ("*", total) => total,
            (last, total) => last
                .parse::<u64>()
                .is_ok_and(|last| first <= last)
                .then_some(total)?,
        };
        Some(Self {
            first: Some(first),
            end,
        })
    }

    fn is_complete(&self, size: u64) -> bool {
        match self.end {
            End::Unknown => false,
            End::At(total) => total == size,
            End::OfBody => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: Option<u64>, end: End) -> Option<ContentRange> {
        Some(ContentRange { first, end })
    }

    #[test]
    fn all_forms_that_clients_send_are_understood() {
        let parse = ContentRange::parse;
        assert_eq!(parse("bytes 0-9/10"), range(Some(0), End::At(10)));
        assert_eq!(parse("bytes 5-9/*"), range(Some(5), End::Unknown));
        assert_eq!(parse("bytes 0-*/*"), range(Some(0), End::OfBody));
        assert_eq!(parse("bytes */10"), range(None, End::At(10)));
        assert_eq!(parse("bytes */*"), range(None, End::Unknown));
    }

    #[test]
    fn what_is_no_content_range_is_refused() {
        for text in [
            "",
            "bytes",
            "bytes 0-9",
            "bytes 9-0/10",
            "bytes a-b/*",
            "lines 0-1/2",
        ] {
            assert_eq!(ContentRange::parse(text), None, "{text}");
        }
    }
}
