//! A proxy before the warehouse that can be told to fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

/// A running proxy.
#[derive(Debug, Clone)]
pub struct Proxy {
    upstream: String,
    failures: Arc<AtomicU32>,
}

impl Proxy {
    /// Starts a proxy before `upstream` and returns it with its address.
    pub async fn start(upstream: String) -> (Self, String) {
        let proxy = Self {
            upstream,
            failures: Arc::default(),
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
}

async fn forward(
    State(proxy): State<Proxy>,
    method: Method,
    uri: Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response {
    let one_less = |left: u32| left.checked_sub(1);
    let failing = proxy
        .failures
        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
    if failing.is_ok() {
        return (StatusCode::SERVICE_UNAVAILABLE, "down").into_response();
    }
    headers.remove("host");
    let url = format!("{}{uri}", proxy.upstream);
    let request = reqwest::Client::new()
        .request(method, url)
        .headers(headers)
        .body(body);
    match request.send().await {
        Ok(answer) => {
            let (status, headers) = (answer.status(), answer.headers().clone());
            (status, headers, answer.bytes().await.unwrap_or_default()).into_response()
        }
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}
