//! Events that are not acknowledged yet, kept in the database of the store.
//!
//! An event is written in the transaction that makes it, and leaves when every trigger that wants
//! it has settled it; so none is lost, however the process ends.

use std::sync::Arc;

use jiff::Timestamp;
use redb::{
    Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, Table, TableDefinition,
    WriteTransaction,
};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::events::trigger::Triggers;
use crate::events::{EventKind, ObjectEvent};
use crate::store::{Object, StoreError};

/// Event id → the event as JSON.
const EVENTS: TableDefinition<u64, &[u8]> = TableDefinition::new("events");
/// One row: the last id that was given.
const LAST_ID: TableDefinition<(), u64> = TableDefinition::new("events_last_id");

/// The events that are not acknowledged yet.
#[derive(Debug, Clone)]
pub(crate) struct Outbox {
    database: Arc<Database>,
    triggers: Triggers,
    changed: Arc<watch::Sender<()>>,
}

/// An event with what is known of its delivery.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The event.
    pub(crate) event: ObjectEvent,
    /// The triggers that are done with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) settled_by: Vec<String>,
}

impl Outbox {
    /// The outbox in `database`.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub(crate) fn new(database: Arc<Database>) -> Result<Self, StoreError> {
        let transaction = database.begin_write()?;
        transaction.open_table(EVENTS)?;
        transaction.open_table(LAST_ID)?;
        transaction.commit()?;
        let changed = Arc::new(watch::Sender::new(()));
        Ok(Self {
            database,
            triggers: Triggers::default(),
            changed,
        })
    }

    /// Adds an event of `object` to the outbox, as a part of `transaction`, unless no trigger wants
    /// it. Call [`Self::announce`] when that is committed.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub(crate) fn append(
        &self,
        transaction: &WriteTransaction,
        kind: EventKind,
        time: Timestamp,
        object: Object,
    ) -> Result<(), StoreError> {
        let id = next_id(transaction, time)?;
        let event = ObjectEvent {
            id,
            kind,
            time,
            object,
        };
        if !self.triggers.any_wants(&event) {
            return Ok(());
        }
        let entry = Entry {
            event,
            settled_by: Vec::new(),
        };
        put(&mut transaction.open_table(EVENTS)?, &entry)
    }

    /// Says that events were committed.
    pub(crate) fn announce(&self) {
        self.changed.send_replace(());
    }

    /// The triggers that decide which events are kept.
    pub(crate) fn triggers(&self) -> &Triggers {
        &self.triggers
    }

    /// Wakes up when events were committed.
    pub(crate) fn changed(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// How many events are waiting for a trigger to be done with them.
    pub(crate) fn len(&self) -> Result<u64, StoreError> {
        Ok(self.database.begin_read()?.open_table(EVENTS)?.len()?)
    }

    /// The last id that was given, 0 when none was.
    pub(crate) fn last_id(&self) -> Result<u64, StoreError> {
        let table = self.database.begin_read()?.open_table(LAST_ID)?;
        Ok(table.get(())?.map_or(0, |id| id.value()))
    }

    /// The event of this id, if it is still waiting.
    pub(crate) fn get(&self, id: u64) -> Result<Option<Entry>, StoreError> {
        let table = self.database.begin_read()?.open_table(EVENTS)?;
        let row = table.get(id)?;
        Ok(row
            .map(|row| serde_json::from_slice(row.value()))
            .transpose()?)
    }

    /// Up to `limit` waiting events after `id`, in order.
    pub(crate) fn page(&self, id: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let table = self.database.begin_read()?.open_table(EVENTS)?;
        let rows = table.range(id.saturating_add(1)..)?.take(limit);
        rows.map(|row| Ok(serde_json::from_slice(row?.1.value())?))
            .collect()
    }

    /// Notes that `trigger` is done with the event `id`, as a part of `transaction`. The event
    /// leaves when no trigger waits for it any more.
    pub(crate) fn settle(
        &self,
        transaction: &WriteTransaction,
        id: u64,
        trigger: &str,
    ) -> Result<(), StoreError> {
        let mut table = transaction.open_table(EVENTS)?;
        let row = table
            .get(id)?
            .map(|row| serde_json::from_slice::<Entry>(row.value()));
        let Some(mut entry) = row.transpose()? else {
            return Ok(());
        };
        entry.settled_by.push(trigger.to_owned());
        if self.triggers.any_waits_for(&entry) {
            return put(&mut table, &entry);
        }
        table.remove(id)?;
        Ok(())
    }

    /// Removes the events that no trigger waits for any more, as a part of `transaction`: to be
    /// called when triggers have changed.
    pub(crate) fn sweep(&self, transaction: &WriteTransaction) -> Result<(), StoreError> {
        let mut table = transaction.open_table(EVENTS)?;
        // A row that cannot be read is kept, to be seen.
        let unwanted = |row: &[u8]| {
            serde_json::from_slice(row).is_ok_and(|entry| !self.triggers.any_waits_for(&entry))
        };
        table.retain(|_, row| !unwanted(row))?;
        Ok(())
    }
}

/// Ids rise, and start at the time in microseconds so that those of a new database are not those
/// of the one before it.
fn next_id(transaction: &WriteTransaction, time: Timestamp) -> Result<u64, StoreError> {
    let mut table = transaction.open_table(LAST_ID)?;
    let last = table.get(())?.map_or(0, |id| id.value());
    let id = u64::try_from(time.as_microsecond())
        .unwrap_or(0)
        .max(last.saturating_add(1));
    table.insert((), id)?;
    Ok(id)
}

fn put(table: &mut Table<'_, u64, &'static [u8]>, entry: &Entry) -> Result<(), StoreError> {
    table.insert(entry.event.id, serde_json::to_vec(entry)?.as_slice())?;
    Ok(())
}
