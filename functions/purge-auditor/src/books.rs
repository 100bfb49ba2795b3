//! The books: for each hour of receipt, how many objects were archived, are purged and still stored.
//!
//! They are totals that go from report to report and so outlive the objects. Archived is the most
//! that was ever known of: by the records in the warehouse, or by what was stored and purged together.
//! What is missing from purged and stored was lost without a trace.

use std::collections::{BTreeMap, BTreeSet};

use darkroom_core::retention::Retention;
use jiff::{SignedDuration, Timestamp, Unit};
use serde::{Deserialize, Serialize};

/// For how long an hour stays in the books after its last object had to be gone.
const AFTERWARDS: SignedDuration = SignedDuration::from_hours(24);

/// For how long it stays when it does not balance.
const UNBALANCED: SignedDuration = SignedDuration::from_hours(7 * 24);

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// The books, by hour of receipt.
pub(crate) type Books = BTreeMap<Timestamp, Hour>;

/// The objects (of the archive and the records) of the images that were received in an hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hour {
    pub(crate) archived: u64,
    pub(crate) purged: u64,
    pub(crate) stored: u64,
    /// Since when archived is not purged and stored together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) differs_since: Option<Timestamp>,
}

impl Hour {
    /// The hour, without a time since when it differs if it does not.
    fn settled(mut self) -> Self {
        if self.difference() == 0 {
            self.differs_since = None;
        }
        self
    }

    /// How many objects are neither purged nor stored.
    pub(crate) fn difference(&self) -> u64 {
        self.archived.saturating_sub(self.purged + self.stored)
    }
}

/// What a sweep found out for the books.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// What is stored, by hour.
    pub(crate) stored: BTreeMap<Timestamp, u64>,
    /// The hours of which all is listed that is stored.
    pub(crate) listed: Listed,
    /// What the sweep itself purged, by hour.
    pub(crate) swept: BTreeMap<Timestamp, u64>,
    /// What the ledger said is purged, by hour, before anything was listed: none of it is in `stored`.
    pub(crate) purged_before: BTreeMap<Timestamp, u64>,
    /// What the ledger says is purged, by hour, after all was listed.
    pub(crate) purged: BTreeMap<Timestamp, u64>,
    /// What the records speak of, by hour.
    pub(crate) recorded: BTreeMap<Timestamp, u64>,
}

/// The hours of which a walk has listed all that is stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Listed {
    /// None for sure: the walk broke off.
    #[default]
    None,
    /// Those of which all is due.
    Due,
    /// Every one.
    All,
}

/// The hour that a time is in.
pub(crate) fn hour(time: Timestamp) -> Timestamp {
    let start = jiff::TimestampRound::new().smallest(Unit::Hour);
    time.round(start.mode(jiff::RoundMode::Trunc))
        .unwrap_or(time)
}

/// The first hour that is in the books at `as_of`.
pub(crate) fn first(retention: Retention, as_of: Timestamp) -> Timestamp {
    let kept = retention.period() + retention.grace() + AFTERWARDS;
    hour(as_of.saturating_sub(kept).unwrap_or(Timestamp::MIN))
}

/// The books after a sweep at `as_of`.
pub(crate) fn carried(
    before: &Books,
    found: &Found,
    retention: Retention,
    as_of: Timestamp,
) -> Books {
    let hours = [&found.stored, &found.swept, &found.purged, &found.recorded];
    let hours = hours.into_iter().flat_map(BTreeMap::keys);
    let hours: BTreeSet<_> = hours.chain(before.keys()).copied().collect();
    let hours = hours.into_iter();
    let hours = hours.filter(|hour| is_open(*hour, before.get(hour), retention, as_of));
    let carry = |hour: Timestamp| {
        let end = hour.saturating_add(HOUR).unwrap_or(Timestamp::MAX);
        let due = retention.is_due(end, as_of);
        let is_listed = found.listed == Listed::All || (found.listed == Listed::Due && due);
        let before = before.get(&hour).copied().unwrap_or_default();
        (hour, carry(before, found, hour, is_listed.then_some(as_of)))
    };
    hours.map(carry).collect()
}

/// The books of two sweeps that were under way at the same time.
pub(crate) fn merged(
    mut books: Books,
    other: &Books,
    retention: Retention,
    as_of: Timestamp,
) -> Books {
    for (hour, other) in other {
        if !is_open(*hour, Some(other), retention, as_of) {
            continue;
        }
        let hour = books.entry(*hour).or_insert(*other);
        hour.archived = hour.archived.max(other.archived);
        hour.purged = hour.purged.max(other.purged);
        let since = [hour.differs_since, other.differs_since];
        hour.differs_since = since.into_iter().flatten().min();
        *hour = hour.settled();
    }
    books
}

/// Whether an hour is in the books still.
fn is_open(hour: Timestamp, before: Option<&Hour>, retention: Retention, as_of: Timestamp) -> bool {
    let first = first(retention, as_of);
    let differs = before.is_some_and(|hour| hour.differs_since.is_some());
    hour >= first || differs && hour >= first.saturating_sub(UNBALANCED).unwrap_or(first)
}

/// An hour after a sweep; only if all that is stored of it was listed (at `listed_at`) is it known to
/// differ or not.
fn carry(before: Hour, found: &Found, hour: Timestamp, listed_at: Option<Timestamp>) -> Hour {
    let of = |counts: &BTreeMap<Timestamp, u64>| counts.get(&hour).copied().unwrap_or_default();
    // The ledger may not show yet what the sweep has just written.
    let purged = of(&found.purged).max(before.purged + of(&found.swept));
    let archived = before.archived.max(of(&found.recorded)).max(purged);
    let Some(as_of) = listed_at else {
        let carried = Hour {
            archived,
            purged,
            ..before
        };
        return carried.settled();
    };
    // What was purged while it was being listed is in both `stored` and `purged`.
    let stored = of(&found.stored);
    let known = of(&found.purged_before).max(before.purged) + of(&found.swept) + stored;
    let carried = Hour {
        archived: archived.max(known),
        purged,
        stored,
        differs_since: before.differs_since.or(Some(as_of)),
    };
    carried.settled()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETENTION: Retention = Retention::DEFAULT;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn received() -> Timestamp {
        at("2026-11-22T10:00:00Z")
    }

    fn counts(count: u64) -> BTreeMap<Timestamp, u64> {
        BTreeMap::from([(received(), count)])
    }

    fn books(archived: u64, purged: u64, stored: u64) -> Books {
        let hour = Hour {
            archived,
            purged,
            stored,
            differs_since: None,
        };
        Books::from([(received(), hour)])
    }

    fn after(before: &Books, found: &Found, as_of: &str) -> Option<Hour> {
        carried(before, found, RETENTION, at(as_of))
            .get(&received())
            .copied()
    }

    #[test]
    fn what_is_purged_is_no_longer_stored() {
        let found = Found {
            swept: counts(4),
            listed: Listed::Due,
            ..Found::default()
        };
        let hour = after(&books(4, 0, 4), &found, "2026-11-29T11:00:00Z").unwrap();
        assert_eq!((hour.archived, hour.purged, hour.stored), (4, 4, 0));
        assert_eq!((hour.difference(), hour.differs_since), (0, None));
    }

    #[test]
    fn what_is_neither_purged_nor_stored_differs_from_then_on() {
        let found = Found {
            stored: counts(3),
            listed: Listed::All,
            ..Found::default()
        };
        let first = after(&books(4, 0, 4), &found, "2026-11-23T03:30:00Z").unwrap();
        assert_eq!(first.difference(), 1);
        let before = Books::from([(received(), first)]);
        let second = after(&before, &found, "2026-11-24T03:30:00Z").unwrap();
        assert_eq!(second.differs_since, Some(at("2026-11-23T03:30:00Z")));
    }

    #[test]
    fn a_late_word_of_the_ledger_ends_the_difference() {
        let differs = Hour {
            differs_since: Some(at("2026-11-23T03:30:00Z")),
            ..books(4, 0, 3)[&received()]
        };
        let found = Found {
            stored: counts(3),
            purged: counts(1),
            listed: Listed::All,
            ..Found::default()
        };
        let before = Books::from([(received(), differs)]);
        let hour = after(&before, &found, "2026-11-24T03:30:00Z").unwrap();
        assert_eq!((hour.difference(), hour.differs_since), (0, None));
    }

    #[test]
    fn what_is_purged_while_it_is_being_listed_is_not_counted_twice() {
        let found = Found {
            stored: counts(4),
            purged: counts(4),
            listed: Listed::All,
            ..Found::default()
        };
        let hour = after(&books(4, 0, 4), &found, "2026-11-23T03:30:00Z").unwrap();
        assert_eq!((hour.archived, hour.difference()), (4, 0));
        let before = Books::from([(received(), hour)]);
        let found = Found {
            purged_before: counts(4),
            purged: counts(4),
            listed: Listed::All,
            ..Found::default()
        };
        let hour = after(&before, &found, "2026-11-24T03:30:00Z").unwrap();
        assert_eq!(hour, books(4, 4, 0)[&received()]);
    }

    #[test]
    fn sweeps_at_once_lose_nothing_of_each_other() {
        let as_of = at("2026-11-23T03:30:00Z");
        let differs = Hour {
            differs_since: Some(as_of),
            ..books(5, 0, 4)[&received()]
        };
        let full = Books::from([(received(), differs)]);
        let merged = |ours: &Books, theirs: &Books| {
            merged(ours.clone(), theirs, RETENTION, as_of)[&received()]
        };
        assert_eq!(merged(&books(4, 0, 4), &full), differs);
        assert_eq!(merged(&full, &books(4, 0, 4)), differs);
        assert_eq!(merged(&Books::new(), &full), differs);
        // What the other has purged, this one has still listed.
        assert_eq!(merged(&full, &books(4, 1, 3)).differs_since, None);
    }

    #[test]
    fn records_speak_of_objects_that_no_listing_has_seen() {
        let found = Found {
            recorded: counts(4),
            listed: Listed::All,
            ..Found::default()
        };
        let hour = after(&Books::new(), &found, "2026-11-23T03:30:00Z").unwrap();
        assert_eq!(hour.difference(), 4);
    }

    #[test]
    fn an_hour_that_was_not_listed_is_carried_as_it_was() {
        for listed in [Listed::None, Listed::Due] {
            let found = Found {
                listed,
                ..Found::default()
            };
            let hour = after(&books(4, 0, 4), &found, "2026-11-29T10:59:59Z").unwrap();
            assert_eq!(hour, books(4, 0, 4)[&received()], "{listed:?}");
        }
    }

    #[test]
    fn an_hour_stays_for_a_day_after_its_end() {
        let found = Found::default();
        let last = after(&books(4, 4, 0), &found, "2026-11-30T12:59:59Z");
        assert!(last.is_some());
        let gone = after(&books(4, 4, 0), &found, "2026-11-30T13:00:00Z");
        assert_eq!(gone, None);
        let differs = Hour {
            differs_since: Some(at("2026-11-29T11:00:00Z")),
            ..books(4, 3, 0)[&received()]
        };
        let before = Books::from([(received(), differs)]);
        assert_eq!(
            after(&before, &found, "2026-12-07T12:59:59Z"),
            Some(differs)
        );
        assert_eq!(after(&before, &found, "2026-12-07T13:00:00Z"), None);
    }
}
