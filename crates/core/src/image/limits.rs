//! How much of an image is too much.

use crate::rejection::{Rejection, RejectionCode};

/// What one image may ask for. All of it is checked from headers, before a pixel is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Width times height.
    pub pixels: u64,
    /// Width or height, in pixels.
    pub side: u32,
    /// Animation frames or pages.
    pub frames: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 50_000_000,
            pixels: 100_000_000,
            side: 16_384,
            frames: 1_000,
        }
    }
}

impl Limits {
    /// Whether a file of `bytes` bytes may be read at all.
    ///
    /// # Errors
    ///
    /// [`RejectionCode::Empty`] and [`RejectionCode::TooManyBytes`].
    pub fn check_bytes(&self, bytes: u64) -> Result<(), Rejection> {
        if bytes == 0 {
            return Err(Rejection::new(
                RejectionCode::Empty,
                "the file has no bytes",
            ));
        }
        at_most(bytes, self.bytes, RejectionCode::TooManyBytes, "bytes")
    }

    pub(super) fn check_size(&self, width: u32, height: u32) -> Result<(), Rejection> {
        if width == 0 || height == 0 {
            let detail = format!("the header says {width}x{height} pixels");
            return Err(Rejection::new(RejectionCode::Malformed, detail));
        }
        let pixels = u64::from(width) * u64::from(height);
        at_most(pixels, self.pixels, RejectionCode::TooManyPixels, "pixels")?;
        let side = width.max(height).into();
        at_most(
            side,
            self.side.into(),
            RejectionCode::SideTooLong,
            "pixels on a side",
        )
    }

    pub(super) fn check_frames(&self, frames: u32) -> Result<(), Rejection> {
        at_most(
            frames.into(),
            self.frames.into(),
            RejectionCode::TooManyFrames,
            "frames",
        )
    }
}

fn at_most(value: u64, limit: u64, code: RejectionCode, unit: &str) -> Result<(), Rejection> {
    if value <= limit {
        return Ok(());
    }
    Err(Rejection::new(
        code,
        format!("{value} {unit}; at most {limit} are allowed"),
    ))
}
