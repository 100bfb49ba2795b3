//! The purge-auditor as a process.

use std::process::ExitCode;

fn main() -> ExitCode {
    darkroom_gcp::function::run(purge_auditor::Config::from_env, purge_auditor::app)
}
