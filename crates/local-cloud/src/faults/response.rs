//! Errors in the form of each API.

use std::io;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures::stream;
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use tonic::Code;

use crate::faults::Api;

const MESSAGE: &str = "A fault was asked for.";

/// The error of `status` in the form of `api`.
pub(super) fn error(api: Api, status: StatusCode) -> Response {
    match api {
        Api::Json => json_error(status),
        Api::Xml => xml_error(status),
        Api::Grpc => tonic::Status::new(grpc_code(status), MESSAGE).into_http::<Body>(),
    }
}

/// An answer that breaks off before anything of it is sent: the server gives up its connection.
pub(super) fn cut() -> Response {
    let broken: Result<&[u8], _> = Err(io::Error::from(io::ErrorKind::ConnectionAborted));
    let mut response = Body::from_stream(stream::iter([broken])).into_response();
    // Were the connection to live on, the client would still wait for this byte.
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from_static("1"));
    response
}

fn json_error(status: StatusCode) -> Response {
    let reason = match status {
        StatusCode::TOO_MANY_REQUESTS => "rateLimitExceeded",
        status if status.is_server_error() => "backendError",
        StatusCode::NOT_FOUND => "notFound",
        StatusCode::PRECONDITION_FAILED => "conditionNotMet",
        StatusCode::FORBIDDEN => "forbidden",
        _ => "invalid",
    };
    let body = json!({ "error": {
        "code": status.as_u16(),
        "message": MESSAGE,
        "errors": [{ "domain": "global", "reason": reason, "message": MESSAGE }],
    }});
    (status, axum::Json(body)).into_response()
}

fn xml_error(status: StatusCode) -> Response {
    let code = match status {
        StatusCode::TOO_MANY_REQUESTS => "SlowDown",
        StatusCode::SERVICE_UNAVAILABLE => "ServiceUnavailable",
        status if status.is_server_error() => "InternalError",
        StatusCode::NOT_FOUND => "NoSuchKey",
        StatusCode::PRECONDITION_FAILED => "PreconditionFailed",
        StatusCode::FORBIDDEN => "AccessDenied",
        _ => "InvalidArgument",
    };
    let body = format!(
        "<?xml version='1.0' encoding='UTF-8'?>\
         <Error><Code>{code}</Code><Message>{MESSAGE}</Message></Error>"
    );
    let kind = (header::CONTENT_TYPE, "application/xml; charset=UTF-8");
    (status, [kind], body).into_response()
}

/// How Google's APIs map codes to statuses
/// (<https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto>), backwards.
fn grpc_code(status: StatusCode) -> Code {
    match status.as_u16() {
        400 => Code::InvalidArgument,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::NotFound,
        408 | 504 => Code::DeadlineExceeded,
        409 => Code::Aborted,
        412 => Code::FailedPrecondition,
        429 => Code::ResourceExhausted,
        501 => Code::Unimplemented,
        502 | 503 => Code::Unavailable,
        500..=599 => Code::Internal,
        _ => Code::Unknown,
    }
}
