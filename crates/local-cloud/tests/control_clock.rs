//! The local time moves, and lifecycle and schedules go by it.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is amiss"
)]

mod local;
mod receiver;

use http::Method;
use jiff::{SignedDuration, Timestamp};
use local::{call, create_bucket, get, post, put, start, start_at};
use local_cloud::events::{EventKind, TriggerSpec};
use local_cloud::store::{ObjectKey, Preconditions};
use local_cloud::{LocalCloud, Location};
use receiver::{Receiver, quiet, until};
use serde_json::{Value, json};

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn timestamp(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

async fn advance(cloud: &LocalCloud, seconds: i64) -> Value {
    let (status, body) = post(
        cloud,
        "/_local/clock",
        json!({ "advance_seconds": seconds }),
    )
    .await;
    assert_eq!(status, 200, "{body}");
    body
}

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

async fn put_schedule(cloud: &LocalCloud, cron: &str, receiver: &Receiver) {
    let spec = json!({ "cron": cron, "url": format!("{}sweep", receiver.url), "body": { "a": 1 } });
    let (status, body) = call(cloud, Method::PUT, "/_local/schedules/sweep", spec).await;
    assert_eq!(status, 204, "{body}");
}

#[tokio::test]
async fn a_schedule_makes_up_for_every_hour_that_the_clock_jumps_over_in_order() {
    let (cloud, receiver) = (start().await, Receiver::start().await);
    put_schedule(&cloud, "0 * * * *", &receiver).await;
    let next = get(&cloud, "/_local/schedules").await.1[0]["next_run_at"].clone();
    advance(&cloud, 3 * 3_600).await;
    let runs = receiver.wait_for(3).await;
    let hour = SignedDuration::from_hours(1);
    for (index, run) in runs.iter().take(3).enumerate() {
        let time: Timestamp = run.header("x-cloudscheduler-scheduletime").parse().unwrap();
        assert_eq!(
            time,
            timestamp(&next) + hour * i32::try_from(index).unwrap()
        );
    }
}

#[tokio::test]
async fn a_run_is_a_request_as_cloud_scheduler_sends_it() {
    let (cloud, receiver) = (start().await, Receiver::start().await);
    put_schedule(&cloud, "0 0 1 1 *", &receiver).await;
    let (status, run) = post(&cloud, "/_local/schedules/sweep/run", Value::Null).await;
    assert_eq!(
        (status, &run["status"], &run["attempts"]),
        (200, &json!(204), &json!(1))
    );
    let request = receiver.received().remove(0);
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("POST", "/sweep")
    );
    assert_eq!(request.header("user-agent"), "Google-Cloud-Scheduler");
    assert_eq!(request.header("x-cloudscheduler"), "true");
    assert_eq!(request.header("x-cloudscheduler-jobname"), "sweep");
    assert_eq!(
        request.header("x-cloudscheduler-scheduletime"),
        run["schedule_time"]
    );
    assert_eq!(request.body, json!({ "a": 1 }));
    assert_eq!(get(&cloud, "/_local/schedules").await.1[0]["last_run"], run);
}

#[tokio::test]
async fn a_failed_run_is_tried_again_and_a_refused_one_is_not() {
    let cloud = start().await;
    for (answers, attempts, status) in [(vec![503], 2, 204), (vec![404], 1, 404)] {
        let receiver = Receiver::answering(&answers, 204).await;
        put_schedule(&cloud, "0 0 1 1 *", &receiver).await;
        let run = post(&cloud, "/_local/schedules/sweep/run", Value::Null)
            .await
            .1;
        assert_eq!(
            (&run["attempts"], &run["status"]),
            (&json!(attempts), &json!(status))
        );
    }
}

#[tokio::test]
async fn schedules_and_triggers_are_kept_over_a_restart_and_can_be_removed() {
    let folder = tempfile::tempdir().unwrap();
    let at_folder = || start_at(Location::Folder(folder.path().to_owned()));
    let (cloud, receiver) = (at_folder().await, Receiver::start().await);
    put_schedule(&cloud, "0 * * * *", &receiver).await;
    cloud.shutdown().await;
    let cloud = at_folder().await;
    assert_eq!(get(&cloud, "/_local/schedules").await.1[0]["name"], "sweep");
    advance(&cloud, 3_600).await;
    receiver.wait_for(1).await;
    let remove = || {
        call(
            &cloud,
            Method::DELETE,
            "/_local/schedules/sweep",
            Value::Null,
        )
    };
    assert_eq!(remove().await.0, 204);
    assert_eq!(remove().await.0, 404);
    assert_eq!(
        post(&cloud, "/_local/schedules/sweep/run", Value::Null)
            .await
            .0,
        404
    );
    assert_eq!(get(&cloud, "/_local/schedules").await.1, json!([]));
}

#[tokio::test]
async fn malformed_schedules_and_triggers_are_refused() {
    let cloud = start().await;
    let malformed = [
        (
            "/_local/schedules/a",
            json!({ "cron": "hourly", "url": "http://127.0.0.1/" }),
        ),
        (
            "/_local/schedules/a",
            json!({ "cron": "* * * * *", "url": "file:///etc/passwd" }),
        ),
        (
            "/_local/schedules/A%20b",
            json!({ "cron": "* * * * *", "url": "http://127.0.0.1/" }),
        ),
        (
            "/_local/triggers/a",
            json!({ "event_type": "x", "bucket": "b", "destination": "http://h/" }),
        ),
        (
            "/_local/triggers/a",
            json!({ "event_type": "google.cloud.storage.object.v1.finalized", "bucket": "b",
                    "destination": "https://127.0.0.1/" }),
        ),
    ];
    for (path, body) in malformed {
        let (status, answer) = call(&cloud, Method::PUT, path, body.clone()).await;
        assert_eq!(status, 400, "{body}");
        assert!(answer["error"].is_string());
    }
}

#[tokio::test]
async fn triggers_are_made_listed_and_removed() {
    let (cloud, receiver) = (start().await, Receiver::start().await);
    let spec = json!({
        "event_type": "google.cloud.storage.object.v1.finalized",
        "bucket": "bucket",
        "destination": receiver.url,
    });
    let path = "/_local/triggers/t";
    assert_eq!(call(&cloud, Method::PUT, path, spec.clone()).await.0, 200);
    put(&cloud, "bucket", "a", Value::Null).await;
    quiet(&cloud).await;
    until(|| cloud.events().deliveries().unwrap().delivered == 1).await;
    let report = get(&cloud, "/_local/deliveries").await.1;
    assert_eq!(
        (&report["waiting"], &report["delivered"]),
        (&json!(0), &json!(1))
    );
    let delivery = &report["deliveries"][0];
    assert_eq!(delivery["trigger"], "t");
    assert_eq!(delivery["type"], spec["event_type"]);
    assert_eq!(
        (&delivery["bucket"], &delivery["object"]),
        (&json!("bucket"), &json!("a"))
    );
    assert_eq!(
        (&delivery["state"], &delivery["last_status"]),
        (&json!("acknowledged"), &json!(204))
    );
    assert_eq!(get(&cloud, "/_local/triggers").await.1[0]["name"], "t");
    assert_eq!(call(&cloud, Method::DELETE, path, Value::Null).await.0, 204);
    assert_eq!(call(&cloud, Method::DELETE, path, Value::Null).await.0, 404);
}
