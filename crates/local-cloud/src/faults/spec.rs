//! Faults as they are asked for.

use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::faults::Api;

/// The longest delay: ten minutes.
const LONGEST_DELAY_MS: u64 = 600_000;
/// How long an event is held back for the next one, unless asked otherwise.
const HOLD_MS: u64 = 10_000;

/// Something that shall go wrong a number of times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Spec", into = "Spec")]
pub enum Fault {
    /// To requests of the storage APIs.
    Request(RequestFault),
    /// To events on their way to a trigger's destination.
    Event(EventFault),
}

/// What shall happen to requests. A part that is `None` matches all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestFault {
    /// The API they come by.
    pub api: Option<Api>,
    /// The bucket they concern.
    pub bucket: Option<String>,
    /// The operation as the JSON API names it, such as `objects.insert`, whatever API it comes by.
    pub operation: Option<String>,
    /// To how many requests it shall happen, at least 1.
    pub count: u32,
    /// What shall happen.
    pub effect: Effect,
}

/// What shall happen to events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventFault {
    /// The trigger by which they are delivered; `None` is any.
    pub trigger: Option<String>,
    /// To how many events it shall happen, at least 1.
    pub count: u32,
    /// What shall happen.
    pub effect: EventEffect,
}

/// What happens to a request. With a status or a cut it is not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It is answered by an error of this status, in the form of its API.
    Status {
        /// 400 to 599.
        status: StatusCode,
    },
    /// It is carried out later.
    Delay {
        /// How much later.
        milliseconds: u64,
    },
    /// Its connection ends without an answer (over HTTP/2: its stream).
    Cut,
}

/// What happens to an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventEffect {
    /// It is delivered twice, at the same time.
    Duplicate,
    /// It is delivered later.
    Delay {
        /// How much later, by the local clock.
        milliseconds: u64,
    },
    /// It is delivered when a later event of the trigger was acknowledged.
    Reorder {
        /// How long it waits for that, by the local clock.
        milliseconds: u64,
    },
}

/// The text describes no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFault {
    /// Not one effect.
    #[error(
        "give one of status, delay_ms and cut: true; or event with duplicate, delay or reorder"
    )]
    Effect,
    /// A status that is no error.
    #[error("status must be 400 to 599")]
    Status,
    /// A delay that is too long, or missing.
    #[error("delay_ms must be given, and at most 600000")]
    Delay,
    /// Happens never.
    #[error("count must be at least 1")]
    Count,
    /// A part that does not belong to it.
    #[error("api, bucket and operation select requests; trigger selects events")]
    Selection,
    /// Enough are waiting.
    #[error("1000 faults are waiting; remove them first")]
    TooMany,
}

/// The JSON form.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Spec {
    #[serde(skip_serializing_if = "Option::is_none")]
    api: Option<Api>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bucket: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<EventWord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trigger: Option<String>,
    count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_ms: Option<u64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EventWord {
    Duplicate,
    Delay,
    Reorder,
}

impl TryFrom<Spec> for Fault {
    type Error = InvalidFault;

    fn try_from(spec: Spec) -> Result<Self, InvalidFault> {
        let count = spec.count.unwrap_or(1);
        if count == 0 {
            return Err(InvalidFault::Count);
        }
        match spec.event {
            None => spec.request_fault(count).map(Self::Request),
            Some(word) => spec.event_fault(count, word).map(Self::Event),
        }
    }
}

impl Spec {
    fn request_fault(self, count: u32) -> Result<RequestFault, InvalidFault> {
        if self.trigger.is_some() {
            return Err(InvalidFault::Selection);
        }
        let effect = match (self.status, self.delay_ms, self.cut) {
            (Some(status), None, false) => Effect::Status {
                status: error_status(status)?,
            },
            (None, Some(_), false) => Effect::Delay {
                milliseconds: delay(self.delay_ms)?,
            },
            (None, None, true) => Effect::Cut,
            _ => return Err(InvalidFault::Effect),
        };
        let Self {
            api,
            bucket,
            operation,
            ..
        } = self;
        Ok(RequestFault {
            api,
            bucket,
            operation,
            count,
            effect,
        })
    }

    fn event_fault(self, count: u32, word: EventWord) -> Result<EventFault, InvalidFault> {
        if self.api.is_some() || self.bucket.is_some() || self.operation.is_some() {
            return Err(InvalidFault::Selection);
        }
        if self.status.is_some() || self.cut {
            return Err(InvalidFault::Effect);
        }
        let effect = match (word, self.delay_ms) {
            (EventWord::Duplicate, None) => EventEffect::Duplicate,
            (EventWord::Duplicate, Some(_)) => return Err(InvalidFault::Effect),
            (EventWord::Delay, ms) => EventEffect::Delay {
                milliseconds: delay(ms)?,
            },
            (EventWord::Reorder, ms) => EventEffect::Reorder {
                milliseconds: delay(ms.or(Some(HOLD_MS)))?,
            },
        };
        Ok(EventFault {
            trigger: self.trigger,
            count,
            effect,
        })
    }
}

fn error_status(status: u16) -> Result<StatusCode, InvalidFault> {
    let is_error = (400..600).contains(&status);
    is_error
        .then(|| StatusCode::from_u16(status).ok())
        .flatten()
        .ok_or(InvalidFault::Status)
}

fn delay(milliseconds: Option<u64>) -> Result<u64, InvalidFault> {
    milliseconds
        .filter(|ms| *ms <= LONGEST_DELAY_MS)
        .ok_or(InvalidFault::Delay)
}

impl From<Fault> for Spec {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Request(fault) => fault.into(),
            Fault::Event(fault) => fault.into(),
        }
    }
}

impl From<RequestFault> for Spec {
    fn from(fault: RequestFault) -> Self {
        let RequestFault {
            api,
            bucket,
            operation,
            count,
            effect,
        } = fault;
        let spec = Self {
            api,
            bucket,
            operation,
            count: Some(count),
            ..Self::default()
        };
        match effect {
            Effect::Status { status } => Self {
                status: Some(status.as_u16()),
                ..spec
            },
            Effect::Delay { milliseconds } => Self {
                delay_ms: Some(milliseconds),
                ..spec
            },
            Effect::Cut => Self { cut: true, ..spec },
        }
    }
}

impl From<EventFault> for Spec {
    fn from(fault: EventFault) -> Self {
        let (event, delay_ms) = match fault.effect {
            EventEffect::Duplicate => (EventWord::Duplicate, None),
            EventEffect::Delay { milliseconds } => (EventWord::Delay, Some(milliseconds)),
            EventEffect::Reorder { milliseconds } => (EventWord::Reorder, Some(milliseconds)),
        };
        let EventFault { trigger, count, .. } = fault;
        let (event, count) = (Some(event), Some(count));
        Self {
            event,
            trigger,
            count,
            delay_ms,
            ..Self::default()
        }
    }
}
