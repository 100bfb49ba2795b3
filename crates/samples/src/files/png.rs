//! PNG files.

use std::borrow::Cow;
use std::io::Cursor;

use ::image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use png::{BitDepth, ColorType, Encoder, Info};

/// A PNG of any pixel type.
#[must_use]
pub fn png(picture: &DynamicImage) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture
        .write_to(&mut file, ImageFormat::Png)
        .expect("memory takes every picture");
    file.into_inner()
}

/// A PNG with an ICC profile and an EXIF block.
#[must_use]
pub fn png_with(picture: &RgbImage, icc: Option<&[u8]>, exif: Option<&[u8]>) -> Vec<u8> {
    let mut info = Info::with_size(picture.width(), picture.height());
    info.color_type = ColorType::Rgb;
    info.bit_depth = BitDepth::Eight;
    info.icc_profile = icc.map(Cow::Borrowed);
    info.exif_metadata = exif.map(Cow::Borrowed);
    write(info, picture)
}

/// A PNG of 16 bits a channel, whose low bytes are not those of the high ones.
#[must_use]
pub fn sixteen_bit_png(picture: &RgbImage) -> Vec<u8> {
    let deep =
        ::image::ImageBuffer::<Rgb<u16>, _>::from_fn(picture.width(), picture.height(), |x, y| {
            Rgb(picture.get_pixel(x, y).0.map(|n| u16::from(n) << 8 | 0x55))
        });
    png(&deep.into())
}

/// A PNG of 216 colours, the last of them clear.
#[must_use]
pub fn palette_png(picture: &RgbImage) -> Vec<u8> {
    let mut info = Info::with_size(picture.width(), picture.height());
    info.color_type = ColorType::Indexed;
    info.bit_depth = BitDepth::Eight;
    let levels = || (0..6_u8).map(|n| n * 51);
    let colors =
        levels().flat_map(|r| levels().flat_map(move |g| levels().map(move |b| [r, g, b])));
    info.palette = Some(colors.flatten().collect());
    let mut opacities = vec![255; 216];
    opacities[215] = 0;
    info.trns = Some(opacities.into());
    let level = |n: u8| n.saturating_add(25) / 51;
    let indices: Vec<u8> = picture
        .pixels()
        .map(|Rgb([r, g, b])| level(*r) * 36 + level(*g) * 6 + level(*b))
        .collect();
    write(info, &indices)
}

fn write(info: Info<'_>, samples: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    Encoder::with_info(&mut file, info)
        .and_then(|encoder| encoder.write_header())
        .and_then(|mut writer| writer.write_image_data(samples))
        .expect("memory takes every picture");
    file
}

/// The picture in a soft round window: opaque in the middle, clear in the corners.
#[must_use]
pub fn with_round_alpha(picture: &RgbImage) -> RgbaImage {
    let (width, height) = picture.dimensions();
    let (half_width, half_height) = (width as f32 / 2.0, height as f32 / 2.0);
    RgbaImage::from_fn(width, height, |x, y| {
        let Rgb([r, g, b]) = *picture.get_pixel(x, y);
        let distance = (x as f32 / half_width - 1.0).hypot(y as f32 / half_height - 1.0);
        let alpha = ((1.0 - distance) * 4.0).clamp(0.0, 1.0);
        Rgba([r, g, b, (alpha * 255.0) as u8])
    })
}
