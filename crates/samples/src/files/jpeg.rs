//! JPEG files.

use ::image::metadata::Orientation;
use ::image::{DynamicImage, GrayImage, RgbImage};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use moxcms::{ColorProfile, Layout, TransformOptions};

/// What a JPEG file has beside its picture.
#[derive(Debug, Clone, Default)]
pub struct JpegOptions {
    /// Whether it is progressive.
    pub progressive: bool,
    /// Its EXIF block.
    pub exif: Option<Vec<u8>>,
    /// Its ICC profile.
    pub icc: Option<Vec<u8>>,
}

/// A JPEG of quality 88, as cameras write: 4:2:2.
#[must_use]
pub fn jpeg(picture: &RgbImage, options: &JpegOptions) -> Vec<u8> {
    encode((picture, picture.dimensions()), ColorType::Rgb, options)
}

/// A JPEG with a single channel.
#[must_use]
pub fn gray_jpeg(picture: &GrayImage, options: &JpegOptions) -> Vec<u8> {
    encode((picture, picture.dimensions()), ColorType::Luma, options)
}

/// A JPEG in inks, with Adobe's marker, inverted as Adobe's programs write it.
#[must_use]
pub fn cmyk_jpeg(picture: &RgbImage, options: &JpegOptions) -> Vec<u8> {
    encode(
        (&inks(picture), picture.dimensions()),
        ColorType::Cmyk,
        options,
    )
}

/// A JPEG in inks whose three colours are stored as YCbCr.
#[must_use]
pub fn ycck_jpeg(picture: &RgbImage, options: &JpegOptions) -> Vec<u8> {
    encode(
        (&inks(picture), picture.dimensions()),
        ColorType::CmykAsYcck,
        options,
    )
}

/// A JPEG with the colours of Display P3 and the profile that says so.
#[must_use]
pub fn display_p3_jpeg(picture: &RgbImage) -> Vec<u8> {
    let profile = ColorProfile::new_display_p3();
    let mut converted = picture.clone();
    ColorProfile::new_srgb()
        .create_transform_8bit(
            Layout::Rgb,
            &profile,
            Layout::Rgb,
            TransformOptions::default(),
        )
        .and_then(|transform| transform.transform(picture, &mut converted))
        .expect("both profiles are made of matrices");
    let mut icc = profile.encode().expect("a built-in profile can be written");
    // The time it was written (ICC.1, table 17) would make it another file each time.
    icc[24..36].fill(0);
    jpeg(
        &converted,
        &JpegOptions {
            icc: Some(icc),
            ..JpegOptions::default()
        },
    )
}

/// The picture as it must be stored to look like `upright` in `orientation` (1 to 8).
#[must_use]
pub fn stored_for(orientation: u16, upright: RgbImage) -> RgbImage {
    // Of the eight, only the quarter turns are not their own opposites.
    let opposite = match orientation {
        6 => Orientation::Rotate270,
        8 => Orientation::Rotate90,
        other => Orientation::from_exif(other as u8).expect("orientations are 1 to 8"),
    };
    let mut stored = DynamicImage::from(upright);
    stored.apply_orientation(opposite);
    stored.into_rgb8()
}

fn encode(
    (samples, (width, height)): (&[u8], (u32, u32)),
    color: ColorType,
    options: &JpegOptions,
) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 88);
    // Photoshop, where such files come from, stores every ink at full resolution.
    let is_ink = matches!(color, ColorType::Cmyk | ColorType::CmykAsYcck);
    let sampling = if is_ink {
        SamplingFactor::R_4_4_4
    } else {
        SamplingFactor::R_4_2_2
    };
    encoder.set_sampling_factor(sampling);
    encoder.set_progressive(options.progressive);
    if let Some(exif) = &options.exif {
        encoder
            .add_exif_metadata(exif)
            .expect("a camera's block fits a segment");
    }
    if let Some(icc) = &options.icc {
        encoder
            .add_icc_profile(icc)
            .expect("a profile is split over segments");
    }
    encoder
        .encode(samples, width as u16, height as u16, color)
        .expect("memory takes every picture");
    file
}

/// Each pixel's inks, with as much black as there is in it. 255 is full ink.
fn inks(picture: &RgbImage) -> Vec<u8> {
    let ink = |light: u8, white: u8| {
        let missing = u32::from(white - light) * 255;
        missing.checked_div(white.into()).unwrap_or(0) as u8
    };
    let inks = picture.pixels().flat_map(|pixel| {
        let [red, green, blue] = pixel.0;
        let white = red.max(green).max(blue);
        [
            ink(red, white),
            ink(green, white),
            ink(blue, white),
            255 - white,
        ]
    });
    inks.collect()
}
