//! The server: all APIs on one port, and the work that goes on beside them.

use std::io;
use std::net::SocketAddr;

use axum::Router;
use jiff::SignedDuration;
use tokio::net::TcpListener;

use crate::api::Api;
use crate::background::Background;
use crate::clock::Clock;
use crate::faults::{self, Faults};
use crate::identity::{Identity, IdentityError};
use crate::store::{Location, Store, StoreError};
use crate::{grpc, json, xml};

/// What to start.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 takes any that is free.
    pub address: SocketAddr,
    /// Where everything is kept.
    pub state: Location,
    /// The id of the project that all buckets are in.
    pub project: String,
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Somebody else listens there.
    #[error("{0} is taken by another process: stop that one or choose another port")]
    AddressInUse(SocketAddr),
    /// Nobody can listen there.
    #[error("cannot listen at {0}")]
    Listen(SocketAddr, #[source] io::Error),
    /// The storage could not be opened.
    #[error("cannot open the storage")]
    Store(#[from] StoreError),
    /// The keys could not be opened.
    #[error("cannot open the keys")]
    Identity(#[from] IdentityError),
}

/// A running server. It stops when it is dropped; [`Self::shutdown`] also waits for its end.
#[derive(Debug)]
pub struct LocalCloud {
    api: Api,
    faults: Faults,
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
        let address = listener
            .local_addr()
            .map_err(|e| StartError::Listen(config.address, e))?;
        let clock = Clock::new(SignedDuration::ZERO);
        let keys = match &config.state {
            Location::Folder(folder) => Some(folder.join("keys")),
            Location::Memory => None,
        };
        let api = Api {
            store: Store::open(&config.state, clock.clone())?,
            clock,
            identity: Identity::open(keys.as_deref())?,
            endpoint: format!("http://{address}").into(),
        };
        let cloud = Self {
            api,
            faults: Faults::default(),
            background: Background::default(),
        };
        cloud.serve(listener);
        Ok(cloud)
    }

    /// The address of everything, such as `http://127.0.0.1:8080`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.api.endpoint
    }

    /// The local time.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.api.clock
    }

    /// The buckets and objects.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.api.store
    }

    /// The keys of service accounts and local users.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.api.identity
    }

    /// The faults that wait for their request or event.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Lets requests under way end, then stops everything.
    pub async fn shutdown(self) {
        self.background.shut_down().await;
    }

    fn serve(&self, listener: TcpListener) {
        let router = router(self.api.clone(), self.faults.clone());
        let background = self.background.clone();
        let stopping = {
            let background = background.clone();
            async move { background.stopping().await }
        };
        background.spawn(async move {
            let serving = axum::serve(listener, router).with_graceful_shutdown(stopping);
            if let Err(error) = serving.await {
                tracing::error!(%error, "the server failed");
            }
        });
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

fn router(api: Api, faults: Faults) -> Router {
    json::router()
        .merge(grpc::router())
        .fallback(xml::handle)
        .with_state(api)
        .layer(axum::middleware::from_fn_with_state(
            faults,
            faults::middleware,
        ))
}
