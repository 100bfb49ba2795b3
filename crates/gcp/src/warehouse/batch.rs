//! Group commit: rows that wait while an insert is under way go together in the next one.
//!
//! There is no timer. A lone row goes at once; under load the batches grow by themselves, because
//! an insert costs about the same for one row as for hundreds.

use tokio::sync::{mpsc, oneshot};

use super::{FailedRow, FailedRows, Row, Warehouse, WarehouseError};

/// BigQuery's advice is 500 rows a request; its limit is 10 MB
/// (<https://cloud.google.com/bigquery/quotas#streaming_inserts>). A row is at most 1 MiB of record,
/// but typically 3 KB.
const MOST_ROWS: usize = 500;
const MOST_BYTES: usize = 8_000_000;

/// How many rows may wait. More senders wait for room.
const WAITING: usize = 1_000;

/// Takes rows and inserts them in batches, one batch at a time.
#[derive(Debug, Clone)]
pub struct Batcher(mpsc::Sender<Pending>);

/// Why a row is not in the warehouse.
#[derive(Debug, Clone, thiserror::Error)]
pub enum InsertError {
    /// BigQuery refused this row; it would refuse it again.
    #[error("BigQuery refused the row: {}", .0.join("; "))]
    Refused(Vec<String>),
    /// BigQuery could not be reached, or not then.
    #[error("the insert failed: {0}")]
    Failed(String),
    /// The function is stopping.
    #[error("the function is stopping")]
    Stopping,
}

#[derive(Debug)]
struct Pending {
    row: Row,
    bytes: usize,
    done: oneshot::Sender<Result<(), InsertError>>,
}

impl Batcher {
    /// Starts the task that inserts into `table`. It ends when the last clone of the batcher is
    /// dropped.
    #[must_use]
    pub fn start(warehouse: Warehouse, table: &'static str) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(insert_all(warehouse, table, receiver));
        Self(sender)
    }

    /// Inserts a row of `bytes` and returns when it is in, or refused.
    ///
    /// # Errors
    ///
    /// When it is not in.
    pub async fn insert(&self, row: Row, bytes: usize) -> Result<(), InsertError> {
        let (done, result) = oneshot::channel();
        let pending = Pending { row, bytes, done };
        self.0
            .send(pending)
            .await
            .map_err(|_| InsertError::Stopping)?;
        result.await.map_err(|_| InsertError::Stopping)?
    }
}

async fn insert_all(
    warehouse: Warehouse,
    table: &'static str,
    mut receiver: mpsc::Receiver<Pending>,
) {
    while let Some(first) = receiver.recv().await {
        let batch = fill(first, &mut receiver);
        let (rows, waiting): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|pending| (pending.row, pending.done))
            .unzip();
        let results = insert_rows(&rows, &|rows| warehouse.insert(table, rows)).await;
        for (result, done) in results.into_iter().zip(waiting) {
            // Who no longer waits has been told nothing, and its event comes again.
            let _ = done.send(result);
        }
    }
}

/// Inserts rows with `insert` and tells what became of each.
///
/// BigQuery can refuse a request as a whole for one row's sake. Then each half goes by itself, until
/// that row is alone: it must not hold up the others.
async fn insert_rows<'a, F>(
    rows: &'a [Row],
    insert: &impl Fn(&'a [Row]) -> F,
) -> Vec<Result<(), InsertError>>
where
    F: Future<Output = Result<FailedRows, WarehouseError>>,
{
    tracing::debug!(rows = rows.len(), "insert");
    match insert(rows).await {
        Ok(mut failed) => (0..rows.len())
            .map(|index| failed.remove(&index).map_or(Ok(()), |row| Err(row.into())))
            .collect(),
        Err(WarehouseError::Refused(_)) if rows.len() > 1 => {
            let (first, second) = rows.split_at(rows.len() / 2);
            let mut results = Box::pin(insert_rows(first, insert)).await;
            results.extend(Box::pin(insert_rows(second, insert)).await);
            results
        }
        Err(WarehouseError::Refused(reason)) => vec![Err(InsertError::Refused(vec![reason]))],
        Err(error) => vec![Err(InsertError::Failed(error.to_string())); rows.len()],
    }
}

impl From<FailedRow> for InsertError {
    fn from(row: FailedRow) -> Self {
        match row.invalid {
            true => Self::Refused(row.reasons),
            false => Self::Failed(row.reasons.join("; ")),
        }
    }
}

/// A batch of `first` and what else is waiting, within the limits.
fn fill(first: Pending, receiver: &mut mpsc::Receiver<Pending>) -> Vec<Pending> {
    let mut bytes = first.bytes;
    let mut batch = vec![first];
    while batch.len() < MOST_ROWS && bytes < MOST_BYTES {
        let Ok(next) = receiver.try_recv() else { break };
        bytes += next.bytes;
        batch.push(next);
    }
    batch
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn row(insert_id: usize) -> Row {
        Row {
            insert_id: insert_id.to_string(),
            json: serde_json::Value::Null,
        }
    }

    fn pending(bytes: usize) -> Pending {
        Pending {
            row: row(0),
            bytes,
            done: oneshot::channel().0,
        }
    }

    fn filled(sizes: &[usize]) -> usize {
        let (sender, mut receiver) = mpsc::channel(WAITING);
        for bytes in sizes {
            sender.try_send(pending(*bytes)).unwrap();
        }
        fill(pending(1), &mut receiver).len()
    }

    #[test]
    fn a_lone_row_is_a_batch() {
        assert_eq!(filled(&[]), 1);
    }

    #[test]
    fn a_batch_takes_what_waits_up_to_its_rows() {
        assert_eq!(filled(&[1; 10]), 11);
        assert_eq!(filled(&[1; 600]), MOST_ROWS);
    }

    #[tokio::test]
    async fn a_row_for_which_requests_are_refused_holds_up_no_other() {
        let rows: Vec<_> = (0..500).map(row).collect();
        let requests = AtomicUsize::new(0);
        let insert = async |rows: &[Row]| {
            requests.fetch_add(1, Ordering::Relaxed);
            match rows.iter().any(|row| row.insert_id == "321") {
                true => Err(WarehouseError::Refused("bad request".to_owned())),
                false => Ok(FailedRows::new()),
            }
        };
        let results = insert_rows(&rows, &insert).await;
        for (index, result) in results.iter().enumerate() {
            match index {
                321 => assert!(matches!(result, Err(InsertError::Refused(_)))),
                _ => assert!(result.is_ok(), "{index}"),
            }
        }
        assert_eq!(results.len(), 500);
        assert!(requests.into_inner() <= 20);
    }

    #[tokio::test]
    async fn of_rows_that_are_not_in_only_invalid_ones_are_refused() {
        let rows: Vec<_> = (0..3).map(row).collect();
        let insert = async |_: &[Row]| {
            let failed = |invalid| FailedRow {
                invalid,
                reasons: vec!["a reason".to_owned()],
            };
            Ok(FailedRows::from([(0, failed(true)), (2, failed(false))]))
        };
        let results = insert_rows(&rows, &insert).await;
        assert!(matches!(results[0], Err(InsertError::Refused(_))));
        assert!(results[1].is_ok());
        assert!(matches!(results[2], Err(InsertError::Failed(_))));
    }

    #[tokio::test]
    async fn rows_that_cannot_be_sent_now_are_sent_once_and_all_wait() {
        let rows: Vec<_> = (0..500).map(row).collect();
        let requests = AtomicUsize::new(0);
        let insert = async |_: &[Row]| {
            requests.fetch_add(1, Ordering::Relaxed);
            Err(WarehouseError::Unavailable("down".to_owned()))
        };
        let results = insert_rows(&rows, &insert).await;
        assert!(
            results
                .iter()
                .all(|result| matches!(result, Err(InsertError::Failed(_))))
        );
        assert_eq!((results.len(), requests.into_inner()), (500, 1));
    }

    #[test]
    fn a_batch_stops_growing_at_its_bytes() {
        assert_eq!(filled(&[MOST_BYTES / 2, MOST_BYTES, 1, 1]), 3);
    }
}
