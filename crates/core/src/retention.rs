//! The one retention rule: every copy is due a period after its image was received, seven days.

use jiff::{SignedDuration, Timestamp};

use crate::key::{self, ObjectKey};

/// How long images and their metadata are kept, and how late a purge may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    period: SignedDuration,
    grace: SignedDuration,
}

/// A range of object names, for a lexicographic listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRange {
    /// The first name in the range; empty is the first of all.
    pub start: String,
    /// The first name after the range; empty is the end.
    pub end: String,
}

impl KeyRange {
    /// Ranges that hold every name there can be, within the layout or outside, each once: a shard
    /// each, with what comes between it and the next, and what comes before the first.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let shards = (0..=u8::MAX).map(|shard| format!("{}/", key::shard_name(shard)));
        let starts: Vec<_> = std::iter::once(String::new()).chain(shards).collect();
        let ends = starts.iter().skip(1).cloned().chain([String::new()]);
        let ranges = starts.iter().cloned().zip(ends);
        ranges.map(|(start, end)| Self { start, end }).collect()
    }
}

/// When the image was received whose ingest object was created and has a custom time as told.
///
/// It counts from the object's creation. One that was announced anew by a copy onto itself carries the
/// creation of the first as its custom time, so that its days do not begin again.
#[must_use]
pub fn arrived_at(created_at: Timestamp, custom_time: Option<Timestamp>) -> Timestamp {
    custom_time.map_or(created_at, |time| time.min(created_at))
}

/// Whether no function can have made the copy that is known so: its name is outside the layout, or it
/// does not carry the time of its image's receipt.
#[must_use]
pub fn is_foreign(name: &str, custom_time: Option<Timestamp>) -> bool {
    custom_time.is_none() || name.parse::<ObjectKey>().is_err()
}

/// When the image was received whose copy (an object of the archive or the records) is known so.
///
/// A copy carries the receipt as its custom time. One that was put there by hand may not: then it is
/// the time of its id, which is never later, and for a name outside the layout the copy's creation. A
/// time after the copy's creation cannot be a receipt.
#[must_use]
pub fn received_at(name: &str, created_at: Timestamp, custom_time: Option<Timestamp>) -> Timestamp {
    let id_time = || Some(name.parse::<ObjectKey>().ok()?.image_id.time());
    let told = custom_time.or_else(id_time).unwrap_or(created_at);
    told.min(created_at)
}

impl Retention {
    /// Seven days to the second, and two hours of grace: the sweep comes every hour, and may fail once.
    pub const DEFAULT: Self = Self {
        period: SignedDuration::from_hours(7 * 24),
        grace: SignedDuration::from_hours(2),
    };

    /// A retention of `period`; what is still there `grace` later is a violation.
    #[must_use]
    pub const fn new(period: SignedDuration, grace: SignedDuration) -> Self {
        Self { period, grace }
    }

    /// How long an image is kept.
    #[must_use]
    pub const fn period(self) -> SignedDuration {
        self.period
    }

    /// How late its purge may be.
    #[must_use]
    pub const fn grace(self) -> SignedDuration {
        self.grace
    }

    /// When an image received at `received_at` must be gone.
    #[must_use]
    pub fn due(self, received_at: Timestamp) -> Timestamp {
        later(received_at, self.period)
    }

    /// Whether an image received at `received_at` must be gone by `now`.
    #[must_use]
    pub fn is_due(self, received_at: Timestamp, now: Timestamp) -> bool {
        self.due(received_at) <= now
    }

    /// When an image must have been received by to be due at `now`.
    #[must_use]
    pub fn cutoff(self, now: Timestamp) -> Timestamp {
        now.saturating_sub(self.period).unwrap_or(Timestamp::MIN)
    }

    /// Whether the grace of an image received at `received_at` is over at `now`.
    #[must_use]
    pub fn is_overdue(self, received_at: Timestamp, now: Timestamp) -> bool {
        later(self.due(received_at), self.grace) < now
    }

    /// The keys among which everything due at `now` lies, a range for each shard.
    ///
    /// An id's time is never after the receipt of its image, so whatever is due has a key hour of at
    /// most `now` minus the period. The hour itself can hold objects that are not due yet: the caller
    /// asks [`Self::is_due`] of each.
    #[must_use]
    pub fn due_keys(self, now: Timestamp) -> Vec<KeyRange> {
        let next_hour = key::hour(later(self.cutoff(now), SignedDuration::from_hours(1)));
        let shards = (0..=u8::MAX).map(key::shard_name);
        let ranges = shards.map(|shard| KeyRange {
            start: format!("{shard}/"),
            end: format!("{shard}/{next_hour}"),
        });
        ranges.collect()
    }
}

fn later(time: Timestamp, duration: SignedDuration) -> Timestamp {
    time.saturating_add(duration).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ImageId;

    const RETENTION: Retention = Retention::DEFAULT;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_image_is_due_from_the_second_it_is_seven_days_old() {
        let received = at("2026-11-22T10:15:00Z");
        assert!(!RETENTION.is_due(received, at("2026-11-29T10:14:59Z")));
        assert!(RETENTION.is_due(received, at("2026-11-29T10:15:00Z")));
        assert!(RETENTION.is_due(received, at("2026-11-29T10:15:01Z")));
    }

    #[test]
    fn an_image_is_overdue_once_its_grace_is_over() {
        let received = at("2026-11-22T10:15:00Z");
        assert!(!RETENTION.is_overdue(received, at("2026-11-29T12:15:00Z")));
        assert!(RETENTION.is_overdue(received, at("2026-11-29T12:15:01Z")));
    }

    #[test]
    fn the_ranges_hold_every_due_key_and_no_later_hour() {
        let now = at("2026-11-29T10:15:00Z");
        let ranges = RETENTION.due_keys(now);
        let within = |time: &str| {
            let id = ImageId::new(at(time));
            let key = ObjectKey::original(id).to_string();
            let holds = |range: &KeyRange| range.start <= key && key < range.end;
            ranges.iter().any(holds)
        };
        assert!(within("2026-01-01T00:00:00Z"));
        assert!(within("2026-11-22T10:15:00Z"));
        assert!(within("2026-11-22T10:59:59Z"));
        assert!(!within("2026-11-22T11:00:00Z"));
        assert!(!within("2026-11-29T10:00:00Z"));
    }

    #[test]
    fn a_copy_is_as_old_as_its_image_however_it_got_there() {
        let (received, copied) = (at("2026-11-22T10:15:02Z"), at("2026-11-27T00:00:00Z"));
        let id = ImageId::new(at("2026-11-22T10:15:00Z"));
        let name = ObjectKey::original(id).to_string();
        assert_eq!(received_at(&name, copied, Some(received)), received);
        assert_eq!(received_at(&name, copied, None), id.time());
        assert_eq!(received_at("photo.jpg", copied, None), copied);
        let future = at("2126-01-01T00:00:00Z");
        assert_eq!(received_at(&name, copied, Some(future)), copied);
    }

    #[test]
    fn every_name_is_in_one_range_of_all() {
        let id = ImageId::new(at("2026-11-22T10:15:00Z"));
        let key = ObjectKey::original(id).to_string();
        for name in [
            "", "!", "00", "00/a", "000", "7f0", "ff/z", "ff0", "ü", &key,
        ] {
            let holds = |range: &&KeyRange| {
                range.start.as_str() <= name && (range.end.is_empty() || name < range.end.as_str())
            };
            let ranges = KeyRange::all();
            assert_eq!(ranges.iter().filter(holds).count(), 1, "{name}");
        }
    }
}
