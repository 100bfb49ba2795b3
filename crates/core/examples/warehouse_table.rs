//! Prints a warehouse table as BigQuery's API describes one: what `make schema` writes.

use std::process::ExitCode;

fn main() -> ExitCode {
    let wanted = std::env::args().nth(1);
    let tables = darkroom_core::warehouse::tables();
    match tables
        .iter()
        .find(|(name, _)| Some(*name) == wanted.as_deref())
    {
        Some((_, table)) => {
            println!("{table:#}");
            ExitCode::SUCCESS
        }
        None => {
            eprintln!(
                "the argument must be one of {:?}",
                tables.map(|(name, _)| name)
            );
            ExitCode::FAILURE
        }
    }
}
