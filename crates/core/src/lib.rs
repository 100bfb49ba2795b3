//! What an image, a record and a retention rule are, and the image processing itself.
//!
//! Nothing here touches a network or reads a clock: bytes, limits and the time are arguments. The
//! functions and `darkroom-gcp` do the talking.

pub mod audit;
pub mod erasure;
pub mod image;
pub mod key;
pub mod ledger;
pub mod metadata;
pub mod outcome;
pub mod record;
pub mod rejection;
pub mod retention;
pub mod warehouse;

mod id;

pub use id::{ImageId, InvalidImageId};

/// The SHA-256 of some bytes in hex.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}
