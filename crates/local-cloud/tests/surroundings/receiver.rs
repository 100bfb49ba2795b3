//! A service that takes what the cloud sends, and tells of it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use http::{HeaderMap, Method, StatusCode, Uri};
use local_cloud::LocalCloud;
use local_cloud::events::{DeliveryPolicy, EventKind, TriggerSpec};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Retries at once, so that nobody waits.
pub(crate) const QUICK: DeliveryPolicy = DeliveryPolicy {
    first_delay: Duration::from_millis(10),
    max_delay: Duration::from_millis(100),
    request_timeout: Duration::from_secs(30),
    in_flight: 16,
};

/// A running service.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    state: Arc<Inner>,
}

struct Inner {
    received: Mutex<Vec<Received>>,
    answers: Mutex<VecDeque<u16>>,
    default_answer: u16,
    gate: Semaphore,
    at_gate: AtomicUsize,
    most_at_gate: AtomicUsize,
}

/// A request that came in.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(crate) fn name(&self) -> &str {
        self.body["name"].as_str().unwrap()
    }
}

impl Receiver {
    /// Answers 204 to all.
    pub(crate) async fn start() -> Self {
        Self::answering(&[], 204).await
    }

    /// Answers with each of `first` once, then always with `then`.
    pub(crate) async fn answering(first: &[u16], then: u16) -> Self {
        Self::with(first, then, Semaphore::MAX_PERMITS).await
    }

    /// Never answers.
    pub(crate) async fn hanging() -> Self {
        Self::with(&[], 204, 0).await
    }

    /// One that nobody listens at.
    pub(crate) async fn absent() -> Self {
        Self {
            url: "http://127.0.0.1:9/".to_owned(),
            ..Self::start().await
        }
    }

    async fn with(first: &[u16], default_answer: u16, permits: usize) -> Self {
        let state = Arc::new(Inner {
            received: Mutex::default(),
            answers: Mutex::new(first.iter().copied().collect()),
            default_answer,
            gate: Semaphore::new(permits),
            at_gate: AtomicUsize::new(0),
            most_at_gate: AtomicUsize::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let router = Router::new().fallback(receive).with_state(state.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, state }
    }

    /// How many requests were waiting for an answer at once.
    pub(crate) fn most_at_once(&self) -> usize {
        self.state.most_at_gate.load(Ordering::SeqCst)
    }

    /// What came so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.state.received.lock().unwrap().clone()
    }

    /// The first `count` requests, when they are there.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Received> {
        until(|| self.received().len() >= count).await;
        self.received()
    }

    /// The object names of the events that came so far.
    pub(crate) fn names(&self) -> Vec<String> {
        self.received()
            .iter()
            .map(|received| received.name().to_owned())
            .collect()
    }
}

async fn receive(
    State(state): State<Arc<Inner>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> StatusCode {
    let body = serde_json::from_str(&body).unwrap_or(Value::Null);
    let path = uri.path().to_owned();
    state.received.lock().unwrap().push(Received {
        method,
        path,
        headers,
        body,
    });
    let waiting = state.at_gate.fetch_add(1, Ordering::SeqCst) + 1;
    state.most_at_gate.fetch_max(waiting, Ordering::SeqCst);
    let _permit = state.gate.acquire().await.unwrap();
    state.at_gate.fetch_sub(1, Ordering::SeqCst);
    let answer = state
        .answers
        .lock()
        .unwrap()
        .pop_front()
        .unwrap_or(state.default_answer);
    StatusCode::from_u16(answer).unwrap()
}

/// Waits until `condition` holds.
pub(crate) async fn until(mut condition: impl FnMut() -> bool) {
    let poll = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, poll)
        .await
        .expect("it did not come about in time");
}

/// Waits until no event waits any more.
pub(crate) async fn quiet(cloud: &LocalCloud) {
    until(|| cloud.events().deliveries().unwrap().waiting == 0).await;
}

/// Makes a trigger for events of `kind` in `bucket`.
pub(crate) async fn trigger(cloud: &LocalCloud, name: &str, kind: EventKind, to: &Receiver) {
    let spec = TriggerSpec {
        event_type: kind,
        bucket: "bucket".to_owned(),
        destination: to.url.parse().unwrap(),
    };
    cloud.events().put_trigger(name, spec).await.unwrap();
}
