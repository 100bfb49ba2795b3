//! The only crate that talks to Google Cloud, and the harness that every function is served by.
//!
//! A function is a [`config`](env::Env), an [`axum::Router`] and the line that joins them:
//!
//! ```no_run
//! # #[derive(Clone)] struct Config;
//! # fn config(_: &mut darkroom_gcp::env::Env) -> Option<Config> { Some(Config) }
//! # async fn app(_: Config) -> Result<axum::Router, darkroom_gcp::function::StartError> { Ok(axum::Router::new()) }
//! fn main() -> std::process::ExitCode {
//!     darkroom_gcp::function::run(config, app)
//! }
//! ```

pub mod clock;
pub mod env;
pub mod erasure;
pub mod event;
pub mod function;
pub mod problem;
pub mod retention;
pub mod storage;
pub mod warehouse;

mod telemetry;
