//! How patient deliveries are.

use std::time::Duration;

/// How events are delivered. Eventarc waits 10 to 600 s between attempts; the defaults here are
/// shorter, because nobody waits ten seconds at a laptop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryPolicy {
    /// The wait before the second attempt, by the local clock; it doubles with each further one.
    pub first_delay: Duration,
    /// The longest wait between attempts.
    pub max_delay: Duration,
    /// How long an answer may take.
    pub request_timeout: Duration,
    /// How many events of one trigger may be under way at once.
    pub in_flight: usize,
}

impl Default for DeliveryPolicy {
    fn default() -> Self {
        Self {
            first_delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(60),
            request_timeout: Duration::from_secs(60),
            in_flight: 16,
        }
    }
}

impl DeliveryPolicy {
    /// The wait after so many attempts, at least one.
    pub(super) fn delay_after(&self, attempts: u32) -> Duration {
        let factor = 2_u32.saturating_pow(attempts.saturating_sub(1));
        self.first_delay.saturating_mul(factor).min(self.max_delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_the_longest() {
        let policy = DeliveryPolicy::default();
        let waits = [1, 2, 3, 6, 7, 1_000].map(|attempts| policy.delay_after(attempts).as_secs());
        assert_eq!(waits, [1, 2, 4, 32, 60, 60]);
    }
}
