//! Hands out signed upload URLs, tells owners about their images and takes requests to erase them.
//!
//! Image bytes never pass through here: a client asks for a URL, puts the bytes into the bucket with
//! it, and asks here later what became of them. Who the client is, a [token](auth) says; what a URL
//! allows is fixed when it is [signed](uploads).

pub mod auth;
pub mod config;
pub mod erasures;
pub mod images;
pub mod openapi;
pub mod state;
pub mod uploads;

mod problem;
mod routes;
mod signed_url;

use axum::Router;
use darkroom_gcp::function::StartError;

pub use config::Config;
use state::Services;

/// The function's routes, with what they need connected.
///
/// # Errors
///
/// When there are no credentials.
pub async fn app(config: Config) -> Result<Router, StartError> {
    let origins = config.allowed_origins.clone();
    let router = routes::router(Services::connect(config).await?);
    Ok(routes::allow_origins(router, origins))
}
