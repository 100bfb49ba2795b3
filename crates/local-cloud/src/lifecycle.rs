//! Lifecycle rules that delete (<https://cloud.google.com/storage/docs/lifecycle>), carried out
//! every minute and whenever the local time is moved.
//!
//! The cloud gives no bound for when it acts; here it is at once, so that tests can wait for it.
//! A rule with a condition that is not known here does nothing.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::background::Background;
use crate::clock::Clock;
use crate::store::{
    Bucket, LifecycleCondition, LifecycleRule, ListQuery, Object, Preconditions, Store, StoreError,
};

const EVERY: Duration = Duration::from_secs(60);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Starts carrying out the rules of all buckets.
pub(crate) fn start(store: &Store, clock: &Clock, background: &Background) {
    let (store, clock, stopping) = (store.clone(), clock.clone(), background.clone());
    background.spawn(async move {
        stopping
            .run_until_stopped(keep_running(&store, &clock))
            .await;
    });
}

async fn keep_running(store: &Store, clock: &Clock) {
    let mut moved = clock.changed();
    loop {
        if let Err(error) = run(store, clock.now()).await {
            tracing::error!(%error, "lifecycle rules cannot be carried out");
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = moved.changed() => {}
        }
    }
}

async fn run(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    for bucket in store.list_buckets("").await? {
        match run_bucket(store, &bucket, now).await {
            // It was deleted meanwhile.
            Err(StoreError::BucketNotFound) | Ok(()) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn run_bucket(store: &Store, bucket: &Bucket, now: Timestamp) -> Result<(), StoreError> {
    let rules: Vec<_> = deleting_rules(bucket).collect();
    if rules.is_empty() {
        return Ok(());
    }
    let mut query = ListQuery::default();
    loop {
        let page = store.list_objects(&bucket.name, query.clone()).await?;
        for object in page
            .objects
            .iter()
            .filter(|o| rules.iter().any(|rule| holds(rule, o, now)))
        {
            delete(store, object).await?;
        }
        let Some(token) = page.next_page_token else {
            return Ok(());
        };
        query.page_token = token;
    }
}

/// Deletes the generation that was looked at; one that came after it is not meant.
async fn delete(store: &Store, object: &Object) -> Result<(), StoreError> {
    let version = Preconditions {
        if_generation_match: Some(object.generation),
        if_metageneration_match: Some(object.metageneration),
        ..Preconditions::default()
    };
    match store.delete_object(&object.key(), None, version).await {
        // It has changed, is gone already, or is kept by something stronger than a rule.
        Err(
            StoreError::ObjectNotFound { .. }
            | StoreError::PreconditionFailed
            | StoreError::Held { .. }
            | StoreError::Retained { .. },
        ) => Ok(()),
        outcome => outcome,
    }
}

fn deleting_rules(bucket: &Bucket) -> impl Iterator<Item = &LifecycleCondition> {
    let rules = bucket
        .lifecycle
        .iter()
        .flat_map(|lifecycle| &lifecycle.rule);
    rules
        .filter(|rule| is_supported(rule))
        .map(|rule| &rule.condition)
}

/// Whether a rule deletes, for reasons that are all known here, of which there is at least one.
fn is_supported(rule: &LifecycleRule) -> bool {
    let known = LifecycleCondition {
        age: rule.condition.age,
        days_since_custom_time: rule.condition.days_since_custom_time,
        matches_prefix: rule.condition.matches_prefix.clone(),
        matches_suffix: rule.condition.matches_suffix.clone(),
        ..LifecycleCondition::default()
    };
    let is_known = known == rule.condition && known != LifecycleCondition::default();
    rule.action.kind == "Delete" && is_known
}

/// Whether all that the condition asks for is so at `now`.
fn holds(condition: &LifecycleCondition, object: &Object, now: Timestamp) -> bool {
    let LifecycleCondition {
        matches_prefix,
        matches_suffix,
        ..
    } = condition;
    let is_old = |days: i32, since: Timestamp| now.duration_since(since) >= DAY * days;
    let by_age = condition
        .age
        .is_none_or(|days| is_old(days, object.time_created));
    let by_custom_time = condition
        .days_since_custom_time
        .is_none_or(|days| object.custom_time.is_some_and(|time| is_old(days, time)));
    by_age
        && by_custom_time
        && (matches_prefix.is_empty() || matches_prefix.iter().any(|p| object.name.starts_with(p)))
        && (matches_suffix.is_empty() || matches_suffix.iter().any(|s| object.name.ends_with(s)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::LifecycleAction;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn object() -> Object {
        Object {
            name: "aa/preview.webp".to_owned(),
            time_created: at("2026-11-22T10:15:00Z"),
            custom_time: Some(at("2026-11-20T10:15:00Z")),
            ..Object::default()
        }
    }

    #[test]
    fn an_age_is_reached_at_the_second() {
        let condition = LifecycleCondition {
            age: Some(7),
            ..LifecycleCondition::default()
        };
        let holds = |now| holds(&condition, &object(), at(now));
        assert!(!holds("2026-11-29T10:14:59Z"));
        assert!(holds("2026-11-29T10:15:00Z"));
        assert!(holds("2026-11-29T10:15:01Z"));
    }

    #[test]
    fn days_since_custom_time_concern_only_objects_that_have_one() {
        let condition = LifecycleCondition {
            days_since_custom_time: Some(7),
            ..LifecycleCondition::default()
        };
        assert!(!holds(&condition, &object(), at("2026-11-27T10:14:59Z")));
        assert!(holds(&condition, &object(), at("2026-11-27T10:15:00Z")));
        let without = Object {
            custom_time: None,
            ..object()
        };
        assert!(!holds(&condition, &without, at("2027-11-27T10:15:00Z")));
    }

    #[test]
    fn all_conditions_of_a_rule_must_hold() {
        let with = |prefix: &str, suffix: &str| LifecycleCondition {
            age: Some(0),
            matches_prefix: vec!["zz/".to_owned(), prefix.to_owned()],
            matches_suffix: vec![suffix.to_owned()],
            ..LifecycleCondition::default()
        };
        let holds = |condition| holds(&condition, &object(), at("2026-11-22T10:15:00Z"));
        assert!(holds(with("aa/", ".webp")));
        assert!(!holds(with("bb/", ".webp")));
        assert!(!holds(with("aa/", ".jpg")));
        assert!(!holds(LifecycleCondition {
            age: Some(1),
            ..with("aa/", ".webp")
        }));
    }

    #[test]
    fn rules_that_are_not_understood_do_nothing() {
        let rule = |kind: &str, condition| LifecycleRule {
            action: LifecycleAction {
                kind: kind.to_owned(),
                storage_class: None,
            },
            condition,
        };
        let age = LifecycleCondition {
            age: Some(7),
            ..LifecycleCondition::default()
        };
        let newer = LifecycleCondition {
            num_newer_versions: Some(1),
            ..age.clone()
        };
        assert!(is_supported(&rule("Delete", age.clone())));
        assert!(!is_supported(&rule("SetStorageClass", age.clone())));
        assert!(!is_supported(&rule("AbortIncompleteMultipartUpload", age)));
        assert!(!is_supported(&rule("Delete", newer)));
        assert!(!is_supported(&rule(
            "Delete",
            LifecycleCondition::default()
        )));
    }
}
