//! A proxy before the warehouse that can be told to fail, or to hold what it is sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// A running proxy.
#[derive(Debug, Clone)]
pub struct Proxy {
    upstream: String,
    failures: Arc<AtomicU32>,
    inserts: Arc<AtomicU32>,
    held: watch::Sender<bool>,
    streaming: Arc<AtomicBool>,
}

impl Proxy {
    /// Starts a proxy before `upstream` and returns it with its address.
    pub async fn start(upstream: String) -> (Self, String) {
        let proxy = Self {
            upstream,
            failures: Arc::default(),
            inserts: Arc::default(),
            held: watch::Sender::default(),
            streaming: Arc::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let app = Router::new().fallback(forward).with_state(proxy.clone());
        tokio::spawn(axum::serve(listener, app).into_future());
        (proxy, address)
    }

    /// Answers the next `count` requests with 503.
    pub fn fail(&self, count: u32) {
        self.failures.store(count, Ordering::SeqCst);
    }

    /// How many of the failures asked for are still to come.
    #[must_use]
    pub fn failures_left(&self) -> u32 {
        self.failures.load(Ordering::SeqCst)
    }

    /// Keeps all requests waiting from now on.
    pub fn hold(&self) {
        self.held.send_replace(true);
    }

    /// Lets the requests go that [`Self::hold`] keeps.
    pub fn release(&self) {
        self.held.send_replace(false);
    }

    /// From now on refuses to delete rows, or no more, as BigQuery does while they are in its streaming
    /// buffer.
    pub fn keep_rows(&self, keep: bool) {
        self.streaming.store(keep, Ordering::SeqCst);
    }

    /// How many `insertAll` requests have come, held ones among them.
    #[must_use]
    pub fn inserts(&self) -> u32 {
        self.inserts.load(Ordering::SeqCst)
    }

    fn fails(&self) -> bool {
        let one_less = |left: u32| left.checked_sub(1);
        self.failures
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less)
            .is_ok()
    }

    async fn forward(&self, request: reqwest::RequestBuilder) -> Response {
        match request.send().await {
            Ok(answer) => {
                let (status, headers) = (answer.status(), answer.headers().clone());
                (status, headers, answer.bytes().await.unwrap_or_default()).into_response()
            }
            Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
        }
    }
}

async fn forward(
    State(proxy): State<Proxy>,
    method: Method,
    uri: Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response {
    if uri.path().ends_with("/insertAll") {
        proxy.inserts.fetch_add(1, Ordering::SeqCst);
    }
    // It cannot fail: `proxy` holds the sender.
    let _ = proxy.held.subscribe().wait_for(|held| !held).await;
    if proxy.fails() {
        return (StatusCode::SERVICE_UNAVAILABLE, "down").into_response();
    }
    if proxy.streaming.load(Ordering::SeqCst) && is_delete(&uri, &body) {
        return (StatusCode::BAD_REQUEST, axum::Json(streaming_buffer())).into_response();
    }
    headers.remove("host");
    let url = format!("{}{uri}", proxy.upstream);
    let request = reqwest::Client::new()
        .request(method, url)
        .headers(headers)
        .body(body);
    proxy.forward(request).await
}

fn is_delete(uri: &Uri, body: &[u8]) -> bool {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let sql = request["query"].as_str().unwrap_or_default();
    uri.path().ends_with("/queries") && sql.starts_with("DELETE")
}

/// BigQuery's refusal of a statement that would change rows it has just taken in.
fn streaming_buffer() -> Value {
    let message = "UPDATE or DELETE statement over table would affect rows in the streaming buffer, \
                   which is not supported";
    let error = json!({ "reason": "invalidQuery", "message": message, "location": "query" });
    json!({ "error": {
        "code": 400, "message": message, "errors": [error], "status": "INVALID_ARGUMENT",
    } })
}
