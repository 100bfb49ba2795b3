//! An event as a request: CloudEvents 1.0, HTTP binary mode, with Eventarc's attributes
//! (<https://cloud.google.com/eventarc/docs/cloudevents>).

use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::events::ObjectEvent;

/// What a header value must not hold as it is
/// (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#3132-http-header-values>).
const RESERVED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');

/// The headers of the request.
pub(super) fn headers(event: &ObjectEvent) -> HeaderMap {
    let bucket = &event.object.bucket;
    let attributes = [
        ("ce-id", event.id.to_string()),
        (
            "ce-source",
            format!("//storage.googleapis.com/projects/_/buckets/{bucket}"),
        ),
        ("ce-specversion", "1.0".to_owned()),
        ("ce-type", event.kind.as_str().to_owned()),
        ("ce-time", event.time.to_string()),
        ("ce-subject", format!("objects/{}", event.object.name)),
        ("ce-bucket", bucket.clone()),
    ];
    let attributes = attributes
        .into_iter()
        .filter_map(|(name, text)| Some((HeaderName::from_static(name), value(&text)?)));
    let fixed = [
        (CONTENT_TYPE, "application/json"),
        (USER_AGENT, "APIs-Google"),
    ];
    let fixed = fixed.map(|(name, text)| (name, HeaderValue::from_static(text)));
    attributes.chain(fixed).collect()
}

/// The body of the request: the object's resource.
pub(super) fn body(event: &ObjectEvent) -> String {
    event.object.to_json().to_string()
}

fn value(text: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&utf8_percent_encode(text, RESERVED).to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::EventKind;
    use crate::store::Object;

    fn event(name: &str) -> ObjectEvent {
        let object = Object {
            bucket: "ingest".to_owned(),
            name: name.to_owned(),
            generation: 1_732_270_500_123_456,
            size: 12,
            ..Object::default()
        };
        let time = "2026-11-22T10:15:00.123Z".parse().unwrap();
        ObjectEvent {
            id: 42,
            kind: EventKind::Finalized,
            time,
            object,
        }
    }

    #[test]
    fn the_headers_are_eventarcs() {
        let mut headers: Vec<_> = headers(&event("a/original"))
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        headers.sort();
        insta::assert_snapshot!(headers.join("\n"), @r"
        ce-bucket: ingest
        ce-id: 42
        ce-source: //storage.googleapis.com/projects/_/buckets/ingest
        ce-specversion: 1.0
        ce-subject: objects/a/original
        ce-time: 2026-11-22T10:15:00.123Z
        ce-type: google.cloud.storage.object.v1.finalized
        content-type: application/json
        user-agent: APIs-Google
        ");
    }

    #[test]
    fn a_name_that_no_header_can_hold_is_escaped() {
        let headers = headers(&event("ü \"100%\"\n"));
        assert_eq!(headers["ce-subject"], "objects/%C3%BC%20%22100%25%22%0A");
    }

    #[test]
    fn the_body_is_the_object_with_its_numbers_as_strings() {
        let body: serde_json::Value = serde_json::from_str(&body(&event("a b"))).unwrap();
        assert_eq!(body["kind"], "storage#object");
        assert_eq!(body["bucket"], "ingest");
        assert_eq!(body["name"], "a b");
        assert_eq!(body["generation"], "1732270500123456");
        assert_eq!(body["size"], "12");
    }
}
