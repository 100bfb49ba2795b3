//! From the colours of a file to sRGB, 8 bits a channel.

use ::image::{DynamicImage, GrayAlphaImage, GrayImage, RgbImage, RgbaImage};
use moxcms::{ColorProfile, DataColorSpace, Layout, ParsingOptions, TransformOptions};

use crate::image::decode::{ColorModel, Decoded};

/// Profiles of presses, the largest there are, have about 3 MB.
const MAX_PROFILE_BYTES: usize = 4 << 20;

/// The picture in sRGB: RGBA if it has alpha, otherwise RGB.
///
/// A profile that is broken, huge, or for other channels than the picture has is ignored: the
/// picture is then taken for sRGB, as viewers do.
pub(super) fn to_srgb(decoded: Decoded) -> DynamicImage {
    let profile = decoded.profile.as_deref().and_then(parse);
    match decoded.model {
        ColorModel::Light => light_to_srgb(decoded.pixels, profile.as_ref()),
        ColorModel::Ink => ink_to_srgb(&decoded.pixels.into_rgba8(), profile.as_ref()).into(),
    }
}

fn parse(profile: &[u8]) -> Option<ColorProfile> {
    let options = ParsingOptions {
        max_profile_size: MAX_PROFILE_BYTES,
        ..Default::default()
    };
    ColorProfile::new_from_slice_with_options(profile, options).ok()
}

fn light_to_srgb(pixels: DynamicImage, profile: Option<&ColorProfile>) -> DynamicImage {
    let converted = profile.and_then(|profile| match profile.color_space {
        DataColorSpace::Rgb => rgb_to_srgb(&pixels, profile),
        DataColorSpace::Gray if !pixels.color().has_color() => gray_to_srgb(&pixels, profile),
        _ => None,
    });
    converted.unwrap_or_else(|| plain(pixels))
}

fn plain(pixels: DynamicImage) -> DynamicImage {
    if pixels.color().has_alpha() {
        pixels.into_rgba8().into()
    } else {
        pixels.into_rgb8().into()
    }
}

fn rgb_to_srgb(pixels: &DynamicImage, profile: &ColorProfile) -> Option<DynamicImage> {
    if pixels.color().has_alpha() {
        let pixels = pixels.to_rgba8();
        rgba(
            pixels.dimensions(),
            transform(profile, (&pixels, Layout::Rgba), Layout::Rgba)?,
        )
    } else {
        let pixels = pixels.to_rgb8();
        rgb(
            pixels.dimensions(),
            transform(profile, (&pixels, Layout::Rgb), Layout::Rgb)?,
        )
    }
}

fn gray_to_srgb(pixels: &DynamicImage, profile: &ColorProfile) -> Option<DynamicImage> {
    if pixels.color().has_alpha() {
        let pixels: GrayAlphaImage = pixels.to_luma_alpha8();
        rgba(
            pixels.dimensions(),
            transform(profile, (&pixels, Layout::GrayAlpha), Layout::Rgba)?,
        )
    } else {
        let pixels: GrayImage = pixels.to_luma8();
        rgb(
            pixels.dimensions(),
            transform(profile, (&pixels, Layout::Gray), Layout::Rgb)?,
        )
    }
}

fn ink_to_srgb(pixels: &RgbaImage, profile: Option<&ColorProfile>) -> RgbImage {
    profile
        .filter(|profile| profile.color_space == DataColorSpace::Cmyk)
        .and_then(|profile| transform(profile, (pixels, Layout::Rgba), Layout::Rgb))
        .and_then(|samples| RgbImage::from_raw(pixels.width(), pixels.height(), samples))
        .unwrap_or_else(|| uncalibrated(pixels))
}

/// CMYK without a profile: each ink takes its share of the light, and black takes its share of all.
fn uncalibrated(pixels: &RgbaImage) -> RgbImage {
    RgbImage::from_fn(pixels.width(), pixels.height(), |x, y| {
        let [cyan, magenta, yellow, black] = pixels.get_pixel(x, y).0;
        ::image::Rgb([cyan, magenta, yellow].map(|ink| remaining_light(ink, black)))
    })
}

fn remaining_light(ink: u8, black: u8) -> u8 {
    let light = u32::from(255 - ink) * u32::from(255 - black);
    // At most 255.
    ((light + 127) / 255) as u8
}

/// Photographs are meant for the perceptual intent, which is the transform's own choice.
fn transform(
    profile: &ColorProfile,
    (samples, from): (&[u8], Layout),
    to: Layout,
) -> Option<Vec<u8>> {
    let srgb = ColorProfile::new_srgb();
    let transform = profile
        .create_transform_8bit(from, &srgb, to, TransformOptions::default())
        .ok()?;
    let mut converted = vec![0; samples.len() / from.channels() * to.channels()];
    transform.transform(samples, &mut converted).ok()?;
    Some(converted)
}

fn rgb((width, height): (u32, u32), samples: Vec<u8>) -> Option<DynamicImage> {
    Some(RgbImage::from_raw(width, height, samples)?.into())
}

fn rgba((width, height): (u32, u32), samples: Vec<u8>) -> Option<DynamicImage> {
    Some(RgbaImage::from_raw(width, height, samples)?.into())
}
