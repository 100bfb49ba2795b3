//! The function as it is deployed: the real binary, over HTTP.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod auth;
mod erasures;
mod http;
mod images;
mod keys;
mod openapi;
mod signed_urls;
mod support;
mod uploads;
mod validation;
