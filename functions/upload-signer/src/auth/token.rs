//! What makes a token (JWT, [RFC 7519](https://www.rfc-editor.org/rfc/rfc7519)) one of the issuer's
//! for this service, by the best current practices of
//! [RFC 8725](https://www.rfc-editor.org/rfc/rfc8725).

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::Deserialize;

use super::keys::VerifyingKey;

/// The algorithms a token may be signed with: asymmetric ones, so that what this service holds
/// (public keys) cannot make a token.
pub(super) const ALGORITHMS: [Algorithm; 2] = [Algorithm::RS256, Algorithm::ES256];

/// How far the issuer's clock may be from ours, in seconds.
const LEEWAY: u64 = 60;

/// The longest token read, in bytes.
const MAX_TOKEN: usize = 8 * 1024;

/// The longest subject taken, in characters: it becomes part of the object's metadata.
const MAX_SUBJECT: usize = 256;

/// Why a token is refused. The texts go to the caller and hold nothing of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// Not a JWT at all, or one with an algorithm that has no name here, such as `none`.
    #[error("the token is no JWT signed with RS256 or ES256")]
    Malformed,
    /// Signed with something else than RS256 or ES256, or with an algorithm its key is not for.
    #[error("the token must be signed with RS256 or ES256, as its key (kid) is for")]
    Algorithm,
    /// The header names no key, or critical extensions.
    #[error("the token's header must name its key (kid) and must not have critical extensions")]
    Header,
    /// The issuer does not have the key.
    #[error("the token's key (kid) is not among the issuer's")]
    UnknownKey,
    /// The signature is not the key's.
    #[error("the token's signature is wrong")]
    Signature,
    /// A claim that must be there is not, or is of the wrong type.
    #[error("the token must have the claims iss, aud, exp and sub, each of its standard type")]
    Claims,
    /// From another issuer.
    #[error("the token is from another issuer (iss)")]
    Issuer,
    /// For another service.
    #[error("the token is for another audience (aud)")]
    Audience,
    /// Past its time.
    #[error("the token has expired (exp)")]
    Expired,
    /// Before its time.
    #[error("the token is not valid yet (nbf)")]
    NotYetValid,
    /// The subject cannot be the owner of an image.
    #[error(
        "the token's subject (sub) must be 1 to {MAX_SUBJECT} characters, none of them control characters"
    )]
    Subject,
}

/// Whom tokens must come from and be for.
#[derive(Debug, Clone)]
pub struct Trust {
    /// The `iss` of every token.
    pub issuer: String,
    /// The `aud`, or one of them, of every token.
    pub audience: String,
}

/// What is read of a token.
#[derive(Deserialize)]
pub(super) struct Claims {
    /// Who its bearer is.
    pub(super) sub: String,
    /// What they may do beyond what everybody may
    /// ([RFC 9068, section 2.2.3.1](https://www.rfc-editor.org/rfc/rfc9068#section-2.2.3.1)).
    #[serde(default)]
    pub(super) roles: Vec<String>,
}

/// The id of the key that a token says it is signed with.
///
/// # Errors
///
/// When the token cannot be one of the issuer's, whatever its keys are.
pub(super) fn key_id(token: &str) -> Result<String, InvalidToken> {
    if token.len() > MAX_TOKEN {
        return Err(InvalidToken::Malformed);
    }
    let Header { alg, kid, crit, .. } =
        jsonwebtoken::decode_header(token).map_err(|_| InvalidToken::Malformed)?;
    if !ALGORITHMS.contains(&alg) {
        return Err(InvalidToken::Algorithm);
    }
    kid.filter(|_| crit.is_none()).ok_or(InvalidToken::Header)
}

/// Verifies a token and gives its claims.
///
/// The system's time counts, even where local-cloud's clock was moved: that one is the storage's, and
/// issuers go by the real one.
///
/// # Errors
///
/// The first thing that is wrong with it; the signature is looked at before any claim.
pub(super) fn claims(
    token: &str,
    key: &VerifyingKey,
    trust: &Trust,
) -> Result<Claims, InvalidToken> {
    let validation = validation(key.algorithm, trust);
    let claims = jsonwebtoken::decode::<Claims>(token, &key.key, &validation)
        .map_err(|error| refusal(error.kind()))?
        .claims;
    let length = claims.sub.chars().count();
    let usable = (1..=MAX_SUBJECT).contains(&length) && !claims.sub.contains(char::is_control);
    usable.then_some(claims).ok_or(InvalidToken::Subject)
}

/// The algorithm is the key's, never the token's choice.
fn validation(algorithm: Algorithm, trust: &Trust) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.set_issuer(&[&trust.issuer]);
    validation.set_audience(&[&trust.audience]);
    validation.validate_nbf = true;
    validation.leeway = LEEWAY;
    validation
}

fn refusal(error: &ErrorKind) -> InvalidToken {
    match error {
        ErrorKind::InvalidSignature => InvalidToken::Signature,
        ErrorKind::InvalidAlgorithm => InvalidToken::Algorithm,
        ErrorKind::InvalidIssuer => InvalidToken::Issuer,
        ErrorKind::InvalidAudience => InvalidToken::Audience,
        ErrorKind::ExpiredSignature => InvalidToken::Expired,
        ErrorKind::ImmatureSignature => InvalidToken::NotYetValid,
        ErrorKind::MissingRequiredClaim(_)
        | ErrorKind::InvalidClaimFormat(_)
        | ErrorKind::Json(_) => InvalidToken::Claims,
        _ => InvalidToken::Malformed,
    }
}
