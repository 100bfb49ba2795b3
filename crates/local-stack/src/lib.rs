//! The whole pipeline on a laptop: local-cloud, the warehouse and the functions as processes.
//!
//! [`Stack`] is what `make run` and the integration tests both start. The functions are the real
//! binaries, configured by environment just as on Cloud Run.

pub mod function;
pub mod image;
pub mod kafka;
pub mod ports;
pub mod report;
pub mod rows;
pub mod stack;
pub mod topology;
pub mod uploader;
pub mod warehouse;

pub use stack::{Stack, StackConfig};
