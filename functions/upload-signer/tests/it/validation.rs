//! What is wrong with a request is said field by field, all at once.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::Service;

/// The refusal of `body`, as `field: detail` lines.
async fn refusal(path: &str, body: &Value) -> String {
    let answer = Service::alone().await.post("alice", path, body).await;
    let errors = answer.problem(StatusCode::UNPROCESSABLE_ENTITY)["errors"]
        .as_array()
        .unwrap();
    let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
    let line = |error| format!("{}: {}", text(error, "field"), text(error, "detail"));
    errors.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn upload() -> Value {
    json!({ "content_type": "image/jpeg", "size_bytes": 1000 })
}

fn with(field: &str, value: Value) -> Value {
    let mut upload = upload();
    upload[field] = value;
    upload
}

#[tokio::test]
async fn every_mistake_is_told_at_once() {
    let body = json!({
        "content_type": "text/html",
        "size_bytes": 50_000_001,
        "filename": "../../etc/passwd",
        "md5": "d41d8cd98f00b204e9800998ecf8427e",
        "labels": { "Album": "iceland" },
        "bucket": "other",
    });
    insta::assert_snapshot!(refusal("/v1/uploads", &body).await);
}

#[tokio::test]
async fn missing_fields_are_named() {
    insta::assert_snapshot!(refusal("/v1/uploads", &json!({ "size_bytes": null })).await);
}

#[tokio::test]
async fn wrong_types_are_named() {
    let body = json!({
        "content_type": 1,
        "size_bytes": "1000",
        "filename": ["a"],
        "md5": {},
        "labels": { "a": 1 },
    });
    insta::assert_snapshot!(refusal("/v1/uploads", &body).await);
}

#[tokio::test]
async fn a_body_that_is_no_object_is_refused() {
    insta::assert_snapshot!(refusal("/v1/uploads", &json!(["image/jpeg"])).await);
}

#[tokio::test]
async fn a_whole_problem_reads_so() {
    let body = with("size_bytes", json!(0));
    let answer = Service::alone()
        .await
        .post("alice", "/v1/uploads", &body)
        .await;
    insta::assert_json_snapshot!(answer.problem(StatusCode::UNPROCESSABLE_ENTITY));
}

#[tokio::test]
async fn sizes_are_one_byte_to_fifty_million() {
    let service = Service::alone().await;
    for (size, status) in [
        (json!(1), StatusCode::CREATED),
        (json!(50_000_000), StatusCode::CREATED),
        (json!(0), StatusCode::UNPROCESSABLE_ENTITY),
        (json!(50_000_001), StatusCode::UNPROCESSABLE_ENTITY),
        (json!(-1), StatusCode::UNPROCESSABLE_ENTITY),
        (json!(1.5), StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let answer = service
            .post("alice", "/v1/uploads", &with("size_bytes", size))
            .await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
}

#[tokio::test]
async fn names_that_are_paths_or_hold_control_characters_are_refused() {
    let service = Service::alone().await;
    let long = "ä".repeat(256);
    for name in ["", "a/b.jpg", "a\\b.jpg", "a\nb.jpg", "a\u{7f}.jpg", &long] {
        let answer = service
            .post("alice", "/v1/uploads", &with("filename", json!(name)))
            .await;
        answer.problem(StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn labels_outside_the_limits_are_refused() {
    let service = Service::alone().await;
    let many: serde_json::Map<_, _> = (0..17).map(|i| (format!("k{i}"), json!(""))).collect();
    for labels in [
        json!(many),
        json!({ "": "empty key" }),
        json!({ "k".repeat(64): "long key" }),
        json!({ "a b": "space in key" }),
        json!({ "k": "v".repeat(129) }),
        json!({ "k": "line\nbreak" }),
    ] {
        let answer = service
            .post("alice", "/v1/uploads", &with("labels", labels))
            .await;
        answer.problem(StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn metadata_that_cloud_storage_would_not_hold_is_refused() {
    let labels: serde_json::Map<_, _> = (0..16)
        .map(|i| (format!("k{i}"), json!("ß".repeat(128))))
        .collect();
    insta::assert_snapshot!(refusal("/v1/uploads", &with("labels", json!(labels))).await);
}

#[tokio::test]
async fn the_largest_metadata_allowed_fits_cloud_storage() {
    let subject = "\u{1f4f7}".repeat(256);
    let labels: serde_json::Map<_, _> = (0..6)
        .map(|i| (format!("k{i}"), json!("ß".repeat(128))))
        .collect();
    let answer = Service::alone()
        .await
        .post(&subject, "/v1/uploads", &with("labels", json!(labels)))
        .await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    let header = answer.body["headers"]["x-goog-meta-darkroom"]
        .as_str()
        .unwrap();
    assert!(
        header.len() > 7_500 && header.len() + "darkroom".len() <= 8_192,
        "{}",
        header.len()
    );
}

#[tokio::test]
async fn one_bad_entry_of_a_batch_is_named_by_its_place() {
    let mut uploads = vec![upload(); 5];
    uploads[1]["content_type"] = json!("image/svg+xml");
    uploads[3]["size_bytes"] = json!(0);
    uploads[4] = json!("image/jpeg");
    let body = json!({ "uploads": uploads });
    insta::assert_snapshot!(refusal("/v1/uploads:batch", &body).await);
}

#[tokio::test]
async fn batches_hold_one_to_a_hundred() {
    let empty = refusal("/v1/uploads:batch", &json!({ "uploads": [] })).await;
    insta::assert_snapshot!(empty, @"uploads: has 0 entries; 1 to 100 are allowed");
    let many = refusal(
        "/v1/uploads:batch",
        &json!({ "uploads": vec![upload(); 101] }),
    )
    .await;
    insta::assert_snapshot!(many, @"uploads: has 101 entries; 1 to 100 are allowed");
}

#[tokio::test]
async fn the_mistakes_told_are_bounded() {
    let unknown: serde_json::Map<_, _> = (0..1_000)
        .map(|i| (format!("{i}-{}", "x".repeat(500)), json!(1)))
        .collect();
    let refusal = refusal("/v1/uploads", &json!(unknown)).await;
    assert_eq!(refusal.lines().count(), 100);
    assert!(refusal.lines().all(|line| line.len() < 200), "{refusal}");
}
