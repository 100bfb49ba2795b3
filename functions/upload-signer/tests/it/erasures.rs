//! Owners, and whoever holds the privacy role, can have an image erased.

use axum::http::StatusCode;
use serde_json::Value;

use crate::support::{Answer, Cloud};

const BYTES: &[u8] = b"the bytes of an image";

/// Uploads as alice and gives the image's path.
async fn upload(cloud: &Cloud) -> String {
    let upload = cloud.grant("alice", BYTES).await;
    let answer = cloud.put(&upload, BYTES).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    format!("/v1/images/{}", upload["image_id"].as_str().unwrap())
}

fn accepted(answer: &Answer, path: &str) {
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    assert_eq!(answer.headers["location"], format!("{path}/erasure"));
    assert_eq!(answer.body["status"], "pending");
    assert_eq!(answer.body["erased_at"], Value::Null);
}

#[tokio::test]
async fn an_owner_has_an_image_erased() {
    let cloud = Cloud::start().await;
    let path = upload(&cloud).await;
    let first = cloud.service.delete("alice", &[], &path).await;
    accepted(&first, &path);
    let again = cloud.service.delete("alice", &[], &path).await;
    accepted(&again, &path);
    let requested_at = &first.body["requested_at"];
    assert_eq!(&again.body["requested_at"], requested_at);
    let erasure = format!("{path}/erasure");
    let status = cloud.service.get("alice", &erasure).await;
    assert_eq!(status.status, StatusCode::OK);
    assert_eq!(&status.body["requested_at"], requested_at);
    let image = cloud.service.get("alice", &path).await;
    image.problem(StatusCode::GONE);
}

#[tokio::test]
async fn the_privacy_role_has_anybodys_image_erased_and_no_other_role_does() {
    let cloud = Cloud::start().await;
    let path = upload(&cloud).await;
    for roles in [&[][..], &["admin"], &["Privacy", "privacy "]] {
        let answer = cloud.service.delete("bob", roles, &path).await;
        answer.problem(StatusCode::FORBIDDEN);
    }
    let pending = cloud.service.get("alice", &path).await;
    assert_eq!(pending.status, StatusCode::OK, "nothing was asked for");
    let roles = ["viewer", "privacy"];
    accepted(&cloud.service.delete("bob", &roles, &path).await, &path);
}

#[tokio::test]
async fn an_erasure_says_when_nothing_was_left() {
    let cloud = Cloud::start().await;
    let path = upload(&cloud).await;
    cloud.service.delete("alice", &[], &path).await;
    let id = path.rsplit('/').next().unwrap();
    let erased = format!(r#"{{"image_id":"{id}","erased_at":"2026-11-22T10:15:00Z"}}"#);
    let name = format!("{id}/erased.json");
    cloud.write("erasures", &name, erased).await;
    let answer = cloud.service.delete("alice", &[], &path).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body["status"], "erased");
    assert_eq!(answer.body["erased_at"], "2026-11-22T10:15:00Z");
}

#[tokio::test]
async fn what_is_not_there_cannot_be_erased() {
    let cloud = Cloud::start().await;
    for id in ["no-uuid", "01936e3a-7b5e-7c3d-9f21-6b1f0a2c4d5e"] {
        let path = format!("/v1/images/{id}");
        let answer = cloud.service.delete("alice", &["viewer"], &path).await;
        answer.problem(StatusCode::NOT_FOUND);
        let erasure = format!("{path}/erasure");
        let answer = cloud.service.get("alice", &erasure).await;
        answer.problem(StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn the_privacy_role_has_copies_erased_of_which_no_record_tells() {
    let cloud = Cloud::start().await;
    let path = "/v1/images/01936e3a-7b5e-7c3d-9f21-6b1f0a2c4d5e";
    accepted(&cloud.service.delete("bob", &["privacy"], path).await, path);
}

#[tokio::test]
async fn a_request_that_was_not_kept_is_not_accepted() {
    let cloud = Cloud::start().await;
    let path = upload(&cloud).await;
    cloud.fail("json", 403).await;
    cloud.fail("grpc", 403).await;
    let answer = cloud.service.delete("alice", &[], &path).await;
    answer.problem(StatusCode::SERVICE_UNAVAILABLE);
}
