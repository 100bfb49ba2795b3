//! What a sweep itself met, against what it should meet.

use darkroom_core::retention::Retention;
use jiff::Timestamp;

use super::{Check, Status};
use crate::books::Books;
use crate::ledger::Breaches;
use crate::records::RowCounts;
use crate::report::ErasureCounts;
use crate::tally::Counts;
use crate::walk::Scope;

/// The objects of a bucket. What only a full walk sees is told by none other.
pub(crate) fn objects(bucket: &str, counts: &Counts, scope: Scope) -> Vec<Check> {
    let none = |property: &str, count: u64, what: &str, mend: &str| {
        let seen = format!("{count} {what}");
        let id = format!("{bucket}/{property}");
        Check::new(id, violation_if(count > 0), (seen, "none"), mend)
    };
    let mut checks = vec![
        none(
            "overdue-objects",
            counts.overdue,
            "objects still there after their grace, because their deletion failed",
            "look in the auditor's log for why, and let the next sweep delete them",
        ),
        none(
            "late-objects",
            counts.late,
            "objects were deleted after their grace",
            "find out why no earlier sweep deleted them: it did not run, did not end or did not see them",
        ),
        failures(bucket, counts.failed),
    ];
    if scope == Scope::Everything {
        checks.extend([
            none(
                "object-holds",
                counts.held,
                "objects under a hold",
                "release the holds: objects under one cannot be deleted",
            ),
            none(
                "noncurrent-objects",
                counts.noncurrent,
                "noncurrent versions",
                "suspend versioning; the sweeps delete what is due",
            ),
            none(
                "objects-outside-layout",
                counts.outside_layout,
                "objects whose name no function gives",
                "find out who put them there, and delete them: they count as new from their creation",
            ),
            none(
                "objects-without-custom-time",
                counts.without_custom_time,
                "copies without the time of their image's receipt",
                "find out who put them there, and delete them: their lifecycle rule is a day late",
            ),
        ]);
    }
    checks
}

fn failures(bucket: &str, failed: u64) -> Check {
    let status = if failed > 0 { Status::Warn } else { Status::Ok };
    let seen = format!("{failed} listings or deletions failed");
    let mend = "look in the auditor's log; the next sweep tries again";
    Check::new(format!("{bucket}/failures"), status, (seen, "none"), mend)
}

/// What came in and was not processed.
pub(crate) fn backlog(bucket: &str, counts: &Counts) -> Check {
    let seen = match counts.waiting_since {
        Some(since) => format!("{} objects wait, the first since {since}", counts.waiting),
        None => "nothing waits for more than a day".to_owned(),
    };
    Check::new(
        format!("{bucket}/backlog"),
        violation_if(counts.waiting > 0),
        (seen, "everything is processed within a day"),
        "their events are no longer delivered: copy the objects onto themselves to announce them anew",
    )
}

/// The rows about images.
pub(crate) fn rows(rows: Result<&RowCounts, String>) -> Check {
    let id = "warehouse/rows";
    let expected = "partitions expire by themselves, and no row is there after its grace";
    let counts = match rows {
        Ok(counts) => counts,
        Err(error) => {
            let mend = "the next sweep looks again";
            return Check::new(id, Status::Warn, (error, expected), mend);
        }
    };
    let RowCounts {
        deleted,
        late,
        overdue,
    } = counts;
    let status = match (overdue + late, deleted) {
        (1.., _) => Status::Violation,
        (_, 1..) => Status::Warn,
        _ => Status::Ok,
    };
    Check::new(
        id,
        status,
        (
            format!(
                "{deleted} rows outlived their partition and were deleted, {late} of them after \
                 their grace; {overdue} are overdue"
            ),
            expected,
        ),
        "compare the table's partition expiration with infra/warehouse/image_records.json",
    )
}

/// What the ledger tells of the last day.
pub(crate) fn breaches(breaches: Result<Breaches, String>) -> Vec<Check> {
    let breaches = match breaches {
        Ok(breaches) => breaches,
        Err(error) => {
            let (expected, mend) = ("the ledger can be read", "the next sweep looks again");
            return vec![Check::new(
                "ledger/breaches",
                Status::Warn,
                (error, expected),
                mend,
            )];
        }
    };
    let Breaches { early, late } = breaches;
    vec![
        Check::new(
            "ledger/early-losses",
            violation_if(early > 0),
            (
                format!("{early} objects were lost in the last 48 hours before they were due"),
                "none but by an erasure",
            ),
            "SELECT * FROM purges WHERE cause = 'unexplained' names them; the bucket's audit log who did it",
        ),
        Check::new(
            "ledger/late-purges",
            violation_if(late > 0),
            (
                format!("{late} objects were purged in the last 48 hours after their grace"),
                "none",
            ),
            "SELECT * FROM purges WHERE NOT within_policy names them",
        ),
    ]
}

/// Whether the books balance.
pub(crate) fn books(books: &Books, retention: Retention, as_of: Timestamp) -> Check {
    let differing = books.values().filter(|hour| hour.differs_since.is_some());
    let objects: u64 = differing.clone().map(|hour| hour.difference()).sum();
    let since = differing.filter_map(|hour| hour.differs_since).min();
    // The events of deletions are on their way for a while.
    let settled = since.is_some_and(|since| as_of.duration_since(since) > retention.grace());
    let status = match (objects, settled) {
        (0, _) => Status::Ok,
        (_, false) => Status::Warn,
        (_, true) => Status::Violation,
    };
    let seen = match since {
        None => "they balance in every hour of receipt".to_owned(),
        Some(since) => {
            format!("{objects} objects are neither purged nor stored, first found so at {since}")
        }
    };
    Check::new(
        "books/balance",
        status,
        (seen, "archived = purged + stored"),
        "the report's books tell the hours; the bucket's audit log who deleted objects there",
    )
}

/// Erasures that were asked for.
pub(crate) fn erasures(counts: &ErasureCounts) -> Check {
    let ErasureCounts {
        done,
        pending,
        overdue,
        ..
    } = counts;
    let status = match (overdue, pending) {
        (1.., _) => Status::Violation,
        (_, 1..) => Status::Warn,
        _ => Status::Ok,
    };
    Check::new(
        "erasures/pending",
        status,
        (
            format!("{done} done, {pending} pending, {overdue} of them for more than a day"),
            "every one is done within a day",
        ),
        "look in the auditor's log for what fails",
    )
}

fn violation_if(wrong: bool) -> Status {
    if wrong { Status::Violation } else { Status::Ok }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::books::Hour;

    type Change = fn(&mut Counts);

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn wrong(checks: Vec<Check>) -> Vec<String> {
        let wrong = checks
            .into_iter()
            .filter(|check| check.status == Status::Violation);
        wrong.map(|check| check.id).collect()
    }

    #[test]
    fn what_should_not_be_there_is_a_violation_of_its_own() {
        let cases: [(&str, Change); 6] = [
            ("b/overdue-objects", |c| c.overdue = 1),
            ("b/late-objects", |c| c.late = 1),
            ("b/object-holds", |c| c.held = 1),
            ("b/noncurrent-objects", |c| c.noncurrent = 1),
            ("b/objects-outside-layout", |c| c.outside_layout = 1),
            ("b/objects-without-custom-time", |c| {
                c.without_custom_time = 1
            }),
        ];
        for (id, change) in cases {
            let mut counts = Counts::default();
            change(&mut counts);
            assert_eq!(wrong(objects("b", &counts, Scope::Everything)), [id]);
        }
        let checks = objects("b", &Counts::default(), Scope::Everything);
        assert_eq!(wrong(checks), Vec::<String>::new());
    }

    #[test]
    fn books_that_differ_are_a_violation_once_their_events_must_have_come() {
        let hour = Hour {
            archived: 4,
            purged: 1,
            stored: 2,
            differs_since: Some(at("2026-11-22T10:00:00Z")),
        };
        let differing = BTreeMap::from([(at("2026-11-20T10:00:00Z"), hour)]);
        let status = |as_of| books(&differing, Retention::DEFAULT, at(as_of)).status;
        assert_eq!(status("2026-11-22T12:00:00Z"), Status::Warn);
        assert_eq!(status("2026-11-22T12:00:01Z"), Status::Violation);
        let balanced = books(
            &Books::new(),
            Retention::DEFAULT,
            at("2026-11-22T12:00:00Z"),
        );
        assert_eq!(balanced.status, Status::Ok);
    }

    #[test]
    fn rows_are_a_warning_when_they_were_deleted_and_a_violation_when_they_are_overdue() {
        let status = |deleted, late, overdue| {
            let counts = RowCounts {
                deleted,
                late,
                overdue,
            };
            rows(Ok(&counts)).status
        };
        assert_eq!(status(0, 0, 0), Status::Ok);
        assert_eq!(status(1, 0, 0), Status::Warn);
        assert_eq!(status(1, 1, 0), Status::Violation);
        assert_eq!(status(0, 0, 1), Status::Violation);
        assert_eq!(rows(Err("down".to_owned())).status, Status::Warn);
    }

    #[test]
    fn early_losses_and_late_purges_are_told_apart() {
        let told = |early, late| wrong(breaches(Ok(Breaches { early, late })));
        assert_eq!(told(0, 0), Vec::<String>::new());
        assert_eq!(told(1, 0), ["ledger/early-losses"]);
        assert_eq!(told(0, 1), ["ledger/late-purges"]);
    }
}
