//! Owners, and only they, are told what became of their images.

use axum::http::StatusCode;
use darkroom_core::ImageId;
use darkroom_core::key::{ObjectKey, Part};
use darkroom_core::metadata::Source;
use darkroom_core::record::{Derivative, Original, Record, SCHEMA_VERSION, Status};
use darkroom_core::rejection::{Rejection, RejectionCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::support::{Answer, Cloud, Service};

const BYTES: &[u8] = b"the bytes of an image";

/// Uploads as `subject` and gives the image's path.
async fn upload(cloud: &Cloud, subject: &str) -> String {
    let upload = cloud.grant(subject, BYTES).await;
    let response = cloud.put(&upload, BYTES).send().await.unwrap();
    assert_eq!(
        response.status(),
        StatusCode::OK,
        "{}",
        response.text().await.unwrap()
    );
    path(upload["image_id"].as_str().unwrap())
}

fn path(id: impl std::fmt::Display) -> String {
    format!("/v1/images/{id}")
}

/// A record of an image of alice's with one derivative, received at `received_at`.
fn record(received_at: Timestamp) -> Record {
    let image_id = ImageId::new(received_at);
    let key = |part: &str| ObjectKey::new(image_id, part.parse().unwrap()).to_string();
    Record {
        schema_version: SCHEMA_VERSION,
        image_id,
        requested_at: received_at,
        received_at,
        processed_at: received_at,
        source: Source::web("alice".to_owned()),
        filename: None,
        labels: Vec::new(),
        status: Status::Processed,
        rejection: None,
        original: original(key("original")),
        exif: None,
        perceptual_hash: None,
        mean_color: None,
        derivatives: vec![derivative(key("preview.webp"))],
        stages: Vec::new(),
        recipe: "default".to_owned(),
        processor_version: "1".to_owned(),
        attributes: Map::new(),
    }
}

fn original(object: String) -> Original {
    Original {
        object,
        ingest_generation: 1,
        declared_content_type: Some("image/png".to_owned()),
        content_type: Some("image/png".to_owned()),
        size_bytes: 8,
        sha256: None,
        crc32c: String::new(),
        width: None,
        height: None,
        frames: None,
        bit_depth: None,
        has_alpha: None,
    }
}

fn derivative(object: String) -> Derivative {
    Derivative {
        name: "preview.webp".to_owned(),
        object,
        content_type: "image/webp".to_owned(),
        width: 1,
        height: 1,
        size_bytes: 10,
        sha256: String::new(),
    }
}

/// Archives an image as the processor does, the record last, and gives its path.
async fn archive(cloud: &Cloud, record: &Record) -> String {
    let key =
        |part: &str| ObjectKey::new(record.image_id, part.parse::<Part>().unwrap()).to_string();
    cloud.write("archive", &key("original"), "original").await;
    for derivative in &record.derivatives {
        cloud
            .write("archive", &derivative.object, "derivative")
            .await;
    }
    cloud
        .write(
            "records",
            &key("record.json"),
            serde_json::to_vec(record).unwrap(),
        )
        .await;
    path(record.image_id)
}

fn downloads(answer: &Answer) -> Vec<(&str, &str, Timestamp)> {
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let text = |download: &'_ Value, name| download[name].as_str().unwrap().to_owned();
    let downloads = answer.body["downloads"].as_array().unwrap();
    downloads
        .iter()
        .map(|d| {
            let expires_at = text(d, "expires_at").parse().unwrap();
            (
                d["name"].as_str().unwrap(),
                d["url"].as_str().unwrap(),
                expires_at,
            )
        })
        .collect()
}

#[tokio::test]
async fn an_uploaded_image_is_pending() {
    let cloud = Cloud::start().await;
    let path = upload(&cloud, "alice").await;
    let answer = cloud.service.get("alice", &path).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.body["status"], "pending");
    assert!(answer.body.get("record").is_none());
    assert_eq!(downloads(&answer), []);
}

#[tokio::test]
async fn another_users_pending_image_is_refused() {
    let cloud = Cloud::start().await;
    let path = upload(&cloud, "alice").await;
    let answer = cloud.service.get("bob", &path).await;
    let problem = answer.problem(StatusCode::FORBIDDEN);
    assert!(!problem.to_string().contains("alice"), "{problem}");
}

#[tokio::test]
async fn another_users_processed_image_is_refused() {
    let cloud = Cloud::start().await;
    let path = archive(&cloud, &record(Timestamp::now())).await;
    cloud
        .service
        .get("bob", &path)
        .await
        .problem(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_image_without_an_owner_is_nobodys() {
    let cloud = Cloud::start().await;
    let mut record = record(Timestamp::now());
    record.source.principal = None;
    let path = archive(&cloud, &record).await;
    cloud
        .service
        .get("alice", &path)
        .await
        .problem(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_image_needs_a_token() {
    let service = Service::alone().await;
    let id = ImageId::new(Timestamp::now());
    let request = service.request(reqwest::Method::GET, &path(id));
    Answer::to(request).await.problem(StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_was_never_uploaded_is_not_found() {
    let cloud = Cloud::start().await;
    let upload = cloud.grant("alice", BYTES).await;
    let path = path(upload["image_id"].as_str().unwrap());
    cloud
        .service
        .get("alice", &path)
        .await
        .problem(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_no_id_is_not_found() {
    let service = Service::alone().await;
    for id in [
        "x",
        "..%2F..%2Frecord",
        "6fa459ea-ee8a-4ca4-894e-db77e160355e",
        "%FF",
    ] {
        let answer = service.get("alice", &path(id)).await;
        answer.problem(StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_processed_image_is_shown_with_its_files() {
    let cloud = Cloud::start().await;
    let record = record(Timestamp::now());
    let answer = cloud
        .service
        .get("alice", &archive(&cloud, &record).await)
        .await;
    assert_eq!(answer.body["status"], "processed");
    let shown: Record = serde_json::from_value(answer.body["record"].clone()).unwrap();
    assert_eq!(shown, record);
    let mut files = Vec::new();
    for (name, url, _) in downloads(&answer) {
        let response = cloud.service.http.get(url).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{name}");
        files.push((name, response.text().await.unwrap()));
    }
    assert_eq!(
        files,
        [
            ("original", "original".to_owned()),
            ("preview.webp", "derivative".to_owned())
        ]
    );
}

#[tokio::test]
async fn a_rejected_image_is_shown_with_the_reason() {
    let cloud = Cloud::start().await;
    let mut record = record(Timestamp::now());
    record.status = Status::Rejected;
    record.rejection = Some(Rejection::new(RejectionCode::Malformed, "it is cut off"));
    record.derivatives.clear();
    let answer = cloud
        .service
        .get("alice", &archive(&cloud, &record).await)
        .await;
    assert_eq!(answer.body["status"], "rejected");
    assert_eq!(answer.body["record"]["rejection"]["code"], "malformed");
    let names: Vec<_> = downloads(&answer).iter().map(|(name, ..)| *name).collect();
    assert_eq!(names, ["original"]);
}

#[tokio::test]
async fn downloads_expire_after_fifteen_minutes() {
    let cloud = Cloud::start().await;
    let path = archive(&cloud, &record(Timestamp::now())).await;
    let answer = cloud.service.get("alice", &path).await;
    cloud.advance(15 * 60 + 1).await;
    for (name, url, _) in downloads(&answer) {
        let status = cloud.service.http.get(url).send().await.unwrap().status();
        assert_eq!(status, StatusCode::BAD_REQUEST, "{name}");
    }
}

#[tokio::test]
async fn downloads_never_outlive_retention() {
    let cloud = Cloud::start().await;
    let week = SignedDuration::from_hours(7 * 24);
    let due = Timestamp::now() + SignedDuration::from_mins(5);
    let record = record(due - week);
    let answer = cloud
        .service
        .get("alice", &archive(&cloud, &record).await)
        .await;
    let downloads = downloads(&answer);
    assert_eq!(downloads.len(), 2);
    assert!(
        downloads
            .iter()
            .all(|(_, _, expires_at)| *expires_at == due),
        "{downloads:?}"
    );
    cloud.advance(5 * 60 + 1).await;
    for (name, url, _) in downloads {
        let status = cloud.service.http.get(url).send().await.unwrap().status();
        assert_eq!(status, StatusCode::BAD_REQUEST, "{name}");
    }
}

#[tokio::test]
async fn an_image_is_gone_when_its_seven_days_are_over() {
    let cloud = Cloud::start().await;
    let processed = archive(&cloud, &record(Timestamp::now())).await;
    let pending = upload(&cloud, "alice").await;
    cloud.advance(7 * 24 * 60 * 60).await;
    for path in [processed, pending] {
        let answer = cloud.service.get("alice", &path).await;
        answer.problem(StatusCode::GONE);
        assert!(answer.body.get("downloads").is_none());
    }
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_not_shown() {
    let cloud = Cloud::start().await;
    for bytes in [b"{".to_vec(), vec![b' '; 1024 * 1024 + 1]] {
        let id = ImageId::new(Timestamp::now());
        cloud
            .write("records", &ObjectKey::record(id).to_string(), bytes)
            .await;
        let answer = cloud.service.get("alice", &path(id)).await;
        answer.problem(StatusCode::INTERNAL_SERVER_ERROR);
    }
}

#[tokio::test]
async fn storage_that_refuses_is_no_missing_image() {
    let cloud = Cloud::start().await;
    let path = archive(&cloud, &record(Timestamp::now())).await;
    cloud.fail("json", 403).await;
    let answer = cloud.service.get("alice", &path).await;
    answer.problem(StatusCode::SERVICE_UNAVAILABLE);
}
