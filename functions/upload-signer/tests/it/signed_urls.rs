//! A signed URL does what was granted and nothing else: Cloud Storage itself refuses the rest.

use axum::http::StatusCode;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use url::Url;

use crate::support::Cloud;

const BYTES: &[u8] = b"the bytes of an image";

/// Where the upload goes to in the ingest bucket.
fn object(upload: &Value) -> String {
    let url: Url = upload["url"].as_str().unwrap().parse().unwrap();
    url.path().strip_prefix("/ingest/").unwrap().to_owned()
}

/// Sends the request and checks that it is refused for this reason and stores nothing.
async fn assert_refused(
    cloud: &Cloud,
    upload: &Value,
    request: RequestBuilder,
    expected: (u16, &str),
) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body = response.text().await.unwrap();
    assert_eq!(status, expected.0, "{body}");
    assert!(
        body.contains(&format!("<Code>{}</Code>", expected.1)),
        "{body}"
    );
    assert_eq!(cloud.ingested(&object(upload)).await, None);
}

#[tokio::test]
async fn an_upload_as_granted_is_stored_with_its_metadata() {
    let cloud = Cloud::start().await;
    let upload = cloud.grant("alice", BYTES).await;
    let response = cloud.put(&upload, BYTES).send().await.unwrap();
    assert_eq!(
        response.status(),
        StatusCode::OK,
        "{}",
        response.text().await.unwrap()
    );
    let stored = cloud.ingested(&object(&upload)).await.unwrap();
    assert_eq!(stored["contentType"], "image/png");
    assert_eq!(stored["size"], BYTES.len().to_string());
    assert_eq!(
        stored["metadata"]["darkroom"],
        upload["headers"]["x-goog-meta-darkroom"]
    );
}

#[tokio::test]
async fn a_changed_signature_is_refused() {
    let cloud = Cloud::start().await;
    let mut upload = cloud.grant("alice", BYTES).await;
    let url = upload["url"].as_str().unwrap();
    let last = if url.ends_with('0') { '1' } else { '0' };
    upload["url"] = json!(format!("{}{last}", &url[..url.len() - 1]));
    let request = cloud.put(&upload, BYTES);
    assert_refused(&cloud, &upload, request, (403, "SignatureDoesNotMatch")).await;
}

#[tokio::test]
async fn another_object_is_refused() {
    let cloud = Cloud::start().await;
    let mut upload = cloud.grant("alice", BYTES).await;
    let other = cloud.grant("bob", BYTES).await;
    let url = upload["url"]
        .as_str()
        .unwrap()
        .replace(&object(&upload), &object(&other));
    upload["url"] = json!(url);
    let request = cloud.put(&upload, BYTES);
    assert_refused(&cloud, &upload, request, (403, "SignatureDoesNotMatch")).await;
}

#[tokio::test]
async fn a_longer_life_is_refused() {
    let cloud = Cloud::start().await;
    let mut upload = cloud.grant("alice", BYTES).await;
    let url: Url = upload["url"].as_str().unwrap().parse().unwrap();
    let life = url
        .query_pairs()
        .find(|(name, _)| name == "X-Goog-Expires")
        .unwrap()
        .1;
    let longer = url
        .as_str()
        .replace(&format!("X-Goog-Expires={life}"), "X-Goog-Expires=86400");
    upload["url"] = json!(longer);
    let request = cloud.put(&upload, BYTES);
    assert_refused(&cloud, &upload, request, (403, "SignatureDoesNotMatch")).await;
}

#[tokio::test]
async fn another_owner_in_the_metadata_is_refused() {
    let cloud = Cloud::start().await;
    let mut upload = cloud.grant("alice", BYTES).await;
    let header = upload["headers"]["x-goog-meta-darkroom"].as_str().unwrap();
    upload["headers"]["x-goog-meta-darkroom"] = json!(header.replace("alice", "bob"));
    let request = cloud.put(&upload, BYTES);
    assert_refused(&cloud, &upload, request, (403, "SignatureDoesNotMatch")).await;
}

#[tokio::test]
async fn another_content_type_is_refused() {
    let cloud = Cloud::start().await;
    let mut upload = cloud.grant("alice", BYTES).await;
    upload["headers"]["content-type"] = json!("text/html");
    let request = cloud.put(&upload, BYTES);
    assert_refused(&cloud, &upload, request, (403, "SignatureDoesNotMatch")).await;
}

#[tokio::test]
async fn every_header_is_needed() {
    let cloud = Cloud::start().await;
    let upload = cloud.grant("alice", BYTES).await;
    for name in upload["headers"].as_object().unwrap().keys() {
        let mut fewer = upload.clone();
        fewer["headers"].as_object_mut().unwrap().remove(name);
        let response = cloud.put(&fewer, BYTES).send().await.unwrap();
        assert!(
            response.status().is_client_error(),
            "without {name}: {}",
            response.status()
        );
        assert_eq!(
            cloud.ingested(&object(&upload)).await,
            None,
            "without {name}"
        );
    }
}

#[tokio::test]
async fn more_bytes_than_declared_are_refused() {
    let cloud = Cloud::start().await;
    let upload = cloud.grant("alice", BYTES).await;
    let request = cloud.put(&upload, &[BYTES, b"!"].concat());
    assert_refused(&cloud, &upload, request, (400, "EntityTooLarge")).await;
}

#[tokio::test]
async fn fewer_bytes_than_declared_are_refused() {
    let cloud = Cloud::start().await;
    let upload = cloud.grant("alice", BYTES).await;
    let request = cloud.put(&upload, &BYTES[1..]);
    assert_refused(&cloud, &upload, request, (400, "EntityTooSmall")).await;
}

#[tokio::test]
async fn other_bytes_than_the_md5_says_are_refused() {
    let cloud = Cloud::start().await;
    let body = json!({
        "content_type": "image/png",
        "size_bytes": BYTES.len(),
        "md5": "CY9rzUYh03PK3k6DJie09g==",
    });
    let upload = cloud.service.post("alice", "/v1/uploads", &body).await.body;
    let request = cloud.put(&upload, BYTES);
    assert_refused(&cloud, &upload, request, (400, "BadDigest")).await;
}

#[tokio::test]
async fn a_second_use_is_refused() {
    let cloud = Cloud::start().await;
    let upload = cloud.grant("alice", BYTES).await;
    let send = async || cloud.put(&upload, BYTES).send().await.unwrap().status();
    assert_eq!(send().await, StatusCode::OK);
    let first = cloud.ingested(&object(&upload)).await.unwrap();
    assert_eq!(send().await, StatusCode::PRECONDITION_FAILED);
    assert_eq!(
        cloud.ingested(&object(&upload)).await.unwrap()["generation"],
        first["generation"]
    );
}

#[tokio::test]
async fn an_expired_url_is_refused() {
    let cloud = Cloud::start().await;
    let upload = cloud.grant("alice", BYTES).await;
    cloud.advance(15 * 60 + 1).await;
    let request = cloud.put(&upload, BYTES);
    assert_refused(&cloud, &upload, request, (400, "ExpiredToken")).await;
}

#[tokio::test]
async fn a_url_granted_after_the_clock_was_moved_works() {
    let cloud = Cloud::start().await;
    cloud.advance(3 * 24 * 60 * 60).await;
    let upload = cloud.grant("alice", BYTES).await;
    let response = cloud.put(&upload, BYTES).send().await.unwrap();
    assert_eq!(
        response.status(),
        StatusCode::OK,
        "{}",
        response.text().await.unwrap()
    );
}

#[tokio::test]
async fn an_upload_url_reads_nothing() {
    let cloud = Cloud::start().await;
    let upload = cloud.grant("alice", BYTES).await;
    assert_eq!(
        cloud.put(&upload, BYTES).send().await.unwrap().status(),
        StatusCode::OK
    );
    let mut request = cloud.put(&upload, b"").build().unwrap();
    *request.method_mut() = Method::GET;
    let response = cloud.service.http.execute(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
}
