//! What was delivered, for people and for tests that wait until all is quiet.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::events::trigger::Trigger;
use crate::events::{EventKind, ObjectEvent};
use crate::push::Answer;

/// How many deliveries are remembered: the newest ones.
const REMEMBERED: usize = 10_000;

/// The state of all deliveries.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Deliveries {
    /// How many events are not yet acknowledged (or dead) for every trigger that wants them.
    pub waiting: u64,
    /// How many deliveries were acknowledged since the start.
    pub delivered: u64,
    /// How many deliveries were given up since the start.
    pub dead: u64,
    /// The newest 10,000 deliveries that were begun, in the order of their events.
    pub deliveries: Vec<Delivery>,
}

/// One event on its way to one trigger's destination.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Delivery {
    /// The event's id (`ce-id`).
    pub event_id: u64,
    /// The trigger's name.
    pub trigger: String,
    /// The event's type.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// The object's bucket.
    pub bucket: String,
    /// The object's name.
    pub object: String,
    /// The object's generation.
    pub generation: i64,
    /// How often it was sent.
    pub attempts: u32,
    /// The status of the newest answer.
    pub last_status: Option<u16>,
    /// Why there was no answer at last.
    pub last_error: Option<String>,
    /// Whether it is over.
    pub state: DeliveryState,
    /// When it is sent again, by the local clock; null while it is under way.
    pub next_attempt_at: Option<Timestamp>,
}

/// Whether a delivery is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is under way, or will be tried again.
    Waiting,
    /// It was acknowledged.
    Acknowledged,
    /// It was given up after 24 hours.
    Dead,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Log(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    delivered: u64,
    dead: u64,
    newest: BTreeMap<(u64, String), Delivery>,
}

impl Log {
    /// The event waits for an attempt at `at`, or is under way.
    pub(super) fn waits(&self, trigger: &Trigger, event: &ObjectEvent, at: Option<Timestamp>) {
        self.update(trigger, event, |delivery| delivery.next_attempt_at = at);
    }

    /// The event was answered.
    pub(super) fn answered(&self, trigger: &Trigger, event: &ObjectEvent, answer: &Answer) {
        self.update(trigger, event, |delivery| {
            delivery.attempts += 1;
            delivery.last_status = answer.as_ref().ok().copied();
            delivery.last_error = answer.as_ref().err().cloned();
        });
    }

    /// The delivery is over.
    pub(super) fn ends(&self, trigger: &Trigger, event: &ObjectEvent, state: DeliveryState) {
        self.update(trigger, event, |delivery| {
            delivery.state = state;
            delivery.next_attempt_at = None;
        });
        let mut inner = self.lock();
        match state {
            DeliveryState::Waiting => {}
            DeliveryState::Acknowledged => inner.delivered += 1,
            DeliveryState::Dead => inner.dead += 1,
        }
    }

    /// All that is remembered, besides `waiting` events.
    pub(super) fn report(&self, waiting: u64) -> Deliveries {
        let inner = self.lock();
        let Inner {
            delivered, dead, ..
        } = *inner;
        Deliveries {
            waiting,
            delivered,
            dead,
            deliveries: inner.newest.values().cloned().collect(),
        }
    }

    fn update(&self, trigger: &Trigger, event: &ObjectEvent, change: impl FnOnce(&mut Delivery)) {
        let key = (event.id, trigger.name.clone());
        let mut inner = self.lock();
        change(
            inner
                .newest
                .entry(key)
                .or_insert_with(|| Delivery::new(trigger, event)),
        );
        if inner.newest.len() > REMEMBERED {
            inner.newest.pop_first();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Delivery {
    fn new(trigger: &Trigger, event: &ObjectEvent) -> Self {
        Self {
            event_id: event.id,
            trigger: trigger.name.clone(),
            kind: event.kind,
            bucket: event.object.bucket.clone(),
            object: event.object.name.clone(),
            generation: event.object.generation,
            attempts: 0,
            last_status: None,
            last_error: None,
            state: DeliveryState::Waiting,
            next_attempt_at: None,
        }
    }
}
