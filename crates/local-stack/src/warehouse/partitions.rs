//! Partition expiration, which the local warehouse does not do by itself.

use jiff::Timestamp;
use serde_json::Value;

use super::WarehouseError;
use super::api::Api;
use super::definitions;

pub(super) async fn sweep(api: &Api, dataset: &str, now: Timestamp) -> Result<u64, WarehouseError> {
    let mut deleted = 0;
    for table in definitions::tables()? {
        let name = format!("{}.{dataset}.{}", api.project(), table.name);
        if let Some(sql) = delete_expired(&name, &table.resource["timePartitioning"], now) {
            deleted += api.query(&sql).await?.affected_rows;
        }
    }
    Ok(deleted)
}

/// The statement that deletes what has expired: a partition does once its start is
/// `expirationMs` ago. None for a table whose partitions do not expire.
fn delete_expired(table: &str, partitioning: &Value, now: Timestamp) -> Option<String> {
    let field = partitioning["field"].as_str()?;
    let unit = partitioning["type"].as_str()?;
    let life: i64 = partitioning["expirationMs"].as_str()?.parse().ok()?;
    Some(format!(
        "DELETE FROM `{table}` WHERE TIMESTAMP_TRUNC({field}, {unit}) \
         <= TIMESTAMP_SUB(TIMESTAMP '{now}', INTERVAL {life} MILLISECOND)"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tables_without_expiration_are_left_alone() {
        let now = Timestamp::UNIX_EPOCH;
        let forever = json!({ "type": "HOUR", "field": "received_at" });
        assert_eq!(delete_expired("t", &Value::Null, now), None);
        assert_eq!(delete_expired("t", &forever, now), None);
    }
}
