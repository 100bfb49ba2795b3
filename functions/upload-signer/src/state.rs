//! What the handlers share.

use std::sync::Arc;

use darkroom_core::retention::Retention;
use darkroom_gcp::clock::Clock;
use darkroom_gcp::erasure::Erasures;
use darkroom_gcp::function::StartError;
use darkroom_gcp::storage::{Buckets, ObjectStore, UrlSigner};

use crate::auth::{Authenticator, KeySet, Pace};
use crate::config::Config;

/// The handlers' state.
pub type AppState = Arc<Services>;

/// Everything the handlers talk to.
#[derive(Debug)]
pub struct Services {
    /// Tells who is calling.
    pub authenticator: Authenticator,
    /// The time of day.
    pub clock: Clock,
    /// Cloud Storage.
    pub objects: ObjectStore,
    /// Signs URLs.
    pub signer: UrlSigner,
    /// Where objects are.
    pub buckets: Buckets,
    /// What is to be erased.
    pub erasures: Erasures,
    /// How long images are kept.
    pub retention: Retention,
    /// The role that may have any image erased.
    pub privacy_role: String,
}

impl Services {
    /// Connects everything.
    ///
    /// # Errors
    ///
    /// When there are no credentials.
    pub async fn connect(config: Config) -> Result<AppState, StartError> {
        let Config {
            storage,
            clock,
            buckets,
            erasures_bucket,
            retention,
            privacy_role,
            trust,
            keys,
            ..
        } = config;
        let keys = KeySet::new(keys.0, Pace::default())?;
        let objects = ObjectStore::connect(&storage).await?;
        Ok(Arc::new(Self {
            authenticator: Authenticator { keys, trust },
            clock,
            erasures: Erasures::new(objects.clone(), erasures_bucket),
            objects,
            signer: UrlSigner::connect(&storage)?,
            buckets,
            retention,
            privacy_role,
        }))
    }
}
