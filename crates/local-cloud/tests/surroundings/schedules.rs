//! Schedules run by the local clock; they and triggers are made, kept and removed.

use http::Method;
use jiff::{SignedDuration, Timestamp};
use local_cloud::{LocalCloud, Location};
use serde_json::{Value, json};

use crate::local::{advance, call, get, post, put, start, start_at, timestamp};
use crate::receiver::{Receiver, quiet, until};

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
