//! Delivers the events of one trigger.
//!
//! What waits is in the outbox; here are only the ids of those that wait for another attempt.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use super::log::DeliveryState;
use super::trigger::Trigger;
use super::{ObjectEvent, Shared, wire};
use crate::background::Background;
use crate::clock::Clock;
use crate::faults::EventEffect;
use crate::push::{self, Answer};
use crate::store::StoreError;

/// How long an event is kept, by the local clock.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// How many events are read ahead.
const PAGE: usize = 64;
/// How many events may wait for another attempt before no new ones are begun.
const MOST_WAITING: usize = 10_000;
/// What acknowledges an event (<https://cloud.google.com/pubsub/docs/push#receive_push>).
const ACKNOWLEDGING: [u16; 5] = [102, 200, 201, 202, 204];

pub(super) struct Worker {
    trigger: Trigger,
    shared: Shared,
    /// The id of the last event that was read from the outbox.
    cursor: u64,
    /// Events that were read ahead.
    page: VecDeque<ObjectEvent>,
    /// What waits, by the time of its next attempt and a number that tells equal times apart.
    waiting: BTreeMap<(Timestamp, u64), Attempt>,
    /// The keys of those in `waiting` that a later event releases.
    held: Vec<(Timestamp, u64)>,
    next_number: u64,
    /// For events that are sent twice, how many copies are not acknowledged yet.
    copies: HashMap<u64, u32>,
    in_flight: JoinSet<Step>,
}

/// An attempt that is to be made.
#[derive(Debug, Clone, Copy)]
struct Attempt {
    id: u64,
    /// How many were made before.
    before: u32,
}

/// Something that was done for an event.
enum Step {
    /// It was sent, after `before` attempts.
    Sent {
        event: ObjectEvent,
        before: u32,
        answer: Answer,
    },
    /// It was settled: the outbox has it no more, unless that failed.
    Settled {
        event: ObjectEvent,
        state: DeliveryState,
        outcome: Result<(), StoreError>,
    },
}

impl Worker {
    pub(super) fn new(trigger: Trigger, shared: Shared) -> Self {
        Self {
            cursor: trigger.after,
            trigger,
            shared,
            page: VecDeque::new(),
            waiting: BTreeMap::new(),
            held: Vec::new(),
            next_number: 0,
            copies: HashMap::new(),
            in_flight: JoinSet::new(),
        }
    }

    /// Delivers until told to stop. What is under way then is delivered again another time.
    pub(super) async fn run(mut self, background: Background) {
        let mut added = self.shared.store.outbox().changed();
        while !background.is_stopping() {
            if let Err(error) = self.begin() {
                tracing::error!(trigger = self.trigger.name, %error, "events cannot be read");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            let next_attempt = sleep_until(self.shared.clock.clone(), self.next_attempt());
            tokio::select! {
                () = background.stopping() => {}
                Some(Ok(step)) = self.in_flight.join_next() => self.end(step),
                () = next_attempt => {}
                _ = added.changed() => {}
            }
        }
    }

    /// Begins what is due, as far as there is room.
    fn begin(&mut self) -> Result<(), StoreError> {
        while self.in_flight.len() < self.shared.policy.in_flight {
            if let Some(attempt) = self.next_due() {
                if let Some(entry) = self.shared.store.outbox().get(attempt.id)? {
                    self.send(entry.event, attempt.before);
                }
            } else if let Some(event) = self.next_new()? {
                self.begin_new(event);
            } else {
                break;
            }
        }
        Ok(())
    }

    fn next_due(&mut self) -> Option<Attempt> {
        let (key, attempt) = self.waiting.pop_first()?;
        if key.0 > self.shared.clock.now() {
            self.waiting.insert(key, attempt);
            return None;
        }
        self.held.retain(|held| *held != key);
        Some(attempt)
    }

    fn next_new(&mut self) -> Result<Option<ObjectEvent>, StoreError> {
        if self.waiting.len() >= MOST_WAITING {
            return Ok(None);
        }
        while self.page.is_empty() {
            let entries = self.shared.store.outbox().page(self.cursor, PAGE)?;
            let Some(last) = entries.last() else {
                return Ok(None);
            };
            self.cursor = last.event.id;
            let wanted = entries
                .into_iter()
                .filter(|entry| self.trigger.waits_for(entry));
            self.page.extend(wanted.map(|entry| entry.event));
        }
        Ok(self.page.pop_front())
    }

    fn begin_new(&mut self, event: ObjectEvent) {
        match self.shared.faults.for_event(&self.trigger.name) {
            None => self.send(event, 0),
            Some(EventEffect::Duplicate) => {
                self.copies.insert(event.id, 2);
                self.send(event.clone(), 0);
                self.send(event, 0);
            }
            Some(EventEffect::Delay { milliseconds }) => {
                self.wait(&event, 0, Duration::from_millis(milliseconds));
            }
            Some(EventEffect::Reorder { milliseconds }) => {
                let key = self.wait(&event, 0, Duration::from_millis(milliseconds));
                self.held.push(key);
            }
        }
    }

    fn wait(&mut self, event: &ObjectEvent, before: u32, delay: Duration) -> (Timestamp, u64) {
        let now = self.shared.clock.now();
        let at = now.saturating_add(delay).unwrap_or(Timestamp::MAX);
        self.shared.log.waits(&self.trigger, event, Some(at));
        self.put_back(
            at,
            Attempt {
                id: event.id,
                before,
            },
        )
    }

    fn put_back(&mut self, at: Timestamp, attempt: Attempt) -> (Timestamp, u64) {
        self.next_number += 1;
        self.waiting.insert((at, self.next_number), attempt);
        (at, self.next_number)
    }

    /// Sends an event, or gives it up when its time is over.
    fn send(&mut self, event: ObjectEvent, before: u32) {
        let end = event.time.saturating_add(KEPT).unwrap_or(Timestamp::MAX);
        if end <= self.shared.clock.now() {
            tracing::warn!(
                trigger = self.trigger.name,
                event = event.id,
                "an event is dead"
            );
            self.copies.remove(&event.id);
            return self.settle(event, DeliveryState::Dead);
        }
        self.shared.log.waits(&self.trigger, &event, None);
        let request = self
            .shared
            .client
            .post(self.trigger.spec.destination.clone())
            .headers(wire::headers(&event))
            .body(wire::body(&event));
        self.in_flight.spawn(async move {
            let answer = push::send(request).await;
            Step::Sent {
                event,
                before,
                answer,
            }
        });
    }

    fn settle(&mut self, event: ObjectEvent, state: DeliveryState) {
        let (store, trigger) = (self.shared.store.clone(), self.trigger.name.clone());
        self.in_flight.spawn(async move {
            let (id, outbox) = (event.id, store.outbox().clone());
            let settle =
                store.write(move |transaction| outbox.settle(transaction.database, id, &trigger));
            let outcome = settle.await;
            Step::Settled {
                event,
                state,
                outcome,
            }
        });
    }

    fn end(&mut self, step: Step) {
        match step {
            Step::Sent {
                event,
                before,
                answer,
            } => {
                self.shared.log.answered(&self.trigger, &event, &answer);
                if answer
                    .as_ref()
                    .is_ok_and(|status| ACKNOWLEDGING.contains(status))
                {
                    self.acknowledged(event);
                } else {
                    self.refused(&event, before + 1, &answer);
                }
            }
            Step::Settled {
                event,
                state,
                outcome: Ok(()),
            } => {
                self.shared.log.ends(&self.trigger, &event, state);
            }
            Step::Settled {
                event,
                outcome: Err(error),
                ..
            } => {
                tracing::error!(trigger = self.trigger.name, event = event.id, %error, "not settled");
                self.wait(&event, 1, self.shared.policy.max_delay);
            }
        }
    }

    fn acknowledged(&mut self, event: ObjectEvent) {
        self.release_held(event.id);
        if self.is_last_copy(event.id) {
            self.settle(event, DeliveryState::Acknowledged);
        }
    }

    fn refused(&mut self, event: &ObjectEvent, attempts: u32, answer: &Answer) {
        let delay = self.shared.policy.delay_after(attempts);
        tracing::info!(
            trigger = self.trigger.name,
            event = event.id,
            ?answer,
            ?delay,
            "refused"
        );
        self.wait(event, attempts, delay);
    }

    fn is_last_copy(&mut self, id: u64) -> bool {
        let Some(left) = self.copies.get_mut(&id) else {
            return true;
        };
        *left -= 1;
        let is_last = *left == 0;
        if is_last {
            self.copies.remove(&id);
        }
        is_last
    }

    /// Lets the events go that were held for one after them, such as `id`.
    fn release_held(&mut self, id: u64) {
        let now = self.shared.clock.now();
        for key in std::mem::take(&mut self.held) {
            match self.waiting.remove(&key) {
                Some(attempt) if attempt.id < id => {
                    self.put_back(now, attempt);
                }
                Some(attempt) => {
                    self.waiting.insert(key, attempt);
                    self.held.push(key);
                }
                None => {}
            }
        }
    }

    /// When an attempt becomes due, if there is room for it.
    fn next_attempt(&self) -> Option<Timestamp> {
        let has_room = self.in_flight.len() < self.shared.policy.in_flight;
        let first = self.waiting.first_key_value().filter(|_| has_room);
        first.map(|((at, _), _)| *at)
    }
}

async fn sleep_until(clock: Clock, at: Option<Timestamp>) {
    match at {
        Some(at) => clock.sleep_until(at).await,
        None => std::future::pending().await,
    }
}
