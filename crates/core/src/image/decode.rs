//! From a file to its pixels, as the file holds them: not upright and not yet sRGB.

use std::io::Cursor;

use ::image::codecs::{bmp, gif, png, tiff, webp};
use ::image::{DynamicImage, ImageDecoder, ImageError};

use crate::image::{Format, Header, container};
use crate::rejection::{Rejection, RejectionCode};

mod jpeg;

/// Pixels as a file holds them.
pub(super) struct Decoded {
    pub(super) pixels: DynamicImage,
    pub(super) model: ColorModel,
    /// The embedded ICC profile.
    pub(super) profile: Option<Vec<u8>>,
}

/// What the channels of pixels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColorModel {
    /// Grey or red, green and blue, perhaps with alpha, as the pixels' type says.
    Light,
    /// Cyan, magenta, yellow and black in the four channels of RGBA; 255 is full ink.
    Ink,
}

/// Decodes the first frame of the file that probing found to be `header`.
pub(super) fn decode(bytes: &[u8], header: &Header) -> Result<Decoded, Rejection> {
    let source = Cursor::new(bytes);
    match header.format {
        Format::Jpeg => jpeg::decode(bytes, header),
        Format::Png => read(png::PngDecoder::with_limits(source, limits(header)), header),
        Format::WebP => read(webp::WebPDecoder::new(source), header),
        Format::Gif => read(gif::GifDecoder::new(source), header),
        // The decoder would take the extra samples for colours.
        Format::Tiff if !container::tiff::has_plain_pixels(bytes) => Err(unsupported(
            "a TIFF with channels beside its colours and alpha is not processed",
        )),
        Format::Tiff => read(tiff::TiffDecoder::new(source), header),
        Format::Bmp => read(bmp::BmpDecoder::new(source), header),
    }
}

fn read<D: ImageDecoder>(
    decoder: Result<D, ImageError>,
    header: &Header,
) -> Result<Decoded, Rejection> {
    let rejected = |error| rejection(error, header.format);
    let mut decoder = decoder.map_err(rejected)?;
    check_size(decoder.dimensions(), header)?;
    decoder.set_limits(limits(header)).map_err(rejected)?;
    let profile = decoder.icc_profile().unwrap_or_default();
    let pixels = DynamicImage::from_decoder(decoder).map_err(rejected)?;
    Ok(Decoded {
        pixels,
        model: ColorModel::Light,
        profile,
    })
}

/// What the headers promised is all that a decoder gets.
fn limits(header: &Header) -> ::image::Limits {
    let mut limits = ::image::Limits::no_limits();
    limits.max_image_width = Some(header.width);
    limits.max_image_height = Some(header.height);
    limits.max_alloc = Some(header.decoded_bytes());
    limits
}

fn check_size(decoded: (u32, u32), header: &Header) -> Result<(), Rejection> {
    if decoded == (header.width, header.height) {
        return Ok(());
    }
    let (width, height) = decoded;
    let said = (header.width, header.height);
    Err(malformed(format!(
        "{width}x{height} pixels, where its header says {}x{}",
        said.0, said.1
    )))
}

fn rejection(error: ImageError, format: Format) -> Rejection {
    let code = match error {
        ImageError::Unsupported(_) => RejectionCode::UnsupportedFormat,
        _ => RejectionCode::Malformed,
    };
    Rejection::new(
        code,
        format!("the {} cannot be decoded: {error}", format.name()),
    )
}

pub(super) fn malformed(detail: impl Into<String>) -> Rejection {
    Rejection::new(RejectionCode::Malformed, detail)
}

fn unsupported(detail: &str) -> Rejection {
    Rejection::new(RejectionCode::UnsupportedFormat, detail)
}
