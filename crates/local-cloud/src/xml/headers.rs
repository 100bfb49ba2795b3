//! What the headers of a `PUT` say of the object
//! (<https://cloud.google.com/storage/docs/xml-api/reference-headers>).

use std::ops::RangeInclusive;

use http::HeaderMap;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH,
    CONTENT_TYPE,
};

use super::error::XmlError;
use crate::store::{ExpectedChecksums, Object, Preconditions};

/// The value of a header, when it is text.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The writable fields of the object.
pub(super) fn template(headers: &HeaderMap) -> Result<Object, XmlError> {
    let owned = |name: &str| text(headers, name).map(str::to_owned);
    let custom_time = text(headers, "x-goog-custom-time")
        .map(str::parse)
        .transpose();
    let invalid = |_| XmlError::bad_request("InvalidArgument", "Invalid x-goog-custom-time.");
    let metadata = headers.iter().filter_map(|(name, value)| {
        let name = name.as_str().strip_prefix("x-goog-meta-")?;
        Some((name.to_owned(), value.to_str().ok()?.to_owned()))
    });
    Ok(Object {
        content_type: owned(CONTENT_TYPE.as_str()),
        content_encoding: owned(CONTENT_ENCODING.as_str()),
        content_disposition: owned(CONTENT_DISPOSITION.as_str()),
        content_language: owned(CONTENT_LANGUAGE.as_str()),
        cache_control: owned(CACHE_CONTROL.as_str()),
        storage_class: owned("x-goog-storage-class").unwrap_or_default(),
        custom_time: custom_time.map_err(invalid)?,
        metadata: metadata.collect(),
        ..Object::default()
    })
}

/// What the bytes should be, by `x-goog-hash` and `Content-MD5`.
pub(super) fn expected(headers: &HeaderMap) -> ExpectedChecksums {
    let hashes = headers
        .get_all("x-goog-hash")
        .iter()
        .filter_map(|value| value.to_str().ok());
    let expected = hashes.map(ExpectedChecksums::of_header);
    let md5_hash = text(headers, "content-md5").map(str::to_owned);
    let content_md5 = ExpectedChecksums {
        crc32c: None,
        md5_hash,
    };
    expected.fold(content_md5, ExpectedChecksums::or)
}

pub(super) fn preconditions(headers: &HeaderMap) -> Result<Preconditions, XmlError> {
    Ok(Preconditions {
        if_generation_match: number(headers, "x-goog-if-generation-match")?,
        if_metageneration_match: number(headers, "x-goog-if-metageneration-match")?,
        ..Preconditions::default()
    })
}

/// The sizes that `x-goog-content-length-range` allows: `MIN,MAX`, both in bytes and inclusive.
pub(super) fn allowed_sizes(headers: &HeaderMap) -> Result<RangeInclusive<u64>, XmlError> {
    let Some(text) = text(headers, "x-goog-content-length-range") else {
        return Ok(0..=u64::MAX);
    };
    let sizes = text
        .split_once(',')
        .and_then(|(min, max)| Some(min.trim().parse().ok()?..=max.trim().parse().ok()?));
    let invalid =
        || XmlError::bad_request("InvalidArgument", "Invalid x-goog-content-length-range.");
    sizes.ok_or_else(invalid)
}

pub(super) fn content_length(headers: &HeaderMap) -> Result<Option<u64>, XmlError> {
    number(headers, CONTENT_LENGTH.as_str())
}

fn number<N: std::str::FromStr>(headers: &HeaderMap, name: &str) -> Result<Option<N>, XmlError> {
    let Some(value) = headers.get(name) else {
        return Ok(None);
    };
    let invalid = || XmlError::bad_request("InvalidArgument", format!("Invalid {name}."));
    let number = value
        .to_str()
        .ok()
        .and_then(|text| text.trim().parse().ok());
    number.map(Some).ok_or_else(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(range: &str) -> Result<RangeInclusive<u64>, XmlError> {
        let headers = [("x-goog-content-length-range", range)];
        let pairs = headers
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()));
        allowed_sizes(&HeaderMap::from_iter(pairs))
    }

    #[test]
    fn a_size_range_has_two_numbers() {
        assert_eq!(sizes("1,10").unwrap(), 1..=10);
        for malformed in ["", "1", "1,", "a,b", "1,2,3", "-1,2"] {
            assert!(sizes(malformed).is_err(), "{malformed}");
        }
    }

    #[test]
    fn every_size_is_allowed_when_there_is_no_range() {
        assert_eq!(allowed_sizes(&HeaderMap::new()).unwrap(), 0..=u64::MAX);
    }
}
