//! What surrounds the storage: events, faults, clock, schedules, keys, and the program itself.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod clock;
mod delivery;
mod event_faults;
mod identity;
mod local;
mod process;
mod receiver;
mod request_faults;
mod schedules;
