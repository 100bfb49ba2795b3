//! Hands out signed upload URLs and tells owners about their images.

use std::process::ExitCode;

use upload_signer::{Config, app};

fn main() -> ExitCode {
    darkroom_gcp::function::run(Config::from_env, app)
}
