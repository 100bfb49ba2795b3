//! Journeys across processes: the real binaries, local-cloud and the warehouse.

mod clients;
mod failure;
mod hostile_events;
mod journey;
mod load_errors;
mod purge;
