//! Resumable uploads on the wire.

use bytes::Bytes;
use local_cloud::LocalCloud;
use reqwest::{Method, Response};
use serde_json::json;

use crate::cloud::{put, start};
use crate::wire::{client, get, json, send};

pub(crate) async fn begin(cloud: &LocalCloud, query: &str) -> Response {
    let path = format!("/upload/storage/v1/b/bucket/o?uploadType=resumable&name=o{query}");
    send(
        cloud,
        Method::POST,
        &path,
        json!({ "contentType": "text/plain" }),
    )
    .await
}

pub(crate) fn location(response: &Response) -> String {
    response.headers()["location"].to_str().unwrap().to_owned()
}

pub(crate) async fn chunk(location: &str, range: &str, body: &'static str) -> Response {
    let request = client().put(location).header("content-range", range);
    request
        .body(Bytes::from_static(body.as_bytes()))
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_resumable_upload_says_how_far_it_is_and_ends_with_the_last_byte() {
    let cloud = start().await;
    let at = location(&begin(&cloud, "").await);
    assert!(at.starts_with(cloud.endpoint()));
    let none = chunk(&at, "bytes */*", "").await;
    assert_eq!(
        (none.status().as_u16(), none.headers().get("range")),
        (308, None)
    );
    let partial = chunk(&at, "bytes 0-4/*", "01234").await;
    assert_eq!(partial.status(), 308);
    assert_eq!(partial.headers()["range"], "bytes=0-4");
    assert_eq!(
        chunk(&at, "bytes */8", "").await.headers()["range"],
        "bytes=0-4"
    );
    let object = json(chunk(&at, "bytes 5-7/8", "567").await).await;
    assert_eq!(
        (&object["size"], &object["contentType"]),
        (&json!("8"), &json!("text/plain"))
    );
    // Who did not hear the answer asks again.
    assert_eq!(
        json(chunk(&at, "bytes */8", "").await).await["generation"],
        object["generation"]
    );
}

#[tokio::test]
async fn bytes_that_were_sent_already_are_not_written_twice() {
    let cloud = start().await;
    let at = location(&begin(&cloud, "").await);
    chunk(&at, "bytes 0-4/*", "01234").await;
    chunk(&at, "bytes 3-7/8", "34567").await;
    let media = get(&cloud, "/storage/v1/b/bucket/o/o?alt=media").await;
    assert_eq!(media.text().await.unwrap(), "01234567");
}

#[tokio::test]
async fn a_gap_in_a_resumable_upload_is_refused() {
    let cloud = start().await;
    let at = location(&begin(&cloud, "").await);
    assert_eq!(chunk(&at, "bytes 5-7/8", "567").await.status(), 400);
}

#[tokio::test]
async fn a_resumable_upload_with_a_wrong_checksum_makes_no_object() {
    let cloud = start().await;
    let at = location(&begin(&cloud, "").await);
    let request = client()
        .put(&at)
        .header("x-goog-hash", "crc32c=AAAAAA==")
        .body("hello");
    assert_eq!(request.send().await.unwrap().status(), 400);
    assert_eq!(get(&cloud, "/storage/v1/b/bucket/o/o").await.status(), 404);
}

#[tokio::test]
async fn create_only_is_checked_when_a_resumable_upload_begins_and_when_it_ends() {
    let cloud = start().await;
    let at = location(&begin(&cloud, "&ifGenerationMatch=0").await);
    put(&cloud, "o", "first").await;
    assert_eq!(begin(&cloud, "&ifGenerationMatch=0").await.status(), 412);
    assert_eq!(chunk(&at, "bytes 0-4/5", "01234").await.status(), 412);
}

#[tokio::test]
async fn an_upload_that_is_given_up_is_gone() {
    let cloud = start().await;
    let at = location(&begin(&cloud, "").await);
    assert_eq!(
        client().delete(&at).send().await.unwrap().status().as_u16(),
        499
    );
    assert_eq!(chunk(&at, "bytes */*", "").await.status(), 404);
}

#[tokio::test]
async fn an_upload_that_is_announced_as_too_large_is_refused() {
    let cloud = start().await;
    let url = format!(
        "{}/upload/storage/v1/b/bucket/o?uploadType=resumable&name=o",
        cloud.endpoint()
    );
    let request = client()
        .post(url)
        .header("x-upload-content-length", (5_u64 << 30) + 1);
    assert_eq!(request.send().await.unwrap().status(), 413);
}
