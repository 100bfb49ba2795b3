//! Statements in GoogleSQL, with named parameters.

use gcp_bigquery_client::model::query_parameter::QueryParameter;
use gcp_bigquery_client::model::query_parameter_type::QueryParameterType;
use gcp_bigquery_client::model::query_parameter_value::QueryParameterValue;
use gcp_bigquery_client::model::query_request::QueryRequest;
use gcp_bigquery_client::model::query_response::QueryResponse;
use jiff::Timestamp;
use serde_json::Value;

use super::{REQUEST_TIMEOUT, Warehouse, WarehouseError};

/// A named parameter of a statement.
#[derive(Debug, Clone)]
pub enum Parameter {
    /// A point in time.
    Timestamp(Timestamp),
    /// An array of texts.
    Strings(Vec<String>),
}

/// What a statement returned.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// The rows, by the order of their columns. Numbers are text; a timestamp is in microseconds.
    pub rows: Vec<Vec<Value>>,
    /// How many rows it inserted, changed or deleted.
    pub affected_rows: u64,
}

impl Answer {
    /// The count in a column of the one row; 0 when there is none.
    #[must_use]
    pub fn count(&self, column: usize) -> u64 {
        let cell = self.rows.first().and_then(|row| row.get(column));
        let count = cell.and_then(number).unwrap_or_default();
        count.try_into().unwrap_or_default()
    }
}

/// A cell as a number.
#[must_use]
pub fn number(cell: &Value) -> Option<i64> {
    cell.as_i64().or_else(|| cell.as_str()?.parse().ok())
}

impl Warehouse {
    /// A table or view of the dataset, as a statement names it.
    #[must_use]
    pub fn name(&self, table: &str) -> String {
        format!("`{}.{}.{table}`", self.config.project, self.config.dataset)
    }

    /// Runs one statement that returns a page of rows at most.
    ///
    /// # Errors
    ///
    /// [`WarehouseError::Refused`] with BigQuery's message, or the infrastructure's.
    pub async fn query(
        &self,
        sql: String,
        parameters: &[(&str, Parameter)],
    ) -> Result<Answer, WarehouseError> {
        let mut request = QueryRequest::new(sql);
        request.timeout_ms = i32::try_from(REQUEST_TIMEOUT.as_millis() / 2).ok();
        request.format_options = Some(
            gcp_bigquery_client::model::data_format_options::DataFormatOptions {
                use_int64_timestamp: Some(true),
            },
        );
        if !parameters.is_empty() {
            request.parameter_mode = Some("NAMED".to_owned());
            request.query_parameters = Some(parameters.iter().map(parameter).collect());
        }
        let project = &self.config.project;
        answer(self.client.job().query(project, request).await?)
    }
}

fn answer(response: QueryResponse) -> Result<Answer, WarehouseError> {
    if let Some(error) = response.errors.unwrap_or_default().into_iter().next() {
        return Err(WarehouseError::Refused(super::reason(error)));
    }
    if response.job_complete != Some(true) {
        let reason = "the statement did not end in time";
        return Err(WarehouseError::Unavailable(reason.to_owned()));
    }
    if response.page_token.is_some() {
        let reason = "the statement returns more than a page";
        return Err(WarehouseError::Refused(reason.to_owned()));
    }
    let rows = response.rows.unwrap_or_default().into_iter();
    let cells = rows.map(|row| {
        let cells = row.columns.unwrap_or_default().into_iter();
        cells.map(|cell| cell.value.unwrap_or_default()).collect()
    });
    let affected = response.num_dml_affected_rows;
    Ok(Answer {
        rows: cells.collect(),
        affected_rows: affected.and_then(|n| n.parse().ok()).unwrap_or_default(),
    })
}

fn parameter((name, value): &(&str, Parameter)) -> QueryParameter {
    let of_type = |name: &str| QueryParameterType {
        r#type: name.to_owned(),
        ..QueryParameterType::default()
    };
    let text = |text: &String| QueryParameterValue {
        value: Some(text.clone()),
        ..QueryParameterValue::default()
    };
    let (kind, value) = match value {
        Parameter::Timestamp(time) => (of_type("TIMESTAMP"), text(&time.to_string())),
        Parameter::Strings(texts) => (
            QueryParameterType {
                array_type: Some(Box::new(of_type("STRING"))),
                ..of_type("ARRAY")
            },
            QueryParameterValue {
                array_values: Some(texts.iter().map(text).collect()),
                ..QueryParameterValue::default()
            },
        ),
    };
    QueryParameter {
        name: Some((*name).to_owned()),
        parameter_type: Some(kind),
        parameter_value: Some(value),
    }
}
