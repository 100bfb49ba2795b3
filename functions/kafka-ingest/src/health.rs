//! Whether the consumer gets on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The loop takes a turn every few seconds, whatever happens.
const LONGEST_TURN: Duration = Duration::from_secs(60);

/// How long no message may be finished while some wait: longer than brokers and storage are away now
/// and then, because a restart does not mend that.
const LONGEST_STANDSTILL: Duration = Duration::from_secs(10 * 60);

/// What the consumer's loop tells of itself.
#[derive(Debug, Clone)]
pub(crate) struct Health(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    turned: Instant,
    progressed: Instant,
    in_flight: usize,
    lag: i64,
}

impl Default for Health {
    fn default() -> Self {
        Self::starting(Instant::now())
    }
}

impl Health {
    fn starting(now: Instant) -> Self {
        Self(Arc::new(Mutex::new(State {
            turned: now,
            progressed: now,
            in_flight: 0,
            lag: 0,
        })))
    }

    /// The loop takes a turn, with so many messages under way.
    pub(crate) fn turn(&self, in_flight: usize) {
        self.turn_at(Instant::now(), in_flight);
    }

    fn turn_at(&self, now: Instant, in_flight: usize) {
        let mut state = self.lock();
        let idle = state.lag <= 0 && state.in_flight == 0;
        (state.turned, state.in_flight) = (now, in_flight);
        // A standstill begins when there is something to do.
        if idle {
            state.progressed = now;
        }
    }

    /// A message came or was finished.
    pub(crate) fn progress(&self) {
        self.lock().progressed = Instant::now();
    }

    /// So many messages wait at the brokers.
    pub(crate) fn lag(&self, lag: i64) {
        self.lock().lag = lag;
    }

    /// What ails the consumer, if anything.
    ///
    /// # Errors
    ///
    /// In words, what stands still and since when.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.check_at(Instant::now())
    }

    fn check_at(&self, now: Instant) -> Result<(), String> {
        let state = self.lock();
        let turn = now.saturating_duration_since(state.turned);
        if turn > LONGEST_TURN {
            return Err(format!("the consumer hangs, for {} s", turn.as_secs()));
        }
        let standstill = now.saturating_duration_since(state.progressed);
        let busy = state.in_flight > 0 || state.lag > 0;
        if busy && standstill > LONGEST_STANDSTILL {
            return Err(format!(
                "no message came or was finished for {} s, with {} under way and {} at the brokers",
                standstill.as_secs(),
                state.in_flight,
                state.lag
            ));
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    #[test]
    fn an_idle_consumer_is_well() {
        let start = Instant::now();
        let health = Health::starting(start);
        health.turn_at(start + HOUR, 0);
        assert_eq!(health.check_at(start + HOUR), Ok(()));
    }

    #[test]
    fn a_loop_that_takes_no_turn_is_noticed() {
        let start = Instant::now();
        let health = Health::starting(start);
        assert_eq!(health.check_at(start + LONGEST_TURN), Ok(()));
        let ailment = health.check_at(start + HOUR).unwrap_err();
        assert!(ailment.contains("hangs, for 3600 s"), "{ailment}");
    }

    #[test]
    fn messages_that_are_never_finished_are_noticed() {
        let start = Instant::now();
        let health = Health::starting(start);
        health.turn_at(start + HOUR, 3);
        assert_eq!(health.check_at(start + HOUR), Ok(()));
        health.turn_at(start + 2 * HOUR, 3);
        let ailment = health.check_at(start + 2 * HOUR).unwrap_err();
        assert!(ailment.contains("with 3 under way"), "{ailment}");
    }

    #[test]
    fn messages_that_never_come_are_noticed() {
        let start = Instant::now();
        let health = Health::starting(start);
        health.lag(7);
        health.turn_at(start + HOUR, 0);
        let ailment = health.check_at(start + HOUR).unwrap_err();
        assert!(ailment.contains("7 at the brokers"), "{ailment}");
        health.progress();
        assert_eq!(health.check_at(Instant::now()), Ok(()));
    }
}
