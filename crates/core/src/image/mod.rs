//! The image work: sniff, check limits, decode, orient, derive, hash, EXIF.
//!
//! [`probe()`] reads one file's headers and checks the limits; [`process()`] does the rest. What
//! cannot be processed is a [`Rejection`](crate::rejection::Rejection); nothing here panics on input.

mod color;
mod container;
mod decode;
mod encode;
mod exif;
mod format;
mod limits;
mod probe;
mod process;
mod recipe;
mod resize;
mod summary;

pub use format::{Format, sniffed_type};
pub use limits::Limits;
pub use probe::{Header, probe};
pub use process::{EncodedDerivative, Processed, process};
pub use recipe::{DerivativeSpec, Encoding, Recipe};
