//! Answers that carry an object's bytes, the same in the JSON and the XML API.

use std::ops::Range;

use axum::body::Body;
use axum::response::Response;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE,
    CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, LAST_MODIFIED, RANGE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use jiff::tz::TimeZone;

use crate::store::{Object, Store, StoreError};

/// Answers a request for an object with the bytes that its `Range` header asks for.
///
/// # Errors
///
/// When the object is gone meanwhile, or the disk fails.
pub(crate) async fn respond(
    store: &Store,
    object: &Object,
    method: &Method,
    request: &HeaderMap,
) -> Result<Response, StoreError> {
    let wanted = request.get(RANGE).and_then(|value| value.to_str().ok());
    let mut response = Response::new(Body::empty());
    describe(object, response.headers_mut());
    let range = match wanted.map_or(Wanted::All, |text| Wanted::parse(text, object.size)) {
        Wanted::All => 0..object.size,
        Wanted::Part(range) => {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let Range { start, end } = range;
            let text = format!("bytes {start}-{}/{}", end - 1, object.size);
            set(response.headers_mut(), CONTENT_RANGE, &text);
            range
        }
        Wanted::Outside => return Ok(outside(object)),
    };
    set(
        response.headers_mut(),
        CONTENT_LENGTH,
        &(range.end - range.start).to_string(),
    );
    if *method != Method::HEAD {
        *response.body_mut() = Body::from_stream(store.read_object(object, range).await?);
    }
    Ok(response)
}

/// What a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    All,
    Part(Range<u64>),
    Outside,
}

impl Wanted {
    /// Reads a header with one range ([RFC 9110, section 14.1.2](https://www.rfc-editor.org/rfc/rfc9110#section-14.1.2)).
    /// Any other is ignored, as the RFC allows.
    fn parse(text: &str, size: u64) -> Self {
        let Some((first, last)) = text.strip_prefix("bytes=").and_then(|r| r.split_once('-'))
        else {
            return Self::All;
        };
        let range = match (first.parse::<u64>(), last.parse::<u64>()) {
            (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(size),
            (Ok(first), Err(_)) if last.is_empty() => first..size,
            (Err(_), Ok(length)) if first.is_empty() => size.saturating_sub(length)..size,
            _ => return Self::All,
        };
        if range.start < range.end {
            Self::Part(range)
        } else {
            Self::Outside
        }
    }
}

fn outside(object: &Object) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
    set(
        response.headers_mut(),
        CONTENT_RANGE,
        &format!("bytes */{}", object.size),
    );
    response
}

/// The headers that describe an object
/// (<https://cloud.google.com/storage/docs/xml-api/reference-headers>).
pub(crate) fn describe(object: &Object, headers: &mut HeaderMap) {
    let content_type = object
        .content_type
        .as_deref()
        .unwrap_or("application/octet-stream");
    let encoding = object.content_encoding.as_deref();
    let texts = [
        (CONTENT_TYPE, Some(content_type)),
        (CONTENT_ENCODING, encoding),
        (CONTENT_DISPOSITION, object.content_disposition.as_deref()),
        (CONTENT_LANGUAGE, object.content_language.as_deref()),
        (CACHE_CONTROL, object.cache_control.as_deref()),
        (ACCEPT_RANGES, Some("bytes")),
        (goog("storage-class"), Some(object.storage_class.as_str())),
        (
            goog("stored-content-encoding"),
            Some(encoding.unwrap_or("identity")),
        ),
    ];
    for (name, value) in texts {
        if let Some(value) = value {
            set(headers, name, value);
        }
    }
    set(headers, ETAG, &format!("\"{}\"", object.etag()));
    set(headers, LAST_MODIFIED, &http_date(object.updated));
    set(
        headers,
        goog("stored-content-length"),
        &object.size.to_string(),
    );
    describe_version(object, headers);
    for (name, value) in &object.metadata {
        if let Ok(name) = HeaderName::try_from(format!("x-goog-meta-{name}")) {
            set(headers, name, value);
        }
    }
    if let Some(time) = object.custom_time {
        set(headers, goog("custom-time"), &time.to_string());
    }
}

/// The headers that say which version of the content it is.
pub(crate) fn describe_version(object: &Object, headers: &mut HeaderMap) {
    set(headers, goog("generation"), &object.generation.to_string());
    set(
        headers,
        goog("metageneration"),
        &object.metageneration.to_string(),
    );
    let crc32c = object.crc32c.iter().map(|hash| format!("crc32c={hash}"));
    let md5 = object.md5_hash.iter().map(|hash| format!("md5={hash}"));
    let hashes: Vec<_> = crc32c.chain(md5).collect();
    set(headers, goog("hash"), &hashes.join(","));
}

fn goog(name: &str) -> HeaderName {
    HeaderName::try_from(format!("x-goog-{name}")).unwrap_or(HeaderName::from_static("x-goog"))
}

/// Sets a header, unless the value is none that HTTP can carry.
fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}

fn http_date(at: jiff::Timestamp) -> String {
    at.to_zoned(TimeZone::UTC)
        .strftime("%a, %d %b %Y %H:%M:%S GMT")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_of_a_range_are_understood() {
        assert_eq!(Wanted::parse("bytes=2-4", 10), Wanted::Part(2..5));
        assert_eq!(Wanted::parse("bytes=2-", 10), Wanted::Part(2..10));
        assert_eq!(Wanted::parse("bytes=-3", 10), Wanted::Part(7..10));
    }

    #[test]
    fn a_range_that_is_partly_inside_is_cut_to_what_there_is() {
        assert_eq!(Wanted::parse("bytes=2-99", 10), Wanted::Part(2..10));
        assert_eq!(Wanted::parse("bytes=-99", 10), Wanted::Part(0..10));
    }

    #[test]
    fn a_range_outside_is_not_satisfiable() {
        assert_eq!(Wanted::parse("bytes=10-", 10), Wanted::Outside);
        assert_eq!(Wanted::parse("bytes=-0", 10), Wanted::Outside);
        assert_eq!(Wanted::parse("bytes=0-", 0), Wanted::Outside);
    }

    #[test]
    fn what_is_no_single_range_is_ignored() {
        for text in ["bytes=4-2", "bytes=0-1,3-4", "lines=1-2", "bytes=a-b"] {
            assert_eq!(Wanted::parse(text, 10), Wanted::All, "{text}");
        }
    }

    #[test]
    fn dates_are_as_http_spells_them() {
        assert_eq!(
            http_date(jiff::Timestamp::UNIX_EPOCH),
            "Thu, 01 Jan 1970 00:00:00 GMT"
        );
    }
}
