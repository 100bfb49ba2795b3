//! The local time moves, and objects and their lifecycle go by it.

use jiff::{SignedDuration, Timestamp};
use local_cloud::events::{EventKind, TriggerSpec};
use local_cloud::store::{ObjectKey, Preconditions};
use local_cloud::{LocalCloud, Location};
use serde_json::{Value, json};

use crate::local::{advance, create_bucket, get, post, put, start, start_at, timestamp};
use crate::receiver::{Receiver, quiet};

const DAY: SignedDuration = SignedDuration::from_hours(24);

async fn exists(cloud: &LocalCloud, bucket: &str, name: &str) -> bool {
    let key = ObjectKey::new(bucket, name);
    cloud
        .store()
        .get_object(&key, None, Preconditions::default())
        .await
        .is_ok()
}

async fn until_gone(cloud: &LocalCloud, bucket: &str, name: &str) {
    let gone = async {
        while exists(cloud, bucket, name).await {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), gone)
        .await
        .unwrap();
}

async fn bucket_with_rule(cloud: &LocalCloud, name: &str, condition: Value) {
    let rule = json!({ "action": { "type": "Delete" }, "condition": condition });
    create_bucket(
        cloud,
        json!({ "name": name, "lifecycle": { "rule": [rule] } }),
    )
    .await;
}

#[tokio::test]
async fn the_clock_is_moved_for_objects_too() {
    let cloud = start().await;
    let before = get(&cloud, "/_local/clock").await.1;
    assert_eq!(before["offset_seconds"], 0);
    let after = advance(&cloud, 86_400).await;
    assert_eq!(after["offset_seconds"], 86_400);
    assert!(timestamp(&after["now"]) >= timestamp(&before["now"]) + DAY);
    put(&cloud, "bucket", "a", Value::Null).await;
    let object = get(&cloud, "/storage/v1/b/bucket/o/a").await.1;
    assert!(timestamp(&object["timeCreated"]) >= timestamp(&after["now"]));
}

#[tokio::test]
async fn the_clock_does_not_go_back() {
    let cloud = start().await;
    for body in [
        json!({ "advance_seconds": -1 }),
        json!({ "seconds": 1 }),
        json!({}),
        json!(1),
    ] {
        let (status, answer) = post(&cloud, "/_local/clock", body).await;
        assert_eq!(status, 400);
        assert!(answer["error"].is_string());
    }
    assert_eq!(get(&cloud, "/_local/clock").await.1["offset_seconds"], 0);
}

#[tokio::test]
async fn the_clock_stays_where_it_is_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let at_folder = || start_at(Location::Folder(folder.path().to_owned()));
    let cloud = at_folder().await;
    advance(&cloud, 100).await;
    advance(&cloud, 11).await;
    cloud.shutdown().await;
    let cloud = at_folder().await;
    assert_eq!(get(&cloud, "/_local/clock").await.1["offset_seconds"], 111);
}

/// A bucket that is looked at after the others tells when all were looked at.
async fn sentinel(cloud: &LocalCloud, due: Timestamp) {
    bucket_with_rule(cloud, "zz-sentinel", json!({ "daysSinceCustomTime": 0 })).await;
    put(cloud, "zz-sentinel", "s", json!(due)).await;
}

#[tokio::test]
async fn an_object_is_deleted_when_its_age_is_reached_and_not_before() {
    let cloud = start().await;
    bucket_with_rule(&cloud, "aged", json!({ "age": 7 })).await;
    put(&cloud, "aged", "a", Value::Null).await;
    sentinel(&cloud, cloud.clock().now() + DAY * 6).await;
    advance(&cloud, 7 * 86_400 - 300).await;
    until_gone(&cloud, "zz-sentinel", "s").await;
    assert!(exists(&cloud, "aged", "a").await);
    advance(&cloud, 300).await;
    until_gone(&cloud, "aged", "a").await;
}

#[tokio::test]
async fn a_custom_time_counts_to_the_second() {
    let cloud = start().await;
    bucket_with_rule(&cloud, "timed", json!({ "daysSinceCustomTime": 7 })).await;
    // Ten minutes lie between the two, and the clock will stand in the middle.
    let due = cloud.clock().now() + DAY * 7;
    let minutes = SignedDuration::from_mins(5);
    put(&cloud, "timed", "due", json!(due - DAY * 7 - minutes)).await;
    put(&cloud, "timed", "not-due", json!(due - DAY * 7 + minutes)).await;
    put(&cloud, "timed", "without", Value::Null).await;
    advance(&cloud, 7 * 86_400).await;
    until_gone(&cloud, "timed", "due").await;
    sentinel(&cloud, cloud.clock().now()).await;
    advance(&cloud, 1).await;
    until_gone(&cloud, "zz-sentinel", "s").await;
    assert!(exists(&cloud, "timed", "not-due").await);
    assert!(exists(&cloud, "timed", "without").await);
}

#[tokio::test]
async fn what_a_rule_deletes_is_told_as_a_deleted_event() {
    let (cloud, receiver) = (start().await, Receiver::start().await);
    bucket_with_rule(&cloud, "aged", json!({ "age": 1, "matchesPrefix": ["a"] })).await;
    let spec = TriggerSpec {
        event_type: EventKind::Deleted,
        bucket: "aged".to_owned(),
        destination: receiver.url.parse().unwrap(),
    };
    cloud.events().put_trigger("t", spec).await.unwrap();
    put(&cloud, "aged", "a", Value::Null).await;
    put(&cloud, "aged", "b", Value::Null).await;
    advance(&cloud, 86_401).await;
    receiver.wait_for(1).await;
    quiet(&cloud).await;
    assert_eq!(receiver.names(), ["a"]);
    assert!(exists(&cloud, "aged", "b").await);
}
