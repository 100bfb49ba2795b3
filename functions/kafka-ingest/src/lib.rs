//! Stores every message of a Kafka stream as an image in the ingest bucket, exactly once.
//!
//! An object's name follows from the message's coordinates and is created only once, and an offset is
//! committed only when all before it are stored: whatever breaks, a message is delivered again until
//! it is stored, and found stored from then on. What can never be taken in becomes a dead letter.

pub mod commands;
mod config;
mod consumer;
mod dead_letters;
mod health;
mod intake;
pub mod message;
mod metrics;
mod progress;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use darkroom_gcp::function::{App, StartError};

pub use config::Config;

use consumer::Consumer;
use dead_letters::DeadLetters;
use health::Health;
use intake::Intake;
use metrics::Metrics;

/// The consumer, with its health and its metrics.
///
/// # Errors
///
/// When there are no Google credentials, or the connection's settings are wrong.
pub async fn app(config: Config) -> Result<App, StartError> {
    let (metrics, health) = (Metrics::default(), Health::default());
    let dead_letters = DeadLetters::new(&config.connection, config.dead_letter_topic)?;
    let intake = Intake::new(config.destination, dead_letters).await?;
    let watched = (metrics.clone(), health.clone());
    let consumer = Consumer::new(&config.connection, &config.subscription, intake, watched)?;
    Ok(App {
        routes: Router::new().route("/metrics", get(async move || prometheus(&metrics))),
        health: Arc::new(move || health.check()),
        work: Some(Box::new(|stop| Box::pin(consumer.run(stop)))),
    })
}

fn prometheus(metrics: &Metrics) -> Response {
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    match metrics.text() {
        Ok(text) => ([(CONTENT_TYPE, content_type)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "no metrics");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
