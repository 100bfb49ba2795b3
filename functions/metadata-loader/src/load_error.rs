//! What stands beside a record that could not be loaded.

use darkroom_core::ImageId;
use jiff::Timestamp;
use serde::Serialize;

/// `load-error.json`: it shares the record's key, and so its life.
#[derive(Debug, Serialize)]
pub(crate) struct LoadError<'a> {
    /// The image whose record it is.
    pub(crate) image_id: ImageId,
    /// The generation of the record.
    pub(crate) generation: i64,
    /// When loading was tried.
    pub(crate) tried_at: Timestamp,
    /// Why it could not be loaded.
    pub(crate) reason: &'a str,
}
