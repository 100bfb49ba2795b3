//! A bucket's settings against what it keeps.

use darkroom_core::retention::Retention;
use darkroom_core::warehouse::LEDGER_EXPIRATION_MS;
use darkroom_gcp::storage::{BucketRetention, BucketSettings, DeleteRule, StorageError};

use super::{Check, Keeps, Status};

/// How long reports are kept at least: as long as the ledger's rows.
const EVIDENCE_DAYS: i64 = LEDGER_EXPIRATION_MS / (24 * 60 * 60 * 1000);

/// How long requests for erasure are kept at least: longer than a message of the stream and its event
/// can come late by.
const ERASURE_DAYS: i64 = 14;

/// Checks all settings of a bucket, or says why they cannot be seen.
pub(crate) fn check_bucket(
    bucket: &str,
    keeps: Keeps,
    retention: Retention,
    settings: Result<&BucketSettings, &StorageError>,
) -> Vec<Check> {
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => return vec![unseen(bucket, error)],
    };
    let mut checks = vec![uniform_access(settings), public_access(settings)];
    match keeps {
        Keeps::Evidence => checks.extend([
            evidence_lock(settings),
            lifecycle(keeps, retention, settings),
        ]),
        Keeps::Ingest | Keeps::Copies | Keeps::Erasures => checks.extend([
            lifecycle(keeps, retention, settings),
            soft_delete(settings),
            versioning(settings),
            holds(settings),
            no_retention_policy(settings),
        ]),
    }
    for check in &mut checks {
        check.id.insert_str(0, &format!("{bucket}/"));
    }
    checks
}

fn check(
    id: &str,
    ok: bool,
    (seen, expected): (String, impl Into<String>),
    mend: impl Into<String>,
) -> Check {
    let status = if ok { Status::Ok } else { Status::Violation };
    Check::new(id, status, (seen, expected), mend)
}

fn unseen(bucket: &str, error: &StorageError) -> Check {
    let mend = "give the auditor storage.buckets.get on the bucket";
    let expected = "the bucket's settings can be read";
    let id = format!("{bucket}/settings");
    Check::new(id, Status::Warn, (error.to_string(), expected), mend)
}

/// The backstop behind the sweep: rules that delete everything at most a day after it is due.
fn lifecycle(keeps: Keeps, retention: Retention, settings: &BucketSettings) -> Check {
    let days = retention.period().as_hours() / 24;
    let longest_that_is_early = match keeps {
        Keeps::Ingest | Keeps::Copies => days,
        Keeps::Erasures => ERASURE_DAYS,
        Keeps::Evidence => EVIDENCE_DAYS,
    };
    let is_early = |rule: &DeleteRule| {
        let within =
            |days: Option<i32>| days.is_none_or(|days| i64::from(days) < longest_that_is_early);
        within(rule.age_days) && within(rule.days_since_custom_time)
    };
    let none_early = !settings.delete_rules.iter().any(is_early);
    let by = |limit: i64, days: fn(&DeleteRule) -> Option<i32>| {
        let mut whole = settings.delete_rules.iter().filter(|rule| !rule.narrowed);
        whole.any(|rule| days(rule).is_some_and(|days| i64::from(days) <= limit))
    };
    let (ok, expected) = match keeps {
        Keeps::Copies => (
            // What has no custom time is met by its age alone.
            by(days, |rule| rule.days_since_custom_time) && by(days + 1, |rule| rule.age_days),
            format!(
                "delete at {days} days since the custom time, and at an age of {}",
                days + 1
            ),
        ),
        Keeps::Ingest => (
            by(days, |rule| rule.age_days),
            format!("delete at an age of {days} days"),
        ),
        // Longer than their images, but not for ever.
        Keeps::Evidence | Keeps::Erasures => (
            by(i64::MAX, |rule| rule.age_days),
            format!("delete at an age of {longest_that_is_early} days or later"),
        ),
    };
    let rules: Vec<_> = settings.delete_rules.iter().map(rule).collect();
    let seen = match rules.is_empty() {
        true => "no rule that deletes".to_owned(),
        false => rules.join(", "),
    };
    check(
        "lifecycle",
        ok && none_early,
        (seen, format!("{expected}; nothing before that")),
        "apply the Terraform of the bucket",
    )
}

fn rule(rule: &DeleteRule) -> String {
    let age = rule.age_days.map(|days| format!("age {days} d"));
    let custom = rule.days_since_custom_time;
    let custom = custom.map(|days| format!("{days} d since the custom time"));
    let rest = rule.narrowed.then(|| "further conditions".to_owned());
    let parts: Vec<_> = [age, custom, rest].into_iter().flatten().collect();
    format!("delete at {}", parts.join(" and "))
}

fn soft_delete(settings: &BucketSettings) -> Check {
    let seconds = settings.soft_delete_seconds;
    check(
        "soft-delete",
        seconds == 0,
        (format!("{seconds} s"), "off: 0 s"),
        "turn soft delete off; what is soft-deleted by then stays for its time",
    )
}

fn versioning(settings: &BucketSettings) -> Check {
    check(
        "versioning",
        !settings.versioning,
        (on(settings.versioning), "off"),
        "suspend versioning and delete all noncurrent versions",
    )
}

fn holds(settings: &BucketSettings) -> Check {
    check(
        "default-hold",
        !settings.event_based_hold,
        (on(settings.event_based_hold), "off"),
        "turn the default event-based hold off and release the holds of the objects",
    )
}

fn no_retention_policy(settings: &BucketSettings) -> Check {
    let seen = retention_policy(settings);
    check(
        "retention-policy",
        settings.retention.is_none(),
        (seen, "none"),
        "take the retention policy off: it keeps objects from being deleted in time",
    )
}

fn evidence_lock(settings: &BucketSettings) -> Check {
    let seen = retention_policy(settings);
    let seconds = EVIDENCE_DAYS * 24 * 60 * 60;
    let locked = |policy: BucketRetention| policy.locked && policy.seconds >= seconds;
    check(
        "retention-lock",
        settings.retention.is_some_and(locked),
        (
            seen,
            format!("a locked retention policy of at least {EVIDENCE_DAYS} days"),
        ),
        "lock the bucket's retention policy: until then evidence can be deleted",
    )
}

fn retention_policy(settings: &BucketSettings) -> String {
    settings.retention.map_or("none".to_owned(), |policy| {
        let locked = if policy.locked {
            "locked"
        } else {
            "not locked"
        };
        format!("{} s, {locked}", policy.seconds)
    })
}

fn uniform_access(settings: &BucketSettings) -> Check {
    check(
        "uniform-access",
        settings.uniform_access,
        (on(settings.uniform_access), "on"),
        "turn uniform bucket-level access on",
    )
}

fn public_access(settings: &BucketSettings) -> Check {
    let prevented = settings.public_access_prevented;
    check(
        "public-access-prevention",
        prevented,
        (on(prevented), "on"),
        "enforce public access prevention",
    )
}

fn on(on: bool) -> String {
    if on { "on" } else { "off" }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Change = fn(&mut BucketSettings);

    fn rule(age_days: Option<i32>, days_since_custom_time: Option<i32>) -> DeleteRule {
        DeleteRule {
            age_days,
            days_since_custom_time,
            narrowed: false,
        }
    }

    fn copies() -> BucketSettings {
        BucketSettings {
            delete_rules: vec![rule(None, Some(7)), rule(Some(8), None)],
            soft_delete_seconds: 0,
            versioning: false,
            event_based_hold: false,
            retention: None,
            uniform_access: true,
            public_access_prevented: true,
        }
    }

    fn violations(keeps: Keeps, settings: &BucketSettings) -> Vec<String> {
        let checks = check_bucket("b", keeps, Retention::DEFAULT, Ok(settings));
        let wrong = checks
            .into_iter()
            .filter(|check| check.status != Status::Ok);
        wrong.map(|check| check.id).collect()
    }

    #[test]
    fn a_bucket_as_it_should_be_passes() {
        assert_eq!(violations(Keeps::Copies, &copies()), Vec::<String>::new());
        let ingest = BucketSettings {
            delete_rules: vec![rule(Some(7), None)],
            ..copies()
        };
        assert_eq!(violations(Keeps::Ingest, &ingest), Vec::<String>::new());
    }

    #[test]
    fn each_setting_that_keeps_data_alive_is_a_violation() {
        let cases: [(&str, Change); 7] = [
            ("b/lifecycle", |b| b.delete_rules.clear()),
            ("b/soft-delete", |b| b.soft_delete_seconds = 604_800),
            ("b/versioning", |b| b.versioning = true),
            ("b/default-hold", |b| b.event_based_hold = true),
            ("b/retention-policy", |b| {
                b.retention = Some(BucketRetention {
                    seconds: 1,
                    locked: false,
                });
            }),
            ("b/uniform-access", |b| b.uniform_access = false),
            ("b/public-access-prevention", |b| {
                b.public_access_prevented = false
            }),
        ];
        for (id, change) in cases {
            let mut settings = copies();
            change(&mut settings);
            assert_eq!(violations(Keeps::Copies, &settings), [id]);
        }
    }

    #[test]
    fn rules_that_leave_objects_alone_are_no_backstop() {
        let late = vec![rule(None, Some(8)), rule(Some(8), None)];
        let one = vec![rule(None, Some(7))];
        let mut narrowed = copies().delete_rules;
        narrowed[0].narrowed = true;
        for delete_rules in [late, one, narrowed] {
            let settings = BucketSettings {
                delete_rules,
                ..copies()
            };
            assert_eq!(violations(Keeps::Copies, &settings), ["b/lifecycle"]);
        }
    }

    #[test]
    fn rules_that_delete_before_the_time_are_violations() {
        let narrowed = DeleteRule {
            narrowed: true,
            ..rule(Some(0), None)
        };
        for early in [
            rule(Some(6), None),
            rule(None, Some(6)),
            rule(None, None),
            narrowed,
        ] {
            let mut settings = copies();
            settings.delete_rules.push(early);
            assert_eq!(violations(Keeps::Copies, &settings), ["b/lifecycle"]);
        }
        let mut forgetful = copies();
        forgetful.delete_rules = vec![rule(Some(1), None)];
        assert_eq!(violations(Keeps::Erasures, &forgetful), ["b/lifecycle"]);
        forgetful.delete_rules = vec![rule(Some(30), None)];
        assert_eq!(
            violations(Keeps::Erasures, &forgetful),
            Vec::<String>::new()
        );
    }

    #[test]
    fn evidence_must_be_locked() {
        let unlocked = BucketSettings {
            delete_rules: vec![rule(Some(400), None)],
            ..copies()
        };
        assert_eq!(violations(Keeps::Evidence, &unlocked), ["b/retention-lock"]);
        let locked = BucketSettings {
            retention: Some(BucketRetention {
                seconds: 400 * 24 * 60 * 60,
                locked: true,
            }),
            ..unlocked
        };
        let short = BucketSettings {
            retention: Some(BucketRetention {
                seconds: 1,
                locked: true,
            }),
            ..locked.clone()
        };
        assert_eq!(violations(Keeps::Evidence, &short), ["b/retention-lock"]);
        assert_eq!(violations(Keeps::Evidence, &locked), Vec::<String>::new());
    }

    #[test]
    fn settings_that_cannot_be_read_are_a_warning() {
        let error = StorageError::NotFound;
        let checks = check_bucket("b", Keeps::Copies, Retention::DEFAULT, Err(&error));
        assert_eq!(checks.len(), 1);
        assert_eq!(checks[0].status, Status::Warn);
    }
}
