//! Faults on demand: the next matching requests fail, the next events come twice, late or in
//! another order.

mod request;
mod response;
mod spec;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

pub use request::Api;
pub use spec::{Effect, EventEffect, EventFault, Fault, InvalidFault, RequestFault};

use crate::body::discard;
use request::Target;

/// How many faults can wait at once.
const MOST_FAULTS: usize = 1_000;

/// The faults that wait for their request or event. Of several that match, the eldest acts.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    waiting: Arc<Mutex<Vec<Fault>>>,
}

impl Faults {
    /// Adds a fault.
    ///
    /// # Errors
    ///
    /// When a thousand are waiting already.
    pub fn add(&self, fault: Fault) -> Result<(), InvalidFault> {
        let mut waiting = self.lock();
        if waiting.len() == MOST_FAULTS {
            return Err(InvalidFault::TooMany);
        }
        waiting.push(fault);
        Ok(())
    }

    /// The faults that have not acted as often as they shall.
    #[must_use]
    pub fn waiting(&self) -> Vec<Fault> {
        self.lock().clone()
    }

    /// Removes all faults.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn for_request(&self, target: &Target) -> Option<Effect> {
        self.take(|fault| match fault {
            Fault::Request(fault) if target.matches(fault) => {
                fault.count -= 1;
                Some((fault.effect, fault.count))
            }
            _ => None,
        })
    }

    /// What shall happen to the next event of `trigger`.
    pub(crate) fn for_event(&self, trigger: &str) -> Option<EventEffect> {
        self.take(|fault| match fault {
            Fault::Event(fault) if fault.trigger.as_deref().is_none_or(|name| name == trigger) => {
                fault.count -= 1;
                Some((fault.effect, fault.count))
            }
            _ => None,
        })
    }

    /// Uses the first fault that `act` has something for, and drops it when none is left of it.
    fn take<E>(&self, mut act: impl FnMut(&mut Fault) -> Option<(E, u32)>) -> Option<E> {
        let mut waiting = self.lock();
        for index in 0..waiting.len() {
            let Some((effect, left)) = act(&mut waiting[index]) else {
                continue;
            };
            if left == 0 {
                waiting.remove(index);
            }
            return Some(effect);
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets the next matching requests fail. To be laid over the whole router with
/// `axum::middleware::from_fn_with_state(faults, faults::middleware)`.
pub(crate) async fn middleware(
    State(faults): State<Faults>,
    request: Request,
    next: Next,
) -> Response {
    let Some(target) = Target::of(&request) else {
        return next.run(request).await;
    };
    match faults.for_request(&target) {
        None => next.run(request).await,
        Some(Effect::Delay { milliseconds }) => {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            next.run(request).await
        }
        Some(Effect::Status { status }) => {
            // Unread bytes would make the client see a broken connection before the status.
            discard(request.into_body()).await;
            response::error(target.api, status)
        }
        Some(Effect::Cut) => response::cut(),
    }
}

#[cfg(test)]
mod tests;
