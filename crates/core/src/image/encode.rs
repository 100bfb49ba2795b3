//! Writing derivatives. Nothing of the original's metadata goes into them.

use ::image::{DynamicImage, RgbImage, Rgba};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use webp::{PixelLayout, WebPConfig};

use crate::image::Encoding;
use crate::image::decode::malformed;
use crate::rejection::Rejection;

/// The sRGB `picture` as a file.
pub(super) fn encode(picture: &DynamicImage, encoding: Encoding) -> Result<Vec<u8>, Rejection> {
    let written = match encoding {
        Encoding::WebP { quality } => webp(picture, quality),
        Encoding::Jpeg { quality } => jpeg(picture, quality),
    };
    written.map_err(|error| malformed(format!("the derivative cannot be written: {error}")))
}

fn webp(picture: &DynamicImage, quality: u8) -> Result<Vec<u8>, String> {
    let layout = match picture {
        DynamicImage::ImageRgba8(_) => PixelLayout::Rgba,
        _ => PixelLayout::Rgb,
    };
    let mut config = WebPConfig::new().map_err(|()| "libwebp is of another version")?;
    config.quality = f32::from(quality);
    webp::Encoder::new(
        picture.as_bytes(),
        layout,
        picture.width(),
        picture.height(),
    )
    .encode_advanced(&config)
    .map(|file| file.to_vec())
    .map_err(|error| format!("{error:?}"))
}

fn jpeg(picture: &DynamicImage, quality: u8) -> Result<Vec<u8>, String> {
    let opaque = flatten(picture);
    let side = |length| u16::try_from(length).map_err(|_| "a JPEG side is at most 65535");
    let (width, height) = (side(opaque.width())?, side(opaque.height())?);
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, quality);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder
        .encode(&opaque, width, height, ColorType::Rgb)
        .map_err(|error| error.to_string())?;
    Ok(file)
}

/// The picture on white.
pub(super) fn flatten(picture: &DynamicImage) -> RgbImage {
    match picture {
        DynamicImage::ImageRgba8(pixels) => {
            RgbImage::from_fn(pixels.width(), pixels.height(), |x, y| {
                ::image::Rgb(on_white(*pixels.get_pixel(x, y)))
            })
        }
        _ => picture.to_rgb8(),
    }
}

fn on_white(Rgba([red, green, blue, alpha]): Rgba<u8>) -> [u8; 3] {
    let alpha = u32::from(alpha);
    // A weighted mean of two bytes, so a byte.
    [red, green, blue].map(|n| ((u32::from(n) * alpha + 255 * (255 - alpha) + 127) / 255) as u8)
}
