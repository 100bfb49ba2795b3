//! A schedule that runs.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, RequestBuilder};
use serde::{Deserialize, Serialize};

use super::schedule::Schedule;
use crate::background::Background;
use crate::clock::Clock;
use crate::push;

/// How often a request is sent before it counts as failed.
const MOST_ATTEMPTS: u32 = 5;
/// The wait before the second attempt, by the local clock; it doubles with each further one.
const FIRST_DELAY: SignedDuration = SignedDuration::from_secs(1);

/// How a schedule ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The time it was scheduled for.
    pub schedule_time: Timestamp,
    /// How often the request was sent.
    pub attempts: u32,
    /// The status of the last answer; 2xx is success.
    pub status: Option<u16>,
    /// Why there was no answer at last.
    pub error: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Job {
    schedule: Schedule,
    clock: Clock,
    client: Client,
    background: Background,
    last_run: Arc<Mutex<Option<Run>>>,
}

impl Job {
    pub(super) fn new(
        schedule: Schedule,
        clock: Clock,
        client: Client,
        background: Background,
    ) -> Self {
        Self {
            schedule,
            clock,
            client,
            background,
            last_run: Arc::default(),
        }
    }

    pub(super) fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    pub(super) fn last_run(&self) -> Option<Run> {
        self.last_run
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn stop(&self) {
        self.background.stop();
    }

    /// Runs at each of its times until it is stopped.
    pub(super) async fn keep_running(&self) {
        let mut done = self.clock.now();
        while let Some(next) = self.schedule.next_after(done) {
            let stopped = self.background.run_until_stopped(async {
                self.clock.sleep_until(next).await;
                for time in self.schedule.due(done, self.clock.now()) {
                    self.run(time).await;
                    done = time;
                }
            });
            if stopped.await {
                return;
            }
        }
    }

    /// Sends the request for the time `time`, again if it fails for a reason that may pass.
    pub(super) async fn run(&self, time: Timestamp) -> Run {
        let mut run = Run {
            schedule_time: time,
            attempts: 0,
            status: None,
            error: None,
        };
        let mut delay = FIRST_DELAY;
        loop {
            self.attempt(&mut run).await;
            if !may_pass(run.status) || run.attempts == MOST_ATTEMPTS {
                break;
            }
            let next = self
                .clock
                .now()
                .saturating_add(delay)
                .unwrap_or(Timestamp::MAX);
            self.clock.sleep_until(next).await;
            delay *= 2;
        }
        if !run
            .status
            .is_some_and(|status| (200..300).contains(&status))
        {
            tracing::warn!(schedule = self.schedule.name, ?run, "a schedule failed");
        }
        *self.last_run.lock().unwrap_or_else(PoisonError::into_inner) = Some(run.clone());
        run
    }

    async fn attempt(&self, run: &mut Run) {
        run.attempts += 1;
        match push::send(self.request(run.schedule_time)).await {
            Ok(status) => (run.status, run.error) = (Some(status), None),
            Err(error) => (run.status, run.error) = (None, Some(error)),
        }
    }

    fn request(&self, time: Timestamp) -> RequestBuilder {
        let Schedule {
            name, spec, method, ..
        } = &self.schedule;
        let request = self
            .client
            .request(method.clone(), spec.url.clone())
            .header("user-agent", "Google-Cloud-Scheduler")
            .header("x-cloudscheduler", "true")
            .header("x-cloudscheduler-jobname", name)
            .header("x-cloudscheduler-scheduletime", time.to_string());
        match &spec.body {
            Some(body) => request.json(body),
            None => request,
        }
    }
}

/// No answer, too many requests, and the server's own errors.
fn may_pass(status: Option<u16>) -> bool {
    status.is_none_or(|status| status == 429 || status >= 500)
}
