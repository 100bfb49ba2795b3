//! What comes into the ingest bucket when it should not, and what cannot go out of it.

use darkroom_core::key::ObjectKey;
use darkroom_core::sha256_hex;
use integration_tests::events::Event;
use integration_tests::{TestStack, get, photo, run, until};
use local_stack::topology::{ARCHIVE, INGEST, RECORDS, Service};
use reqwest::StatusCode;
use serde_json::json;

#[test]
fn bytes_sent_after_the_image_was_processed_are_discarded() {
    run(async {
        let stack = TestStack::start().await;
        let uploader = stack.stack.uploader("user-1").await.unwrap();
        let bytes = photo(1).content.read().await.unwrap();
        let upload = uploader.ask(&photo(1), bytes.len()).await.unwrap();
        uploader.put(&upload, bytes.clone()).await.unwrap();
        stack.rows(std::slice::from_ref(&upload.image_id)).await;
        stack.quiet().await;
        let before = objects(&stack).await;

        let mut other = bytes;
        other.reverse();
        uploader.put(&upload, other).await.unwrap();
        until("what came is gone", async || {
            stack.quiet().await;
            stack.objects(INGEST).await.is_empty().then_some(())
        })
        .await;
        assert_eq!(objects(&stack).await, before);
        let rows = stack.rows(std::slice::from_ref(&upload.image_id)).await;
        assert_eq!(rows[&upload.image_id].len(), 1);
    });
}

/// Name, generation and checksum of all that is kept.
async fn objects(stack: &TestStack) -> Vec<String> {
    let mut found = Vec::new();
    for bucket in [ARCHIVE, RECORDS] {
        let cloud = stack.stack.cloud.endpoint();
        let page = get(&format!("{cloud}/storage/v1/b/{bucket}/o")).await;
        for item in page["items"].as_array().into_iter().flatten() {
            let [name, generation, crc32c] = ["name", "generation", "crc32c"].map(|key| &item[key]);
            found.push(format!("{name} {generation} {crc32c}"));
        }
    }
    found
}

#[test]
fn a_derivative_that_is_there_is_kept_and_recorded_as_it_is() {
    run(async {
        let stack = TestStack::start().await;
        let uploader = stack.stack.uploader("user-1").await.unwrap();
        let bytes = photo(1).content.read().await.unwrap();
        let upload = uploader.ask(&photo(1), bytes.len()).await.unwrap();
        // Made by another version of the processor, whose try was not finished.
        let there = darkroom_samples::jpeg(64, 48, 2);
        let part = "thumbnail.jpg".parse().unwrap();
        let key = ObjectKey::new(upload.image_id.parse().unwrap(), part).to_string();
        stack.put(ARCHIVE, &key, there.clone()).await;
        uploader.put(&upload, bytes).await.unwrap();
        stack.rows(std::slice::from_ref(&upload.image_id)).await;

        let cloud = stack.stack.cloud.endpoint();
        let record = ObjectKey::record(upload.image_id.parse().unwrap()).to_string();
        let record = record.replace('/', "%2F");
        let record = get(&format!(
            "{cloud}/storage/v1/b/{RECORDS}/o/{record}?alt=media"
        ))
        .await;
        let derivatives = record["derivatives"].as_array().unwrap();
        let thumbnail = derivatives.iter().find(|d| d["object"] == key).unwrap();
        assert_eq!(
            (
                &thumbnail["width"],
                &thumbnail["height"],
                &thumbnail["sha256"]
            ),
            (&json!(64), &json!(48), &json!(sha256_hex(&there)))
        );
        assert_eq!(thumbnail["size_bytes"], there.len());
    });
}

#[test]
fn an_image_that_has_nowhere_to_go_is_kept_and_tried_again() {
    run(async {
        let stack = TestStack::start().await;
        let archive = format!("{}/storage/v1/b/{ARCHIVE}", stack.stack.cloud.endpoint());
        let deleted = reqwest::Client::new().delete(archive).send().await.unwrap();
        assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
        let id = stack.upload(&photo(1)).await;
        let [name] = <[String; 1]>::try_from(stack.objects(INGEST).await).unwrap();
        assert!(name.contains(&id));
        let cloud = stack.stack.cloud.endpoint();
        let object = get(&format!(
            "{cloud}/storage/v1/b/{INGEST}/o/{}",
            name.replace('/', "%2F")
        ))
        .await;
        let mut event = Event::finalized(INGEST, &name);
        event.body["generation"] = object["generation"].clone();
        event.body["size"] = object["size"].clone();
        let (status, answer) = event
            .post(&stack.stack.endpoint(Service::ImageProcessor))
            .await;
        assert_eq!(status, 503, "{answer}");
        assert_eq!(stack.objects(INGEST).await, [name]);
    });
}
