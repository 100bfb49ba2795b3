//! Who is calling: a bearer token ([RFC 6750](https://www.rfc-editor.org/rfc/rfc6750)) whose subject
//! owns the images that are uploaded with it.

mod keys;
mod token;

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use darkroom_gcp::problem::Problem;

pub use keys::{KeySet, KeysUnavailable, Pace};
pub use token::{InvalidToken, Trust};

use crate::state::AppState;

/// The caller, by a token that was verified.
///
/// A personal datum: it has no `Debug`, so it gets into no log.
#[derive(Clone, PartialEq, Eq)]
pub struct Principal {
    /// The token's subject.
    pub(crate) subject: String,
    /// The token's roles.
    pub(crate) roles: Vec<String>,
}

/// Verifies tokens.
#[derive(Debug, Clone)]
pub struct Authenticator {
    /// The issuer's keys.
    pub keys: Arc<KeySet>,
    /// Whom tokens must come from and be for.
    pub trust: Trust,
}

/// Why a caller is not let in.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// There is no token.
    #[error("a token is needed: `Authorization: Bearer <JWT>`")]
    Missing,
    /// There is a token, and it is not good.
    #[error(transparent)]
    Invalid(#[from] InvalidToken),
    /// Whether the token is good cannot be told now.
    #[error(transparent)]
    Keys(#[from] KeysUnavailable),
}

impl Authenticator {
    /// The caller, by the token in the request's headers.
    ///
    /// # Errors
    ///
    /// When there is no good token, or that cannot be told.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Principal, AuthError> {
        let token = bearer(headers)?;
        let kid = token::key_id(token)?;
        let key = self.keys.key(&kid).await?.ok_or(InvalidToken::UnknownKey)?;
        let token::Claims { sub, roles } = token::claims(token, &key, &self.trust)?;
        Ok(Principal {
            subject: sub,
            roles,
        })
    }
}

fn bearer(headers: &HeaderMap) -> Result<&str, AuthError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next().ok_or(AuthError::Missing)?, values.next()) else {
        return Err(InvalidToken::Malformed.into());
    };
    let text = value.to_str().map_err(|_| InvalidToken::Malformed)?;
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    // Another scheme, such as Basic, is no token at all.
    let is_bearer = scheme.eq_ignore_ascii_case("bearer");
    is_bearer.then(|| token.trim()).ok_or(AuthError::Missing)
}

impl FromRequestParts<AppState> for Principal {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        Ok(state.authenticator.authenticate(&parts.headers).await?)
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        let challenge = |challenge| {
            Self::new(StatusCode::UNAUTHORIZED, error.to_string())
                .with_header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
        };
        match &error {
            // Without a token there is no error to name (RFC 6750, section 3.1).
            AuthError::Missing => challenge("Bearer"),
            AuthError::Invalid(_) => challenge(r#"Bearer error="invalid_token""#),
            AuthError::Keys(_) => crate::problem::unavailable(&error),
        }
    }
}
