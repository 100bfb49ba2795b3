//! Signed URLs, V4 signing process, verified as Cloud Storage verifies them
//! (<https://cloud.google.com/storage/docs/authentication/canonical-requests>,
//! <https://cloud.google.com/storage/docs/authentication/signatures>).

mod canonical;
mod query;

use http::StatusCode;
use http::request::Parts;
use jiff::{SignedDuration, Timestamp};

use crate::clock::Clock;
use crate::identity::{Identity, SigningKey};
use canonical::Reading;
use query::SignatureQuery;

/// The longest life of a signed URL: seven days.
const LONGEST_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How far a client's clock may be ahead.
const LARGEST_SKEW: SignedDuration = SignedDuration::from_mins(15);

/// A signed URL that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified {
    /// The service account that signed it.
    pub(crate) principal: String,
}

/// Why a signed URL does not hold. The text is the message of the XML API's error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignedUrlError {
    /// A parameter of the signature is missing, doubled or malformed.
    #[error("The query parameter {0} is missing, doubled or malformed.")]
    QueryParameter(&'static str),
    /// The URL holds for more than seven days.
    #[error("X-Goog-Expires must be between 1 and 604800 seconds.")]
    Expires,
    /// A header is sent that had to be signed, or signed that is not sent.
    #[error("Your request has a malformed header: {header} was {problem}.")]
    SecurityHeader {
        /// The header's name.
        header: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The URL's time is over.
    #[error("The provided token has expired: the request signature expired at {0}.")]
    Expired(Timestamp),
    /// The URL's time is yet to come.
    #[error("Request is not yet valid.")]
    NotYetValid,
    /// There is no such account.
    #[error("The provided security credentials are not valid: {0} has no key.")]
    UnknownAccount(String),
    /// The signature is not the account's over this request.
    #[error(
        "The request signature we calculated does not match the signature you provided. Check \
         your Google secret key and signing method. StringToSign: {string_to_sign:?} \
         CanonicalRequest: {canonical_request:?}"
    )]
    Signature {
        /// What should have been signed.
        string_to_sign: String,
        /// The request whose hash that holds.
        canonical_request: String,
    },
}

impl SignedUrlError {
    /// The HTTP status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::QueryParameter(_)
            | Self::Expires
            | Self::SecurityHeader { .. }
            | Self::Expired(_) => StatusCode::BAD_REQUEST,
            Self::NotYetValid | Self::UnknownAccount(_) | Self::Signature { .. } => {
                StatusCode::FORBIDDEN
            }
        }
    }

    /// The code of the XML API's error
    /// (<https://cloud.google.com/storage/docs/xml-api/reference-status>).
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::QueryParameter(_) | Self::Expires => "AuthenticationQueryParametersError",
            Self::SecurityHeader { .. } => "MalformedSecurityHeader",
            Self::Expired(_) => "ExpiredToken",
            Self::NotYetValid => "AccessDenied",
            Self::UnknownAccount(_) => "InvalidSecurity",
            Self::Signature { .. } => "SignatureDoesNotMatch",
        }
    }
}

/// Whether a request says that it is signed by its URL.
pub(crate) fn is_signed(request: &Parts) -> bool {
    query::pairs(request)
        .iter()
        .any(|(name, _)| name == query::ALGORITHM || name == query::SIGNATURE)
}

/// Verifies the signature in the URL of `request`, at the local time `now`.
pub(crate) fn verify(
    request: &Parts,
    identity: &Identity,
    now: Timestamp,
) -> Result<Verified, SignedUrlError> {
    let query = SignatureQuery::of(request)?;
    check_life(&query, now)?;
    check_time(&query, now)?;
    check_headers(request, &query)?;
    let key = identity
        .verifying_key(&query.account)
        .ok_or_else(|| SignedUrlError::UnknownAccount(query.account.clone()))?;
    check_signature(request, &query, &key)?;
    Ok(Verified {
        principal: query.account,
    })
}

/// Clients sign with the machine's time, so a URL that is to hold by a local clock that was moved
/// forward must hold for so much longer.
fn check_life(query: &SignatureQuery, now: Timestamp) -> Result<(), SignedUrlError> {
    let ahead = now.duration_since(Clock::machine_now());
    let longest = LONGEST_LIFE.saturating_add(ahead.max(SignedDuration::ZERO));
    let allowed = query.lifetime.is_positive() && query.lifetime <= longest;
    allowed.then_some(()).ok_or(SignedUrlError::Expires)
}

fn check_time(query: &SignatureQuery, now: Timestamp) -> Result<(), SignedUrlError> {
    let end = query
        .date
        .saturating_add(query.lifetime)
        .unwrap_or(Timestamp::MAX);
    if end <= now {
        return Err(SignedUrlError::Expired(end));
    }
    let skew = query.date.duration_since(now);
    (skew <= LARGEST_SKEW)
        .then_some(())
        .ok_or(SignedUrlError::NotYetValid)
}

/// Every signed header is sent, and every `x-goog-` header that is sent is signed: whoever holds
/// the URL cannot add one.
fn check_headers(request: &Parts, query: &SignatureQuery) -> Result<(), SignedUrlError> {
    let signed = |name: &str| query.signed_headers.iter().any(|header| header == name);
    let malformed = |header: &str, problem| SignedUrlError::SecurityHeader {
        header: header.to_owned(),
        problem,
    };
    let sent = request.headers.keys().map(http::HeaderName::as_str);
    if let Some(header) = sent
        .into_iter()
        .find(|name| name.starts_with("x-goog-") && !signed(name))
    {
        return Err(malformed(header, "not included in signedheaders"));
    }
    let missing = |name: &&String| canonical::header(request, name).is_none();
    match query.signed_headers.iter().find(missing) {
        Some(header) => Err(malformed(
            header,
            "included in signedheaders, but not in the request",
        )),
        None => Ok(()),
    }
}

fn check_signature(
    request: &Parts,
    query: &SignatureQuery,
    key: &SigningKey,
) -> Result<(), SignedUrlError> {
    let verify = |reading: &Reading| {
        let canonical_request = canonical::request(reading, request, query);
        let string_to_sign = canonical::string_to_sign(query, &canonical_request);
        let holds = key.verifies(string_to_sign.as_bytes(), &query.signature);
        holds.then_some(()).ok_or(SignedUrlError::Signature {
            string_to_sign,
            canonical_request,
        })
    };
    let (sent, others) = canonical::readings(request);
    verify(&sent).or_else(|refusal| {
        let holds = others.iter().any(|reading| verify(reading).is_ok());
        holds.then_some(()).ok_or(refusal)
    })
}

#[cfg(test)]
mod tests;
