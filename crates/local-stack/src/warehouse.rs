//! The local warehouse: BigQuery's API on this machine, with production's tables and views.
//!
//! It is the Python package `local-bigquery`, run by `warehouse/launch.py` in the environment that
//! `make setup` installs. Its process ends when this one does, however that ends: the launcher
//! watches its standard input, a pipe that nothing else holds open.

mod api;
mod definitions;
mod error;
mod partitions;
mod process;

use std::path::PathBuf;

pub use api::QueryResult;
pub use error::WarehouseError;

use api::Api;
use process::Process;

/// What a warehouse needs to start.
#[derive(Debug, Clone)]
pub struct WarehouseConfig {
    /// Where its data and its log (`warehouse.log`) are kept; made when missing.
    pub data_dir: PathBuf,
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The Google Cloud project that it answers for.
    pub project: String,
}

/// A running warehouse. Dropping it kills the process; [`Warehouse::stop`] lets it finish.
#[derive(Debug)]
pub struct Warehouse {
    process: Process,
    api: Api,
}

impl Warehouse {
    /// Starts a warehouse and waits until it answers a query (some seconds, at most 60).
    ///
    /// # Errors
    ///
    /// [`WarehouseError::NotSetUp`] before `make setup`, [`WarehouseError::PortTaken`], or
    /// [`WarehouseError::NotStarted`] with what the log says.
    pub async fn start(config: WarehouseConfig) -> Result<Self, WarehouseError> {
        let process = Process::start(&config).await?;
        let api = Api::new(process.port(), &config.project)?;
        let warehouse = Self { process, api };
        warehouse.query("SELECT 1").await?;
        Ok(warehouse)
    }

    /// Its address, such as `http://127.0.0.1:9050`. BigQuery's API is below `/bigquery/v2`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.api.endpoint().to_owned()
    }

    /// Makes the dataset, every table of `infra/warehouse/` and every view of `analytics/sql/`.
    ///
    /// What is there already is kept: tables gain the columns they lack, views are made anew.
    ///
    /// # Errors
    ///
    /// When a definition cannot be read or the warehouse refuses it.
    pub async fn create_dataset_and_tables(&self, dataset: &str) -> Result<(), WarehouseError> {
        definitions::create(&self.api, dataset).await
    }

    /// Runs one GoogleSQL statement and returns what it returns (at most 10,000 rows).
    ///
    /// # Errors
    ///
    /// [`WarehouseError::Refused`] with BigQuery's message.
    pub async fn query(&self, sql: &str) -> Result<QueryResult, WarehouseError> {
        self.api.query(sql).await
    }

    /// Deletes the rows whose partition has expired at `now`, as BigQuery does by itself and the
    /// local warehouse does not. Returns how many they were.
    ///
    /// # Errors
    ///
    /// When a definition cannot be read or a statement fails.
    pub async fn sweep_expired_partitions(
        &self,
        dataset: &str,
        now: jiff::Timestamp,
    ) -> Result<u64, WarehouseError> {
        partitions::sweep(&self.api, dataset, now).await
    }

    /// Ends the process, and returns once it has ended.
    ///
    /// # Errors
    ///
    /// [`WarehouseError::Process`] when its end cannot be waited for.
    pub async fn stop(self) -> Result<(), WarehouseError> {
        self.process.stop().await
    }
}
