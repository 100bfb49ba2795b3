//! Whatever breaks, every image ends as exactly one row, with all its objects, and nothing is left
//! in ingest.

use integration_tests::proxy::Proxy;
use integration_tests::{TestStack, photo, run, until, warehouse};
use local_stack::topology::{ARCHIVE, INGEST, RECORDS, Service};
use serde_json::json;

/// Uploads `count` photographs.
async fn upload(stack: &TestStack, count: u32) -> Vec<String> {
    let mut ids = Vec::new();
    for seed in 0..count {
        ids.push(stack.upload(&photo(seed)).await);
    }
    ids
}

/// Waits until all is done and holds the stack to what must always be so.
async fn assert_whole(stack: &TestStack, ids: &[String]) {
    let rows = stack.rows(ids).await;
    stack.quiet().await;
    for (id, rows) in rows {
        assert_eq!(rows.len(), 1, "{id}");
        assert_eq!(rows[0].status, "processed", "{id}");
    }
    assert_eq!(stack.objects(INGEST).await, Vec::<String>::new());
    assert_eq!(stack.objects(RECORDS).await.len(), ids.len());
    assert_eq!(stack.objects(ARCHIVE).await.len(), 3 * ids.len());
}

#[test]
fn duplicate_events_change_nothing() {
    run(async {
        let stack = TestStack::start().await;
        stack
            .control("faults", &json!({ "event": "duplicate", "count": 8 }))
            .await;
        let ids = upload(&stack, 4).await;
        assert_whole(&stack, &ids).await;
    });
}

#[test]
fn reordered_events_change_nothing() {
    run(async {
        let stack = TestStack::start().await;
        stack
            .control("faults", &json!({ "event": "reorder", "count": 2 }))
            .await;
        let ids = upload(&stack, 4).await;
        assert_whole(&stack, &ids).await;
    });
}

#[test]
fn storage_that_is_unavailable_is_tried_again() {
    run(async {
        let stack = TestStack::start().await;
        let fault = |bucket: &str| json!({ "bucket": bucket, "count": 10, "status": 503 });
        stack.control("faults", &fault(ARCHIVE)).await;
        stack.control("faults", &fault(RECORDS)).await;
        let ids = upload(&stack, 3).await;
        assert_whole(&stack, &ids).await;
    });
}

#[test]
fn connections_that_storage_cuts_are_made_again() {
    run(async {
        let stack = TestStack::start().await;
        stack
            .control(
                "faults",
                &json!({ "bucket": ARCHIVE, "count": 5, "cut": true }),
            )
            .await;
        let ids = upload(&stack, 3).await;
        assert_whole(&stack, &ids).await;
    });
}

#[test]
fn a_warehouse_that_is_unavailable_is_tried_again() {
    run(async {
        let (proxy, address) = Proxy::start(warehouse().await.endpoint().to_owned()).await;
        let stack = TestStack::with_bigquery(address).await;
        proxy.fail(3);
        let ids = upload(&stack, 3).await;
        assert_whole(&stack, &ids).await;
        assert_eq!(proxy.failures_left(), 0);
    });
}

#[test]
fn a_processor_that_is_killed_at_work_leaves_it_to_the_redelivery() {
    run(async {
        let mut stack = TestStack::start().await;
        // The derivatives are written, the original is not: the middle of the work.
        let slow = json!({
            "api": "grpc", "bucket": ARCHIVE, "operation": "objects.rewrite",
            "count": 4, "delay_ms": 60_000,
        });
        stack.control("faults", &slow).await;
        let ids = upload(&stack, 4).await;
        until("the work has begun", async || {
            (!stack.objects(ARCHIVE).await.is_empty()).then_some(())
        })
        .await;
        let processor = stack.stack.function(Service::ImageProcessor).unwrap();
        processor.kill().await.unwrap();
        assert_eq!(stack.objects(RECORDS).await, Vec::<String>::new());
        let processor = stack.stack.function(Service::ImageProcessor).unwrap();
        processor.restart().await.unwrap();
        assert_whole(&stack, &ids).await;
    });
}

#[test]
fn a_loader_that_is_killed_is_made_up_for_by_the_redelivery() {
    run(async {
        let mut stack = TestStack::start().await;
        stack
            .stack
            .function(Service::MetadataLoader)
            .unwrap()
            .kill()
            .await
            .unwrap();
        let ids = upload(&stack, 2).await;
        until("the records are written", async || {
            (stack.objects(RECORDS).await.len() == 2).then_some(())
        })
        .await;
        stack
            .stack
            .function(Service::MetadataLoader)
            .unwrap()
            .restart()
            .await
            .unwrap();
        assert_whole(&stack, &ids).await;
    });
}

#[test]
fn functions_end_cleanly_when_asked() {
    run(async {
        let mut stack = TestStack::start().await;
        for service in Service::ALL {
            let status = stack.stack.function(service).unwrap().stop().await.unwrap();
            assert!(status.success(), "{}: {status}", service.name());
        }
    });
}
