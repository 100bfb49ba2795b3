//! Events come twice, late or in another order, when asked to.

use local_cloud::LocalCloud;
use local_cloud::events::EventKind;
use serde_json::{Value, json};

use crate::local::{post, put};
use crate::receiver::{Receiver, quiet, trigger, until};

async fn start() -> (LocalCloud, Receiver) {
    let (cloud, receiver) = (crate::local::start().await, Receiver::start().await);
    trigger(&cloud, "t", EventKind::Finalized, &receiver).await;
    (cloud, receiver)
}

async fn add_fault(cloud: &LocalCloud, spec: Value) {
    let (status, body) = post(cloud, "/_local/faults", spec).await;
    assert_eq!(status, 200, "{body}");
}

#[tokio::test]
async fn a_duplicated_event_comes_twice_with_one_id() {
    let (cloud, receiver) = start().await;
    add_fault(&cloud, json!({ "event": "duplicate", "count": 1 })).await;
    put(&cloud, "bucket", "a", Value::Null).await;
    quiet(&cloud).await;
    put(&cloud, "bucket", "b", Value::Null).await;
    quiet(&cloud).await;
    assert_eq!(receiver.names(), ["a", "a", "b"]);
    let ids: Vec<_> = receiver
        .received()
        .iter()
        .map(|event| event.header("ce-id").to_owned())
        .collect();
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
}

#[tokio::test]
async fn a_reordered_pair_comes_the_other_way_round() {
    let (cloud, receiver) = start().await;
    add_fault(
        &cloud,
        json!({ "event": "reorder", "trigger": "t", "count": 1 }),
    )
    .await;
    put(&cloud, "bucket", "first", Value::Null).await;
    put(&cloud, "bucket", "second", Value::Null).await;
    quiet(&cloud).await;
    assert_eq!(receiver.names(), ["second", "first"]);
}

#[tokio::test]
async fn a_reordered_event_that_none_follows_comes_when_its_time_is_over() {
    let (cloud, receiver) = start().await;
    add_fault(
        &cloud,
        json!({ "event": "reorder", "count": 1, "delay_ms": 60_000 }),
    )
    .await;
    put(&cloud, "bucket", "first", Value::Null).await;
    until(|| !cloud.events().deliveries().unwrap().deliveries.is_empty()).await;
    assert_eq!(receiver.names(), [""; 0]);
    cloud.clock().advance(61);
    quiet(&cloud).await;
    assert_eq!(receiver.names(), ["first"]);
}

#[tokio::test]
async fn a_delayed_event_waits_and_the_next_does_not() {
    let (cloud, receiver) = start().await;
    add_fault(
        &cloud,
        json!({ "event": "delay", "count": 1, "delay_ms": 60_000 }),
    )
    .await;
    put(&cloud, "bucket", "late", Value::Null).await;
    put(&cloud, "bucket", "prompt", Value::Null).await;
    until(|| cloud.events().deliveries().unwrap().delivered == 1).await;
    assert_eq!(receiver.names(), ["prompt"]);
    assert_eq!(cloud.events().deliveries().unwrap().waiting, 1);
    cloud.clock().advance(61);
    quiet(&cloud).await;
    assert_eq!(receiver.names(), ["prompt", "late"]);
}

#[tokio::test]
async fn a_fault_of_another_trigger_does_nothing_here() {
    let (cloud, receiver) = start().await;
    add_fault(
        &cloud,
        json!({ "event": "duplicate", "trigger": "other", "count": 1 }),
    )
    .await;
    put(&cloud, "bucket", "a", Value::Null).await;
    quiet(&cloud).await;
    assert_eq!(receiver.names(), ["a"]);
    assert_eq!(cloud.faults().waiting().len(), 1);
}
