//! Prints the warehouse table as BigQuery's API describes one: what `make schema` writes.

fn main() {
    println!("{:#}", darkroom_core::warehouse::table());
}
