//! Group commit: rows that wait while an insert is under way go together in the next one.
//!
//! There is no timer. A lone row goes at once; under load the batches grow by themselves, because
//! an insert costs about the same for one row as for hundreds.

use darkroom_core::warehouse::TABLE;
use darkroom_gcp::warehouse::{RefusedRows, Row, Warehouse, WarehouseError};
use tokio::sync::{mpsc, oneshot};

/// BigQuery's advice is 500 rows a request; its limit is 10 MB
/// (<https://cloud.google.com/bigquery/quotas#streaming_inserts>). A row is at most 1 MiB of record,
/// but typically 3 KB.
const MOST_ROWS: usize = 500;
const MOST_BYTES: usize = 8_000_000;

/// How many rows may wait. More senders wait for room.
const WAITING: usize = 1_000;

/// Takes rows and inserts them in batches, one batch at a time.
#[derive(Debug, Clone)]
pub(crate) struct Batcher(mpsc::Sender<Pending>);

/// Why a row is not in the warehouse.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum InsertError {
    /// BigQuery refused this row; it would refuse it again.
    #[error("BigQuery refused the row: {}", .0.join("; "))]
    Refused(Vec<String>),
    /// The insert failed as a whole.
    #[error("the insert failed: {0}")]
    Failed(String),
    /// The function is stopping.
    #[error("the loader is stopping")]
    Stopping,
}

#[derive(Debug)]
struct Pending {
    row: Row,
    bytes: usize,
    done: oneshot::Sender<Result<(), InsertError>>,
}

impl Batcher {
    /// Starts the task that inserts. It ends when the last clone of the batcher is dropped.
    pub(crate) fn start(warehouse: Warehouse) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(insert_all(warehouse, receiver));
        Self(sender)
    }

    /// Inserts a row of `bytes` and returns when it is in, or refused.
    pub(crate) async fn insert(&self, row: Row, bytes: usize) -> Result<(), InsertError> {
        let (done, result) = oneshot::channel();
        let pending = Pending { row, bytes, done };
        self.0
            .send(pending)
            .await
            .map_err(|_| InsertError::Stopping)?;
        result.await.map_err(|_| InsertError::Stopping)?
    }
}

async fn insert_all(warehouse: Warehouse, mut receiver: mpsc::Receiver<Pending>) {
    while let Some(first) = receiver.recv().await {
        let batch = fill(first, &mut receiver);
        let (rows, waiting): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|pending| (pending.row, pending.done))
            .unzip();
        tracing::debug!(rows = rows.len(), "insert");
        let result = warehouse.insert(TABLE, rows).await;
        for (index, done) in waiting.into_iter().enumerate() {
            // Who no longer waits has been told nothing, and its event comes again.
            let _ = done.send(answer(&result, index));
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

fn answer(result: &Result<RefusedRows, WarehouseError>, index: usize) -> Result<(), InsertError> {
    match result {
        Ok(refused) => match refused.get(&index) {
            Some(reasons) => Err(InsertError::Refused(reasons.clone())),
            None => Ok(()),
        },
        Err(error) => Err(InsertError::Failed(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(bytes: usize) -> Pending {
        let row = Row {
            insert_id: String::new(),
            json: serde_json::Value::Null,
        };
        Pending {
            row,
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

    #[test]
    fn a_batch_stops_growing_at_its_bytes() {
        assert_eq!(filled(&[MOST_BYTES / 2, MOST_BYTES, 1, 1]), 3);
    }
}
