//! The one retention rule: every copy is due seven days after its image was received.

use jiff::{SignedDuration, Timestamp};

use crate::key;

/// How long images and their metadata are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention(SignedDuration);

/// The key range of one shard that can hold overdue objects, for a lexicographic listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRange {
    /// The first name in the range.
    pub start: String,
    /// The first name after the range.
    pub end: String,
}

impl Retention {
    /// Seven days, to the second.
    pub const SEVEN_DAYS: Self = Self(SignedDuration::from_hours(7 * 24));

    /// When an image received at `received_at` must be gone.
    #[must_use]
    pub fn due(self, received_at: Timestamp) -> Timestamp {
        received_at.saturating_add(self.0).unwrap_or(Timestamp::MAX)
    }

    /// Whether an image received at `received_at` must be gone by `now`.
    #[must_use]
    pub fn is_overdue(self, received_at: Timestamp, now: Timestamp) -> bool {
        self.due(received_at) <= now
    }

    /// The keys of `shard` among which everything overdue at `now` lies.
    ///
    /// An id's time is never after the receipt of its image, so whatever is overdue has a key hour
    /// of at most `now` minus the period. The hour itself can hold objects that are not due yet:
    /// the caller asks [`Self::is_overdue`] of each.
    #[must_use]
    pub fn overdue_keys(self, shard: u8, now: Timestamp) -> KeyRange {
        let newest = now.saturating_sub(self.0).unwrap_or(Timestamp::MIN);
        let next_hour = newest
            .saturating_add(SignedDuration::from_hours(1))
            .unwrap_or(newest);
        let shard = key::shard_name(shard);
        KeyRange {
            start: format!("{shard}/"),
            end: format!("{shard}/{}", key::hour(next_hour)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ImageId;
    use crate::key::ObjectKey;

    const RETENTION: Retention = Retention::SEVEN_DAYS;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_image_is_overdue_from_the_second_it_is_seven_days_old() {
        let received = at("2026-11-22T10:15:00Z");
        assert!(!RETENTION.is_overdue(received, at("2026-11-29T10:14:59Z")));
        assert!(RETENTION.is_overdue(received, at("2026-11-29T10:15:00Z")));
        assert!(RETENTION.is_overdue(received, at("2026-11-29T10:15:01Z")));
    }

    #[test]
    fn the_range_holds_every_overdue_key_and_no_later_hour() {
        let now = at("2026-11-29T10:15:00Z");
        let range_of = |id: ImageId| RETENTION.overdue_keys(id.shard(), now);
        let within = |time: &str| {
            let id = ImageId::new(at(time));
            let (range, key) = (range_of(id), ObjectKey::original(id).to_string());
            range.start <= key && key < range.end
        };
        assert!(within("2026-01-01T00:00:00Z"));
        assert!(within("2026-11-22T10:15:00Z"));
        assert!(within("2026-11-22T10:59:59Z"));
        assert!(!within("2026-11-22T11:00:00Z"));
        assert!(!within("2026-11-29T10:00:00Z"));
    }
}
