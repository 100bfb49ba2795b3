//! What web pages may do.

use local_cloud::LocalCloud;
use reqwest::{Client, Method, Response};
use serde_json::json;

use crate::cloud::{BUCKET, start};
use crate::signing::{request, sign};

/// Allows one origin to `PUT`.
async fn allow_page(cloud: &LocalCloud) {
    let rule = json!({
        "origin": ["https://app.example"],
        "method": ["PUT"],
        "responseHeader": ["content-type", "x-goog-hash"],
        "maxAgeSeconds": 60,
    });
    let url = format!("{}/storage/v1/b/{BUCKET}", cloud.endpoint());
    let request = Client::new().patch(url).json(&json!({ "cors": [rule] }));
    assert_eq!(request.send().await.unwrap().status(), 200);
}

async fn preflight(cloud: &LocalCloud, origin: &str, method: &str) -> Response {
    let url = format!("{}/{BUCKET}/o", cloud.endpoint());
    let headers = [
        ("origin", origin),
        ("access-control-request-method", method),
    ];
    request(Method::OPTIONS, &url, &headers)
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_browser_is_told_what_the_bucket_allows() {
    let cloud = start().await;
    allow_page(&cloud).await;
    let allowed = preflight(&cloud, "https://app.example", "PUT").await;
    assert_eq!(allowed.status(), 200);
    let headers = allowed.headers();
    assert_eq!(
        headers["access-control-allow-origin"],
        "https://app.example"
    );
    assert_eq!(headers["access-control-allow-methods"], "PUT");
    assert_eq!(
        headers["access-control-allow-headers"],
        "content-type, x-goog-hash"
    );
    assert_eq!(headers["access-control-max-age"], "60");
}

#[tokio::test]
async fn a_browser_is_told_nothing_for_other_pages_and_methods() {
    let cloud = start().await;
    allow_page(&cloud).await;
    for (origin, method) in [
        ("https://evil.example", "PUT"),
        ("https://app.example", "DELETE"),
    ] {
        let refused = preflight(&cloud, origin, method).await;
        assert_eq!(refused.headers().get("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn a_page_can_read_the_answer_to_its_upload() {
    let cloud = start().await;
    allow_page(&cloud).await;
    let url = sign(&cloud, &Method::PUT, &[]).await;
    let headers = [("origin", "https://app.example")];
    let response = request(Method::PUT, &url, &headers)
        .body("x")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(
        response.headers()["access-control-allow-origin"],
        "https://app.example"
    );
    assert_eq!(
        response.headers()["access-control-expose-headers"],
        "content-type, x-goog-hash"
    );
}
