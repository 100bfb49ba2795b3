//! Erasures: what keeps an image that is to be forgotten from coming back.
//!
//! The request is the tombstone: every function that would write something of the image looks for it
//! first. It holds nothing of the image's owner, and lives longer than anything that can bring the
//! image back: an event (24 h) or a message of the stream (6 d).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ImageId;

/// For how long after its request every sweep erases an image again: an event that was under way
/// then can still bring something of it back, and events are delivered for a day.
pub const AFTERCARE: SignedDuration = SignedDuration::from_hours(24);

/// `{image_id}/requested.json`: somebody who may has asked for an image to be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The image.
    pub image_id: ImageId,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// By which right.
    pub right: Right,
}

/// Why somebody may have an image erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Right {
    /// It is their own.
    Owner,
    /// They hold the privacy role.
    Privacy,
}

/// `{image_id}/erased.json`: nothing was left of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// The image.
    pub image_id: ImageId,
    /// When that was found.
    pub erased_at: Timestamp,
}

/// The name of an image's [`Request`].
#[must_use]
pub fn request_name(id: ImageId) -> String {
    format!("{id}/requested.json")
}

/// The name of an image's [`Erased`].
#[must_use]
pub fn erased_name(id: ImageId) -> String {
    format!("{id}/erased.json")
}

/// The image whose [`Request`] has this name.
#[must_use]
pub fn requested_image(name: &str) -> Option<ImageId> {
    name.strip_suffix("/requested.json")?.parse().ok()
}

/// The image whose [`Erased`] has this name.
#[must_use]
pub fn erased_image(name: &str) -> Option<ImageId> {
    name.strip_suffix("/erased.json")?.parse().ok()
}
