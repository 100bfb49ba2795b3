//! What the tests are made of.

mod cloud;
mod issuer;
mod key;
mod service;

pub(crate) use cloud::Cloud;
pub(crate) use issuer::{AUDIENCE, ISSUER, Issuer, claims};
pub(crate) use key::{Key, unsigned};
pub(crate) use service::{Answer, Service};

use std::time::{Duration, Instant};

/// Waits until `done` holds.
pub(crate) async fn eventually(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !done().await {
        assert!(Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
