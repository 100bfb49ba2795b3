//! CRC32C and MD5 of what is written.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::StoreError;

/// The checksums of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checksums {
    /// CRC32C (Castagnoli).
    pub crc32c: u32,
    /// MD5, where it could be computed: composed objects have none.
    pub md5: Option<[u8; 16]>,
}

/// Computes [`Checksums`] over bytes as they pass.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hasher {
    crc32c: u32,
    md5: Md5,
}

impl Hasher {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.crc32c = crc32c::crc32c_append(self.crc32c, bytes);
        self.md5.update(bytes);
    }

    pub(crate) fn finish(&self) -> Checksums {
        Checksums {
            crc32c: self.crc32c,
            md5: Some(self.md5.clone().finalize().into()),
        }
    }
}

/// What a request says the checksums are, in base64.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExpectedChecksums {
    /// CRC32C, big-endian.
    pub crc32c: Option<String>,
    /// MD5.
    pub md5_hash: Option<String>,
}

impl ExpectedChecksums {
    /// The checksums among the fields of an object resource.
    #[must_use]
    pub fn of_resource(resource: &Value) -> Self {
        let text = |field: &str| resource[field].as_str().map(str::to_owned);
        Self {
            crc32c: text("crc32c"),
            md5_hash: text("md5Hash"),
        }
    }

    /// The checksums of an `x-goog-hash` header: `crc32c=…,md5=…`.
    #[must_use]
    pub fn of_header(value: &str) -> Self {
        let mut expected = Self::default();
        for item in value.split(',') {
            match item.trim().split_once('=') {
                Some(("crc32c", hash)) => expected.crc32c = Some(hash.to_owned()),
                Some(("md5", hash)) => expected.md5_hash = Some(hash.to_owned()),
                _ => {}
            }
        }
        expected
    }

    /// These, and where there are none, those of `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            crc32c: self.crc32c.or(other.crc32c),
            md5_hash: self.md5_hash.or(other.md5_hash),
        }
    }

    /// Compares them with what the bytes say.
    ///
    /// # Errors
    ///
    /// [`StoreError::ChecksumMismatch`] when one differs.
    pub fn check(&self, actual: Checksums) -> Result<(), StoreError> {
        check("CRC32C", self.crc32c.as_ref(), &actual.crc32c.to_be_bytes())?;
        match actual.md5 {
            Some(md5) => check("MD5 hash", self.md5_hash.as_ref(), &md5),
            None => Ok(()),
        }
    }
}

fn check(kind: &'static str, expected: Option<&String>, actual: &[u8]) -> Result<(), StoreError> {
    let actual = BASE64_STANDARD.encode(actual);
    match expected {
        Some(expected) if *expected != actual => Err(StoreError::ChecksumMismatch {
            kind,
            expected: expected.clone(),
            actual,
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello() -> Checksums {
        let mut hasher = Hasher::default();
        hasher.update(b"hello ");
        hasher.update(b"world");
        hasher.finish()
    }

    #[test]
    fn the_checksums_of_known_bytes_pass_however_they_were_cut() {
        let header = "crc32c=yZRlqg==,md5=XrY7u+Ae7tCTyyK7j1rNww==";
        ExpectedChecksums::of_header(header).check(hello()).unwrap();
    }

    #[test]
    fn one_wrong_checksum_is_enough_to_fail() {
        for header in ["crc32c=AAAAAA==", "crc32c=yZRlqg==,md5=AAAA"] {
            let result = ExpectedChecksums::of_header(header).check(hello());
            assert!(
                matches!(result, Err(StoreError::ChecksumMismatch { .. })),
                "{header}"
            );
        }
    }
}
