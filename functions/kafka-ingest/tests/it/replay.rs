//! `kafka-ingest replay`.

use serde_json::{Value, json};

use crate::support::{JPEG, TOPIC, World, images};

const ALL: [&str; 5] = ["replay", "--topic", TOPIC, "--from", "earliest"];

fn counts(report: &Value) -> [&Value; 4] {
    ["messages", "stored", "already_stored", "poison"].map(|name| &report[name])
}

/// Five images and two messages that are none.
async fn world() -> World {
    let world = World::new().await;
    world.send(&images(0, &[JPEG, b"text", JPEG, JPEG])).await;
    world.send(&images(1, &[JPEG, b"", JPEG])).await;
    world
}

async fn dead_letters(world: &World) -> Value {
    world.json(&["lag"]).await["dead_letters"]["messages"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_taken_in_once_however_often_they_are_replayed() {
    let world = world().await;
    let report = world.json(&ALL).await;
    let poison = json!({ "empty": 1, "not_an_image": 1 });
    assert_eq!(counts(&report), [&json!(7), &json!(5), &json!(0), &poison]);
    let objects = world.objects().await;
    assert_eq!(objects.len(), 5);

    let again = world.json(&ALL).await;
    assert_eq!(counts(&again), [&json!(7), &json!(0), &json!(5), &poison]);
    assert_eq!(world.objects().await, objects);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_commits_nothing() {
    let world = world().await;
    world.json(&ALL).await;
    let lag = world.json(&["lag"]).await;
    assert_eq!(lag["partitions"][0]["committed"], Value::Null);
    assert_eq!(lag["lag"], 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_judges_and_changes_nothing() {
    let mut world = world().await;
    // It needs neither a bucket nor credentials.
    world.variables.remove("INGEST_BUCKET");
    world.variables.remove("GOOGLE_APPLICATION_CREDENTIALS");
    let report = world.json(&[&ALL[..], &["--dry-run"]].concat()).await;
    let bytes = JPEG.len() * 5 + b"text".len();
    assert_eq!(report["messages"], 7);
    assert_eq!(report["bytes"], bytes);
    assert_eq!(report["poison"], json!({ "empty": 1, "not_an_image": 1 }));
    assert_eq!(report["stored"], Value::Null);
    assert!(world.objects().await.is_empty());
    assert_eq!(dead_letters(&world).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_of_offsets_is_up_to_before_its_end() {
    let world = world().await;
    let range = [
        "--topic",
        TOPIC,
        "--partition",
        "0",
        "--from",
        "2",
        "--to",
        "3",
    ];
    let report = world.json(&[&["replay"], &range[..]].concat()).await;
    assert_eq!(
        counts(&report),
        [&json!(1), &json!(1), &json!(0), &json!({})]
    );
    let parts = json!([{ "partition": 0, "from": 2, "to": 3 }]);
    assert_eq!(report["partitions"], parts);
    assert_eq!(world.objects().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_past_the_end_is_empty() {
    let world = world().await;
    let range = ["--topic", TOPIC, "--partition", "0", "--from", "99"];
    let report = world.json(&[&["replay"], &range[..]].concat()).await;
    assert_eq!(report["messages"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offset_without_its_partition_is_refused() {
    let world = world().await;
    let done = world
        .run(&["replay", "--topic", TOPIC, "--from", "2"])
        .await;
    assert_eq!(done.code, Some(1));
    assert!(done.stderr.contains("--partition"), "{}", done.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_messages_than_may_be_under_way_are_all_taken_in() {
    let world = World::new().await;
    world.send(&images(0, &[JPEG; 120])).await;
    let table = world.run(&ALL).await.stdout;
    assert!(table.contains("images/0 0..120"), "{table}");
    let again = world.json(&ALL).await;
    assert_eq!(again["already_stored"], 120);
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_that_make_no_sense_are_an_error_like_any_other() {
    let world = World::new().await;
    let arguments = ["replay", "--topic", TOPIC, "--from", "yesterday"];
    let done = world.run(&arguments).await;
    assert_eq!(done.code, Some(1));
    assert!(done.stderr.contains("yesterday"), "{}", done.stderr);
}
