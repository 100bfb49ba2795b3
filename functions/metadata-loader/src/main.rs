//! The metadata-loader as a process.

use std::process::ExitCode;

fn main() -> ExitCode {
    darkroom_gcp::function::run(metadata_loader::Config::from_env, metadata_loader::app)
}
