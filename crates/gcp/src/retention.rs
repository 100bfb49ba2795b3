//! How long this environment keeps images.

use darkroom_core::retention::Retention;
use jiff::SignedDuration;

use crate::env::Env;

/// Reads `RETENTION_DAYS` and `GRACE_HOURS`, when other than seven days and two hours.
pub fn from_env(env: &mut Env) -> Retention {
    let days: Option<u16> = env.optional("RETENTION_DAYS");
    let grace: Option<u16> = env.optional("GRACE_HOURS");
    let hours = |hours: u32| SignedDuration::from_hours(hours.into());
    let period = days.map(|days| hours(24 * u32::from(days)));
    let grace = grace.map(|grace| hours(grace.into()));
    Retention::new(
        period.unwrap_or(Retention::DEFAULT.period()),
        grace.unwrap_or(Retention::DEFAULT.grace()),
    )
}
