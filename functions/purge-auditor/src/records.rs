//! The rows about images, in the warehouse: what is past its time, and what speaks of how many objects.

use std::collections::BTreeMap;

use darkroom_core::ImageId;
use darkroom_core::warehouse::TABLE;
use darkroom_gcp::warehouse::{Parameter, Warehouse, WarehouseError};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ledger::by_hour;

/// Images whose rows are deleted in one statement.
const IMAGES: usize = 1_000;

/// What a broker's clock can be ahead of Cloud Storage's by, and far more.
const CLOCKS: SignedDuration = SignedDuration::from_hours(1);

/// What a sweep did with rows that are past their time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RowCounts {
    /// Due, still there after their partition should have expired, and gone now.
    pub(crate) deleted: u64,
    /// Of the deleted, those whose grace was over.
    #[serde(default)]
    pub(crate) late: u64,
    /// Still there, though their grace is over.
    pub(crate) overdue: u64,
}

/// Deletes every row received by `cutoff`, which its partition's expiration has missed, and counts
/// those received before `overdue` that are left.
pub(crate) async fn delete_due(
    warehouse: &Warehouse,
    cutoff: Timestamp,
    overdue: Timestamp,
) -> Result<RowCounts, WarehouseError> {
    let due = count(warehouse, cutoff, overdue).await?;
    if due.rows == 0 {
        return Ok(RowCounts::default());
    }
    let table = warehouse.name(TABLE);
    let delete = format!("DELETE FROM {table} WHERE received_at <= @cutoff");
    let parameters = [("cutoff", Parameter::Timestamp(cutoff))];
    match warehouse.query(delete, &parameters).await {
        Ok(answer) => Ok(RowCounts {
            deleted: answer.affected_rows,
            late: due.overdue,
            overdue: 0,
        }),
        Err(error) if is_streaming(&error) => Ok(RowCounts {
            overdue: due.overdue,
            ..RowCounts::default()
        }),
        Err(error) => Err(error),
    }
}

struct Due {
    rows: u64,
    overdue: u64,
}

async fn count(
    warehouse: &Warehouse,
    cutoff: Timestamp,
    overdue: Timestamp,
) -> Result<Due, WarehouseError> {
    let table = warehouse.name(TABLE);
    let sql = format!(
        "SELECT COUNT(*), COUNTIF(received_at < @overdue) FROM {table} WHERE received_at <= @cutoff"
    );
    let parameters = [
        ("cutoff", Parameter::Timestamp(cutoff)),
        ("overdue", Parameter::Timestamp(overdue)),
    ];
    let answer = warehouse.query(sql, &parameters).await?;
    Ok(Due {
        rows: answer.count(0),
        overdue: answer.count(1),
    })
}

/// Deletes every row about `images`, as far as BigQuery lets go of them: it does not delete what was
/// streamed in less than an hour or so ago
/// (<https://cloud.google.com/bigquery/docs/data-manipulation-language#limitations>). Returns the
/// images that had rows.
pub(crate) async fn delete_images(
    warehouse: &Warehouse,
    images: &[ImageId],
) -> Result<Vec<ImageId>, WarehouseError> {
    let mut found = Vec::new();
    for images in images.chunks(IMAGES) {
        found.extend(with_rows(warehouse, images).await?);
    }
    let mut waiting: Vec<_> = found.chunks(IMAGES).collect();
    while let Some(images) = waiting.pop() {
        match delete_some(warehouse, images).await {
            Ok(()) => {}
            // One image is enough for BigQuery to refuse the statement for all.
            Err(error) if is_streaming(&error) && images.len() > 1 => {
                let (first, second) = images.split_at(images.len() / 2);
                waiting.extend([first, second]);
            }
            Err(error) if is_streaming(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Those of `images` that have rows.
async fn with_rows(
    warehouse: &Warehouse,
    images: &[ImageId],
) -> Result<Vec<ImageId>, WarehouseError> {
    let sql = format!(
        "SELECT DISTINCT image_id FROM {} {OF_IMAGES}",
        warehouse.name(TABLE)
    );
    let answer = warehouse.query(sql, &of_images(images)).await?;
    let ids = answer.rows.iter().filter_map(|row| row.first()?.as_str());
    Ok(ids.filter_map(|id| id.parse().ok()).collect())
}

async fn delete_some(warehouse: &Warehouse, images: &[ImageId]) -> Result<(), WarehouseError> {
    let sql = format!("DELETE FROM {} {OF_IMAGES}", warehouse.name(TABLE));
    warehouse.query(sql, &of_images(images)).await?;
    Ok(())
}

const OF_IMAGES: &str = "WHERE image_id IN UNNEST(@images) AND received_at >= @from";

fn of_images(images: &[ImageId]) -> [(&'static str, Parameter); 2] {
    // An id's time is not after the receipt, but for what clocks differ by: older partitions are left
    // unread.
    let from = images.iter().map(|image| image.time()).min();
    let from = from.and_then(|from| from.saturating_sub(CLOCKS).ok());
    let images = images.iter().map(ToString::to_string).collect();
    [
        ("images", Parameter::Strings(images)),
        ("from", Parameter::Timestamp(from.unwrap_or(Timestamp::MIN))),
    ]
}

fn is_streaming(error: &WarehouseError) -> bool {
    matches!(error, WarehouseError::Refused(reason) if reason.contains("streaming buffer"))
}

/// How many objects the records speak of, by the hour of receipt since `from`: the original, the
/// derivatives and the record itself.
pub(crate) async fn recorded(
    warehouse: &Warehouse,
    from: Timestamp,
) -> Result<BTreeMap<Timestamp, u64>, WarehouseError> {
    let table = warehouse.name(TABLE);
    let sql = format!(
        "SELECT TIMESTAMP_TRUNC(received_at, HOUR) AS hour, SUM(objects) FROM (
            SELECT received_at, 2 + ARRAY_LENGTH(derivatives) AS objects
            FROM {table} WHERE received_at >= @from
            QUALIFY ROW_NUMBER() OVER (PARTITION BY image_id ORDER BY processed_at DESC) = 1)
         GROUP BY hour"
    );
    let parameters = [("from", Parameter::Timestamp(from))];
    let answer = warehouse.query(sql, &parameters).await?;
    Ok(answer.rows.iter().filter_map(|row| by_hour(row)).collect())
}
