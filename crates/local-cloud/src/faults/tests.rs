use axum::Router;
use axum::body::Body;
use axum::body::to_bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::ServiceExt;

use super::*;

fn fault(spec: Value) -> Result<Fault, serde_json::Error> {
    serde_json::from_value(spec)
}

fn faults(specs: &[Value]) -> Faults {
    let faults = Faults::default();
    for spec in specs {
        faults.add(fault(spec.clone()).unwrap()).unwrap();
    }
    faults
}

fn router(faults: &Faults) -> Router {
    Router::new()
        .fallback(|| async { "done" })
        .layer(axum::middleware::from_fn_with_state(
            faults.clone(),
            middleware,
        ))
}

fn request(method: Method, path: &str) -> Request {
    Request::builder()
        .method(method)
        .uri(path)
        .body(Body::from("bytes"))
        .unwrap()
}

async fn status(faults: &Faults, method: Method, path: &str) -> StatusCode {
    router(faults)
        .oneshot(request(method, path))
        .await
        .unwrap()
        .status()
}

#[tokio::test]
async fn a_status_comes_as_often_as_it_was_asked_for() {
    let faults = faults(&[json!({ "status": 503, "count": 2 })]);
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(
            status(&faults, Method::GET, "/bucket/object")
                .await
                .as_u16(),
        );
    }
    assert_eq!(statuses, [503, 503, 200]);
    assert_eq!(faults.waiting(), []);
}

#[tokio::test]
async fn every_api_has_its_own_form_of_error() {
    let faults = faults(&[json!({ "status": 503, "count": 3 })]);
    let mut bodies = Vec::new();
    for path in [
        "/storage/v1/b/x/o",
        "/x/y",
        "/google.storage.v2.Storage/GetObject",
    ] {
        let response = router(&faults)
            .oneshot(request(Method::GET, path))
            .await
            .unwrap();
        let grpc_status = response.headers().get("grpc-status").cloned();
        let status = response.status();
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        bodies.push((
            status.as_u16(),
            grpc_status,
            String::from_utf8(body.to_vec()).unwrap(),
        ));
    }
    let [json, xml, grpc] = bodies.try_into().unwrap();
    assert_eq!(json.0, 503);
    let json: Value = serde_json::from_str(&json.2).unwrap();
    assert_eq!(json["error"]["errors"][0]["reason"], "backendError");
    assert_eq!(xml.0, 503);
    assert!(
        xml.2.contains("<Code>ServiceUnavailable</Code>"),
        "{}",
        xml.2
    );
    assert_eq!(
        (grpc.0, grpc.1.unwrap().to_str().unwrap(), grpc.2.as_str()),
        (200, "14", "")
    );
}

#[tokio::test]
async fn only_matching_requests_fail() {
    let spec =
        json!({ "api": "json", "bucket": "x y", "operation": "objects.delete", "status": 500 });
    let faults = faults(&[spec]);
    let others = [
        (Method::GET, "/storage/v1/b/x%20y/o/a"),
        (Method::DELETE, "/storage/v1/b/z/o/a"),
        (Method::DELETE, "/x%20y/a"),
        (Method::DELETE, "/_local/faults"),
    ];
    for (method, path) in others {
        assert_eq!(
            status(&faults, method, path).await,
            StatusCode::OK,
            "{path}"
        );
    }
    let status = status(&faults, Method::DELETE, "/storage/v1/b/x%20y/o/a").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn control_endpoints_never_fail() {
    let faults = faults(&[json!({ "status": 503 })]);
    for path in ["/_local/clock", "/token", "/.well-known/jwks.json", "/"] {
        assert_eq!(
            status(&faults, Method::GET, path).await,
            StatusCode::OK,
            "{path}"
        );
    }
}

#[tokio::test]
async fn of_several_faults_the_eldest_acts() {
    let faults = faults(&[json!({ "status": 500 }), json!({ "status": 429 })]);
    assert_eq!(
        status(&faults, Method::GET, "/b/o").await,
        StatusCode::INTERNAL_SERVER_ERROR
    );
    assert_eq!(
        status(&faults, Method::GET, "/b/o").await,
        StatusCode::TOO_MANY_REQUESTS
    );
}

#[tokio::test]
async fn a_delayed_request_is_carried_out_later() {
    let faults = faults(&[json!({ "delay_ms": 50 })]);
    let before = std::time::Instant::now();
    assert_eq!(status(&faults, Method::GET, "/b/o").await, StatusCode::OK);
    assert!(before.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn a_cut_connection_gives_no_answer() {
    let faults = faults(&[json!({ "cut": true })]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/bucket/object", listener.local_addr().unwrap());
    let app = router(&faults);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let error = client.get(&url).send().await.unwrap_err();
    assert!(error.is_request(), "{error:?}");
    assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
}

#[test]
fn operations_are_named_alike_in_all_apis() {
    let target = |method: &str, path: &str| {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(
                "x-goog-request-params",
                "bucket=projects%2F_%2Fbuckets%2Fx&y=z",
            )
            .body(Body::empty())
            .unwrap();
        Target::of(&request)
    };
    let operations = [
        (
            "objects.insert",
            "POST",
            "/upload/storage/v1/b/x/o?uploadType=multipart",
        ),
        (
            "objects.insert",
            "PUT",
            "/resumable/upload/storage/v1/b/x/o?upload_id=1",
        ),
        ("objects.insert", "PUT", "/x/storage/v1/b"),
        (
            "objects.get",
            "GET",
            "/download/storage/v1/b/x/o/a%2Fb?alt=media",
        ),
        ("objects.get", "GET", "/x/a/b"),
        (
            "objects.get",
            "POST",
            "/google.storage.v2.Storage/GetObject",
        ),
        ("objects.list", "GET", "/storage/v1/b/x/o"),
        ("objects.list", "GET", "/x?prefix=a"),
        (
            "objects.list",
            "POST",
            "/google.storage.v2.Storage/ListObjects",
        ),
        (
            "objects.rewrite",
            "POST",
            "/storage/v1/b/x/o/a/rewriteTo/b/z/o/a",
        ),
        (
            "objects.rewrite",
            "POST",
            "/google.storage.v2.Storage/RewriteObject",
        ),
        ("buckets.get", "GET", "/storage/v1/b/x"),
        (
            "buckets.get",
            "POST",
            "/google.storage.v2.Storage/GetBucket",
        ),
    ];
    for (operation, method, path) in operations {
        let spec = json!({ "bucket": "x", "operation": operation, "status": 503 });
        let Fault::Request(fault) = fault(spec).unwrap() else {
            panic!("no request fault")
        };
        assert!(
            target(method, path).unwrap().matches(&fault),
            "{operation} {method} {path}"
        );
    }
}

#[test]
fn a_fault_is_written_as_it_is_read() {
    let specs = [
        json!({ "api": "grpc", "bucket": "b", "operation": "o", "count": 3, "status": 503 }),
        json!({ "count": 1, "delay_ms": 5 }),
        json!({ "count": 1, "cut": true }),
        json!({ "event": "duplicate", "trigger": "t", "count": 2 }),
        json!({ "event": "reorder", "count": 1, "delay_ms": 10_000 }),
        json!({ "event": "delay", "count": 1, "delay_ms": 7 }),
    ];
    for spec in specs {
        assert_eq!(
            serde_json::to_value(fault(spec.clone()).unwrap()).unwrap(),
            spec
        );
    }
}

#[test]
fn a_malformed_fault_is_refused() {
    let malformed = [
        json!({}),
        json!({ "status": 200 }),
        json!({ "status": 503, "cut": true }),
        json!({ "status": 503, "count": 0 }),
        json!({ "delay_ms": 600_001 }),
        json!({ "status": 503, "trigger": "t" }),
        json!({ "event": "delay" }),
        json!({ "event": "duplicate", "bucket": "b" }),
        json!({ "event": "duplicate", "status": 503 }),
        json!({ "event": "lost" }),
        json!({ "status": 503, "buckets": "b" }),
        json!({ "api": "soap", "status": 503 }),
    ];
    for spec in malformed {
        assert!(fault(spec.clone()).is_err(), "{spec}");
    }
}

#[test]
fn there_is_an_end_to_the_faults_that_wait() {
    let faults = Faults::default();
    let one = || fault(json!({ "cut": true })).unwrap();
    for _ in 0..MOST_FAULTS {
        faults.add(one()).unwrap();
    }
    assert_eq!(faults.add(one()), Err(InvalidFault::TooMany));
    faults.clear();
    assert_eq!(faults.add(one()), Ok(()));
}
