//! A service account's assertion of who it is
//! (<https://developers.google.com/identity/protocols/oauth2/service-account#httprest>).

use jsonwebtoken::dangerous::insecure_decode;
use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;

use crate::identity::Identity;

/// The audience that Google's libraries put into every assertion, whatever the token URI is.
const GOOGLE_TOKEN_URI: &str = "https://oauth2.googleapis.com/token";

/// Assertions are good for an hour at most.
const LONGEST_SECONDS: i64 = 3_600;

/// Why an assertion does not hold.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AssertionError {
    /// It is malformed, expired, for another audience, or not signed by its account.
    #[error("Invalid JWT: {0}")]
    Token(#[from] jsonwebtoken::errors::Error),
    /// There is no such account.
    #[error("Invalid grant: account not found")]
    UnknownAccount,
    /// It is good for too long.
    #[error("Invalid JWT: the token must be short-lived (60 minutes)")]
    TooLong,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    iat: i64,
    exp: i64,
}

impl Identity {
    /// The email of the service account that signed `assertion` for the audience `token_uri`.
    ///
    /// Its times are compared with the machine's: the libraries that make assertions do not know
    /// of the local clock.
    pub(crate) fn verify_assertion(
        &self,
        assertion: &str,
        token_uri: &str,
    ) -> Result<String, AssertionError> {
        let claimed: Claims = insecure_decode(assertion)?.claims;
        let key = self
            .verifying_key(&claimed.iss)
            .ok_or(AssertionError::UnknownAccount)?;
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_audience(&[token_uri, GOOGLE_TOKEN_URI]);
        validation.set_required_spec_claims(&["exp", "aud", "iss"]);
        let verified: Claims =
            jsonwebtoken::decode(assertion, &key.decoding_key(), &validation)?.claims;
        if verified.exp.saturating_sub(verified.iat) > LONGEST_SECONDS {
            return Err(AssertionError::TooLong);
        }
        Ok(verified.iss)
    }
}
