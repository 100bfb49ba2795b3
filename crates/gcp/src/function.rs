//! The harness every function is served by, on Cloud Run and on a laptop alike.

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures::future::BoxFuture;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
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

/// Where a function tells whether it is well. Not `/healthz`: Google's front end keeps paths that end
/// in z (<https://cloud.google.com/run/docs/known-issues>).
const HEALTH: &str = "/health";

/// What a function does: it answers requests, and some work besides.
pub struct App {
    /// Its routes.
    pub routes: Router,
    /// What ails it, if anything: `/health` tells.
    pub health: HealthCheck,
    /// What it does beside answering, until it is told to stop.
    pub work: Option<Work>,
}

/// Tells what ails a function, if anything.
pub type HealthCheck = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// Work that goes on until the token is cancelled, and then ends what is under way. One that ends
/// earlier ends the function.
pub type Work =
    Box<dyn FnOnce(CancellationToken) -> BoxFuture<'static, Result<(), StartError>> + Send>;

impl From<Router> for App {
    /// A function that only answers, and is well as long as it does.
    fn from(routes: Router) -> Self {
        Self {
            routes,
            health: Arc::new(|| Ok(())),
            work: None,
        }
    }
}

struct ServerConfig {
    host: String,
    port: u16,
    project: Option<String>,
    revision: Option<String>,
}

/// The port where `PORT` is unset. Cloud Run sets it for services, with this value unless told
/// otherwise, but not for worker pools
/// (<https://cloud.google.com/run/docs/container-contract#env-vars>).
const PORT: u16 = 8080;

impl ServerConfig {
    fn from_env(env: &mut Env) -> Option<Self> {
        // Cloud Run reaches a container on any interface; a laptop sets HOST to loopback.
        let host = env.optional("HOST").unwrap_or_else(|| "0.0.0.0".to_owned());
        let port = env.optional("PORT").unwrap_or(PORT);
        Some(Self {
            host,
            port,
            project: env.optional("GOOGLE_CLOUD_PROJECT"),
            revision: env.optional("K_REVISION"),
        })
    }
}

/// Runs a function: reads its configuration, builds the app and runs it until SIGTERM or Ctrl-C,
/// then lets requests and work in flight end. Port 0 takes a free one; the log tells which.
///
/// It makes the runtime itself, because work off the async threads that does not end in time must
/// not hold up the end of the process, and a runtime that is just dropped waits for it.
pub fn run<C, A, F>(config: impl FnOnce(&mut Env) -> Option<C>, app: F) -> ExitCode
where
    A: Into<App>,
    F: AsyncFnOnce(C) -> Result<A, StartError>,
{
    telemetry::init();
    choose_crypto();
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return end(Err(error.into())),
    };
    let result = runtime.block_on(start(config, app));
    runtime.shutdown_background();
    end(result)
}

/// Tells rustls which crypto provider to take: two are linked, because the clients differ. A process
/// that is not [`run`] calls it before it makes a client.
pub fn choose_crypto() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

fn end(result: Result<(), StartError>) -> ExitCode {
    match result {
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

async fn start<C, A, F>(
    config: impl FnOnce(&mut Env) -> Option<C>,
    app: F,
) -> Result<(), StartError>
where
    A: Into<App>,
    F: AsyncFnOnce(C) -> Result<A, StartError>,
{
    let (server, config) = Env::read(|env| {
        let (server, config) = (ServerConfig::from_env(env), config(env));
        Some((server?, config?))
    })?;
    let listener = TcpListener::bind((server.host.as_str(), server.port))
        .await
        .map_err(|error| format!("cannot listen on {}:{}: {error}", server.host, server.port))?;
    // Before it is said that the function listens, so that a signal from then on ends it cleanly.
    let stop = StopSignal::new()?;
    let App {
        routes,
        health,
        work,
    } = app(config).await?.into();
    let routes = with_harness(routes, health, server.project, server.revision);
    tracing::info!(address = %listener.local_addr()?, "listening");
    serve(listener, routes, work, stop).await
}

/// The routes every function has, and what is around every request.
fn with_harness(
    app: Router,
    health: HealthCheck,
    project: Option<String>,
    revision: Option<String>,
) -> Router {
    let span = move |request: &Request| {
        let trace = trace(request.headers(), project.as_deref());
        tracing::info_span!("request", { telemetry::TRACE } = trace)
    };
    // Whoever answers with 5xx logs why, so the layer does not repeat that it failed.
    let trace = TraceLayer::new_for_http()
        .make_span_with(span)
        .on_failure(());
    app.route(HEALTH, get(async move || tell_health(&health, revision)))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(trace)
}

/// The revision is Cloud Run's: a deploy asks for it, to know that the answer is the new one's.
fn tell_health(health: &HealthCheck, revision: Option<String>) -> Response {
    match health() {
        Ok(()) => Json(json!({ "status": "ok", "revision": revision })).into_response(),
        Err(ailment) => {
            tracing::error!(ailment, "not healthy");
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, ailment).into_response()
        }
    }
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

async fn serve(
    listener: TcpListener,
    routes: Router,
    work: Option<Work>,
    mut signal: StopSignal,
) -> Result<(), StartError> {
    let stop = CancellationToken::new();
    let server =
        axum::serve(listener, routes).with_graceful_shutdown(stop.clone().cancelled_owned());
    let work = async {
        match work {
            Some(work) => {
                let result = work(stop.clone()).await;
                stop.cancel();
                result
            }
            None => Ok(()),
        }
    };
    let drained = async {
        signal.received().await;
        tracing::info!("stopping");
        stop.cancel();
        tokio::time::sleep(DRAIN).await;
        tracing::warn!("what is in flight did not end in time");
        Ok(())
    };
    let served = async { server.into_future().await.map_err(StartError::from) };
    tokio::select! {
        result = async { tokio::try_join!(served, work) } => result.map(|_| ()),
        result = drained => result,
    }
}

/// SIGTERM, by which Cloud Run stops an instance, or Ctrl-C.
struct StopSignal {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignal {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn received(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
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
