//! The settings of the warehouse's tables.

use darkroom_core::retention::Retention;
use darkroom_core::warehouse::{AUDIT_CHECKS, LEDGER, TABLE};
use darkroom_gcp::warehouse::{TableKind, TableSettings};
use jiff::SignedDuration;

use super::{Check, Status};

/// The least time travel that BigQuery lets be set
/// (<https://cloud.google.com/bigquery/docs/time-travel#configure_the_time_travel_window>).
const LEAST_TIME_TRAVEL: i64 = 48;

/// The time travel of the dataset: what is deleted can be read for that long.
pub(crate) fn check_time_travel(hours: Result<i64, String>) -> Check {
    let (status, seen) = match hours {
        Ok(hours) if hours <= LEAST_TIME_TRAVEL => (Status::Ok, format!("{hours} h")),
        Ok(hours) => (Status::Violation, format!("{hours} h")),
        Err(error) => (Status::Warn, error),
    };
    Check::new(
        "warehouse/time-travel",
        status,
        (seen, format!("{LEAST_TIME_TRAVEL} h, the least there is")),
        "ALTER SCHEMA … SET OPTIONS (max_time_travel_hours = 48)",
    )
}

/// Every table of the dataset that holds rows about images, or could.
pub(crate) fn check_tables(
    tables: Result<&[TableSettings], String>,
    retention: Retention,
) -> Vec<Check> {
    let tables = match tables {
        Ok(tables) => tables,
        Err(error) => {
            let (expected, mend) = (
                "the dataset's tables can be listed",
                "give the auditor bigquery.tables.list on the dataset",
            );
            let seen = (error, expected);
            return vec![Check::new("warehouse/tables", Status::Warn, seen, mend)];
        }
    };
    let mut checks = vec![records(tables, retention)];
    let others = tables
        .iter()
        .filter(|table| ![TABLE, LEDGER, AUDIT_CHECKS].contains(&table.name.as_str()))
        .filter(|table| table.kind != TableKind::View);
    checks.extend(others.map(|table| other(table, retention)));
    checks
}

/// The table of records.
fn records(tables: &[TableSettings], retention: Retention) -> Check {
    let expected = format!(
        "HOUR partitions by received_at that expire after at most {} ms, and no expiration of the table",
        longest(retention)
    );
    let table = tables.iter().find(|table| table.name == TABLE);
    let ok = table.is_some_and(|table| lets_go(table, retention) && table.expires_at.is_none());
    let seen = table.map_or("there is no such table".to_owned(), partitions);
    Check::new(
        format!("warehouse/{TABLE}"),
        if ok { Status::Ok } else { Status::Violation },
        (seen, expected),
        "set the table's partitioning as infra/warehouse/image_records.json has it",
    )
}

/// A table that is none of Darkroom's: it may hold rows about images, and must let them go as the table
/// of records does. Its own expiration would count from its creation, however old its rows are.
fn other(table: &TableSettings, retention: Retention) -> Check {
    let seen = match &table.kind {
        TableKind::Other(kind) => kind.clone(),
        TableKind::Table | TableKind::View => partitions(table),
    };
    let ok = table.kind == TableKind::Table && lets_go(table, retention);
    Check::new(
        format!("warehouse/{}", table.name),
        if ok { Status::Ok } else { Status::Violation },
        (
            seen,
            "a view, or a table in HOUR partitions by received_at that expire within the period",
        ),
        "drop it: it can hold rows about images for longer than they are kept",
    )
}

/// Whether rows are gone within the period, whichever of a partition's ends its expiration counts from.
fn lets_go(table: &TableSettings, retention: Retention) -> bool {
    let longest = longest(retention);
    let expiration = table.partition_expiration_ms;
    table.partition_unit.as_deref() == Some("HOUR")
        && table.partition_column.as_deref() == Some("received_at")
        && expiration.is_some_and(|ms| i128::from(ms) <= longest)
}

/// The longest life of a partition, in milliseconds.
fn longest(retention: Retention) -> i128 {
    (retention.period() - SignedDuration::from_hours(1)).as_millis()
}

fn partitions(table: &TableSettings) -> String {
    let partitions = match (&table.partition_unit, &table.partition_column) {
        (Some(unit), Some(column)) => format!("{unit} partitions by {column}"),
        (Some(unit), None) => format!("{unit} partitions"),
        (None, _) => "no partitions".to_owned(),
    };
    let expiration = match table.partition_expiration_ms {
        Some(ms) => format!("that expire after {ms} ms"),
        None => "without expiration".to_owned(),
    };
    let whole = table.expires_at.map(|at| format!(", gone at {at}"));
    format!("{partitions} {expiration}{}", whole.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use darkroom_core::warehouse::PARTITION_EXPIRATION_MS;

    use super::*;

    fn records_table() -> TableSettings {
        TableSettings {
            name: TABLE.to_owned(),
            kind: TableKind::Table,
            partition_unit: Some("HOUR".to_owned()),
            partition_column: Some("received_at".to_owned()),
            partition_expiration_ms: Some(PARTITION_EXPIRATION_MS),
            expires_at: None,
        }
    }

    fn other_table(kind: TableKind) -> TableSettings {
        TableSettings {
            name: "other".to_owned(),
            kind,
            partition_unit: None,
            partition_column: None,
            partition_expiration_ms: None,
            ..records_table()
        }
    }

    fn violations(tables: &[TableSettings]) -> Vec<String> {
        let checks = check_tables(Ok(tables), Retention::DEFAULT).into_iter();
        let wrong = checks.filter(|check| check.status == Status::Violation);
        wrong.map(|check| check.id).collect()
    }

    #[test]
    fn the_table_of_records_must_let_its_rows_go() {
        assert_eq!(violations(&[records_table()]), Vec::<String>::new());
        assert_eq!(violations(&[]), ["warehouse/image_records"]);
        let changes: [fn(&mut TableSettings); 5] = [
            |table| table.partition_unit = Some("DAY".to_owned()),
            |table| table.partition_column = None,
            |table| table.partition_expiration_ms = None,
            |table| table.partition_expiration_ms = Some(PARTITION_EXPIRATION_MS + 1),
            |table| table.expires_at = "2026-11-23T00:00:00Z".parse().ok(),
        ];
        for change in changes {
            let mut table = records_table();
            change(&mut table);
            assert_eq!(violations(&[table]), ["warehouse/image_records"]);
        }
    }

    #[test]
    fn whatever_else_holds_rows_must_let_them_go_too() {
        for (kind, violates) in [
            (TableKind::View, false),
            (TableKind::Table, true),
            (TableKind::Other("MATERIALIZED_VIEW".to_owned()), true),
            (TableKind::Other("SNAPSHOT".to_owned()), true),
        ] {
            let tables = [records_table(), other_table(kind)];
            assert_eq!(!violations(&tables).is_empty(), violates, "{tables:?}");
        }
        let partitioned = TableSettings {
            name: "other".to_owned(),
            ..records_table()
        };
        let tables = [records_table(), partitioned];
        assert_eq!(violations(&tables), Vec::<String>::new());
        // It can be made of rows that are six days old.
        let mut copied = other_table(TableKind::Table);
        copied.expires_at = "2026-11-23T00:00:00Z".parse().ok();
        assert_eq!(violations(&[records_table(), copied]), ["warehouse/other"]);
    }

    #[test]
    fn the_ledger_outlives_images_because_it_holds_nothing_of_them() {
        let ledger = TableSettings {
            name: LEDGER.to_owned(),
            ..other_table(TableKind::Table)
        };
        assert_eq!(violations(&[records_table(), ledger]), Vec::<String>::new());
    }

    #[test]
    fn time_travel_must_be_the_least() {
        assert_eq!(check_time_travel(Ok(48)).status, Status::Ok);
        assert_eq!(check_time_travel(Ok(168)).status, Status::Violation);
        assert_eq!(
            check_time_travel(Err("down".to_owned())).status,
            Status::Warn
        );
    }
}
