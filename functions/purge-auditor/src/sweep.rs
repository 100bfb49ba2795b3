//! The sweep: delete everything that is due, look at what keeps data alive, and report.

use std::collections::BTreeMap;
use std::time::Instant;

use darkroom_core::warehouse::AUDIT_CHECKS;
use darkroom_gcp::clock::ClockError;
use darkroom_gcp::storage::ObjectStore;
use darkroom_gcp::warehouse::{Row, Warehouse, WarehouseError};
use darkroom_kafka::topics;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use rdkafka::admin::ConfigEntry;

use crate::Config;
use crate::books::{self, Found, Listed};
use crate::checks::{self, Check, TopicSettings};
use crate::config::KafkaConfig;
use crate::erase::Eraser;
use crate::evidence::{Archive, ChainError, Link};
use crate::ledger::Ledger;
use crate::records::{self, RowCounts};
use crate::report::{Before, SweepReport};
use crate::tally::Tally;
use crate::walk::{Bucket, Keeps, Scope, Walk, Walked};

/// For how long a breach of the policy is told by every sweep: its event can come a day late.
const TOLD: SignedDuration = SignedDuration::from_hours(48);

/// What no check can see, and so is said.
const UNSEEN: [&str; 6] = [
    "BigQuery keeps what expired or was deleted for its time travel and then for 7 days of fail-safe, \
     which nobody can shorten or look into",
    "tables in other datasets that somebody copied rows to",
    "Pub/Sub keeps undelivered events, with an object's name and metadata, for a day, and those in a \
     dead-letter topic for as long as its subscription is set to",
    "objects that were soft-deleted before soft delete was turned off stay for their time",
    "images that messages of the stream refer to stay in their own bucket until its rule deletes them",
    "copies that somebody made elsewhere with a signed URL",
];

type Counted = Result<BTreeMap<Timestamp, u64>, WarehouseError>;

/// Sweeps.
#[derive(Clone)]
pub(crate) struct Sweeper {
    pub(crate) config: Config,
    pub(crate) storage: ObjectStore,
    pub(crate) warehouse: Warehouse,
    pub(crate) ledger: Ledger,
    pub(crate) eraser: Eraser,
    pub(crate) archive: Archive,
}

/// There is no report of a sweep.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SweepError {
    #[error(transparent)]
    Clock(#[from] ClockError),
    #[error(transparent)]
    Evidence(#[from] ChainError),
}

impl Sweeper {
    /// Sweeps, goes on past failures, and leaves a report in the evidence.
    pub(crate) async fn sweep(&self, scope: Scope) -> Result<(Link, SweepReport), SweepError> {
        let start = Instant::now();
        let as_of = self.config.clock.now().await?;
        let before = self.before().await;
        // Before the walk, so that everything they speak of is there to be listed, or is not.
        let (recorded, purged_before) =
            tokio::join!(self.recorded(scope, as_of), self.purged(as_of));
        let walk = self.walk(scope, (as_of, start), &before);
        let (walked, settings) = tokio::join!(walk, self.check_settings());
        let erasures = self.eraser.work_on(as_of).await;
        let rows = self.delete_rows(as_of).await;
        let purged = [purged_before, self.purged(as_of).await];
        let found = self.found(scope, &walked, purged, recorded);
        let retention = self.config.retention;
        let tallies = walked.tallies.into_iter();
        let mut report = SweepReport {
            as_of,
            scope,
            policy: retention.into(),
            buckets: tallies.map(|(name, tally)| (name, tally.counts)).collect(),
            rows: rows.as_ref().ok().copied(),
            erasures,
            books: books::carried(&before.books, &found, retention, as_of),
            checks: settings,
            unseen: UNSEEN.map(str::to_owned).to_vec(),
            unfinished: walked
                .unfinished
                .map(|place| (scope, place))
                .into_iter()
                .collect(),
        };
        report
            .checks
            .extend(self.check_findings(&report, &rows).await);
        let written = self
            .archive
            .append(|head| report.clone().following(head, retention));
        let (link, report) = written.await?;
        self.tell(&link, &report).await;
        Ok((link, report))
    }

    /// Writes what the checks came to where it can be asked. The report has it in any case.
    async fn tell(&self, link: &Link, report: &SweepReport) {
        let checks = report.checks.iter();
        let rows: Vec<Row> = checks.map(|check| check.row(link, report.as_of)).collect();
        match self.warehouse.insert(AUDIT_CHECKS, &rows).await {
            Ok(failed) if failed.is_empty() => {}
            Ok(failed) => tracing::error!(?failed, "checks are not in the warehouse"),
            Err(error) => tracing::error!(%error, "checks are not in the warehouse"),
        }
    }

    /// What the last report holds. Without it what is due is deleted all the same.
    async fn before(&self) -> Before {
        let last = self.archive.last().await;
        last.unwrap_or_else(|error| {
            tracing::error!(%error, "swept without the books of the last report");
            Before::default()
        })
    }

    async fn walk(
        &self,
        scope: Scope,
        (as_of, start): (Timestamp, Instant),
        before: &Before,
    ) -> Walked {
        let until = start + self.config.sweep_time;
        let times = (as_of, start, until);
        let walk = Walk::new(
            &self.storage,
            &self.ledger,
            self.config.retention,
            scope,
            times,
        );
        walk.run(&self.buckets(), before.unfinished.get(&scope))
            .await
    }

    /// The buckets that keep image data.
    fn buckets(&self) -> [Bucket; 3] {
        let buckets = &self.config.buckets;
        [
            (&buckets.ingest, Keeps::Ingest),
            (&buckets.archive, Keeps::Copies),
            (&buckets.records, Keeps::Copies),
        ]
        .map(|(name, keeps)| Bucket {
            name: name.clone(),
            keeps,
        })
    }

    /// What the records speak of. They are all read for it, so only a full sweep does.
    async fn recorded(&self, scope: Scope, as_of: Timestamp) -> Counted {
        match scope {
            Scope::Due => Ok(BTreeMap::new()),
            Scope::Everything => {
                let from = books::first(self.config.retention, as_of);
                records::recorded(&self.warehouse, from).await
            }
        }
    }

    async fn delete_rows(&self, as_of: Timestamp) -> Result<RowCounts, WarehouseError> {
        let retention = self.config.retention;
        let cutoff = retention.cutoff(as_of);
        let overdue = cutoff.saturating_sub(retention.grace());
        let overdue = overdue.unwrap_or(Timestamp::MIN);
        records::delete_due(&self.warehouse, cutoff, overdue).await
    }

    async fn purged(&self, as_of: Timestamp) -> Counted {
        let buckets = &self.config.buckets;
        let copies = [buckets.archive.as_str(), buckets.records.as_str()];
        let from = books::first(self.config.retention, as_of);
        self.ledger.purged(&copies, from).await
    }

    fn found(
        &self,
        scope: Scope,
        walked: &Walked,
        [purged_before, purged]: [Counted; 2],
        recorded: Counted,
    ) -> Found {
        let copies = self.buckets().into_iter();
        let copies = copies.filter(|bucket| bucket.keeps == Keeps::Copies);
        let tallies = copies.filter_map(|bucket| walked.tallies.get(&bucket.name));
        let copies = tallies.fold(Tally::default(), |sum, tally| sum.with(tally.clone()));
        let listed = match scope {
            // What is missing may be in the ledger, or in names that were not listed.
            _ if purged.is_err() || walked.unfinished.is_some() => Listed::None,
            Scope::Due => Listed::Due,
            Scope::Everything => Listed::All,
        };
        Found {
            stored: copies.stored,
            listed,
            swept: copies.swept,
            purged_before: purged_before.unwrap_or_default(),
            purged: purged.unwrap_or_default(),
            recorded: recorded.unwrap_or_default(),
        }
    }

    /// What is set so that data could outlive its time.
    async fn check_settings(&self) -> Vec<Check> {
        let mut checks = self.check_buckets().await;
        checks.extend(self.check_warehouse().await);
        checks.extend(self.check_kafka().await);
        checks
    }

    /// What the sweep has met.
    async fn check_findings(
        &self,
        report: &SweepReport,
        rows: &Result<RowCounts, WarehouseError>,
    ) -> Vec<Check> {
        let mut checks = Vec::new();
        for (bucket, counts) in &report.buckets {
            checks.extend(checks::objects(bucket, counts, report.scope));
        }
        let ingest = &self.config.buckets.ingest;
        let counts = report.buckets.get(ingest);
        checks.extend(counts.map(|counts| checks::backlog(ingest, counts)));
        checks.push(checks::rows(rows.as_ref().map_err(ToString::to_string)));
        checks.extend(self.check_ledger(report.as_of).await);
        checks.push(checks::erasures(&report.erasures));
        checks
    }

    async fn check_buckets(&self) -> Vec<Check> {
        let Config {
            buckets,
            erasures_bucket,
            evidence_bucket,
            reference_buckets,
            retention,
            ..
        } = &self.config;
        let references = reference_buckets.iter();
        let references = references.map(|bucket| (bucket, checks::Keeps::Ingest));
        let buckets = [
            (&buckets.ingest, checks::Keeps::Ingest),
            (&buckets.archive, checks::Keeps::Copies),
            (&buckets.records, checks::Keeps::Copies),
            (erasures_bucket, checks::Keeps::Erasures),
            (evidence_bucket, checks::Keeps::Evidence),
        ];
        let buckets = buckets.into_iter().chain(references);
        let checks = buckets.map(|(bucket, keeps)| async move {
            let settings = self.storage.settings(bucket).await;
            checks::check_bucket(bucket, keeps, *retention, settings.as_ref())
        });
        join_all(checks).await.into_iter().flatten().collect()
    }

    async fn check_warehouse(&self) -> Vec<Check> {
        let hours = self.warehouse.time_travel_hours().await;
        let tables = self.warehouse.tables().await;
        let tables = tables.as_deref().map_err(ToString::to_string);
        let mut checks = checks::check_tables(tables, self.config.retention);
        checks.push(checks::check_time_travel(hours.map_err(|e| e.to_string())));
        checks
    }

    async fn check_kafka(&self) -> Vec<Check> {
        let Some(KafkaConfig { connection, topics }) = &self.config.kafka else {
            return Vec::new();
        };
        let settings = topics::settings(connection, topics).await;
        let settings = settings.map(|topics| {
            let topics = topics.into_iter();
            let topics = topics.filter(|(_, entries)| !entries.is_empty());
            topics
                .map(|(name, entries)| (name, decisive(entries)))
                .collect()
        });
        let settings = settings.as_ref().map_err(ToString::to_string);
        checks::check_topics(topics, settings, self.config.retention)
    }

    async fn check_ledger(&self, as_of: Timestamp) -> Vec<Check> {
        let from = as_of.saturating_sub(TOLD).unwrap_or(Timestamp::MIN);
        let breaches = self.ledger.breaches(from).await;
        checks::breaches(breaches.map_err(|error| error.to_string()))
    }
}

/// Those of a topic's settings that decide how long it keeps messages.
fn decisive(entries: Vec<ConfigEntry>) -> TopicSettings {
    let entries = entries.into_iter();
    let entries = entries.filter(|entry| checks::SETTINGS.contains(&entry.name.as_str()));
    entries
        .filter_map(|entry| Some((entry.name, entry.value?)))
        .collect()
}
