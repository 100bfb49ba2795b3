//! Journeys across processes: the real binaries, local-cloud and the warehouse.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod audit;
mod clients;
mod cors;
mod erasure;
mod failure;
mod fortnight;
mod hostile_events;
mod ingest;
mod journey;
mod kafka;
mod kafka_security;
mod load_errors;
mod purge;
