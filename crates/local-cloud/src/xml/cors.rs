//! Cross-origin requests, by the bucket's configuration
//! (<https://cloud.google.com/storage/docs/cross-origin>).

use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
    VARY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::headers::text;
use crate::api::Api;
use crate::store::Cors;

/// Answers a browser that asks what it may do. Without a matching rule the answer has no CORS
/// headers, which the browser takes for a no.
pub(super) async fn preflight(api: &Api, bucket: &str, request: &Parts) -> Response {
    let mut response = StatusCode::OK.into_response();
    let method = text(&request.headers, ACCESS_CONTROL_REQUEST_METHOD.as_str());
    let Some(method) = method else {
        return response;
    };
    if let Some((rule, origin)) = rule(api, bucket, &request.headers, method).await {
        let headers = response.headers_mut();
        allow_origin(headers, &rule, origin);
        set(
            headers,
            ACCESS_CONTROL_ALLOW_METHODS,
            &rule.method.join(", "),
        );
        set(
            headers,
            ACCESS_CONTROL_ALLOW_HEADERS,
            &rule.response_header.join(", "),
        );
        set(
            headers,
            ACCESS_CONTROL_MAX_AGE,
            &rule.max_age_seconds.to_string(),
        );
    }
    response
}

/// Lets the page that sent the request read the answer, if a rule allows it.
pub(super) async fn allow(api: &Api, bucket: &str, request: &Parts, response: &mut Response) {
    let method = request.method.as_str();
    if let Some((rule, origin)) = rule(api, bucket, &request.headers, method).await {
        let headers = response.headers_mut();
        allow_origin(headers, &rule, origin);
        set(
            headers,
            ACCESS_CONTROL_EXPOSE_HEADERS,
            &rule.response_header.join(", "),
        );
    }
}

/// The first rule of the bucket for this origin and method.
async fn rule<'a>(
    api: &Api,
    bucket: &str,
    headers: &'a HeaderMap,
    method: &str,
) -> Option<(Cors, &'a str)> {
    let origin = text(headers, ORIGIN.as_str())?;
    let rules = api.store.get_bucket(bucket).await.ok()?.cors;
    let holds = |list: &[String], value: &str| list.iter().any(|item| item == "*" || item == value);
    let applies = |rule: &Cors| holds(&rule.origin, origin) && holds(&rule.method, method);
    rules.into_iter().find(applies).map(|rule| (rule, origin))
}

fn allow_origin(headers: &mut HeaderMap, rule: &Cors, origin: &str) {
    let any = rule.origin.iter().any(|item| item == "*");
    set(
        headers,
        ACCESS_CONTROL_ALLOW_ORIGIN,
        if any { "*" } else { origin },
    );
    set(headers, VARY, "Origin");
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if value.is_empty() {
        return;
    }
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}
