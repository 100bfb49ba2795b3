//! Events reach the destinations of their triggers, at least once.

use std::time::Duration;

use local_cloud::events::{DeliveryPolicy, DeliveryState, EventKind};
use local_cloud::store::{ObjectKey, Preconditions};
use local_cloud::{Config, LocalCloud, Location};
use serde_json::{Value, json};

use crate::local::{create_bucket, start, start_at};
use crate::receiver::{QUICK, Receiver, quiet, trigger, until};

/// Writes an object of `bucket` and returns its resource.
async fn put(cloud: &LocalCloud, name: &str, content: &str) -> Value {
    let path = format!("/upload/storage/v1/b/bucket/o?uploadType=media&name={name}");
    let (status, object) = crate::local::post(cloud, &path, json!(content)).await;
    assert_eq!(status, 200, "{object}");
    object
}

async fn delete(cloud: &LocalCloud, name: &str) {
    let key = ObjectKey::new("bucket", name);
    cloud
        .store()
        .delete_object(&key, None, Preconditions::default())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_finalized_object_arrives_as_eventarc_sends_it() {
    let (cloud, receiver) = (start().await, Receiver::start().await);
    trigger(&cloud, "t", EventKind::Finalized, &receiver).await;
    let object = put(&cloud, "a%2Fb%20c", "content").await;
    let event = receiver.wait_for(1).await.remove(0);
    assert_eq!((event.method.as_str(), event.path.as_str()), ("POST", "/"));
    assert_eq!(event.header("ce-specversion"), "1.0");
    assert_eq!(
        event.header("ce-type"),
        "google.cloud.storage.object.v1.finalized"
    );
    assert_eq!(
        event.header("ce-source"),
        "//storage.googleapis.com/projects/_/buckets/bucket"
    );
    assert_eq!(event.header("ce-subject"), "objects/a/b%20c");
    assert_eq!(event.header("ce-bucket"), "bucket");
    assert_eq!(event.header("content-type"), "application/json");
    for field in [
        "bucket",
        "name",
        "generation",
        "metageneration",
        "size",
        "crc32c",
        "md5Hash",
    ] {
        assert_eq!(event.body[field], object[field], "{field}");
    }
    assert!(event.body["size"].is_string());
}

#[tokio::test]
async fn an_event_comes_again_until_it_is_acknowledged() {
    let receiver = Receiver::answering(&[500, 429, 404, 302], 200).await;
    let cloud = start().await;
    trigger(&cloud, "t", EventKind::Finalized, &receiver).await;
    put(&cloud, "a", "").await;
    quiet(&cloud).await;
    let ids: Vec<_> = receiver
        .received()
        .iter()
        .map(|event| event.header("ce-id").to_owned())
        .collect();
    assert_eq!(ids.len(), 5);
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    until(|| cloud.events().deliveries().unwrap().delivered == 1).await;
    let delivery = cloud.events().deliveries().unwrap().deliveries.remove(0);
    assert_eq!((delivery.attempts, delivery.last_status), (5, Some(200)));
    assert_eq!(delivery.state, DeliveryState::Acknowledged);
}

#[tokio::test]
async fn four_statuses_acknowledge_at_once() {
    for status in [200, 201, 202, 204] {
        let (cloud, receiver) = (start().await, Receiver::answering(&[], status).await);
        trigger(&cloud, "t", EventKind::Finalized, &receiver).await;
        put(&cloud, "a", "").await;
        quiet(&cloud).await;
        assert_eq!(receiver.received().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn events_that_nothing_waits_for_are_dropped() {
    let (cloud, receiver) = (start().await, Receiver::start().await);
    put(&cloud, "before", "").await;
    trigger(&cloud, "t", EventKind::Deleted, &receiver).await;
    put(&cloud, "finalized", "").await;
    assert_eq!(cloud.events().deliveries().unwrap().waiting, 0);
    delete(&cloud, "before").await;
    quiet(&cloud).await;
    assert_eq!(receiver.names(), ["before"]);
}

#[tokio::test]
async fn an_overwritten_generation_is_deleted_and_a_new_one_finalized() {
    let cloud = start().await;
    let (finalized, deleted) = (Receiver::start().await, Receiver::start().await);
    trigger(&cloud, "finalized", EventKind::Finalized, &finalized).await;
    trigger(&cloud, "deleted", EventKind::Deleted, &deleted).await;
    let old = put(&cloud, "a", "1").await;
    let new = put(&cloud, "a", "2").await;
    delete(&cloud, "a").await;
    quiet(&cloud).await;
    let generations = |receiver: &Receiver| {
        let mut events = receiver.received();
        events.sort_by_key(|event| event.body["generation"].to_string());
        events
            .into_iter()
            .map(|event| event.body["generation"].clone())
            .collect::<Vec<_>>()
    };
    let both = [old["generation"].clone(), new["generation"].clone()];
    assert_eq!(generations(&finalized), both);
    assert_eq!(generations(&deleted), both);
    let deletion = deleted.received().remove(0);
    assert_eq!(
        deletion.header("ce-type"),
        "google.cloud.storage.object.v1.deleted"
    );
    assert!(deletion.body["timeDeleted"].is_string());
}

#[tokio::test]
async fn an_endpoint_that_hangs_or_fails_holds_up_no_other() {
    let cloud = start().await;
    let (good, hanging) = (Receiver::start().await, Receiver::hanging().await);
    let failing = Receiver::answering(&[], 500).await;
    for (name, receiver) in [
        ("good", &good),
        ("hanging", &hanging),
        ("failing", &failing),
    ] {
        trigger(&cloud, name, EventKind::Finalized, receiver).await;
    }
    for index in 0..40 {
        put(&cloud, &format!("{index}"), "").await;
    }
    assert_eq!(good.wait_for(40).await.len(), 40);
    until(|| cloud.events().deliveries().unwrap().delivered == 40).await;
    assert_eq!(cloud.events().deliveries().unwrap().waiting, 40);
    failing.wait_for(200).await;
    assert_eq!(hanging.most_at_once(), QUICK.in_flight);
}

#[tokio::test]
async fn what_one_trigger_has_acknowledged_it_does_not_get_again() {
    let cloud = start().await;
    let (good, late) = (
        Receiver::start().await,
        Receiver::answering(&[500; 5], 200).await,
    );
    trigger(&cloud, "good", EventKind::Finalized, &good).await;
    trigger(&cloud, "late", EventKind::Finalized, &late).await;
    put(&cloud, "a", "").await;
    quiet(&cloud).await;
    assert_eq!((good.received().len(), late.received().len()), (1, 6));
}

#[tokio::test]
async fn many_events_arrive_once_each() {
    let (cloud, receiver) = (start().await, Receiver::start().await);
    trigger(&cloud, "t", EventKind::Finalized, &receiver).await;
    let names: Vec<_> = (0..200).map(|index| format!("{index:03}")).collect();
    futures::future::join_all(names.iter().map(|name| put(&cloud, name, ""))).await;
    quiet(&cloud).await;
    let mut received = receiver.names();
    received.sort();
    assert_eq!(received, names);
}

#[tokio::test]
async fn a_new_destination_gets_what_waited_for_the_old_one() {
    let cloud = start().await;
    let (down, up) = (Receiver::answering(&[], 503).await, Receiver::start().await);
    trigger(&cloud, "t", EventKind::Finalized, &down).await;
    put(&cloud, "a", "").await;
    down.wait_for(1).await;
    trigger(&cloud, "t", EventKind::Finalized, &up).await;
    quiet(&cloud).await;
    assert_eq!(up.names(), ["a"]);
}

#[tokio::test]
async fn nothing_waits_for_a_trigger_that_is_gone() {
    let (cloud, receiver) = (start().await, Receiver::answering(&[], 503).await);
    trigger(&cloud, "t", EventKind::Finalized, &receiver).await;
    put(&cloud, "a", "").await;
    receiver.wait_for(1).await;
    assert!(cloud.events().delete_trigger("t").await.unwrap());
    assert_eq!(cloud.events().deliveries().unwrap().waiting, 0);
    assert!(!cloud.events().delete_trigger("t").await.unwrap());
}

#[tokio::test]
async fn a_destination_that_nobody_listens_at_is_tried_again() {
    let (cloud, receiver) = (start().await, Receiver::start().await);
    trigger(&cloud, "t", EventKind::Finalized, &Receiver::absent().await).await;
    put(&cloud, "a", "").await;
    let newest = || cloud.events().deliveries().unwrap().deliveries.pop();
    until(|| newest().is_some_and(|delivery| delivery.attempts > 1)).await;
    assert!(newest().unwrap().last_error.is_some());
    trigger(&cloud, "t", EventKind::Finalized, &receiver).await;
    quiet(&cloud).await;
}

#[tokio::test]
async fn a_moved_clock_brings_the_next_attempt_and_after_a_day_the_end() {
    let hour = Duration::from_secs(3_600);
    let cloud = LocalCloud::start(Config {
        address: "127.0.0.1:0".parse().unwrap(),
        state: Location::Memory,
        project: "local".to_owned(),
        delivery: DeliveryPolicy {
            first_delay: hour,
            max_delay: hour,
            ..QUICK
        },
    });
    let (cloud, receiver) = (cloud.await.unwrap(), Receiver::answering(&[], 500).await);
    create_bucket(&cloud, json!({ "name": "bucket" })).await;
    trigger(&cloud, "t", EventKind::Finalized, &receiver).await;
    put(&cloud, "a", "").await;
    let newest = || {
        cloud
            .events()
            .deliveries()
            .unwrap()
            .deliveries
            .pop()
            .unwrap()
    };
    receiver.wait_for(1).await;
    until(|| newest().next_attempt_at.is_some()).await;
    cloud.clock().advance(3_601);
    receiver.wait_for(2).await;
    until(|| newest().next_attempt_at.is_some()).await;
    cloud.clock().advance(23 * 3_600);
    quiet(&cloud).await;
    until(|| newest().state == DeliveryState::Dead).await;
    assert_eq!(cloud.events().deliveries().unwrap().dead, 1);
    assert_eq!(receiver.received().len(), 2);
}

#[tokio::test]
async fn what_is_not_acknowledged_is_delivered_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let at_folder = || start_at(Location::Folder(folder.path().to_owned()));
    let cloud = at_folder().await;
    create_bucket(&cloud, json!({ "name": "bucket" })).await;
    let receiver = Receiver::answering(&[204], 503).await;
    trigger(&cloud, "t", EventKind::Finalized, &receiver).await;
    put(&cloud, "done", "").await;
    quiet(&cloud).await;
    put(&cloud, "waiting", "").await;
    receiver.wait_for(2).await;
    cloud.shutdown().await;

    let cloud = at_folder().await;
    assert_eq!(cloud.events().triggers().len(), 1);
    let after = Receiver::start().await;
    trigger(&cloud, "t", EventKind::Finalized, &after).await;
    quiet(&cloud).await;
    assert_eq!(after.names(), ["waiting"]);
    assert_eq!(
        after.received()[0].header("ce-id"),
        receiver.received()[1].header("ce-id")
    );
}
