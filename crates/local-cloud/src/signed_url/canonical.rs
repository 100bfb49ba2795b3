//! The canonical form of a request, and what of it is signed.

use http::Method;
use http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use sha2::{Digest, Sha256};

use super::query::{self, SignatureQuery};

/// All but the unreserved characters of [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// What is signed when the body is not.
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// What a client may have signed for the request that came.
pub(super) struct Reading {
    method: Method,
    host: String,
}

/// The request as it came, and its other readings: with the host without its port, which is what
/// some clients sign (Rust's) and others do not (Python's); and a HEAD as the GET it may also be.
pub(super) fn readings(request: &Parts) -> (Reading, Vec<Reading>) {
    let host = header(request, "host").unwrap_or_default();
    let name = host.rsplit_once(':').map(|(name, _port)| name.to_owned());
    let as_get = (request.method == Method::HEAD).then_some(Method::GET);
    let hosts = [Some(host.clone()), name].into_iter().flatten();
    let methods = [Some(request.method.clone()), as_get].into_iter().flatten();
    let all = hosts.flat_map(|host| {
        methods.clone().map(move |method| Reading {
            method,
            host: host.clone(),
        })
    });
    let others = all.skip(1).collect();
    (
        Reading {
            method: request.method.clone(),
            host,
        },
        others,
    )
}

/// The canonical request in one reading.
pub(super) fn request(reading: &Reading, request: &Parts, query: &SignatureQuery) -> String {
    let path: Vec<u8> = percent_decode_str(request.uri.path()).collect();
    let value = |name: &str| match name {
        "host" => reading.host.clone(),
        name => header(request, name).unwrap_or_default(),
    };
    let headers = query
        .signed_headers
        .iter()
        .map(|name| format!("{name}:{}\n", value(name)));
    let payload = header(request, "x-goog-content-sha256");
    [
        reading.method.as_str(),
        &percent_encode(&path, RESERVED_IN_PATH).to_string(),
        &query_string(request),
        &headers.collect::<String>(),
        &query.signed_headers.join(";"),
        payload.as_deref().unwrap_or(UNSIGNED_PAYLOAD),
    ]
    .join("\n")
}

/// What the signature is over.
pub(super) fn string_to_sign(query: &SignatureQuery, canonical_request: &str) -> String {
    let hash = hex::encode(Sha256::digest(canonical_request));
    ["GOOG4-RSA-SHA256", &query.date_text, &query.scope, &hash].join("\n")
}

/// A header's values: spaces folded, joined by commas. `None` when it is not sent.
pub(super) fn header(request: &Parts, name: &str) -> Option<String> {
    let mut values: Vec<_> = request
        .headers
        .get_all(name)
        .iter()
        .map(|value| fold(&String::from_utf8_lossy(value.as_bytes())))
        .collect();
    if values.is_empty() && name == "host" {
        // HTTP/2 has the host in its target.
        values.extend(request.uri.authority().map(ToString::to_string));
    }
    (!values.is_empty()).then(|| values.join(","))
}

fn fold(value: &str) -> String {
    value.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// All parameters but the signature, encoded and sorted.
fn query_string(request: &Parts) -> String {
    let encode = |text: &str| percent_encode(text.as_bytes(), RESERVED).to_string();
    let mut pairs: Vec<_> = query::pairs(request)
        .iter()
        .filter(|(name, _)| name != query::SIGNATURE)
        .map(|(name, value)| (encode(name), encode(value)))
        .collect();
    pairs.sort();
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}
