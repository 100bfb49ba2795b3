//! How long signed URLs live.

use jiff::{SignedDuration, Timestamp};

/// A signed URL's life: long enough to send 50 MB over a slow line, short enough that one that leaks
/// is soon worth nothing.
pub(crate) const LIFE: SignedDuration = SignedDuration::from_mins(15);

/// When a URL for an image that must be gone at `due` expires: never after it.
pub(crate) fn expiry(now: Timestamp, due: Timestamp) -> Timestamp {
    now.saturating_add(LIFE)
        .map_or(due, |expiry| expiry.min(due))
}
