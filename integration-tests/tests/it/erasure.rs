//! An image that somebody wants gone is gone everywhere, and does not come back.

use darkroom_core::ImageId;
use darkroom_core::key::ObjectKey;
use integration_tests::events::Event;
use integration_tests::proxy::Proxy;
use integration_tests::{TestStack, photo, run, until, warehouse};
use local_stack::topology::{ARCHIVE, ERASURES, INGEST, RECORDS, Service};
use serde_json::Value;

/// How long an erasure is not called done for.
const MINUTES_15: i64 = 15 * 60;

/// Has an image erased, and waits until a sweep has found nothing of it any more.
async fn erased(stack: &TestStack, id: &str) -> Value {
    let uploader = stack.stack.uploader("user-1").await.unwrap();
    let state = uploader.erase(id).await.unwrap();
    assert_eq!(state["status"], "pending");
    until("its objects and rows are gone", async || {
        let left = objects_of(stack, id).await.len() + rows_of(stack, id).await;
        (left == 0).then_some(())
    })
    .await;
    stack.sweep("/sweep").await;
    let state = uploader.erase(id).await.unwrap();
    assert_eq!(state["status"], "pending", "something may be under way");
    stack.advance(MINUTES_15).await;
    stack.sweep("/sweep").await;
    let state = uploader.erase(id).await.unwrap();
    assert_eq!(state["status"], "erased");
    state
}

async fn objects_of(stack: &TestStack, id: &str) -> Vec<String> {
    let mut objects = Vec::new();
    for bucket in [INGEST, ARCHIVE, RECORDS] {
        objects.extend(stack.objects(bucket).await);
    }
    objects.retain(|name| name.contains(id));
    objects
}

async fn rows_of(stack: &TestStack, id: &str) -> usize {
    let sql = format!("SELECT image_id FROM {{dataset}}.image_records WHERE image_id = '{id}'");
    stack.query(&sql).await.len()
}

#[test]
fn an_erased_image_is_gone_and_late_events_do_not_bring_it_back() {
    run(async {
        let stack = TestStack::start().await;
        let (id, other) = (stack.upload(&photo(1)).await, stack.upload(&photo(2)).await);
        stack.rows(&[id.clone(), other.clone()]).await;
        stack.quiet().await;
        let state = erased(&stack, &id).await;
        assert!(state["erased_at"].is_string(), "{state}");
        stack.quiet().await;

        assert_eq!(objects_of(&stack, &id).await, Vec::<String>::new());
        assert_eq!(rows_of(&stack, &id).await, 0);
        let ledger =
            format!("SELECT cause, within_policy FROM {{dataset}}.purges WHERE name LIKE '%{id}%'");
        let ledger = stack.query(&ledger).await;
        assert_eq!(ledger.len(), 4);
        for row in ledger {
            assert_eq!(
                (&row["cause"], &row["within_policy"]),
                (&"erasure".into(), &true.into())
            );
        }
        let uploader = stack.stack.uploader("user-1").await.unwrap();
        assert!(
            uploader
                .image(&id)
                .await
                .unwrap_err()
                .to_string()
                .contains("410")
        );

        // Both events come again, and the ingest object with them.
        let image: ImageId = id.parse().unwrap();
        let name = ObjectKey::original(image).to_string();
        stack
            .put(INGEST, &name, darkroom_samples::jpeg(64, 48, 1))
            .await;
        let processor = stack.stack.endpoint(Service::ImageProcessor);
        let (status, said) = Event::finalized(INGEST, &name).post(&processor).await;
        assert_eq!(status, 204, "{said}");
        let record = ObjectKey::record(image).to_string();
        let loader = stack.stack.endpoint(Service::MetadataLoader);
        let (status, said) = Event::finalized(RECORDS, &record).post(&loader).await;
        assert_eq!(status, 204, "{said}");
        stack.quiet().await;
        stack.sweep("/sweep").await;
        assert_eq!(objects_of(&stack, &id).await, Vec::<String>::new());
        assert_eq!(rows_of(&stack, &id).await, 0);

        assert_eq!(objects_of(&stack, &other).await.len(), 4);
        assert_eq!(rows_of(&stack, &other).await, 1);
    });
}

#[test]
fn an_image_can_be_erased_before_it_is_processed() {
    run(async {
        let stack = TestStack::start().await;
        let fault = serde_json::json!({
            "event": "delay", "trigger": "ingest-finalized", "delay_ms": 60_000, "count": 1,
        });
        stack.control("faults", &fault).await;
        let id = stack.upload(&photo(1)).await;
        erased(&stack, &id).await;
        // The event comes only now.
        stack.advance(60).await;
        stack.quiet().await;
        assert_eq!(objects_of(&stack, &id).await, Vec::<String>::new());
        assert_eq!(rows_of(&stack, &id).await, 0);
    });
}

#[test]
fn what_came_back_all_the_same_is_erased_by_the_next_sweep() {
    run(async {
        let stack = TestStack::start().await;
        let (id, other) = (stack.upload(&photo(1)).await, stack.upload(&photo(2)).await);
        stack.rows(&[id.clone(), other.clone()]).await;
        erased(&stack, &id).await;
        // A processor and a loader that were under way write what they had.
        let image: ImageId = id.parse().unwrap();
        let late = ObjectKey::original(image).to_string();
        stack.put_copy(ARCHIVE, &late, image.time()).await;
        let sql = format!(
            "INSERT INTO {{dataset}}.image_records SELECT * REPLACE ('{id}' AS image_id)
             FROM {{dataset}}.image_records WHERE image_id = '{other}'"
        );
        stack.query(&sql).await;
        assert_eq!(
            (
                objects_of(&stack, &id).await.len(),
                rows_of(&stack, &id).await
            ),
            (1, 1)
        );
        let report = stack.sweep("/sweep").await;
        assert_eq!(report["erasures"]["worked_on"], 1);
        assert_eq!(
            (
                objects_of(&stack, &id).await.len(),
                rows_of(&stack, &id).await
            ),
            (0, 0)
        );
    });
}

#[test]
fn rows_that_bigquery_still_streams_are_deleted_by_a_later_sweep() {
    run(async {
        let (proxy, address) = Proxy::start(warehouse().await.endpoint()).await;
        let stack = TestStack::with_bigquery(address).await;
        let id = stack.upload(&photo(1)).await;
        stack.rows(std::slice::from_ref(&id)).await;
        stack.quiet().await;
        proxy.keep_rows(true);
        let uploader = stack.stack.uploader("user-1").await.unwrap();
        uploader.erase(&id).await.unwrap();
        stack.quiet().await;
        assert_eq!(objects_of(&stack, &id).await, Vec::<String>::new());
        let report = stack.sweep("/sweep").await;
        assert_eq!(report["erasures"]["pending"], 1, "{}", report["erasures"]);
        let state = uploader.erase(&id).await.unwrap();
        assert_eq!(state["status"], "pending");
        assert_eq!(rows_of(&stack, &id).await, 1);

        proxy.keep_rows(false);
        stack.advance(MINUTES_15).await;
        stack.sweep("/sweep").await;
        assert_eq!(rows_of(&stack, &id).await, 0);
        let state = uploader.erase(&id).await.unwrap();
        assert_eq!(state["status"], "pending", "that sweep has found something");
        stack.sweep("/sweep").await;
        assert_eq!(uploader.erase(&id).await.unwrap()["status"], "erased");
        assert_eq!(stack.objects(ERASURES).await.len(), 2);
    });
}
