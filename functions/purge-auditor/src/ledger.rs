//! The purge ledger: a row for every object that is gone.

use std::collections::BTreeMap;

use darkroom_core::ledger::{Cause, Gone, Purge};
use darkroom_core::retention::Retention;
use darkroom_core::warehouse::LEDGER;
use darkroom_gcp::warehouse::{
    Batcher, InsertError, Parameter, Row, Warehouse, WarehouseError, number,
};
use jiff::Timestamp;

/// Far more than a row takes, in bytes.
const ROW_BYTES: usize = 1_024;

/// Writes rows in batches, and adds them up.
#[derive(Clone)]
pub(crate) struct Ledger {
    warehouse: Warehouse,
    batcher: Batcher,
    retention: Retention,
}

/// A row is not in the ledger.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LedgerError {
    #[error(transparent)]
    Insert(#[from] InsertError),
    #[error("the row cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// Objects that were purged against the policy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Breaches {
    /// Lost before they were due, without an erasure.
    pub(crate) early: u64,
    /// Purged after their grace.
    pub(crate) late: u64,
}

impl Ledger {
    pub(crate) fn start(warehouse: Warehouse, retention: Retention) -> Self {
        Self {
            batcher: Batcher::start(warehouse.clone(), LEDGER),
            warehouse,
            retention,
        }
    }

    /// Writes down that an object is gone by `cause`, and returns the row once it is in.
    pub(crate) async fn record(&self, gone: Gone, cause: Cause) -> Result<Purge, LedgerError> {
        let purge = gone.by(cause, self.retention);
        let row = Row {
            insert_id: purge.insert_id(),
            json: serde_json::to_value(&purge)?,
        };
        self.batcher.insert(row, ROW_BYTES).await?;
        Ok(purge)
    }

    /// How many objects of `buckets` are gone, by the hour of their receipt since `from`.
    pub(crate) async fn purged(
        &self,
        buckets: &[&str],
        from: Timestamp,
    ) -> Result<BTreeMap<Timestamp, u64>, WarehouseError> {
        let ledger = self.warehouse.name(LEDGER);
        let sql = format!(
            "SELECT TIMESTAMP_TRUNC(received_at, HOUR) AS hour,
                COUNT(DISTINCT CONCAT(bucket, '/', name, '#', CAST(generation AS STRING)))
             FROM {ledger}
             WHERE deleted_at >= @from AND received_at >= @from AND bucket IN UNNEST(@buckets)
                AND cause != 'foreign'
             GROUP BY hour"
        );
        let buckets = buckets.iter().map(|bucket| (*bucket).to_owned());
        let parameters = [
            ("from", Parameter::Timestamp(from)),
            ("buckets", Parameter::Strings(buckets.collect())),
        ];
        let answer = self.warehouse.query(sql, &parameters).await?;
        Ok(answer.rows.iter().filter_map(|row| by_hour(row)).collect())
    }

    /// The breaches of the policy since `from`.
    pub(crate) async fn breaches(&self, from: Timestamp) -> Result<Breaches, WarehouseError> {
        let ledger = self.warehouse.name(LEDGER);
        // An object whose deletion has several rows is judged by the best explained.
        let sql = format!(
            "SELECT COUNTIF(unexplained), COUNTIF(NOT unexplained) FROM (
                SELECT LOGICAL_AND(cause = 'unexplained') AS unexplained,
                    LOGICAL_OR(within_policy) AS within_policy
                FROM {ledger} WHERE deleted_at >= @from
                GROUP BY bucket, name, generation)
             WHERE NOT within_policy"
        );
        let parameters = [("from", Parameter::Timestamp(from))];
        let answer = self.warehouse.query(sql, &parameters).await?;
        Ok(Breaches {
            early: answer.count(0),
            late: answer.count(1),
        })
    }
}

/// A row of an hour, as a timestamp in microseconds, and a count.
pub(crate) fn by_hour(row: &[serde_json::Value]) -> Option<(Timestamp, u64)> {
    let hour = Timestamp::from_microsecond(number(row.first()?)?).ok()?;
    Some((hour, number(row.get(1)?)?.try_into().ok()?))
}
