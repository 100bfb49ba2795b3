//! The rows of the view `images`, as the report needs them.

use std::collections::HashMap;

use serde::Deserialize;

use crate::warehouse::{Warehouse, WarehouseError};

/// One image in the warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Row {
    /// The image's id.
    pub image_id: String,
    /// `processed` or `rejected`.
    pub status: String,
    /// The kind of reason it was rejected for.
    pub rejection_code: Option<String>,
    /// The content type by its first bytes.
    pub content_type: Option<String>,
    /// Size in bytes.
    pub size_bytes: u64,
    /// The images made from it.
    pub derivatives: Vec<Derivative>,
}

/// An image made from the original.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Derivative {
    /// Its name.
    pub name: String,
}

impl Row {
    /// Its status and, when it was rejected, the kind of reason.
    #[must_use]
    pub fn ending(&self) -> (&str, Option<&str>) {
        (&self.status, self.rejection_code.as_deref())
    }
}

/// The rows cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// The warehouse does not answer.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    /// A row is not as the view defines it.
    #[error("the view `images` has a malformed row: {0}")]
    Malformed(#[from] serde_json::Error),
}

/// The rows of the given images, by image id. An image that is not loaded yet has none.
///
/// # Errors
///
/// When the warehouse does not answer, or with something else than the view defines.
pub async fn rows(
    warehouse: &Warehouse,
    dataset: &str,
    image_ids: &[String],
) -> Result<HashMap<String, Vec<Row>>, RowsError> {
    let ids = image_ids
        .iter()
        .map(|id| format!("'{id}'"))
        .collect::<Vec<_>>()
        .join(", ");
    let sql = format!(
        "SELECT image_id, status, rejection_code, content_type, size_bytes, derivatives
         FROM {dataset}.images WHERE image_id IN ({ids})"
    );
    let mut rows: HashMap<String, Vec<Row>> = HashMap::new();
    for columns in warehouse.query(&sql).await?.rows {
        let row: Row = serde_json::from_value(columns.into())?;
        rows.entry(row.image_id.clone()).or_default().push(row);
    }
    Ok(rows)
}
