//! How results are written.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use serde::Serialize;

use super::error::CommandError;

/// How often a progress line is written anew.
const PROGRESS: Duration = Duration::from_millis(200);

/// An empty table. Columns whose title begins with a space are of numbers, and aligned so.
pub(super) fn table(titles: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_header(titles.iter().map(|title| title.trim_start()));
    for (index, _) in titles
        .iter()
        .enumerate()
        .filter(|(_, title)| title.starts_with(' '))
    {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// Writes a line, or several, to standard output.
pub(super) fn print(text: impl ToString) -> Result<(), CommandError> {
    Ok(writeln!(io::stdout(), "{}", text.to_string())?)
}

/// Writes one JSON document to standard output.
pub(super) fn print_json(value: &impl Serialize) -> Result<(), CommandError> {
    print(serde_json::to_string_pretty(value)?)
}

/// Bytes in the unit that fits.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// A line on standard error that tells how far the work is, where a person is looking.
pub(super) struct Progress {
    terminal: bool,
    shown: Option<Instant>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            terminal: io::stderr().is_terminal(),
            shown: None,
        }
    }

    /// Shows the line, unless the last one is only just shown.
    pub(super) fn show(&mut self, line: impl FnOnce() -> String) {
        if self.terminal && self.shown.is_none_or(|shown| shown.elapsed() >= PROGRESS) {
            eprint!("\r\x1b[K{}", line());
            self.shown = Some(Instant::now());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.is_some() {
            eprint!("\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_the_unit_that_fits() {
        assert_eq!(
            [999, 1_500, 2_500_000, 7_000_000_000].map(size),
            ["999 B", "1.5 kB", "2.5 MB", "7.0 GB"]
        );
    }
}
