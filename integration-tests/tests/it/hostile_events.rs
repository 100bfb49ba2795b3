//! Events that no one should send, each with its one right answer: 400 is no event at all, 413 is
//! too large for one, 200 with a problem is refused for good, 204 is acknowledged.

use darkroom_core::ImageId;
use darkroom_core::key::ObjectKey;
use integration_tests::events::Event;
use integration_tests::{TestStack, run};
use jiff::Timestamp;
use local_stack::topology::{ARCHIVE, INGEST, RECORDS, Service};
use serde_json::json;

/// The functions that take events, with a bucket and a name each takes them of.
fn listeners() -> [(Service, &'static str, String); 2] {
    let id = ImageId::new(Timestamp::now());
    [
        (
            Service::ImageProcessor,
            INGEST,
            ObjectKey::original(id).to_string(),
        ),
        (
            Service::MetadataLoader,
            RECORDS,
            ObjectKey::record(id).to_string(),
        ),
    ]
}

/// Posts what `make` makes of a good event to each listener and checks the answers.
fn answers(make: impl Fn(Event) -> Event, status: u16, reason: &str) {
    run(async {
        let stack = TestStack::start().await;
        for (service, bucket, name) in listeners() {
            let event = make(Event::finalized(bucket, &name));
            let answer = event.post(&stack.stack.endpoint(service)).await;
            assert_eq!(answer.0, status, "{}: {}", service.name(), answer.1);
            assert!(
                answer.1.contains(reason),
                "{}: {}",
                service.name(),
                answer.1
            );
        }
    });
}

#[test]
fn an_event_of_an_object_that_is_gone_is_acknowledged() {
    answers(|event| event, 204, "");
}

#[test]
fn a_request_without_the_events_headers_is_no_event() {
    for header in ["ce-specversion", "ce-type", "ce-id", "ce-source"] {
        answers(|event| event.without_header(header), 400, "no CloudEvent");
    }
}

#[test]
fn an_event_over_the_limit_is_not_read() {
    let large = |mut event: Event| {
        event.body["metadata"]["padding"] = json!("x".repeat(1024 * 1024));
        event
    };
    answers(large, 413, "");
}

#[test]
fn an_event_of_another_type_is_refused_for_good() {
    let other = "google.cloud.storage.object.v1.archived";
    answers(|event| event.with_header("ce-type", other), 200, "type");
}

#[test]
fn an_event_of_a_deleted_object_is_refused_for_good() {
    let deleted = "google.cloud.storage.object.v1.deleted";
    answers(
        |event| event.with_header("ce-type", deleted),
        200,
        "deleted",
    );
}

#[test]
fn an_event_of_an_unknown_bucket_is_refused_for_good() {
    let elsewhere = |mut event: Event| {
        event.body["bucket"] = json!(ARCHIVE);
        event
    };
    answers(elsewhere, 200, "bucket");
}

#[test]
fn a_name_outside_the_layout_is_refused_for_good() {
    let renamed = |mut event: Event| {
        event.body["name"] = json!("holiday/photo.jpg");
        event
    };
    answers(renamed, 200, "name");
}

#[test]
fn a_body_that_is_no_object_is_refused_for_good() {
    let empty = |mut event: Event| {
        event.body = json!({ "bucket": "b" });
        event
    };
    answers(empty, 200, "no storage object");
}

#[test]
fn numbers_are_taken_as_text_and_as_numbers() {
    let numeric = |mut event: Event| {
        event.body["generation"] = json!(1);
        event.body["size"] = json!(10);
        event
    };
    answers(numeric, 204, "");
}

#[test]
fn an_object_without_darkrooms_metadata_is_refused_for_good() {
    run(async {
        let stack = TestStack::start().await;
        let [(service, bucket, name), _] = listeners();
        let mut event = Event::finalized(bucket, &name);
        event.body["metadata"] = json!({});
        let (status, text) = event.post(&stack.stack.endpoint(service)).await;
        assert_eq!(status, 200);
        assert!(text.contains("metadata"), "{text}");
    });
}

#[test]
fn every_function_is_healthy_and_knows_its_paths() {
    run(async {
        let stack = TestStack::start().await;
        for service in Service::ALL {
            let endpoint = stack.stack.endpoint(service);
            let health = reqwest::get(format!("{endpoint}/health")).await.unwrap();
            assert_eq!(health.status(), 200);
            let nothing = reqwest::get(format!("{endpoint}/nothing")).await.unwrap();
            assert_eq!(nothing.status(), 404);
            assert_eq!(
                nothing.headers()["content-type"],
                "application/problem+json"
            );
        }
    });
}
