//! Which path goes where.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderName, Method, StatusCode};
use axum::routing::get;
use darkroom_gcp::problem::Problem;
use tower_http::cors::CorsLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::config::AllowedOrigins;
use crate::state::AppState;
use crate::{erasures, images, openapi, uploads};

const ALLOWED_HEADERS: [HeaderName; 2] = [AUTHORIZATION, CONTENT_TYPE];

/// All routes, and the document that describes them.
pub(crate) fn router(state: AppState) -> Router {
    let (router, api) = OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(uploads::create_upload))
        .routes(routes!(uploads::create_upload_batch))
        .routes(routes!(images::get_image, erasures::delete_image))
        .routes(routes!(erasures::get_erasure))
        .split_for_parts();
    let document = Bytes::from(openapi::document(&api).to_string());
    let describe = get(async move || ([(CONTENT_TYPE, "application/json")], document));
    router
        .route("/openapi.json", describe)
        // The harness's own would come after the CORS layer, which answers a browser's OPTIONS where
        // a method is not routed.
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(state)
}

/// Lets pages of the given origins call from a browser.
pub(crate) fn allow_origins(router: Router, AllowedOrigins(origins): AllowedOrigins) -> Router {
    if origins.is_empty() {
        return router;
    }
    let cors = CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers(ALLOWED_HEADERS)
        .max_age(Duration::from_secs(3600));
    router.layer(cors)
}

async fn method_not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "this path does not take this method",
    )
}
