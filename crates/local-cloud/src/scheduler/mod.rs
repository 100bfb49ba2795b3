//! Requests at set times, as Cloud Scheduler sends them
//! (<https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs>).
//!
//! Cron expressions are read in UTC, by the local clock. When that jumps over several times of a
//! schedule, each is made up for, in order; schedules do not run while the process does not.

mod job;
mod schedule;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

pub use job::Run;
pub use schedule::{InvalidSchedule, Schedule, ScheduleSpec};

use crate::background::Background;
use crate::clock::Clock;
use crate::push;
use crate::store::{Store, StoreError};
use job::Job;

/// The setting that holds the schedules.
const SETTING: &str = "schedules";
/// How many schedules there can be.
const MOST_SCHEDULES: usize = 100;
/// How long an answer may take: Cloud Scheduler's default.
const ATTEMPT_DEADLINE: Duration = Duration::from_secs(180);

/// All schedules. Clones are handles on the same.
#[derive(Debug, Clone)]
pub struct Scheduler {
    store: Store,
    clock: Clock,
    background: Background,
    client: reqwest::Client,
    jobs: Arc<Mutex<BTreeMap<String, Job>>>,
}

/// Why schedules could not be read, changed or run.
#[derive(Debug, thiserror::Error)]
pub enum SchedulerError {
    /// The schedule is malformed.
    #[error(transparent)]
    Invalid(#[from] InvalidSchedule),
    /// There are enough schedules.
    #[error("there are {MOST_SCHEDULES} schedules already")]
    TooMany,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The HTTP client could not be made.
    #[error("no HTTP client can be made: {0}")]
    Client(#[from] reqwest::Error),
}

impl Scheduler {
    /// Reads the schedules that are kept, and runs them from now on.
    pub(crate) async fn start(
        store: &Store,
        clock: &Clock,
        background: &Background,
    ) -> Result<Self, SchedulerError> {
        let scheduler = Self {
            store: store.clone(),
            clock: clock.clone(),
            background: background.clone(),
            client: push::client(ATTEMPT_DEADLINE)?,
            jobs: Arc::default(),
        };
        scheduler.restore().await?;
        Ok(scheduler)
    }

    async fn restore(&self) -> Result<(), SchedulerError> {
        let kept = self
            .store
            .setting(SETTING)
            .await?
            .unwrap_or_else(|| "{}".to_owned());
        let kept: BTreeMap<String, ScheduleSpec> =
            serde_json::from_str(&kept).map_err(StoreError::from)?;
        let mut jobs = self.jobs.lock().await;
        for (name, spec) in kept {
            let schedule = Schedule::new(&name, spec)?;
            jobs.insert(name, self.start_job(schedule));
        }
        Ok(())
    }

    /// Makes or replaces a schedule, which runs from now on.
    ///
    /// # Errors
    ///
    /// When it is malformed, or the store fails.
    pub async fn put(&self, name: &str, spec: ScheduleSpec) -> Result<(), SchedulerError> {
        let schedule = Schedule::new(name, spec)?;
        let mut jobs = self.jobs.lock().await;
        if jobs.len() >= MOST_SCHEDULES && !jobs.contains_key(name) {
            return Err(SchedulerError::TooMany);
        }
        if let Some(replaced) = jobs.insert(name.to_owned(), self.start_job(schedule)) {
            replaced.stop();
        }
        self.keep(&jobs).await
    }

    /// Removes a schedule. Says whether there was one.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn delete(&self, name: &str) -> Result<bool, SchedulerError> {
        let mut jobs = self.jobs.lock().await;
        let removed = jobs.remove(name);
        if let Some(job) = &removed {
            job.stop();
        }
        self.keep(&jobs).await?;
        Ok(removed.is_some())
    }

    /// All schedules with their newest run, by name.
    pub async fn all(&self) -> Vec<(Schedule, Option<Run>)> {
        let jobs = self.jobs.lock().await;
        jobs.values()
            .map(|job| (job.schedule().clone(), job.last_run()))
            .collect()
    }

    /// Runs a schedule now, and says how it went. `None` when there is no such schedule.
    pub async fn run(&self, name: &str) -> Option<Run> {
        let job = self.jobs.lock().await.get(name).cloned()?;
        Some(job.run(self.clock.now()).await)
    }

    fn start_job(&self, schedule: Schedule) -> Job {
        let part = self.background.part();
        let job = Job::new(
            schedule,
            self.clock.clone(),
            self.client.clone(),
            part.clone(),
        );
        let running = job.clone();
        part.spawn(async move { running.keep_running().await });
        job
    }

    async fn keep(&self, jobs: &BTreeMap<String, Job>) -> Result<(), SchedulerError> {
        let specs: BTreeMap<_, _> = jobs
            .iter()
            .map(|(name, job)| (name, &job.schedule().spec))
            .collect();
        let specs = serde_json::to_string(&specs).map_err(StoreError::from)?;
        Ok(self.store.set_setting(SETTING, &specs).await?)
    }
}
