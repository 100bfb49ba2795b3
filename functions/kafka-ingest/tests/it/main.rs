//! The commands, as processes, on a mock cluster and local-cloud.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod brokers;
mod dead_letters;
mod lag;
mod replay;
mod support;
mod topics;
