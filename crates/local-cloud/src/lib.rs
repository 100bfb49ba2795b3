//! As much of Google Cloud as Darkroom uses, on a laptop, over the real protocols: Cloud Storage
//! (JSON, XML with signed URLs, gRPC), Eventarc's deliveries, Cloud Scheduler, and a clock and
//! faults for tests. See the README for what each part does.

mod api;
mod background;
mod body;
pub mod clock;
mod control;
mod download;
pub mod events;
pub mod faults;
mod grpc;
pub mod identity;
mod json;
mod lifecycle;
mod push;
pub mod scheduler;
mod server;
mod signed_url;
pub mod store;
mod xml;

pub use server::{Config, LocalCloud, StartError};
pub use store::Location;
