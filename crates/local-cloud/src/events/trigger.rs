//! Which events go where.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use url::Url;

use crate::events::outbox::Entry;
use crate::events::{EventKind, ObjectEvent};

/// What a trigger is asked to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TriggerSpec {
    /// The type of the events.
    pub event_type: EventKind,
    /// The bucket of the objects.
    pub bucket: String,
    /// Where the events are posted to: an `http://` URL.
    pub destination: Url,
}

/// A trigger: the events of one type in one bucket, and where they go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// Which events go where.
    #[serde(flatten)]
    pub spec: TriggerSpec,
    /// Events with higher ids are wanted; those before it was made are not.
    pub(crate) after: u64,
}

impl Trigger {
    pub(crate) fn wants(&self, event: &ObjectEvent) -> bool {
        event.id > self.after
            && event.kind == self.spec.event_type
            && event.object.bucket == self.spec.bucket
    }

    pub(crate) fn waits_for(&self, entry: &Entry) -> bool {
        self.wants(&entry.event) && !entry.settled_by.contains(&self.name)
    }

    /// Whether the two differ in their destination at most.
    pub(crate) fn has_filter_of(&self, spec: &TriggerSpec) -> bool {
        self.spec.event_type == spec.event_type && self.spec.bucket == spec.bucket
    }
}

/// All triggers by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Triggers(Arc<RwLock<BTreeMap<String, Trigger>>>);

impl Triggers {
    pub(crate) fn all(&self) -> Vec<Trigger> {
        self.read(|triggers| triggers.values().cloned().collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<Trigger> {
        self.read(|triggers| triggers.get(name).cloned())
    }

    pub(crate) fn insert(&self, trigger: Trigger) {
        let mut triggers = self.0.write().unwrap_or_else(PoisonError::into_inner);
        triggers.insert(trigger.name.clone(), trigger);
    }

    /// Whether there was one.
    pub(crate) fn remove(&self, name: &str) -> bool {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(name)
            .is_some()
    }

    pub(crate) fn any_wants(&self, event: &ObjectEvent) -> bool {
        self.read(|triggers| triggers.values().any(|trigger| trigger.wants(event)))
    }

    pub(crate) fn any_waits_for(&self, entry: &Entry) -> bool {
        self.read(|triggers| triggers.values().any(|trigger| trigger.waits_for(entry)))
    }

    fn read<T>(&self, look: impl FnOnce(&BTreeMap<String, Trigger>) -> T) -> T {
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}
