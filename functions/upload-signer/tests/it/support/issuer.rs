//! An issuer of tokens: a key set behind a URL.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::Key;

pub(crate) const ISSUER: &str = "https://issuer.example";
pub(crate) const AUDIENCE: &str = "darkroom";

/// Good claims of `subject`, for the next ten minutes.
pub(crate) fn claims(subject: &str) -> Value {
    let exp = Timestamp::now().as_second() + 600;
    json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": subject, "exp": exp })
}

/// Serves whatever key set it is told to.
pub(crate) struct Issuer {
    pub(crate) keys_url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// The answer's body; none means that the issuer is out of order.
    body: Mutex<Option<String>>,
    requests: AtomicUsize,
}

impl Issuer {
    /// An issuer with these keys.
    pub(crate) async fn start(keys: &[Key]) -> Self {
        let shared = Arc::new(Shared::default());
        let app = Router::new()
            .route("/jwks.json", get(serve))
            .with_state(Arc::clone(&shared));
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .unwrap();
        let keys_url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, app).await });
        let issuer = Self { keys_url, shared };
        issuer.publish(keys);
        issuer
    }

    pub(crate) fn publish(&self, keys: &[Key]) {
        let keys: Vec<_> = keys.iter().map(Key::jwk).collect();
        self.answer(&json!({ "keys": keys }).to_string());
    }

    pub(crate) fn answer(&self, body: &str) {
        *self.shared.body.lock().unwrap() = Some(body.to_owned());
    }

    pub(crate) fn fail(&self) {
        *self.shared.body.lock().unwrap() = None;
    }

    /// How often the key set was asked for.
    pub(crate) fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::SeqCst)
    }
}

async fn serve(State(shared): State<Arc<Shared>>) -> Result<String, StatusCode> {
    shared.requests.fetch_add(1, Ordering::SeqCst);
    shared
        .body
        .lock()
        .unwrap()
        .clone()
        .ok_or(StatusCode::INTERNAL_SERVER_ERROR)
}
