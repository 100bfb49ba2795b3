//! Seven days after its receipt an image is gone, and not before.

use std::collections::BTreeMap;

use darkroom_core::ImageId;
use darkroom_core::key::ObjectKey;
use integration_tests::{TestStack, photo, run};
use jiff::{SignedDuration, Timestamp};
use local_stack::topology::{ARCHIVE, INGEST, RECORDS};
use serde_json::{Value, json};

const SEVEN_DAYS: i64 = 7 * 24 * 60 * 60;

/// How many objects a sweep deleted, in all buckets.
fn deleted(report: &Value) -> u64 {
    let buckets = report["buckets"].as_object().unwrap().values();
    buckets
        .map(|counts| counts["deleted"].as_u64().unwrap())
        .sum()
}

#[test]
fn a_sweep_deletes_what_is_seven_days_old_and_nothing_younger() {
    run(async {
        let stack = TestStack::start().await;
        stack.drop_lifecycle().await;
        stack.stop_schedules().await;
        let id = stack.upload(&photo(1)).await;
        stack.rows(&[id]).await;
        stack.quiet().await;
        let received = stack.now().await;

        // An hour before: the margin is what the test's own requests may take.
        stack.advance(SEVEN_DAYS - 3600).await;
        assert_eq!(deleted(&stack.sweep("/sweep").await), 0);
        assert_eq!(stack.objects(ARCHIVE).await.len(), 3);

        stack.advance(3600).await;
        assert!(stack.now().await.duration_since(received).as_secs() >= SEVEN_DAYS);
        assert_eq!(deleted(&stack.sweep("/sweep").await), 4);
        assert_eq!(stack.objects(ARCHIVE).await, Vec::<String>::new());
        assert_eq!(stack.objects(RECORDS).await, Vec::<String>::new());
        assert_eq!(deleted(&stack.sweep("/sweep").await), 0);
    });
}

#[test]
fn seven_days_are_seven_days_to_the_second() {
    run(async {
        let stack = TestStack::start().await;
        stack.drop_lifecycle().await;
        stack.stop_schedules().await;
        // A copy for each second around the one at which the sweep will judge.
        let middle = stack.now().await - SignedDuration::from_mins(10);
        let id = ImageId::new(middle - SignedDuration::from_mins(2));
        let mut received = BTreeMap::new();
        for second in -60..=60 {
            let time = middle + SignedDuration::from_secs(second);
            let part = format!("at-{}", second + 60);
            let name = ObjectKey::new(id, part.parse().unwrap()).to_string();
            stack.put_copy(ARCHIVE, &name, time).await;
            received.insert(name, time);
        }

        let until = middle.duration_since(stack.now().await).as_secs() + SEVEN_DAYS;
        stack.advance(until).await;
        let report = stack.sweep("/sweep").await;
        let as_of: Timestamp = report["as_of"].as_str().unwrap().parse().unwrap();
        let cutoff = as_of - SignedDuration::from_secs(SEVEN_DAYS);
        let left = stack.objects(ARCHIVE).await;
        for (name, time) in &received {
            assert_eq!(left.contains(name), *time > cutoff, "{time} and {cutoff}");
        }
        assert!((1..received.len()).contains(&left.len()), "{}", left.len());
    });
}

#[test]
fn a_sweep_deletes_what_was_left_behind_in_ingest() {
    run(async {
        let stack = TestStack::start().await;
        stack.drop_lifecycle().await;
        stack.stop_schedules().await;
        let name = ObjectKey::original(ImageId::new(stack.now().await)).to_string();
        // Without Darkroom's metadata, so the processor refuses it for good.
        stack.put(INGEST, &name, b"left behind".to_vec()).await;
        stack.quiet().await;

        stack.advance(SEVEN_DAYS - 3600).await;
        assert_eq!(deleted(&stack.sweep("/sweep").await), 0);
        assert_eq!(stack.objects(INGEST).await, [name]);

        stack.advance(3600).await;
        assert_eq!(deleted(&stack.sweep("/sweep").await), 1);
        assert_eq!(stack.objects(INGEST).await, Vec::<String>::new());
    });
}

#[test]
fn the_scheduler_sweeps_by_itself() {
    run(async {
        let stack = TestStack::start().await;
        let id = stack.upload(&photo(1)).await;
        stack.rows(&[id]).await;
        stack.quiet().await;
        stack.advance(SEVEN_DAYS + 3600).await;
        integration_tests::until("the image is gone", async || {
            let left = stack.objects(ARCHIVE).await.len() + stack.objects(RECORDS).await.len();
            (left == 0).then_some(())
        })
        .await;
    });
}

#[test]
fn images_come_in_however_far_the_clock_was_moved() {
    run(async {
        let stack = TestStack::start().await;
        stack.advance(5 * SEVEN_DAYS).await;
        let id = stack.upload(&photo(1)).await;
        let rows = stack.rows(std::slice::from_ref(&id)).await;
        assert_eq!(rows[&id].len(), 1);
    });
}

#[test]
fn a_sweep_that_storage_breaks_off_says_so() {
    run(async {
        let stack = TestStack::start().await;
        let fault =
            json!({ "bucket": ARCHIVE, "operation": "objects.list", "count": 1, "status": 403 });
        stack.control("faults", &fault).await;
        let (status, problem) = stack.try_sweep("/sweep").await;
        assert_eq!(status, 503);
        assert!(
            problem["detail"]
                .as_str()
                .unwrap()
                .starts_with("1 listings"),
            "{problem}"
        );
    });
}
