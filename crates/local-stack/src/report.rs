//! What became of the images, as a table and as a verdict.

use std::time::Duration;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Color, Table};
use darkroom_samples::Expected;

use crate::image::ImageFile;
use crate::rows::Row;

/// What became of one image.
#[derive(Debug)]
pub struct Ending {
    /// The file that was sent.
    pub image: ImageFile,
    /// Which way it was sent.
    pub way: Way,
    /// What came of it.
    pub result: Result<Loaded, String>,
}

/// The two ways in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A signed URL.
    Web,
    /// The Kafka stream.
    Kafka,
}

/// An image that is in the warehouse.
#[derive(Debug)]
pub struct Loaded {
    /// Its row.
    pub row: Row,
    /// The time from when it was sent until its row was seen.
    pub after: Duration,
}

impl Ending {
    /// What is not as it should be; nothing when all is well.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let row = match &self.result {
            Ok(loaded) => &loaded.row,
            Err(reason) => return Some(reason.clone()),
        };
        let seen = row.ending();
        let wanted = match self.image.expected {
            None => return None,
            Some(Expected::Processed) => ("processed", None),
            Some(Expected::Rejected(code)) => ("rejected", Some(code)),
        };
        (seen != wanted).then(|| format!("should be {}", words(wanted)))
    }
}

/// The endings as a table, a row an image.
#[must_use]
pub fn table(endings: &[Ending]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header([
        "image",
        "way in",
        "format",
        "size",
        "status",
        "derivatives",
        "sent to row",
    ]);
    for ending in endings {
        table.add_row(cells(ending));
    }
    for column in [3, 6] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn cells(ending: &Ending) -> Vec<Cell> {
    let name = Cell::new(&ending.image.name);
    let way = Cell::new(match ending.way {
        Way::Web => "web",
        Way::Kafka => "Kafka",
    });
    let Ok(Loaded { row, after }) = &ending.result else {
        let fault = ending.fault().unwrap_or_default();
        return vec![
            name,
            way,
            Cell::new(""),
            Cell::new(""),
            Cell::new(fault).fg(Color::Red),
        ];
    };
    vec![
        name,
        way,
        Cell::new(row.content_type.as_deref().unwrap_or("unknown")),
        Cell::new(size(row.size_bytes)),
        status(ending, row),
        Cell::new(derivatives(row)),
        Cell::new(format!("{:.1} s", after.as_secs_f64())),
    ]
}

fn derivatives(row: &Row) -> String {
    let names = row
        .derivatives
        .iter()
        .map(|derivative| derivative.name.as_str());
    names.collect::<Vec<_>>().join(", ")
}

fn status(ending: &Ending, row: &Row) -> Cell {
    let seen = words(row.ending());
    match (ending.fault(), row.status.as_str()) {
        (Some(fault), _) => Cell::new(format!("{seen}, {fault}")).fg(Color::Red),
        (None, "processed") => Cell::new(seen).fg(Color::Green),
        (None, _) => Cell::new(seen).fg(Color::Yellow),
    }
}

fn words((status, rejection): (&str, Option<&str>)) -> String {
    rejection.map_or_else(|| status.to_owned(), |code| format!("{status}: {code}"))
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Content;

    fn ending(expected: Option<Expected>, status: &str, rejection: Option<&str>) -> Ending {
        let image = ImageFile {
            name: "a.jpg".to_owned(),
            content_type: "image/jpeg",
            content: Content::Bytes(Vec::new()),
            expected,
        };
        let row = Row {
            image_id: String::new(),
            status: status.to_owned(),
            rejection_code: rejection.map(str::to_owned),
            content_type: None,
            size_bytes: 1_500,
            derivatives: Vec::new(),
        };
        Ending {
            image,
            way: Way::Web,
            result: Ok(Loaded {
                row,
                after: Duration::from_secs(1),
            }),
        }
    }

    #[test]
    fn an_ending_is_faulty_when_it_is_not_the_expected_one() {
        let malformed = Some(Expected::Rejected("malformed"));
        assert_eq!(
            ending(Some(Expected::Processed), "processed", None).fault(),
            None
        );
        assert_eq!(
            ending(malformed, "rejected", Some("malformed")).fault(),
            None
        );
        assert_eq!(ending(None, "rejected", Some("empty")).fault(), None);
        assert!(
            ending(Some(Expected::Processed), "rejected", Some("empty"))
                .fault()
                .is_some()
        );
        assert!(
            ending(malformed, "rejected", Some("empty"))
                .fault()
                .is_some()
        );
        assert!(ending(malformed, "processed", None).fault().is_some());
    }

    #[test]
    fn an_image_without_a_row_is_a_fault() {
        let mut ending = ending(None, "processed", None);
        ending.result = Err("no row".to_owned());
        assert_eq!(ending.fault().as_deref(), Some("no row"));
    }

    #[test]
    fn sizes_are_told_in_the_unit_that_fits() {
        assert_eq!(
            [size(999), size(1_500), size(2_500_000)],
            ["999 B", "1.5 kB", "2.5 MB"]
        );
    }
}
