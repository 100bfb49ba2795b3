//! Seven days after its receipt an image is gone, and not before.

use darkroom_core::ImageId;
use darkroom_core::key::ObjectKey;
use integration_tests::{TestStack, get, photo, run};
use local_stack::topology::{ARCHIVE, INGEST, RECORDS, Service};
use serde_json::{Value, json};

const SEVEN_DAYS: i64 = 7 * 24 * 60 * 60;

async fn sweep(stack: &TestStack) -> Value {
    let url = format!("{}/sweep", stack.stack.endpoint(Service::PurgeAuditor));
    let answer = reqwest::Client::new().post(url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

/// Leaves nothing to lifecycle rules, which would delete too: the tests are about the sweep.
async fn drop_lifecycle(stack: &TestStack) {
    for bucket in [INGEST, ARCHIVE, RECORDS] {
        let url = format!("{}/storage/v1/b/{bucket}", stack.stack.cloud.endpoint());
        let patch = json!({ "lifecycle": { "rule": [] } });
        let request = reqwest::Client::new().patch(url).json(&patch);
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
}

async fn now(stack: &TestStack) -> jiff::Timestamp {
    let clock = get(&format!("{}/_local/clock", stack.stack.cloud.endpoint())).await;
    clock["now"].as_str().unwrap().parse().unwrap()
}

#[test]
fn a_sweep_deletes_what_is_seven_days_old_and_nothing_younger() {
    run(async {
        let stack = TestStack::start().await;
        drop_lifecycle(&stack).await;
        let id = stack.upload(&photo(1)).await;
        stack.rows(&[id]).await;
        stack.quiet().await;
        let received = now(&stack).await;

        // An hour before: the margin is what the test's own requests may take.
        stack
            .control("clock", &json!({ "advance_seconds": SEVEN_DAYS - 3600 }))
            .await;
        assert_eq!(sweep(&stack).await["deleted"], 0);
        assert_eq!(stack.objects(ARCHIVE).await.len(), 3);

        stack
            .control("clock", &json!({ "advance_seconds": 3600 }))
            .await;
        assert!(now(&stack).await.duration_since(received).as_secs() >= SEVEN_DAYS);
        assert_eq!(sweep(&stack).await["deleted"], 4);
        assert_eq!(stack.objects(ARCHIVE).await, Vec::<String>::new());
        assert_eq!(stack.objects(RECORDS).await, Vec::<String>::new());
        assert_eq!(sweep(&stack).await["deleted"], 0);
    });
}

#[test]
fn a_sweep_deletes_what_was_left_behind_in_ingest() {
    run(async {
        let stack = TestStack::start().await;
        drop_lifecycle(&stack).await;
        let name = ObjectKey::original(ImageId::new(now(&stack).await)).to_string();
        // Without Darkroom's metadata, so the processor refuses it for good.
        stack.put(INGEST, &name, b"left behind".to_vec()).await;
        stack.quiet().await;

        stack
            .control("clock", &json!({ "advance_seconds": SEVEN_DAYS - 3600 }))
            .await;
        assert_eq!(sweep(&stack).await["deleted"], 0);
        assert_eq!(stack.objects(INGEST).await, [name]);

        stack
            .control("clock", &json!({ "advance_seconds": 3600 }))
            .await;
        assert_eq!(sweep(&stack).await["deleted"], 1);
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
        stack
            .control("clock", &json!({ "advance_seconds": SEVEN_DAYS + 3600 }))
            .await;
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
        stack
            .control("clock", &json!({ "advance_seconds": 5 * SEVEN_DAYS }))
            .await;
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
        let url = format!("{}/sweep", stack.stack.endpoint(Service::PurgeAuditor));
        let answer = reqwest::Client::new().post(url).send().await.unwrap();
        assert_eq!(answer.status(), 503);
        let problem: Value = answer.json().await.unwrap();
        assert!(
            problem["detail"]
                .as_str()
                .unwrap()
                .starts_with("1 listings"),
            "{problem}"
        );
    });
}
