//! The time of day.

use std::time::Duration;

use jiff::Timestamp;
use jiff::Unit;
use serde::Deserialize;

use crate::env::Env;

/// Tells the time: the system's, or local-cloud's, whose clock can be moved.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    remote: Option<(reqwest::Client, String)>,
}

/// The clock at `CLOCK_ENDPOINT` did not tell the time.
#[derive(Debug, thiserror::Error)]
#[error("the clock does not answer")]
pub struct ClockError(#[from] reqwest::Error);

#[derive(Deserialize)]
struct Reading {
    now: Timestamp,
}

impl Clock {
    /// The system's clock, unless `CLOCK_ENDPOINT` names a local-cloud to ask.
    pub fn from_env(env: &mut Env) -> Self {
        env.optional::<String>("CLOCK_ENDPOINT")
            .map_or_else(Self::default, Self::at)
    }

    /// The clock of the local-cloud at `endpoint`.
    #[must_use]
    pub fn at(endpoint: String) -> Self {
        Self {
            remote: Some((reqwest::Client::new(), format!("{endpoint}/_local/clock"))),
        }
    }

    /// The time, to the millisecond.
    ///
    /// # Errors
    ///
    /// When a remote clock does not answer. The system's always does.
    pub async fn now(&self) -> Result<Timestamp, ClockError> {
        let now = match &self.remote {
            None => Timestamp::now(),
            Some((client, url)) => {
                let request = client.get(url).timeout(Duration::from_secs(5));
                request
                    .send()
                    .await?
                    .error_for_status()?
                    .json::<Reading>()
                    .await?
                    .now
            }
        };
        Ok(to_millisecond(now))
    }
}

/// Cuts a time to the millisecond, the precision that Cloud Storage and BigQuery both keep.
fn to_millisecond(time: Timestamp) -> Timestamp {
    let unit = jiff::TimestampRound::new().smallest(Unit::Millisecond);
    time.round(unit.mode(jiff::RoundMode::Trunc))
        .unwrap_or(time)
}
