//! Events of objects, and their delivery as Eventarc delivers them.
//!
//! At least once, unordered, acknowledged by status, retried with exponential backoff for 24 hours
//! (<https://cloud.google.com/eventarc/docs/retry-events>).

mod log;
pub(crate) mod outbox;
mod policy;
mod trigger;
mod wire;
mod worker;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

pub use log::{Deliveries, Delivery, DeliveryState};
pub use policy::DeliveryPolicy;
pub use trigger::{Trigger, TriggerSpec};

use crate::background::Background;
use crate::clock::Clock;
use crate::faults::Faults;
use crate::push;
use crate::store::{Object, Store, StoreError};
use log::Log;
use worker::Worker;

/// The setting that holds the triggers.
const SETTING: &str = "triggers";
/// How many triggers there can be.
const MOST_TRIGGERS: usize = 100;

/// Something that happened to one generation of an object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ObjectEvent {
    /// The event's id (`ce-id`), the same in every attempt to deliver it.
    pub id: u64,
    /// What happened.
    pub kind: EventKind,
    /// When, by the local clock.
    pub time: Timestamp,
    /// The object as it was then.
    pub object: Object,
}

/// What can happen to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EventKind {
    /// A new generation is complete.
    #[serde(rename = "google.cloud.storage.object.v1.finalized")]
    Finalized,
    /// A generation was deleted or overwritten.
    #[serde(rename = "google.cloud.storage.object.v1.deleted")]
    Deleted,
}

impl EventKind {
    /// The CloudEvents type.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Finalized => "google.cloud.storage.object.v1.finalized",
            Self::Deleted => "google.cloud.storage.object.v1.deleted",
        }
    }
}

/// What events are delivered with.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) policy: DeliveryPolicy,
}

/// The triggers and their deliveries. Clones are handles on the same.
#[derive(Debug, Clone)]
pub struct Events {
    shared: Shared,
    background: Background,
    /// What delivers the events of each trigger.
    workers: Arc<Mutex<HashMap<String, Background>>>,
}

/// What all workers have in common.
#[derive(Debug, Clone)]
struct Shared {
    store: Store,
    clock: Clock,
    faults: Faults,
    policy: DeliveryPolicy,
    client: reqwest::Client,
    log: Log,
}

/// Why triggers could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum EventsError {
    /// The name is malformed.
    #[error("a name is 1 to 63 of a-z, 0-9 and '-'")]
    Name,
    /// Events cannot be sent there.
    #[error("destination must be an http:// URL")]
    Destination,
    /// There are enough triggers.
    #[error("there are {MOST_TRIGGERS} triggers already")]
    TooMany,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The HTTP client could not be made.
    #[error("no HTTP client can be made: {0}")]
    Client(#[from] reqwest::Error),
}

impl Events {
    /// Reads the triggers that are kept, and delivers what waits for them.
    pub(crate) async fn start(parts: Parts, background: &Background) -> Result<Self, EventsError> {
        let Parts {
            store,
            clock,
            faults,
            policy,
        } = parts;
        let client = push::client(policy.request_timeout)?;
        let shared = Shared {
            store,
            clock,
            faults,
            policy,
            client,
            log: Log::default(),
        };
        let background = background.clone();
        let events = Self {
            shared,
            background,
            workers: Arc::default(),
        };
        events.restore().await?;
        Ok(events)
    }

    async fn restore(&self) -> Result<(), EventsError> {
        let kept = self
            .shared
            .store
            .setting(SETTING)
            .await?
            .unwrap_or_else(|| "[]".to_owned());
        let kept: Vec<Trigger> = serde_json::from_str(&kept).map_err(StoreError::internal)?;
        let mut workers = self.workers.lock().await;
        for trigger in kept {
            self.shared
                .store
                .outbox()
                .triggers()
                .insert(trigger.clone());
            workers.insert(trigger.name.clone(), self.start_worker(trigger));
        }
        Ok(())
    }

    /// Makes or replaces a trigger. One that differs in its destination at most still delivers what
    /// waits; else the events from now on are delivered.
    ///
    /// # Errors
    ///
    /// When the name or destination is malformed, or the store fails.
    pub async fn put_trigger(&self, name: &str, spec: TriggerSpec) -> Result<Trigger, EventsError> {
        if !is_name(name) {
            return Err(EventsError::Name);
        }
        if !push::is_destination(&spec.destination) {
            return Err(EventsError::Destination);
        }
        let mut workers = self.workers.lock().await;
        if workers.len() >= MOST_TRIGGERS && !workers.contains_key(name) {
            return Err(EventsError::TooMany);
        }
        let outbox = self.shared.store.outbox();
        let before = outbox
            .triggers()
            .get(name)
            .filter(|trigger| trigger.has_filter_of(&spec));
        let after = before.map_or_else(|| outbox.last_id(), |trigger| Ok(trigger.after))?;
        let trigger = Trigger {
            name: name.to_owned(),
            spec,
            after,
        };
        outbox.triggers().insert(trigger.clone());
        self.keep().await?;
        if let Some(replaced) = workers.insert(name.to_owned(), self.start_worker(trigger.clone()))
        {
            replaced.stop();
        }
        Ok(trigger)
    }

    /// Removes a trigger, and the events that only it waited for. Says whether there was one.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn delete_trigger(&self, name: &str) -> Result<bool, EventsError> {
        let mut workers = self.workers.lock().await;
        if let Some(worker) = workers.remove(name) {
            worker.stop();
        }
        let existed = self.shared.store.outbox().triggers().remove(name);
        self.keep().await?;
        Ok(existed)
    }

    /// All triggers, by name.
    #[must_use]
    pub fn triggers(&self) -> Vec<Trigger> {
        self.shared.store.outbox().triggers().all()
    }

    /// What was delivered and what waits.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn deliveries(&self) -> Result<Deliveries, EventsError> {
        Ok(self.shared.log.report(self.waiting()?))
    }

    /// How many events wait, or are under way.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn waiting(&self) -> Result<u64, EventsError> {
        Ok(self.shared.store.outbox().len()?)
    }

    /// Keeps the triggers, and drops the events that none of them waits for.
    async fn keep(&self) -> Result<(), EventsError> {
        let triggers = serde_json::to_string(&self.triggers()).map_err(StoreError::internal)?;
        self.shared.store.set_setting(SETTING, &triggers).await?;
        let outbox = self.shared.store.outbox().clone();
        let sweep = self
            .shared
            .store
            .write(move |transaction| outbox.sweep(transaction.database));
        Ok(sweep.await?)
    }

    fn start_worker(&self, trigger: Trigger) -> Background {
        let part = self.background.part();
        let worker = Worker::new(trigger, self.shared.clone());
        part.spawn(worker.run(part.clone()));
        part
    }
}

/// Whether `name` can name a trigger or a schedule.
pub(crate) fn is_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    matches!(name.len(), 1..=63) && name.bytes().all(allowed)
}
