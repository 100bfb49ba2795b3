//! The endpoints under `/_local/`, the key set of local users and the token endpoint. What each
//! does is in the README.

mod cloud;
mod error;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post, put};

use crate::clock::Clock;
use crate::events::Events;
use crate::faults::Faults;
use crate::identity::Identity;
use crate::scheduler::Scheduler;
use crate::store::{Store, StoreError};

pub(crate) use error::ControlError;

/// The setting that holds how far the local time is ahead.
const CLOCK_SETTING: &str = "clock_offset_seconds";

/// What the endpoints control.
#[derive(Debug, Clone)]
pub(crate) struct Control {
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    pub(crate) identity: Identity,
    pub(crate) faults: Faults,
    pub(crate) events: Events,
    pub(crate) scheduler: Scheduler,
    /// The server's own address, `http://127.0.0.1:PORT`.
    pub(crate) endpoint: Arc<str>,
}

/// All control endpoints.
pub(crate) fn router(control: Control) -> Router {
    Router::new()
        .route("/.well-known/jwks.json", get(token::jwks))
        .route("/token", post(token::exchange))
        .route("/_local/token", post(token::issue))
        .route(
            "/_local/service-accounts/{email}/key",
            post(token::service_account_key),
        )
        .route(
            "/_local/clock",
            get(cloud::clock).post(cloud::advance_clock),
        )
        .route(
            "/_local/faults",
            get(cloud::faults)
                .post(cloud::add_fault)
                .delete(cloud::clear_faults),
        )
        .route("/_local/deliveries", get(cloud::deliveries))
        .route("/_local/triggers", get(cloud::triggers))
        .route(
            "/_local/triggers/{name}",
            put(cloud::put_trigger).delete(cloud::delete_trigger),
        )
        .route("/_local/schedules", get(cloud::schedules))
        .route(
            "/_local/schedules/{name}",
            put(cloud::put_schedule).delete(cloud::delete_schedule),
        )
        .route("/_local/schedules/{name}/run", post(cloud::run_schedule))
        .with_state(control)
}

/// Moves the local time to where it was when the store was last open.
pub(crate) async fn restore_clock(store: &Store, clock: &Clock) -> Result<(), StoreError> {
    let kept = store.setting(CLOCK_SETTING).await?;
    let seconds = kept
        .map(|text| text.parse())
        .transpose()
        .map_err(StoreError::internal)?;
    clock.advance(seconds.unwrap_or(0));
    Ok(())
}
