//! What messages are taken for.

use serde_json::{Value, json};

use super::*;

const NOW: &str = "2026-11-22T10:00:00Z";
const JPEG: &[u8] = b"\xff\xd8\xff\xe0 and so on";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn message(headers: &[(&str, &str)], value: &[u8]) -> Message {
    let header = |(name, value): &(&str, &str)| {
        let value = Bytes::copy_from_slice(value.as_bytes());
        ((*name).to_owned(), Some(value))
    };
    Message {
        topic: "images".to_owned(),
        partition: 3,
        offset: 41,
        timestamp: Some(now().as_millisecond()),
        key: None,
        headers: headers.iter().map(header).collect(),
        value: Some(Bytes::copy_from_slice(value)),
    }
}

fn image(message: &Message) -> Result<Image, Poison> {
    message.image("prod", now())
}

/// The bytes and content type, or the code of the poison.
fn bytes(message: &Message) -> Result<(Bytes, String), &'static str> {
    match image(message).map_err(|poison| poison.code())?.source {
        Source::Bytes {
            bytes,
            content_type,
        } => Ok((bytes, content_type)),
        Source::Object(reference) => panic!("{reference:?}"),
    }
}

fn reference(message: &Message) -> Result<Reference, &'static str> {
    match image(message).map_err(|poison| poison.code())?.source {
        Source::Object(reference) => Ok(reference),
        Source::Bytes { .. } => panic!("bytes"),
    }
}

fn structured(data: Value) -> Message {
    let mut event = json!({
        "specversion": "1.0", "id": "1", "source": "/camera", "type": "com.example.image",
    });
    event
        .as_object_mut()
        .unwrap()
        .extend(data.as_object().unwrap().clone());
    let headers = [(
        "content-type",
        "application/cloudevents+json; charset=utf-8",
    )];
    message(&headers, event.to_string().as_bytes())
}

const BINARY: [(&str, &str); 4] = [
    ("ce_specversion", "1.0"),
    ("ce_id", "1"),
    ("ce_source", "/camera"),
    ("ce_type", "com.example.image"),
];

#[test]
fn a_plain_value_is_an_image() {
    let plain = message(&[], JPEG);
    assert_eq!(bytes(&plain), Ok((JPEG.into(), "image/jpeg".to_owned())));
    let declared = message(&[("content-type", "image/png")], JPEG);
    assert_eq!(bytes(&declared).unwrap().1, "image/png");
    let nonsense = message(&[("content-type", "text/plain")], JPEG);
    assert_eq!(bytes(&nonsense).unwrap().1, "image/jpeg");
}

#[test]
fn a_binary_cloud_event_is_its_data() {
    assert_eq!(bytes(&message(&BINARY, JPEG)).unwrap().0, JPEG);
}

#[test]
fn a_structured_cloud_event_is_its_data() {
    let data = json!({ "datacontenttype": "image/jpeg", "data_base64": "/9j/4A==" });
    assert_eq!(
        bytes(&structured(data)).unwrap().0,
        &b"\xff\xd8\xff\xe0"[..]
    );
}

#[test]
fn a_cloud_event_of_json_refers_to_an_object() {
    let object = json!({ "bucket": "large", "name": "a/b.tiff", "generation": "7" });
    let expected = Reference {
        bucket: "large".to_owned(),
        name: "a/b.tiff".to_owned(),
        generation: Some(7),
    };
    let data = json!({ "datacontenttype": "application/json", "data": object });
    assert_eq!(reference(&structured(data)), Ok(expected.clone()));
    let mut headers = BINARY.to_vec();
    headers.push(("content-type", "application/json"));
    let binary = message(&headers, object.to_string().as_bytes());
    assert_eq!(reference(&binary), Ok(expected));
}

#[test]
fn a_reference_needs_no_generation() {
    let data = json!({ "data": { "bucket": "large", "name": "a" } });
    assert_eq!(reference(&structured(data)).unwrap().generation, None);
}

#[test]
fn broken_cloud_events_are_poison() {
    for (name, _) in BINARY {
        let without: Vec<_> = BINARY
            .into_iter()
            .filter(|(other, _)| *other != name)
            .collect();
        // Without its version it is no CloudEvent, but a plain image.
        if name != "ce_specversion" {
            assert_eq!(
                bytes(&message(&without, JPEG)),
                Err("broken_envelope"),
                "{name}"
            );
        }
    }
    let old = [&[("ce_specversion", "0.3")], &BINARY[1..]].concat();
    assert_eq!(bytes(&message(&old, JPEG)), Err("broken_envelope"));
    let headers = [("content-type", "application/cloudevents+json")];
    for text in ["", "{", "{}", "[]", r#"{"specversion":"1.0"}"#] {
        assert_eq!(
            bytes(&message(&headers, text.as_bytes())),
            Err("broken_envelope"),
            "{text}"
        );
    }
    let batch = [("content-type", "application/cloudevents-batch+json")];
    assert_eq!(bytes(&message(&batch, b"[]")), Err("broken_envelope"));
    for data in [
        json!({ "data": "text" }),
        json!({ "data": { "bucket": "large" } }),
        json!({ "data": { "bucket": "large", "name": "a", "generation": "x" } }),
    ] {
        assert_eq!(
            reference(&structured(data.clone())),
            Err("broken_envelope"),
            "{data}"
        );
    }
    assert_eq!(bytes(&structured(json!({}))), Err("empty"));
}

#[test]
fn what_is_no_image_is_poison() {
    let tombstone = Message {
        value: None,
        ..message(&[], b"")
    };
    assert_eq!(bytes(&tombstone), Err("empty"));
    assert_eq!(bytes(&message(&[], b"")), Err("empty"));
    for text in [
        &b"hello"[..],
        b"%PDF-1.7",
        b"\x00\x01\x02\x03",
        b"{\"a\":1}",
    ] {
        let declared = message(&[("content-type", "image/jpeg")], text);
        assert_eq!(bytes(&declared), Err("not_an_image"));
    }
}

#[test]
fn an_image_may_be_as_large_as_the_limit() {
    let limit = usize::try_from(Limits::default().bytes).unwrap();
    let mut largest = JPEG.to_vec();
    largest.resize(limit, 0);
    assert!(bytes(&message(&[], &largest)).is_ok());
    largest.push(0);
    assert_eq!(bytes(&message(&[], &largest)), Err("too_large"));
}

#[test]
fn headers_become_filename_and_labels() {
    let headers = [
        ("filename", "f.jpg"),
        ("label-album", "old"),
        ("label-album", "Füße"),
        ("x", "y"),
    ];
    let metadata = image(&message(&headers, JPEG)).unwrap().metadata;
    assert_eq!(metadata.filename.as_deref(), Some("f.jpg"));
    let labels = BTreeMap::from([("album".to_owned(), "Füße".to_owned())]);
    assert_eq!(metadata.labels, labels);
    let coordinates = metadata.source.kafka.unwrap();
    assert_eq!((coordinates.partition, coordinates.offset), (3, 41));
    assert_eq!(
        (&*coordinates.cluster, &*coordinates.topic),
        ("prod", "images")
    );
}

#[test]
fn headers_that_break_the_rules_are_poison() {
    let many: Vec<_> = (0..17).map(|n| format!("label-k{n}")).collect();
    let many: Vec<_> = many.iter().map(|name| (&**name, "v")).collect();
    for headers in [
        &[("filename", "a/b")][..],
        &[("label-A", "v")],
        &[("label-a", "\n")],
        &many,
    ] {
        assert_eq!(
            bytes(&message(headers, JPEG)),
            Err("invalid_header"),
            "{headers:?}"
        );
    }
    let mut not_text = message(&[], JPEG);
    not_text
        .headers
        .push(("label-a".to_owned(), Some(Bytes::from_static(b"\xff"))));
    assert_eq!(bytes(&not_text), Err("invalid_header"));
}

#[test]
fn an_id_is_the_messages_own_and_carries_its_time() {
    let first = image(&message(&[], JPEG)).unwrap().id;
    let again = message(&[("x", "y")], JPEG).image("prod", now() + SignedDuration::from_hours(9));
    assert_eq!(again.unwrap().id, first);
    assert_eq!(first.time(), now());
}

#[test]
fn a_timestamp_is_there_and_not_ahead() {
    let at = |timestamp| {
        let message = Message {
            timestamp,
            ..message(&[], JPEG)
        };
        bytes(&message).map(|_| ())
    };
    let millis = now().as_millisecond();
    assert_eq!(at(Some(0)), Ok(()));
    assert_eq!(at(Some(millis + 60_000)), Ok(()));
    assert_eq!(at(Some(millis + 61_000)), Err("future_timestamp"));
    assert_eq!(at(Some(-1)), Err("no_timestamp"));
    assert_eq!(at(None), Err("no_timestamp"));
}
