//! BigQuery: streaming rows into a table, and asking for what is there.

mod batch;
mod query;
mod tables;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gcp_bigquery_client::auth::Authenticator;
use gcp_bigquery_client::client_builder::ClientBuilder;
use gcp_bigquery_client::error::BQError;
use gcp_bigquery_client::model::table_data_insert_all_request::TableDataInsertAllRequest;
use gcp_bigquery_client::model::table_data_insert_all_request_rows::TableDataInsertAllRequestRows;
use google_cloud_auth::credentials::{AccessTokenCredentials, Builder};
use serde_json::Value;

use crate::env::Env;
use crate::function::StartError;

pub use batch::{Batcher, InsertError};
pub use query::{Answer, Parameter, number};
pub use tables::{TableKind, TableSettings};

const SCOPE: &str = "https://www.googleapis.com/auth/bigquery";

/// The client has no time limit of its own.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Where the warehouse is.
#[derive(Debug, Clone)]
pub struct WarehouseConfig {
    /// An endpoint other than Google's own.
    pub endpoint: Option<String>,
    /// The project that holds the dataset.
    pub project: String,
    /// The dataset.
    pub dataset: String,
}

impl WarehouseConfig {
    /// Reads `BIGQUERY_ENDPOINT` (unset means Google's own), `GOOGLE_CLOUD_PROJECT` and
    /// `BIGQUERY_DATASET`.
    pub fn from_env(env: &mut Env) -> Option<Self> {
        let endpoint = env.optional("BIGQUERY_ENDPOINT");
        let project = env.required("GOOGLE_CLOUD_PROJECT");
        let dataset = env.required("BIGQUERY_DATASET");
        Some(Self {
            endpoint,
            project: project?,
            dataset: dataset?,
        })
    }
}

/// The tables of one dataset.
#[derive(Clone)]
pub struct Warehouse {
    client: Arc<gcp_bigquery_client::Client>,
    http: reqwest::Client,
    token: Token,
    config: WarehouseConfig,
}

/// A row and the id by which BigQuery drops most repetitions of it.
#[derive(Debug, Clone)]
pub struct Row {
    /// The same for every try to insert the same row.
    pub insert_id: String,
    /// The row: a JSON object by column.
    pub json: Value,
}

/// The rows that are not in, by their place in the request.
pub type FailedRows = BTreeMap<usize, FailedRow>;

/// Why BigQuery did not take a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FailedRow {
    /// Whether it never will: the row itself is at fault.
    pub invalid: bool,
    /// BigQuery's reasons.
    pub reasons: Vec<String>,
}

/// Nothing was inserted, as far as is known.
#[derive(Debug, thiserror::Error)]
pub enum WarehouseError {
    /// BigQuery will not take this request, now or later.
    #[error("BigQuery refused the request: {0}")]
    Refused(String),
    /// The same rows can be sent again.
    #[error("BigQuery: {0}")]
    Unavailable(String),
}

impl From<BQError> for WarehouseError {
    /// 400 and 413 are about what was sent; anything else, a missing table among it, can be mended
    /// while the rows wait (<https://cloud.google.com/bigquery/docs/error-messages>).
    fn from(error: BQError) -> Self {
        match error {
            BQError::ResponseError { error } if matches!(error.error.code, 400 | 413) => {
                Self::Refused(error.error.message)
            }
            error => Self::Unavailable(error.to_string()),
        }
    }
}

impl Warehouse {
    /// Makes the client, with Application Default Credentials.
    ///
    /// # Errors
    ///
    /// When there are no credentials.
    pub async fn connect(config: WarehouseConfig) -> Result<Self, StartError> {
        let credentials = Builder::default()
            .with_scopes([SCOPE])
            .build_access_token_credentials()?;
        let http = reqwest::Client::builder()
            .timeout(REQUEST_TIMEOUT)
            .build()?;
        let mut builder = ClientBuilder::new();
        builder.with_client(http.clone());
        let token = Token(credentials);
        if let Some(endpoint) = &config.endpoint {
            builder.with_v2_base_url(format!("{endpoint}/bigquery/v2"));
        }
        let client = builder
            .build_from_authenticator(Arc::new(token.clone()))
            .await?;
        Ok(Self {
            client: Arc::new(client),
            http,
            token,
            config,
        })
    }

    /// Inserts rows in one request. Rows that BigQuery refuses do not hold up the others.
    ///
    /// # Errors
    ///
    /// When the request as a whole failed.
    pub async fn insert(&self, table: &str, rows: &[Row]) -> Result<FailedRows, WarehouseError> {
        let mut request = TableDataInsertAllRequest::new();
        request.skip_invalid_rows();
        request.add_rows(rows.iter().cloned().map(Into::into).collect())?;
        let WarehouseConfig {
            project, dataset, ..
        } = &self.config;
        let response = self
            .client
            .tabledata()
            .insert_all(project, dataset, table, request)
            .await?;
        let mut failed = FailedRows::new();
        for error in response.insert_errors.unwrap_or_default() {
            let index = error.index.and_then(|index| usize::try_from(index).ok());
            let index = index.filter(|index| *index < rows.len()).ok_or_else(|| {
                WarehouseError::Unavailable("an error is of no row of the request".to_owned())
            })?;
            let row: &mut FailedRow = failed.entry(index).or_default();
            for error in error.errors.unwrap_or_default() {
                // The others (stopped, timeout, backendError) are not of the row's making.
                row.invalid |= error.reason.as_deref() == Some("invalid");
                row.reasons.push(reason(error));
            }
        }
        Ok(failed)
    }
}

fn reason(error: gcp_bigquery_client::model::error_proto::ErrorProto) -> String {
    let parts = [error.reason, error.location, error.message];
    parts
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(": ")
}

impl From<Row> for TableDataInsertAllRequestRows {
    fn from(row: Row) -> Self {
        Self {
            insert_id: Some(row.insert_id),
            json: row.json,
        }
    }
}

/// Gives the BigQuery client the tokens of the same credentials that Cloud Storage is used with.
#[derive(Clone)]
struct Token(AccessTokenCredentials);

#[async_trait::async_trait]
impl Authenticator for Token {
    async fn access_token(&self) -> Result<String, BQError> {
        let token = self.0.access_token().await;
        token
            .map(|token| token.token)
            .map_err(|error| BQError::ConnectionPoolError(error.to_string()))
    }
}
