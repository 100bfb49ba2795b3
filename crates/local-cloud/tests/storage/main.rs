//! The storage APIs, driven by their real clients and on the wire.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "../cloud/mod.rs"]
mod cloud;
mod cors;
mod durability;
mod json_buckets;
mod json_listing;
mod json_objects;
mod kill;
mod resumable;
mod rust;
mod rust_buckets;
mod rust_objects;
mod rust_uploads;
mod signed_urls;
mod signing;
mod wire;
