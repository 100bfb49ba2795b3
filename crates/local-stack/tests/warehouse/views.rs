//! The view `images`, and the expiration of partitions.

use jiff::{SignedDuration, Timestamp};
use local_stack::warehouse::WarehouseError;
use serde_json::json;

use super::{Dataset, row, with};

#[tokio::test]
async fn an_image_loaded_twice_is_in_the_view_once_by_its_latest_load() {
    let dataset = Dataset::create("loaded_twice").await;
    let first = row("a", SignedDuration::from_hours(2));
    let later = json!({ "processed_at": Timestamp::now(), "processor_version": "0.2.0" });
    let rows = [
        ("1", with(first.clone(), later)),
        ("2", first),
        ("3", row("b", SignedDuration::ZERO)),
    ];
    dataset.insert(&rows).await;

    assert_eq!(dataset.ids("image_records").await, ["a", "a", "b"]);
    assert_eq!(dataset.ids("images").await, ["a", "b"]);
    let sql = format!(
        "SELECT processor_version FROM {} WHERE image_id = 'a'",
        dataset.table("images")
    );
    let rows = dataset.warehouse.query(&sql).await.unwrap().rows;
    assert_eq!(rows[0]["processor_version"], "0.2.0");
}

#[tokio::test]
async fn images_older_than_seven_days_are_not_in_the_view() {
    let dataset = Dataset::create("seven_days").await;
    let week = SignedDuration::from_hours(7 * 24);
    let minute = SignedDuration::from_mins(1);
    dataset
        .insert(&[
            ("1", row("new", week - minute)),
            ("2", row("old", week + minute)),
        ])
        .await;
    assert_eq!(dataset.ids("images").await, ["new"]);
}

#[tokio::test]
async fn a_sweep_deletes_the_partitions_that_have_expired_and_no_other() {
    let dataset = Dataset::create("sweep").await;
    let received =
        |id: &str, at: &str| with(row(id, SignedDuration::ZERO), json!({ "received_at": at }));
    let rows = [
        ("1", received("due", "2026-11-22T10:59:59Z")),
        ("2", received("due at once", "2026-11-22T10:00:00Z")),
        ("3", received("next", "2026-11-22T11:00:00Z")),
    ];
    dataset.insert(&rows).await;
    let sweep = |at: &str| {
        dataset
            .warehouse
            .sweep_expired_partitions("sweep", at.parse().unwrap())
    };

    // The partition of 10:00 expires 167 hours after its start.
    assert_eq!(sweep("2026-11-29T08:59:59.999Z").await.unwrap(), 0);
    assert_eq!(sweep("2026-11-29T09:00:00Z").await.unwrap(), 2);
    assert_eq!(dataset.ids("image_records").await, ["next"]);
    assert_eq!(sweep("2026-11-29T10:00:00Z").await.unwrap(), 1);
    assert_eq!(sweep("2026-11-29T10:00:00Z").await.unwrap(), 0);
}

#[tokio::test]
async fn a_refused_statement_is_told_with_bigquerys_message() {
    let dataset = Dataset::create("refused").await;
    let error = dataset
        .warehouse
        .query("SELECT 1 FROM refused.nowhere")
        .await
        .unwrap_err();
    assert!(
        matches!(error, WarehouseError::Refused { status: 404, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("Not found: Table"), "{error}");
}
