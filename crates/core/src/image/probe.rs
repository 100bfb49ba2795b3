//! What a file's headers say, read before any pixel is decoded.

use std::panic::{self, AssertUnwindSafe};

use crate::image::container::{Facts, bmp, gif, jpeg, png, tiff, webp};
use crate::image::{Format, Limits, sniffed_type};
use crate::rejection::{Rejection, RejectionCode};

/// What the headers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The format, by the first bytes.
    pub format: Format,
    /// Width in pixels as stored, before orientation.
    pub width: u32,
    /// Height in pixels as stored, before orientation.
    pub height: u32,
    /// Animation frames or pages.
    pub frames: u32,
    /// Bits per channel.
    pub bit_depth: u8,
    /// Whether pixels can be transparent.
    pub has_alpha: bool,
    bytes_per_pixel: u64,
}

/// What every image needs, however small: the shrunken picture, its derivatives and the encoders'
/// own memory.
const WORKING_BYTES: u64 = 64 << 20;

impl Header {
    /// About how many bytes of memory [`process()`](super::process()) needs at its peak, beside the
    /// file itself. Images are admitted by it.
    #[must_use]
    pub fn decoded_bytes(&self) -> u64 {
        let pixels = u64::from(self.width) * u64::from(self.height);
        pixels
            .saturating_mul(self.bytes_per_pixel)
            .saturating_add(WORKING_BYTES)
    }
}

/// Reads the headers of a file and checks everything they say against `limits`.
///
/// # Errors
///
/// A rejection of any code; its detail says what was seen and what is allowed.
pub fn probe(bytes: &[u8], limits: &Limits) -> Result<Header, Rejection> {
    // As in `process`: a bug that hostile bytes find must cost this image and no other.
    panic::catch_unwind(AssertUnwindSafe(|| read_header(bytes, limits))).unwrap_or_else(|_| {
        let detail = "its headers cannot be read";
        Err(Rejection::new(RejectionCode::Malformed, detail))
    })
}

fn read_header(bytes: &[u8], limits: &Limits) -> Result<Header, Rejection> {
    limits.check_bytes(bytes.len() as u64)?;
    let format = Format::sniff(bytes).ok_or_else(|| unsupported(bytes))?;
    let facts = facts(format, bytes, limits).ok_or_else(|| unreadable(format))?;
    limits.check_size(facts.width, facts.height)?;
    limits.check_frames(facts.frames)?;
    Ok(Header {
        format,
        width: facts.width,
        height: facts.height,
        frames: facts.frames,
        bit_depth: facts.bit_depth,
        has_alpha: facts.has_alpha,
        bytes_per_pixel: facts.bytes_per_pixel,
    })
}

fn facts(format: Format, bytes: &[u8], limits: &Limits) -> Option<Facts> {
    match format {
        Format::Jpeg => jpeg::facts(bytes),
        Format::Png => png::facts(bytes),
        Format::WebP => webp::facts(bytes),
        Format::Gif => gif::facts(bytes),
        Format::Tiff => tiff::facts(bytes, limits.frames),
        Format::Bmp => bmp::facts(bytes),
    }
}

fn unsupported(bytes: &[u8]) -> Rejection {
    let seen = sniffed_type(bytes).unwrap_or("of no known type");
    let detail = format!("the bytes are {seen}; JPEG, PNG, WebP, GIF, TIFF and BMP are processed");
    Rejection::new(RejectionCode::UnsupportedFormat, detail)
}

fn unreadable(format: Format) -> Rejection {
    let detail = format!(
        "the {} headers are cut short or make no sense",
        format.name()
    );
    Rejection::new(RejectionCode::Malformed, detail)
}
