//! JPEG by `zune-jpeg` itself: the `image` crate's use of it has no CMYK.

use ::image::{DynamicImage, GrayImage, RgbImage, RgbaImage};
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{ColorModel, Decoded, check_size, malformed, unsupported};
use crate::image::Header;
use crate::image::container::jpeg;
use crate::rejection::{Rejection, RejectionCode};

pub(super) fn decode(bytes: &[u8], header: &Header) -> Result<Decoded, Rejection> {
    check(bytes)?;
    // Not strict, as cameras and editors are not: what other viewers show is shown.
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(header.width as usize)
        .set_max_height(header.height as usize);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(rejection)?;
    let stored = decoder.input_colorspace().unwrap_or(ColorSpace::YCbCr);
    let wanted = match stored {
        ColorSpace::Luma | ColorSpace::CMYK | ColorSpace::YCCK => stored,
        _ => ColorSpace::RGB,
    };
    decoder.set_options(options.jpeg_set_out_colorspace(wanted));
    let (width, height) = decoder.dimensions().unwrap_or_default();
    check_size((width as u32, height as u32), header)?;
    let samples = decoder.decode().map_err(rejection)?;
    let inverted = jpeg::has_adobe_marker(bytes);
    let (pixels, model) = pixels(samples, wanted, header, inverted)
        .ok_or_else(|| malformed("the JPEG has fewer samples than its header says"))?;
    Ok(Decoded {
        pixels,
        model,
        profile: decoder.icc_profile(),
    })
}

/// What the decoder would let pass, and get wrong.
fn check(bytes: &[u8]) -> Result<(), Rejection> {
    if !jpeg::is_complete(bytes) {
        return Err(malformed(
            "the JPEG is truncated: it has no end-of-image marker",
        ));
    }
    if !jpeg::has_common_layout(bytes) {
        return Err(unsupported(
            "a JPEG whose channels are laid out so is not processed",
        ));
    }
    Ok(())
}

fn pixels(
    mut samples: Vec<u8>,
    space: ColorSpace,
    header: &Header,
    inverted: bool,
) -> Option<(DynamicImage, ColorModel)> {
    let (width, height) = (header.width, header.height);
    match space {
        ColorSpace::Luma => Some((
            GrayImage::from_raw(width, height, samples)?.into(),
            ColorModel::Light,
        )),
        ColorSpace::CMYK | ColorSpace::YCCK => {
            samples.as_chunks_mut().0.iter_mut().for_each(|pixel| {
                *pixel = ink(*pixel, space, inverted);
            });
            Some((
                RgbaImage::from_raw(width, height, samples)?.into(),
                ColorModel::Ink,
            ))
        }
        _ => Some((
            RgbImage::from_raw(width, height, samples)?.into(),
            ColorModel::Light,
        )),
    }
}

/// The inks of one stored pixel. YCCK is CMY, inverted, in the YCbCr of JFIF, beside K as it is.
fn ink(stored: [u8; 4], space: ColorSpace, inverted: bool) -> [u8; 4] {
    let [first, second, third, black] = stored;
    let cmyk = if space == ColorSpace::YCCK {
        let [red, green, blue] = rgb([first, second, third]);
        [255 - red, 255 - green, 255 - blue, black]
    } else {
        stored
    };
    if inverted {
        cmyk.map(|n| 255 - n)
    } else {
        cmyk
    }
}

/// JFIF's YCbCr (ITU-T T.871, section 7).
fn rgb([luma, blueness, redness]: [u8; 3]) -> [u8; 3] {
    let luma = f32::from(luma);
    let (cb, cr) = (f32::from(blueness) - 128.0, f32::from(redness) - 128.0);
    let channels = [
        luma + 1.402 * cr,
        luma - 0.344_136 * cb - 0.714_136 * cr,
        luma + 1.772 * cb,
    ];
    // A float that is out of range becomes the nearest bound.
    channels.map(|n| n.round() as u8)
}

fn rejection(error: DecodeErrors) -> Rejection {
    let code = match error {
        DecodeErrors::Unsupported(_) => RejectionCode::UnsupportedFormat,
        _ => RejectionCode::Malformed,
    };
    Rejection::new(code, format!("the JPEG cannot be decoded: {error:?}"))
}
