//! Production's own definitions of tables and views, made in the local warehouse.

use std::fs;
use std::path::{Path, PathBuf};

use reqwest::Method;
use serde_json::{Value, json};

use super::WarehouseError;
use super::api::Api;

const TABLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/warehouse");
const VIEWS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../analytics/sql");

/// A table, named by its file; the file holds its resource as BigQuery's API has it.
pub(super) struct Table {
    pub(super) name: String,
    pub(super) resource: Value,
}

/// A view, named by its files: one holds its query, the other the rest of its resource.
#[derive(Debug, PartialEq)]
struct View {
    name: String,
    query: String,
    resource: Value,
}

pub(super) async fn create(api: &Api, dataset: &str) -> Result<(), WarehouseError> {
    let body = json!({
        "datasetReference": { "datasetId": dataset },
        "maxTimeTravelHours": "48",
    });
    unless(409, api.send(Method::POST, "datasets", Some(&body)).await)?;
    for table in tables()? {
        create_table(api, dataset, table).await?;
    }
    for view in in_order(views(api.project(), dataset)?) {
        create_view(api, dataset, view).await?;
    }
    Ok(())
}

/// The tables of `infra/warehouse/*.json`.
pub(super) fn tables() -> Result<Vec<Table>, WarehouseError> {
    files(TABLES, "json")?
        .into_iter()
        .map(|(name, path)| {
            let resource = resource(path)?;
            Ok(Table { name, resource })
        })
        .collect()
}

/// A resource of BigQuery's API without its reference.
fn resource(path: PathBuf) -> Result<Value, WarehouseError> {
    serde_json::from_str(&read(&path)?).map_err(|error| WarehouseError::Definition {
        path,
        reason: error.to_string(),
    })
}

/// The views of `analytics/sql/*.sql`, each with what `*.json` says of it and its columns.
fn views(project: &str, dataset: &str) -> Result<Vec<View>, WarehouseError> {
    let filled = |text: String| {
        text.replace("${project}", project)
            .replace("${dataset}", dataset)
    };
    files(VIEWS, "sql")?
        .into_iter()
        .map(|(name, path)| {
            Ok(View {
                name,
                query: filled(read(&path)?),
                resource: resource(path.with_extension("json"))?,
            })
        })
        .collect()
}

/// Views by dependency: each after those that its query names in backticks.
///
/// Views that name each other in a circle come last, for the warehouse to refuse.
fn in_order(mut waiting: Vec<View>) -> Vec<View> {
    let mut ordered = Vec::new();
    loop {
        let names: Vec<String> = waiting
            .iter()
            .map(|view| format!(".{}`", view.name))
            .collect();
        let is_ready = |view: &mut View| !names.iter().any(|name| view.query.contains(name));
        let ready: Vec<View> = waiting.extract_if(.., is_ready).collect();
        if ready.is_empty() {
            ordered.append(&mut waiting);
            return ordered;
        }
        ordered.extend(ready);
    }
}

async fn create_table(api: &Api, dataset: &str, table: Table) -> Result<(), WarehouseError> {
    let Table { name, mut resource } = table;
    resource["tableReference"] = reference(api, dataset, &name);
    let path = format!("datasets/{dataset}/tables");
    match api.send(Method::POST, &path, Some(&resource)).await {
        Err(error) if error.has_status(409) => {
            api.send(Method::PATCH, &format!("{path}/{name}"), Some(&resource))
                .await
        }
        created => created,
    }
    .map(drop)
}

async fn create_view(api: &Api, dataset: &str, view: View) -> Result<(), WarehouseError> {
    let View {
        name,
        query,
        mut resource,
    } = view;
    let path = format!("datasets/{dataset}/tables");
    unless(
        404,
        api.send(Method::DELETE, &format!("{path}/{name}"), None)
            .await,
    )?;
    resource["tableReference"] = reference(api, dataset, &name);
    resource["view"] = json!({ "query": query, "useLegacySql": false });
    api.send(Method::POST, &path, Some(&resource))
        .await
        .map(drop)
}

fn reference(api: &Api, dataset: &str, table: &str) -> Value {
    json!({ "projectId": api.project(), "datasetId": dataset, "tableId": table })
}

/// The answer, or nothing when it is the refusal that was expected.
fn unless(status: u16, answer: Result<Value, WarehouseError>) -> Result<(), WarehouseError> {
    match answer {
        Err(error) if error.has_status(status) => Ok(()),
        other => other.map(drop),
    }
}

/// The files in a folder with an extension, as (name without it, path), sorted.
fn files(folder: &str, extension: &str) -> Result<Vec<(String, PathBuf)>, WarehouseError> {
    let unreadable = |error| unreadable(Path::new(folder), &error);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path
            .file_stem()
            .and_then(|name| name.to_str())
            .map(str::to_owned);
        if let (Some(name), true) = (name, path.extension().is_some_and(|e| e == extension)) {
            found.push((name, path));
        }
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Result<String, WarehouseError> {
    fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> WarehouseError {
    WarehouseError::Definition {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(name: &str, query: &str) -> View {
        View {
            name: name.to_owned(),
            query: query.to_owned(),
            resource: Value::Null,
        }
    }

    fn names(views: Vec<View>) -> Vec<String> {
        in_order(views).into_iter().map(|view| view.name).collect()
    }

    #[test]
    fn a_view_comes_after_those_it_reads() {
        let views = vec![
            view("by_camera", "SELECT 1 FROM `p.d.daily` JOIN `p.d.images`"),
            view("daily", "SELECT 1 FROM `p.d.images`"),
            view("images", "SELECT 1 FROM `p.d.image_records`"),
        ];
        assert_eq!(names(views), ["images", "daily", "by_camera"]);
    }

    #[test]
    fn views_in_a_circle_are_left_to_the_warehouse() {
        let views = vec![
            view("a", "FROM `p.d.b`"),
            view("b", "FROM `p.d.a`"),
            view("c", ""),
        ];
        assert_eq!(names(views), ["c", "a", "b"]);
    }
}
