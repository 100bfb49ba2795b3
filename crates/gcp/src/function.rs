//! The harness every function is served by, on Cloud Run and on a laptop alike.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tower_http::trace::TraceLayer;

use crate::env::Env;
use crate::problem::Problem;
use crate::telemetry;

/// Why a function could not start.
pub type StartError = Box<dyn std::error::Error + Send + Sync>;

/// The largest request body taken: events and API calls are small, images go to the bucket.
const BODY_LIMIT: usize = 1024 * 1024;

/// Cloud Run kills 10 s after SIGTERM
/// (<https://cloud.google.com/run/docs/container-contract#instance-shutdown>).
const DRAIN: Duration = Duration::from_secs(9);

struct ServerConfig {
    host: String,
    port: u16,
    project: Option<String>,
}

impl ServerConfig {
    fn from_env(env: &mut Env) -> Option<Self> {
        // Cloud Run reaches a container on any interface; a laptop sets HOST to loopback.
        let host = env.optional("HOST").unwrap_or_else(|| "0.0.0.0".to_owned());
        let port = env.required("PORT");
        Some(Self {
            host,
            port: port?,
            project: env.optional("GOOGLE_CLOUD_PROJECT"),
        })
    }
}

/// Runs a function: reads its configuration, builds its routes and serves them until SIGTERM or
/// Ctrl-C, then lets requests in flight end. Port 0 takes a free one; the log tells which.
pub async fn run<C, F>(config: impl FnOnce(&mut Env) -> Option<C>, app: F) -> ExitCode
where
    F: AsyncFnOnce(C) -> Result<Router, StartError>,
{
    telemetry::init();
    // Two crypto providers are linked (the clients differ), so rustls must be told which.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match start(config, app).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(
                error = &*error as &dyn std::error::Error,
                "the function ends"
            );
            ExitCode::FAILURE
        }
    }
}

async fn start<C, F>(config: impl FnOnce(&mut Env) -> Option<C>, app: F) -> Result<(), StartError>
where
    F: AsyncFnOnce(C) -> Result<Router, StartError>,
{
    let (server, config) = Env::read(|env| {
        let (server, config) = (ServerConfig::from_env(env), config(env));
        Some((server?, config?))
    })?;
    let listener = TcpListener::bind((server.host.as_str(), server.port))
        .await
        .map_err(|error| format!("cannot listen on {}:{}: {error}", server.host, server.port))?;
    let app = with_harness(app(config).await?, server.project);
    tracing::info!(address = %listener.local_addr()?, "listening");
    serve(listener, app).await?;
    Ok(())
}

/// The routes every function has, and what is around every request.
fn with_harness(app: Router, project: Option<String>) -> Router {
    let span = move |request: &Request| {
        let trace = trace(request.headers(), project.as_deref());
        tracing::info_span!("request", { telemetry::TRACE } = trace)
    };
    // Whoever answers with 5xx logs why, so the layer does not repeat that it failed.
    let trace = TraceLayer::new_for_http()
        .make_span_with(span)
        .on_failure(());
    app.route("/healthz", get(|| async { "ok\n" }))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(trace)
}

async fn not_found() -> impl IntoResponse {
    Problem::new(StatusCode::NOT_FOUND, "there is nothing at this path")
}

async fn method_not_allowed() -> impl IntoResponse {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "this path does not take this method",
    )
}

/// The request's trace as Cloud Logging names it, from the W3C header that Google's front end sets
/// (<https://cloud.google.com/trace/docs/trace-context>).
fn trace(headers: &HeaderMap, project: Option<&str>) -> Option<String> {
    let traceparent = headers.get("traceparent")?.to_str().ok()?;
    let id = traceparent.split('-').nth(1)?;
    let is_id = id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
    is_id.then(|| format!("projects/{}/traces/{id}", project.unwrap_or_default()))
}

async fn serve(listener: TcpListener, app: Router) -> io::Result<()> {
    let stop = CancellationToken::new();
    let server = axum::serve(listener, app).with_graceful_shutdown(stop.clone().cancelled_owned());
    let drained = async {
        stop_signal().await?;
        tracing::info!("stopping");
        stop.cancel();
        tokio::time::sleep(DRAIN).await;
        tracing::warn!("requests in flight did not end in time");
        Ok(())
    };
    tokio::select! {
        result = server.into_future() => result,
        result = drained => result,
    }
}

async fn stop_signal() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        result = tokio::signal::ctrl_c() => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace_of(traceparent: &str) -> Option<String> {
        let value = traceparent.parse().unwrap();
        trace(
            &HeaderMap::from_iter([("traceparent".parse().unwrap(), value)]),
            Some("p"),
        )
    }

    #[test]
    fn a_trace_is_named_as_cloud_logging_does() {
        let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let name = "projects/p/traces/0af7651916cd43dd8448eb211c80319c";
        assert_eq!(trace_of(header).as_deref(), Some(name));
    }

    #[test]
    fn a_malformed_trace_is_ignored() {
        for header in [
            "",
            "00",
            "00-xyz-1-01",
            "00-0af7651916cd43dd8448eb211c80319\"-1-01",
        ] {
            assert_eq!(trace_of(header), None, "{header}");
        }
    }
}
