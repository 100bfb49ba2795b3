//! What the dataset and its tables are set to, as far as it decides how long rows live.

use gcp_bigquery_client::auth::Authenticator as _;
use gcp_bigquery_client::model::table_list_tables::TableListTables;
use gcp_bigquery_client::table::ListOptions;
use jiff::Timestamp;
use serde::Deserialize;

use super::{Warehouse, WarehouseError};

/// Google's own endpoint.
const BIGQUERY: &str = "https://bigquery.googleapis.com";

/// Tables listed at a time.
const PAGE: u64 = 1_000;

/// A table or view of the dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSettings {
    /// Its name.
    pub name: String,
    /// Whether it holds rows.
    pub kind: TableKind,
    /// The unit of its partitions: `HOUR`, `DAY`, …; a table without has none.
    pub partition_unit: Option<String>,
    /// The column its partitions go by.
    pub partition_column: Option<String>,
    /// How long a partition lives, in milliseconds.
    pub partition_expiration_ms: Option<i64>,
    /// When it is dropped by itself.
    pub expires_at: Option<Timestamp>,
}

/// What a table is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableKind {
    /// It holds rows.
    Table,
    /// A query, which holds none.
    View,
    /// Something else that holds rows or gives access to some: `MATERIALIZED_VIEW`, `SNAPSHOT`, ….
    Other(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dataset {
    /// BigQuery's default, when it does not say.
    max_time_travel_hours: Option<String>,
}

impl Warehouse {
    /// How many hours deleted rows can be read for: 48 to 168
    /// (<https://cloud.google.com/bigquery/docs/time-travel>).
    ///
    /// # Errors
    ///
    /// When BigQuery does not tell.
    pub async fn time_travel_hours(&self) -> Result<i64, WarehouseError> {
        let endpoint = self.config.endpoint.as_deref().unwrap_or(BIGQUERY);
        let (project, dataset) = (&self.config.project, &self.config.dataset);
        // gcp-bigquery-client's dataset lacks the field.
        let url = format!("{endpoint}/bigquery/v2/projects/{project}/datasets/{dataset}");
        let token = self.token.access_token().await?;
        let request = self.http.get(url).bearer_auth(token);
        let answer = async { request.send().await?.error_for_status()?.json().await };
        let dataset: Dataset = answer.await.map_err(unavailable)?;
        let hours = dataset.max_time_travel_hours;
        Ok(hours.and_then(|hours| hours.parse().ok()).unwrap_or(168))
    }

    /// Every table and view of the dataset.
    ///
    /// # Errors
    ///
    /// When BigQuery does not tell.
    pub async fn tables(&self) -> Result<Vec<TableSettings>, WarehouseError> {
        let (project, dataset) = (&self.config.project, &self.config.dataset);
        let mut tables = Vec::new();
        let mut options = ListOptions::default().max_results(PAGE);
        loop {
            let list = self.client.table().list(project, dataset, options).await?;
            let page = list.tables.unwrap_or_default().into_iter();
            tables.extend(page.map(TableSettings::from));
            match list.next_page_token {
                Some(token) => options = ListOptions::default().max_results(PAGE).page_token(token),
                None => return Ok(tables),
            }
        }
    }
}

fn unavailable(error: reqwest::Error) -> WarehouseError {
    WarehouseError::Unavailable(error.to_string())
}

impl From<TableListTables> for TableSettings {
    fn from(table: TableListTables) -> Self {
        let time = |milliseconds: Option<String>| {
            Timestamp::from_millisecond(milliseconds?.parse().ok()?).ok()
        };
        let partitioning = table.time_partitioning;
        let expiration = partitioning.as_ref().and_then(|p| p.expiration_ms.as_ref());
        Self {
            name: table.table_reference.table_id,
            kind: match table.r#type.as_deref() {
                None | Some("TABLE") => TableKind::Table,
                Some("VIEW") => TableKind::View,
                Some(other) => TableKind::Other(other.to_owned()),
            },
            partition_expiration_ms: expiration.and_then(|ms| ms.parse().ok()),
            partition_unit: partitioning.as_ref().map(|p| p.r#type.clone()),
            partition_column: partitioning.and_then(|p| p.field),
            expires_at: time(table.expiration_time),
        }
    }
}
