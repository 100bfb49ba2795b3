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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_expires_after_its_life_or_when_the_image_must_be_gone() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-11-22T10:00:00Z");
        let expiry = |due| expiry(now, at(due));
        assert_eq!(expiry("2026-11-29T10:00:00Z"), at("2026-11-22T10:15:00Z"));
        assert_eq!(expiry("2026-11-22T10:15:01Z"), at("2026-11-22T10:15:00Z"));
        assert_eq!(expiry("2026-11-22T10:14:59Z"), at("2026-11-22T10:14:59Z"));
    }
}
