//! A web page of any origin uploads and downloads by signed URLs.

use std::collections::BTreeSet;

use integration_tests::{TestStack, photo, run};
use local_stack::topology::{AUDIENCE, Service};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

const ORIGIN: &str = "https://app.example";

/// Asks for the URL of an upload that carries every header that one can.
async fn signed_upload(stack: &TestStack) -> Value {
    let cloud = stack.stack.cloud.endpoint();
    let claims = json!({ "sub": "user-1", "aud": AUDIENCE });
    let token = post(&format!("{cloud}/_local/token"), "", &claims).await;
    let wish = json!({
        "content_type": "image/jpeg",
        "size_bytes": 1,
        "filename": "a.jpg",
        "md5": "1B2M2Y8AsgTpgAmY7PhCfg==",
        "labels": { "trip": "alps" },
    });
    let signer = stack.stack.endpoint(Service::UploadSigner);
    let token = token["token"].as_str().unwrap();
    post(&format!("{signer}/v1/uploads"), token, &wish).await
}

async fn post(url: &str, token: &str, body: &Value) -> Value {
    let request = Client::new().post(url).bearer_auth(token).json(body);
    let answer = request.send().await.unwrap().error_for_status().unwrap();
    answer.json().await.unwrap()
}

/// What a browser asks before it sends `method` with `headers` from a page of another origin.
async fn preflight(url: &str, method: &str, headers: &str) -> Response {
    let request = Client::new()
        .request(Method::OPTIONS, url)
        .header("origin", ORIGIN)
        .header("access-control-request-method", method)
        .header("access-control-request-headers", headers);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer
}

fn list<'a>(answer: &'a Response, header: &str) -> BTreeSet<&'a str> {
    let value = answer.headers().get(header);
    let value = value.map_or("", |value| value.to_str().unwrap());
    value.split(", ").filter(|item| !item.is_empty()).collect()
}

#[test]
fn a_page_may_upload_with_just_the_headers_that_the_signer_asks_for() {
    run(async {
        let stack = TestStack::start().await;
        let upload = signed_upload(&stack).await;
        let headers = upload["headers"].as_object().unwrap();
        let headers: Vec<&str> = headers.keys().map(String::as_str).collect();
        let url = upload["url"].as_str().unwrap();
        let allowed = preflight(url, "PUT", &headers.join(", ")).await;
        let origins = list(&allowed, "access-control-allow-origin");
        assert_eq!(origins, BTreeSet::from(["*"]));
        let methods = list(&allowed, "access-control-allow-methods");
        assert_eq!(methods, BTreeSet::from(["PUT"]));
        let allowed = list(&allowed, "access-control-allow-headers");
        assert_eq!(allowed, BTreeSet::from_iter(headers));

        let refused = preflight(url, "GET", "").await;
        assert!(list(&refused, "access-control-allow-origin").is_empty());
    });
}

#[test]
fn a_page_may_download() {
    run(async {
        let stack = TestStack::start().await;
        let id = stack.upload(&photo(1)).await;
        stack.rows(std::slice::from_ref(&id)).await;
        let owner = stack.stack.uploader("user-1").await.unwrap();
        let told = owner.image(&id).await.unwrap();
        let url = told["downloads"][0]["url"].as_str().unwrap();
        let allowed = preflight(url, "GET", "").await;
        assert!(!list(&allowed, "access-control-allow-origin").is_empty());
        let methods = list(&allowed, "access-control-allow-methods");
        assert_eq!(methods, BTreeSet::from(["GET"]));

        let request = Client::new().get(url).header("origin", ORIGIN);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    });
}
