//! The server: all APIs on one port, and the work that goes on beside them.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use jiff::SignedDuration;
use tokio::net::TcpListener;

use crate::api::Api;
use crate::background::Background;
use crate::clock::Clock;
use crate::control::{self, Control};
use crate::events::{self, DeliveryPolicy, Events, EventsError};
use crate::faults::{self, Faults};
use crate::identity::{Identity, IdentityError};
use crate::scheduler::{Scheduler, SchedulerError};
use crate::store::{Location, Store, StoreError};
use crate::{grpc, json, lifecycle, xml};

/// What to start.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 takes any that is free.
    pub address: SocketAddr,
    /// Where everything is kept.
    pub state: Location,
    /// The id of the project that all buckets are in.
    pub project: String,
    /// How events are delivered.
    pub delivery: DeliveryPolicy,
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Somebody else listens there.
    #[error("{0} is taken by another process")]
    AddressInUse(SocketAddr),
    /// Nobody can listen there.
    #[error("cannot listen at {0}: {1}")]
    Listen(SocketAddr, #[source] io::Error),
    /// The storage could not be opened.
    #[error("cannot open the storage: {0}")]
    Store(#[from] StoreError),
    /// The keys could not be opened.
    #[error("cannot open the keys: {0}")]
    Identity(#[from] IdentityError),
    /// The triggers could not be taken up.
    #[error("cannot take up the triggers: {0}")]
    Events(#[from] EventsError),
    /// The schedules could not be taken up.
    #[error("cannot take up the schedules: {0}")]
    Scheduler(#[from] SchedulerError),
}

/// A running server. It stops when it is dropped; [`Self::shutdown`] also waits for its end.
#[derive(Debug)]
pub struct LocalCloud {
    parts: Control,
    background: Background,
}

impl LocalCloud {
    /// Starts the server and returns when it listens.
    ///
    /// # Errors
    ///
    /// When the port is taken, or what is kept cannot be opened.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let listener = listen(config.address).await?;
        let address = listener.local_addr();
        let address = address.map_err(|error| StartError::Listen(config.address, error))?;
        let endpoint = format!("http://{address}").into();
        let background = Background::default();
        let parts = open(&config, endpoint, &background).await?;
        lifecycle::start(&parts.store, &parts.clock, &background);
        serve(listener, router(&parts, config.project.into()), &background);
        Ok(Self { parts, background })
    }

    /// The address of everything, such as `http://127.0.0.1:8080`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.parts.endpoint
    }

    /// The local time.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.parts.clock
    }

    /// The buckets and objects.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.parts.store
    }

    /// The keys of service accounts and local users.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.parts.identity
    }

    /// The faults that wait for their request or event.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.parts.faults
    }

    /// The triggers and their deliveries.
    #[must_use]
    pub fn events(&self) -> &Events {
        &self.parts.events
    }

    /// The schedules.
    #[must_use]
    pub fn scheduler(&self) -> &Scheduler {
        &self.parts.scheduler
    }

    /// Lets requests under way end, then stops everything and closes what is kept.
    pub async fn shutdown(self) {
        self.background.shut_down().await;
        self.parts.store.close().await;
    }
}

impl Drop for LocalCloud {
    fn drop(&mut self) {
        self.background.stop();
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => StartError::AddressInUse(address),
            _ => StartError::Listen(address, error),
        })
}

/// Opens all that is kept, and takes up what was going on.
async fn open(
    config: &Config,
    endpoint: Arc<str>,
    background: &Background,
) -> Result<Control, StartError> {
    let clock = Clock::new(SignedDuration::ZERO);
    let store = Store::open(&config.state, clock.clone())?;
    control::restore_clock(&store, &clock).await?;
    let faults = Faults::default();
    let events = events::Parts {
        store: store.clone(),
        clock: clock.clone(),
        faults: faults.clone(),
        policy: config.delivery,
    };
    let events = Events::start(events, background).await?;
    let scheduler = Scheduler::start(&store, &clock, background).await?;
    let identity = Identity::open(keys(&config.state).as_deref())?;
    Ok(Control {
        clock,
        store,
        identity,
        faults,
        events,
        scheduler,
        endpoint,
    })
}

fn keys(state: &Location) -> Option<PathBuf> {
    match state {
        Location::Folder(folder) => Some(folder.join("keys")),
        Location::Memory => None,
    }
}

fn router(parts: &Control, project: Arc<str>) -> Router {
    let api = Api {
        store: parts.store.clone(),
        clock: parts.clock.clone(),
        identity: parts.identity.clone(),
        endpoint: parts.endpoint.clone(),
        project,
    };
    json::router()
        .merge(grpc::router())
        .fallback(xml::handle)
        .with_state(api)
        .merge(control::router(parts.clone()))
        .layer(from_fn_with_state(parts.faults.clone(), faults::middleware))
}

fn serve(listener: TcpListener, router: Router, background: &Background) {
    let server = background.clone();
    background.spawn(async move {
        let stopping = {
            let server = server.clone();
            async move { server.stopping().await }
        };
        let serving = axum::serve(listener, router).with_graceful_shutdown(stopping);
        if let Err(error) = serving.await {
            tracing::error!(%error, "the server failed");
        }
    });
}
