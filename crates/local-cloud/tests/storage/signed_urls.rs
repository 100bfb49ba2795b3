//! Signed URLs, used as a browser or curl would.

use local_cloud::LocalCloud;
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use crate::cloud::{BUCKET, put, start};
use crate::signing::{Headers, NAME, request, sign};

const SIZES: (&str, &str) = ("x-goog-content-length-range", "1,10");
const CREATE_ONLY: (&str, &str) = ("x-goog-if-generation-match", "0");
const JPEG: (&str, &str) = ("content-type", "image/jpeg");
const META: (&str, &str) = ("x-goog-meta-principal", "users/1");

/// Signs a `PUT` of these headers and does it.
async fn upload(cloud: &LocalCloud, headers: Headers<'_>, content: &'static str) -> Response {
    let url = sign(cloud, &Method::PUT, headers).await;
    request(Method::PUT, &url, headers)
        .body(content)
        .send()
        .await
        .unwrap()
}

/// Expects a refusal, and that it left no object.
async fn assert_refused(cloud: &LocalCloud, response: Response, status: u16, code: &str) {
    assert_eq!(response.status(), status);
    let body = response.text().await.unwrap();
    assert!(body.contains(&format!("<Code>{code}</Code>")), "{body}");
    assert_eq!(object(cloud).await, Value::Null);
}

/// The object's resource, or null.
async fn object(cloud: &LocalCloud) -> Value {
    let name = NAME.replace('/', "%2F").replace(' ', "%20");
    let url = format!("{}/storage/v1/b/{BUCKET}/o/{name}", cloud.endpoint());
    let response = Client::new().get(url).send().await.unwrap();
    if response.status() == 404 {
        Value::Null
    } else {
        response.json().await.unwrap()
    }
}

#[tokio::test]
async fn an_upload_is_what_its_url_says() {
    let cloud = start().await;
    let time = ("x-goog-custom-time", "2026-11-22T10:00:00Z");
    let headers = [JPEG, SIZES, CREATE_ONLY, META, time];
    let response = upload(&cloud, &headers, "hello").await;
    assert_eq!(response.status(), 200);
    let answer = response.headers().clone();
    let object = object(&cloud).await;
    assert_eq!(
        answer["x-goog-generation"],
        object["generation"].as_str().unwrap()
    );
    assert_eq!(
        answer["x-goog-hash"],
        "crc32c=mnG7TA==,md5=XUFAKrxLKna5cZ2REBfFkg=="
    );
    assert_eq!(object["contentType"], "image/jpeg");
    assert_eq!(object["metadata"], json!({ "principal": "users/1" }));
    assert_eq!(object["customTime"], "2026-11-22T10:00:00Z");
}

#[tokio::test]
async fn a_second_use_is_refused() {
    let cloud = start().await;
    let headers = [JPEG, SIZES, CREATE_ONLY];
    let url = sign(&cloud, &Method::PUT, &headers).await;
    let put = |content: &'static str| request(Method::PUT, &url, &headers).body(content).send();
    assert_eq!(put("first").await.unwrap().status(), 200);
    let first = object(&cloud).await;
    let second = put("second").await.unwrap();
    assert_eq!(second.status(), 412);
    assert!(
        second
            .text()
            .await
            .unwrap()
            .contains("<Code>PreconditionFailed</Code>")
    );
    assert_eq!(object(&cloud).await, first);
}

#[tokio::test]
async fn of_two_uses_at_once_one_is_refused() {
    let cloud = start().await;
    let headers = [JPEG, SIZES, CREATE_ONLY];
    let url = sign(&cloud, &Method::PUT, &headers).await;
    let put = || request(Method::PUT, &url, &headers).body("hello").send();
    let (one, other) = tokio::join!(put(), put());
    let mut statuses = [
        one.unwrap().status().as_u16(),
        other.unwrap().status().as_u16(),
    ];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
}

#[tokio::test]
async fn another_type_than_was_signed_is_refused() {
    let cloud = start().await;
    let url = sign(&cloud, &Method::PUT, &[JPEG]).await;
    let headers = [("content-type", "text/html")];
    let response = request(Method::PUT, &url, &headers)
        .body("x")
        .send()
        .await
        .unwrap();
    assert_refused(&cloud, response, 403, "SignatureDoesNotMatch").await;
}

#[tokio::test]
async fn another_object_than_was_signed_is_refused() {
    let cloud = start().await;
    let url = sign(&cloud, &Method::PUT, &[])
        .await
        .replace("original", "elsewhere");
    let response = request(Method::PUT, &url, &[])
        .body("x")
        .send()
        .await
        .unwrap();
    assert_refused(&cloud, response, 403, "SignatureDoesNotMatch").await;
}

#[tokio::test]
async fn another_method_than_was_signed_is_refused() {
    let cloud = start().await;
    let url = sign(&cloud, &Method::GET, &[]).await;
    let response = request(Method::PUT, &url, &[])
        .body("x")
        .send()
        .await
        .unwrap();
    assert_refused(&cloud, response, 403, "SignatureDoesNotMatch").await;
}

#[tokio::test]
async fn a_longer_life_than_was_signed_is_refused() {
    let cloud = start().await;
    let url = sign(&cloud, &Method::PUT, &[])
        .await
        .replace("Expires=600", "Expires=6000");
    let response = request(Method::PUT, &url, &[])
        .body("x")
        .send()
        .await
        .unwrap();
    assert_refused(&cloud, response, 403, "SignatureDoesNotMatch").await;
}

#[tokio::test]
async fn a_url_that_has_expired_is_refused() {
    let cloud = start().await;
    let url = sign(&cloud, &Method::PUT, &[]).await;
    cloud.clock().advance(601);
    let response = request(Method::PUT, &url, &[])
        .body("x")
        .send()
        .await
        .unwrap();
    assert_refused(&cloud, response, 400, "ExpiredToken").await;
}

#[tokio::test]
async fn a_url_without_signature_is_refused() {
    let cloud = start().await;
    let url = format!("{}/{BUCKET}/o", cloud.endpoint());
    for method in [Method::PUT, Method::GET, Method::DELETE] {
        let response = request(method, &url, &[]).body("x").send().await.unwrap();
        assert_refused(&cloud, response, 403, "AccessDenied").await;
    }
}

#[tokio::test]
async fn more_bytes_than_were_signed_are_refused() {
    let cloud = start().await;
    let response = upload(&cloud, &[JPEG, SIZES], "eleven char").await;
    assert_refused(&cloud, response, 400, "EntityTooLarge").await;
}

#[tokio::test]
async fn more_bytes_than_were_signed_are_refused_when_their_number_is_not_announced() {
    let cloud = start().await;
    let url = sign(&cloud, &Method::PUT, &[SIZES]).await;
    let chunks = ["0123456789", "0"].map(Ok::<_, std::io::Error>);
    let body = reqwest::Body::wrap_stream(futures::stream::iter(chunks));
    let response = request(Method::PUT, &url, &[SIZES])
        .body(body)
        .send()
        .await
        .unwrap();
    assert_refused(&cloud, response, 400, "EntityTooLarge").await;
}

#[tokio::test]
async fn fewer_bytes_than_were_signed_are_refused() {
    let cloud = start().await;
    let response = upload(&cloud, &[SIZES], "").await;
    assert_refused(&cloud, response, 400, "EntityTooSmall").await;
}

#[tokio::test]
async fn a_large_body_that_is_refused_still_gets_its_answer() {
    let cloud = start().await;
    let url = sign(&cloud, &Method::PUT, &[SIZES]).await;
    let body = vec![0; 20 << 20];
    let response = request(Method::PUT, &url, &[SIZES])
        .body(body)
        .send()
        .await
        .unwrap();
    assert_refused(&cloud, response, 400, "EntityTooLarge").await;
}

#[tokio::test]
async fn the_size_range_cannot_be_left_out_or_widened() {
    let cloud = start().await;
    let url = sign(&cloud, &Method::PUT, &[SIZES]).await;
    let without = request(Method::PUT, &url, &[])
        .body("x")
        .send()
        .await
        .unwrap();
    assert_refused(&cloud, without, 400, "MalformedSecurityHeader").await;
    let wider = [("x-goog-content-length-range", "0,1000000")];
    let response = request(Method::PUT, &url, &wider)
        .body("x")
        .send()
        .await
        .unwrap();
    assert_refused(&cloud, response, 403, "SignatureDoesNotMatch").await;
}

#[tokio::test]
async fn a_header_that_was_not_signed_cannot_be_added() {
    let cloud = start().await;
    let url = sign(&cloud, &Method::PUT, &[]).await;
    let response = request(Method::PUT, &url, &[META])
        .body("x")
        .send()
        .await
        .unwrap();
    assert_refused(&cloud, response, 400, "MalformedSecurityHeader").await;
}

#[tokio::test]
async fn bytes_that_are_not_those_of_the_checksum_are_refused() {
    let cloud = start().await;
    for header in [
        ("content-md5", "AAAAAAAAAAAAAAAAAAAAAA=="),
        ("x-goog-hash", "crc32c=AAAAAA=="),
    ] {
        let response = upload(&cloud, &[header], "hello").await;
        assert_refused(&cloud, response, 400, "BadDigest").await;
    }
    let right = ("content-md5", "XUFAKrxLKna5cZ2REBfFkg==");
    assert_eq!(upload(&cloud, &[right], "hello").await.status(), 200);
}

#[tokio::test]
async fn a_signed_download_answers_get_and_head_and_ranges() {
    let cloud = start().await;
    put(&cloud, NAME, "0123456789").await;
    let url = sign(&cloud, &Method::GET, &[]).await;
    let whole = request(Method::GET, &url, &[]).send().await.unwrap();
    assert_eq!(whole.text().await.unwrap(), "0123456789");
    let head = request(Method::HEAD, &url, &[]).send().await.unwrap();
    assert_eq!(
        (head.status().as_u16(), &head.headers()["content-length"]),
        (200, &"10".parse().unwrap())
    );
    let part = request(Method::GET, &url, &[("range", "bytes=2-4")])
        .send()
        .await
        .unwrap();
    assert_eq!(
        (part.status().as_u16(), part.text().await.unwrap()),
        (206, "234".to_owned())
    );
    let outside = request(Method::GET, &url, &[("range", "bytes=10-")])
        .send()
        .await
        .unwrap();
    assert_eq!(outside.status(), 416);
}

#[tokio::test]
async fn a_signed_download_of_nothing_is_no_such_key() {
    let cloud = start().await;
    let url = sign(&cloud, &Method::GET, &[]).await;
    let response = request(Method::GET, &url, &[]).send().await.unwrap();
    assert_refused(&cloud, response, 404, "NoSuchKey").await;
}
