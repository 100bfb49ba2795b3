//! Requests that never reach a handler are problems too.

use axum::http::StatusCode;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Key, Service, claims};

async fn post_text(content_type: &str, body: String) -> Answer {
    let service = Service::alone().await;
    let request = service
        .request(Method::POST, "/v1/uploads")
        .header("content-type", content_type);
    let token = Key::rsa().sign(&claims("alice"));
    Answer::to(request.bearer_auth(token).body(body)).await
}

fn detail(problem: &Value) -> &str {
    problem["detail"].as_str().unwrap()
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    Service::alone()
        .await
        .get("alice", "/v1/nothing")
        .await
        .problem(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_wrong_method_is_not_allowed() {
    let answer = Service::alone().await.get("alice", "/v1/uploads").await;
    answer.problem(StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused() {
    let answer = post_text("application/json", "{\"content_type\": ".to_owned()).await;
    assert!(detail(answer.problem(StatusCode::BAD_REQUEST)).contains("line 1 column"));
}

#[tokio::test]
async fn a_body_of_another_type_is_refused() {
    let answer = post_text("text/plain", "{}".to_owned()).await;
    let problem = answer.problem(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(detail(problem).contains("application/json"));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let body = json!({ "filename": "x".repeat(1024 * 1024) }).to_string();
    let answer = post_text("application/json", body).await;
    assert!(detail(answer.problem(StatusCode::PAYLOAD_TOO_LARGE)).contains("1 MiB"));
}

#[tokio::test]
async fn health_needs_no_token() {
    let service = Service::alone().await;
    let answer = Answer::to(service.request(Method::GET, "/health")).await;
    assert_eq!(answer.status, StatusCode::OK);
}

async fn preflight(allowed: &str, origin: &str) -> Answer {
    let variables = [("CORS_ALLOWED_ORIGINS", allowed)];
    let service = Service::with(&variables).await;
    let request = service
        .request(Method::OPTIONS, "/v1/uploads")
        .header("origin", origin);
    let request = request
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        );
    Answer::to(request).await
}

#[tokio::test]
async fn pages_of_an_allowed_origin_may_call() {
    let origins = "https://app.example, http://localhost:3000";
    for origin in ["https://app.example", "http://localhost:3000"] {
        let answer = preflight(origins, origin).await;
        assert_eq!(answer.headers["access-control-allow-origin"], *origin);
        assert_eq!(
            answer.headers["access-control-allow-headers"],
            "authorization,content-type"
        );
    }
}

#[tokio::test]
async fn pages_of_other_origins_may_not_call() {
    for (allowed, origin) in [
        ("https://app.example", "https://evil.example"),
        ("", "null"),
    ] {
        let answer = preflight(allowed, origin).await;
        assert!(
            !answer.headers.contains_key("access-control-allow-origin"),
            "{answer:?}"
        );
    }
}
