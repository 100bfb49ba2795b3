//! The local time: the machine's, moved forward by an offset.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, Unit};
use tokio::sync::watch;

/// The time by which objects are created, URLs expire, lifecycle acts and schedules run.
///
/// It never goes back: generations and event ids are made of it.
#[derive(Debug, Clone)]
pub struct Clock {
    offset: Arc<watch::Sender<SignedDuration>>,
}

impl Clock {
    /// A clock that is `offset` ahead of the machine's.
    #[must_use]
    pub fn new(offset: SignedDuration) -> Self {
        Self {
            offset: Arc::new(watch::Sender::new(offset)),
        }
    }

    /// The local time, to the millisecond (as Cloud Storage keeps times).
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let now = Self::machine_now()
            .saturating_add(self.offset())
            .unwrap_or(Timestamp::MAX);
        let whole = jiff::TimestampRound::new().smallest(Unit::Millisecond);
        now.round(whole.mode(jiff::RoundMode::Trunc)).unwrap_or(now)
    }

    /// The machine's time. Clients that do not know of the local clock stamp their tokens with it.
    #[must_use]
    pub fn machine_now() -> Timestamp {
        Timestamp::now()
    }

    /// How far the local time is ahead of the machine's.
    #[must_use]
    pub fn offset(&self) -> SignedDuration {
        *self.offset.borrow()
    }

    /// Moves the local time forward.
    pub fn advance(&self, seconds: u32) {
        let step = SignedDuration::from_secs(i64::from(seconds));
        self.offset
            .send_modify(|offset| *offset = offset.saturating_add(step));
    }

    /// Wakes up whenever the time is moved, so that a sleeper can reckon anew.
    #[must_use]
    pub fn changed(&self) -> watch::Receiver<SignedDuration> {
        self.offset.subscribe()
    }

    /// Sleeps until the local time is `at`, however it gets there.
    pub async fn sleep_until(&self, at: Timestamp) {
        let mut changed = self.changed();
        loop {
            let left = at.duration_since(self.now());
            if !left.is_positive() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(left.unsigned_abs()) => {}
                _ = changed.changed() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advancing_moves_the_local_time_ahead_of_the_machine() {
        let clock = Clock::new(SignedDuration::ZERO);
        let before = clock.now();
        clock.advance(86_400);
        assert!(clock.now() >= before + SignedDuration::from_hours(24));
        assert_eq!(clock.offset(), SignedDuration::from_hours(24));
    }

    #[test]
    fn the_local_time_has_whole_milliseconds() {
        let now = Clock::new(SignedDuration::from_nanos(1)).now();
        assert_eq!(now.as_nanosecond() % 1_000_000, 0);
    }

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_time_jumps_over_its_hour() {
        let clock = Clock::new(SignedDuration::ZERO);
        let at = clock.now() + SignedDuration::from_hours(1);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(at).await }
        });
        clock.advance(3_600);
        tokio::time::timeout(std::time::Duration::from_secs(5), sleeper)
            .await
            .unwrap()
            .unwrap();
    }

    #[tokio::test]
    async fn a_sleeper_sleeps_on_when_the_time_moves_too_little() {
        let clock = Clock::new(SignedDuration::ZERO);
        let at = clock.now() + SignedDuration::from_hours(1);
        let sleeper = clock.sleep_until(at);
        tokio::pin!(sleeper);
        clock.advance(1_800);
        let woke = tokio::time::timeout(std::time::Duration::from_millis(20), &mut sleeper).await;
        assert!(woke.is_err());
    }
}
