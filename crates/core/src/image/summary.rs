//! A picture in a few bits: its perceptual hash and its mean colour.

use std::f32::consts::PI;

use ::image::DynamicImage;

use crate::image::encode::flatten;
use crate::image::resize::{Fourth, resize};
use crate::rejection::Rejection;

/// The perceptual hash and the mean colour of an upright sRGB picture.
pub(super) fn of(picture: &DynamicImage) -> Result<(i64, String), Rejection> {
    Ok((perceptual_hash(picture)?, mean_color(picture)))
}

/// The side of the square that is hashed.
const SIDE: usize = 32;

/// The 64-bit perceptual hash of an upright sRGB picture.
///
/// It is the DCT hash known as pHash: the picture on white, in grey, at 32x32; then one bit for each
/// of the 64 lowest frequencies after the mean, set when the coefficient is above their median. It
/// stays within a few bits under scaling, compression and changes of brightness and contrast, where
/// a hash of differences between neighbours turns at every gentle gradient.
fn perceptual_hash(picture: &DynamicImage) -> Result<i64, Rejection> {
    let gray = DynamicImage::from(flatten(picture)).into_luma8().into();
    let small = resize(gray, (SIDE as u32, SIDE as u32), Fourth::Alpha)?;
    Ok(hash(small.as_bytes()))
}

fn hash(gray: &[u8]) -> i64 {
    let coefficients = LowFrequencies::of(gray).0;
    let mut sorted = coefficients;
    sorted.sort_by(f32::total_cmp);
    let median = f32::midpoint(sorted[31], sorted[32]);
    coefficients
        .iter()
        .fold(0, |bits, c| bits << 1 | i64::from(*c > median))
}

/// The 64 coefficients of a 32x32 DCT-II that come after the mean along its anti-diagonals.
struct LowFrequencies([f32; 64]);

impl LowFrequencies {
    fn of(gray: &[u8]) -> Self {
        let pairs = (1..).flat_map(|sum| (0..=sum).map(move |column| (column, sum - column)));
        let mut coefficients = [0.0; 64];
        for (coefficient, (column, row)) in coefficients.iter_mut().zip(pairs) {
            *coefficient = frequency(gray, column, row);
        }
        Self(coefficients)
    }
}

fn frequency(gray: &[u8], column: usize, row: usize) -> f32 {
    let sum: f32 = gray
        .chunks_exact(SIDE)
        .enumerate()
        .map(|(y, line)| {
            let along: f32 = line
                .iter()
                .enumerate()
                .map(|(x, n)| f32::from(*n) * wave(column, x))
                .sum();
            along * wave(row, y)
        })
        .sum();
    // Whole numbers, so that rounding errors do not decide the bits of a plain picture.
    sum.round()
}

fn wave(frequency: usize, at: usize) -> f32 {
    (PI / SIDE as f32 * (at as f32 + 0.5) * frequency as f32).cos()
}

/// The mean colour of an sRGB picture, as `#rrggbb`. What is transparent does not count; a picture
/// that is nothing else is white.
fn mean_color(picture: &DynamicImage) -> String {
    let [red, green, blue] = match picture {
        DynamicImage::ImageRgba8(pixels) => mean(pixels.pixels().map(|pixel| pixel.0)),
        _ => mean(
            picture
                .to_rgb8()
                .pixels()
                .map(|p| [p.0[0], p.0[1], p.0[2], 255]),
        ),
    };
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn mean(pixels: impl Iterator<Item = [u8; 4]>) -> [u64; 3] {
    let mut sums = [0_u64; 3];
    let mut weight = 0;
    for [red, green, blue, alpha] in pixels {
        let alpha = u64::from(alpha);
        weight += alpha;
        for (sum, channel) in sums.iter_mut().zip([red, green, blue]) {
            *sum += u64::from(channel) * alpha;
        }
    }
    sums.map(|sum| (sum + weight / 2).checked_div(weight).unwrap_or(255))
}
