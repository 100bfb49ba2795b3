//! Keys and tokens.
//!
//! Tokens carry the machine's time, not the local one: who verifies them is a service that knows
//! only the former.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use url::form_urlencoded;
use uuid::Uuid;

use super::error::read;
use super::{Control, ControlError};
use crate::clock::Clock;
use crate::identity::{Identity, IdentityError};

/// How long a token holds unless asked otherwise, in seconds.
const HOUR: i32 = 3_600;
/// The grant of service accounts ([RFC 7523](https://www.rfc-editor.org/rfc/rfc7523#section-2.1)).
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenRequest {
    sub: String,
    aud: String,
    /// None unless asked for.
    #[serde(default)]
    roles: Vec<String>,
    /// Less than nothing makes a token that has expired.
    ttl_seconds: Option<i32>,
}

pub(super) async fn jwks(State(control): State<Control>) -> Result<Json<Value>, ControlError> {
    Ok(Json(with_keys(&control, Identity::jwks).await?))
}

pub(super) async fn service_account_key(
    State(control): State<Control>,
    Path(email): Path<String>,
) -> Result<Json<Value>, ControlError> {
    let token_uri = token_uri(&control);
    let key = move |identity: &Identity| identity.service_account_key(&email, &token_uri);
    Ok(Json(with_keys(&control, key).await?))
}

pub(super) async fn issue(
    State(control): State<Control>,
    body: Bytes,
) -> Result<Json<Value>, ControlError> {
    let TokenRequest {
        sub,
        aud,
        roles,
        ttl_seconds,
    } = read(&body)?;
    let now = Clock::machine_now().as_second();
    let exp = now + i64::from(ttl_seconds.unwrap_or(HOUR));
    let iss = control.endpoint.as_ref();
    let mut claims = json!({ "iss": iss, "sub": sub, "aud": aud, "iat": now.min(exp), "exp": exp });
    if !roles.is_empty() {
        claims["roles"] = json!(roles);
    }
    let token = with_keys(&control, move |identity| identity.issue_token(&claims)).await?;
    Ok(Json(json!({ "token": token })))
}

/// The OAuth 2.0 token endpoint. The access token means nothing to the storage APIs, which let
/// everybody in.
pub(super) async fn exchange(State(control): State<Control>, body: Bytes) -> Response {
    let parameter = |name: &str| {
        let mut pairs = form_urlencoded::parse(&body);
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    if parameter("grant_type").as_deref() != Some(JWT_BEARER) {
        return refusal(
            "unsupported_grant_type",
            &format!("The grant must be {JWT_BEARER}"),
        );
    }
    let Some(assertion) = parameter("assertion") else {
        return refusal("invalid_request", "The assertion is missing");
    };
    match control
        .identity
        .verify_assertion(&assertion, &token_uri(&control))
    {
        Ok(_account) => Json(json!({
            "access_token": format!("local.{}", Uuid::now_v7().simple()),
            "expires_in": HOUR,
            "token_type": "Bearer",
        }))
        .into_response(),
        Err(error) => refusal("invalid_grant", &error.to_string()),
    }
}

/// [RFC 6749, section 5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2).
fn refusal(error: &str, description: &str) -> Response {
    let body = json!({ "error": error, "error_description": description });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

fn token_uri(control: &Control) -> String {
    format!("{}/token", control.endpoint)
}

/// Keys may have to be made, which takes a while.
async fn with_keys<T: Send + 'static>(
    control: &Control,
    task: impl FnOnce(&Identity) -> Result<T, IdentityError> + Send + 'static,
) -> Result<T, ControlError> {
    let identity = control.identity.clone();
    Ok(tokio::task::spawn_blocking(move || task(&identity)).await??)
}
