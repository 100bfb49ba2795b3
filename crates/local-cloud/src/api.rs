//! What the handlers of the three storage APIs share.

use std::sync::Arc;

use crate::clock::Clock;
use crate::identity::Identity;
use crate::store::Store;

/// The state of the storage APIs.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) identity: Identity,
    /// The server's own address, `http://127.0.0.1:PORT`, for links to itself.
    pub(crate) endpoint: Arc<str>,
    /// The id of the project that all buckets are in.
    pub(crate) project: Arc<str>,
}
