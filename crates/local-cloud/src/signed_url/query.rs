//! The query parameters of a signature.

use http::request::Parts;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::percent_decode_str;

use crate::signed_url::SignedUrlError;

pub(super) const ALGORITHM: &str = "X-Goog-Algorithm";
pub(super) const SIGNATURE: &str = "X-Goog-Signature";
const CREDENTIAL: &str = "X-Goog-Credential";
const DATE: &str = "X-Goog-Date";
const EXPIRES: &str = "X-Goog-Expires";
const SIGNED_HEADERS: &str = "X-Goog-SignedHeaders";

/// What the query of a signed URL says.
#[derive(Debug)]
pub(super) struct SignatureQuery {
    /// The service account that is said to have signed.
    pub(super) account: String,
    /// Date, location, service and request type, as signed.
    pub(super) scope: String,
    /// The time of signing as it was written.
    pub(super) date_text: String,
    /// The time of signing.
    pub(super) date: Timestamp,
    /// How long it holds from then.
    pub(super) lifetime: SignedDuration,
    /// The signed headers in lower case, in order.
    pub(super) signed_headers: Vec<String>,
    /// The signature.
    pub(super) signature: Vec<u8>,
}

impl SignatureQuery {
    /// Reads the parameters, each of which must be there once.
    pub(super) fn of(request: &Parts) -> Result<Self, SignedUrlError> {
        let pairs = pairs(request);
        let malformed = SignedUrlError::QueryParameter;
        if one(&pairs, ALGORITHM)? != "GOOG4-RSA-SHA256" {
            return Err(malformed(ALGORITHM));
        }
        let date_text = one(&pairs, DATE)?;
        let (account, scope) =
            credential(one(&pairs, CREDENTIAL)?, date_text).ok_or(malformed(CREDENTIAL))?;
        Ok(Self {
            account,
            scope,
            date: date(date_text).ok_or(malformed(DATE))?,
            date_text: date_text.to_owned(),
            lifetime: lifetime(one(&pairs, EXPIRES)?).ok_or(malformed(EXPIRES))?,
            signed_headers: header_names(one(&pairs, SIGNED_HEADERS)?)
                .ok_or(malformed(SIGNED_HEADERS))?,
            signature: hex::decode(one(&pairs, SIGNATURE)?).map_err(|_| malformed(SIGNATURE))?,
        })
    }
}

/// The parameters of the URL, decoded, in the order they came.
pub(super) fn pairs(request: &Parts) -> Vec<(String, String)> {
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let query = request.uri.query().unwrap_or_default();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

fn one<'a>(pairs: &'a [(String, String)], name: &'static str) -> Result<&'a str, SignedUrlError> {
    let mut values = pairs.iter().filter(|(key, _)| key == name);
    match (values.next(), values.next()) {
        (Some((_, value)), None) => Ok(value),
        _ => Err(SignedUrlError::QueryParameter(name)),
    }
}

/// The account and the scope in `account/date/location/storage/goog4_request`.
fn credential(text: &str, signed_at: &str) -> Option<(String, String)> {
    let (account, scope) = text.split_once('/')?;
    let parts: Vec<_> = scope.split('/').collect();
    let [date, location, "storage", "goog4_request"] = parts[..] else {
        return None;
    };
    let well_formed =
        !account.is_empty() && !location.is_empty() && signed_at.get(..8) == Some(date);
    well_formed.then(|| (account.to_owned(), scope.to_owned()))
}

fn date(text: &str) -> Option<Timestamp> {
    let civil = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

fn lifetime(text: &str) -> Option<SignedDuration> {
    text.parse().ok().map(SignedDuration::from_secs)
}

/// Lower case, rising, `host` among them.
fn header_names(text: &str) -> Option<Vec<String>> {
    let names: Vec<_> = text.split(';').map(str::to_owned).collect();
    let rising = names.windows(2).all(|pair| pair[0] < pair[1]);
    let lower = names
        .iter()
        .all(|name| !name.is_empty() && *name == name.to_ascii_lowercase());
    (rising && lower && names.iter().any(|name| name == "host")).then_some(names)
}
