//! Whatever breaks, every image ends as exactly one row, with all its objects, and nothing is left
//! in ingest.

use integration_tests::proxy::Proxy;
use integration_tests::{TestStack, photo, run, until, warehouse};
use local_cloud::events::{Delivery, DeliveryState};
use local_stack::topology::{ARCHIVE, INGEST, RECORDS, Service, TRIGGERS};
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
    stack.rows(ids).await;
    stack.quiet().await;
    // Looked up once more, because a second delivery may have loaded a second row since.
    for (id, rows) in stack.rows(ids).await {
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

/// What the functions do in storage to an image that they process and load.
const OPERATIONS: [(&str, &str); 6] = [
    (INGEST, "objects.get"),
    (ARCHIVE, "objects.insert"),
    (ARCHIVE, "objects.rewrite"),
    (RECORDS, "objects.insert"),
    (INGEST, "objects.delete"),
    (RECORDS, "objects.get"),
];

/// Lets each operation be answered with `status` once, while images come through.
async fn each_operation_fails_once(stack: &TestStack, status: u16) {
    for (bucket, operation) in OPERATIONS {
        let fault = json!({ "bucket": bucket, "operation": operation, "status": status });
        stack.control("faults", &fault).await;
    }
    let ids = upload(stack, 3).await;
    assert_whole(stack, &ids).await;
    assert_eq!(stack.stack.cloud.faults().waiting(), []);
}

/// How often events of the triggers were sent in vain.
fn deliveries_in_vain(stack: &TestStack) -> u32 {
    let deliveries = TRIGGERS.map(|trigger| stack.deliveries(trigger.name));
    let deliveries = deliveries.into_iter().flatten();
    deliveries.map(|delivery| delivery.attempts - 1).sum()
}

#[test]
fn storage_that_is_unavailable_for_a_moment_is_tried_again_at_once() {
    run(async {
        let stack = TestStack::start().await;
        each_operation_fails_once(&stack, 503).await;
        assert_eq!(deliveries_in_vain(&stack), 0);
    });
}

#[test]
fn storage_that_fails_an_event_is_tried_again_by_the_redelivery() {
    run(async {
        let stack = TestStack::start().await;
        // Unlike 503, the functions' clients do not try this one again themselves.
        each_operation_fails_once(&stack, 403).await;
        assert_eq!(deliveries_in_vain(&stack), 6);
    });
}

#[test]
fn storage_that_stays_unavailable_is_outlasted_by_the_redelivery() {
    run(async {
        let stack = TestStack::start().await;
        stack
            .control(
                "faults",
                &json!({ "bucket": ARCHIVE, "count": 1_000, "status": 503 }),
            )
            .await;
        let ids = upload(&stack, 2).await;
        until("the processor gives up for now", async || {
            let deliveries = stack.deliveries("ingest-finalized");
            let refused = deliveries.iter().filter(|d| d.last_status == Some(503));
            (refused.count() == ids.len()).then_some(())
        })
        .await;
        stack.stack.cloud.faults().clear();
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
fn rows_that_wait_for_an_insert_go_together_in_the_next() {
    run(async {
        const IMAGES: u32 = 10;
        let (proxy, address) = Proxy::start(warehouse().await.endpoint().to_owned()).await;
        let stack = TestStack::with_bigquery(address).await;
        let loading = || stack.deliveries("records-finalized");
        let late = json!({
            "event": "delay", "trigger": "records-finalized",
            "count": IMAGES, "delay_ms": 600_000,
        });
        stack.control("faults", &late).await;
        let ids = upload(&stack, IMAGES).await;
        until("every record waits to be loaded", async || {
            (loading().len() == ids.len()).then_some(())
        })
        .await;

        // The delay does nothing; that it was used up shows that the loader has asked for all.
        let read = json!({
            "bucket": RECORDS, "api": "json", "operation": "objects.get",
            "count": IMAGES, "delay_ms": 1,
        });
        stack.control("faults", &read).await;
        proxy.hold();
        stack
            .control("clock", &json!({ "advance_seconds": 600 }))
            .await;
        until(
            "all are under way, the first row of them in an insert",
            async || {
                let read = stack.stack.cloud.faults().waiting().is_empty();
                (read && proxy.inserts() == 1).then_some(())
            },
        )
        .await;
        let waiting = |delivery: &Delivery| delivery.state == DeliveryState::Waiting;
        assert!(loading().iter().all(waiting), "{:?}", loading());

        proxy.release();
        assert_whole(&stack, &ids).await;
        // The one that was held, all that waited meanwhile, and perhaps a straggler.
        assert!(proxy.inserts() <= 3, "{} inserts", proxy.inserts());
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
fn a_processor_that_is_stopped_at_work_ends_cleanly_and_leaves_the_rest_to_the_redelivery() {
    run(async {
        let mut stack = TestStack::start().await;
        // One image ends within the time that Cloud Run leaves a function, the other does not.
        for delay_ms in [2_000, 60_000] {
            let slow = json!({
                "bucket": ARCHIVE, "operation": "objects.rewrite", "delay_ms": delay_ms,
            });
            stack.control("faults", &slow).await;
        }
        let ids = upload(&stack, 2).await;
        until("both are being archived", async || {
            stack
                .stack
                .cloud
                .faults()
                .waiting()
                .is_empty()
                .then_some(())
        })
        .await;
        let processor = stack.stack.function(Service::ImageProcessor).unwrap();
        let status = processor.stop().await.unwrap();
        assert!(status.success(), "{status}");
        assert!(stack.objects(RECORDS).await.len() < ids.len());
        let processor = stack.stack.function(Service::ImageProcessor).unwrap();
        processor.restart().await.unwrap();
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
