//! The image-processor as a process.

use std::process::ExitCode;

fn main() -> ExitCode {
    darkroom_gcp::function::run(image_processor::Config::from_env, image_processor::app)
}
