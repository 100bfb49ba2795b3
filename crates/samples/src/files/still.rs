//! WebP, TIFF and BMP files.

use std::io::Cursor;

use ::image::codecs::webp::WebPEncoder;
use ::image::{DynamicImage, ImageEncoder, ImageFormat, RgbImage, RgbaImage};
use exif::experimental::Writer;
use exif::{Field, In, Tag, Value};

use crate::Camera;

/// A lossy WebP of quality 80.
#[must_use]
pub fn webp(picture: &RgbImage) -> Vec<u8> {
    webp::Encoder::from_rgb(picture, picture.width(), picture.height())
        .encode(80.0)
        .to_vec()
}

/// A lossless WebP with alpha and an EXIF block.
#[must_use]
pub fn lossless_webp(picture: &RgbaImage, exif: Option<Vec<u8>>) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = WebPEncoder::new_lossless(&mut file);
    if let Some(exif) = exif {
        encoder
            .set_exif_metadata(exif)
            .expect("WebP has a place for EXIF");
    }
    let (width, height) = picture.dimensions();
    encoder
        .write_image(picture, width, height, ::image::ExtendedColorType::Rgba8)
        .expect("memory takes every picture");
    file
}

/// An uncompressed TIFF with a camera's fields.
#[must_use]
pub fn tiff(picture: &RgbImage, camera: &Camera) -> Vec<u8> {
    let mut fields = camera.fields();
    fields.extend([
        number(Tag::ImageWidth, vec![picture.width() as u16]),
        number(Tag::ImageLength, vec![picture.height() as u16]),
        number(Tag::BitsPerSample, vec![8, 8, 8]),
        number(Tag::Compression, vec![1]),
        number(Tag::PhotometricInterpretation, vec![2]),
        number(Tag::SamplesPerPixel, vec![3]),
        number(Tag::RowsPerStrip, vec![picture.height() as u16]),
    ]);
    let strips: [&[u8]; 1] = [picture];
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    writer.set_strips(&strips, In::PRIMARY);
    let mut file = Cursor::new(Vec::new());
    writer
        .write(&mut file, true)
        .expect("memory takes every field");
    file.into_inner()
}

fn number(tag: Tag, values: Vec<u16>) -> Field {
    Field {
        tag,
        ifd_num: In::PRIMARY,
        value: Value::Short(values),
    }
}

/// A 24-bit BMP.
#[must_use]
pub fn bmp(picture: &RgbImage) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    DynamicImage::from(picture.clone())
        .write_to(&mut file, ImageFormat::Bmp)
        .expect("memory takes every picture");
    file.into_inner()
}
