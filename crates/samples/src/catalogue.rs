//! The set of samples.

use image::{DynamicImage, RgbImage};

use crate::files::{self, JpegOptions};
use crate::{Camera, Place, jpeg, scene};

/// A file to upload, and what should become of it.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Its file name.
    pub name: String,
    /// The content type its sender declares.
    pub content_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
    /// What should become of it.
    pub expected: Expected,
}

/// What should become of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Its derivatives are made.
    Processed,
    /// It is rejected with this code.
    Rejected(&'static str),
}

/// All samples.
#[must_use]
pub fn samples() -> Vec<Sample> {
    let mut samples: Vec<Sample> = (1..=8).map(orientation).collect();
    samples.extend(jpegs());
    samples.extend(pngs());
    samples.extend(others());
    samples.extend(faults());
    samples
}

/// Eight cameras in eight places, each held another way.
fn orientation(orientation: u16) -> Sample {
    let n = u32::from(orientation);
    let camera = Camera {
        model: format!("Sample {orientation}"),
        lens: format!("{}mm F2.{orientation}", 20 + 5 * n),
        taken_at: format!("2026:0{orientation}:1{orientation} 1{orientation}:30:05"),
        orientation,
        exposure: (1, 50 * n),
        f_number: (20 + n, 10),
        iso: 100 * orientation,
        focal_length: (20 + 5 * n, 1),
        place: Some(Place {
            latitude: ([10 * n, 3 * n, 700 * n], n % 2 == 0),
            longitude: ([20 * n, 5 * n, 500 * n], n % 3 == 0),
        }),
        ..Camera::default()
    };
    let stored = files::stored_for(orientation, scene(2_000, 1_500, n));
    let options = JpegOptions {
        exif: Some(camera.exif()),
        ..JpegOptions::default()
    };
    processed(
        &format!("orientation-{orientation}.jpg"),
        files::jpeg(&stored, &options),
    )
}

fn jpegs() -> Vec<Sample> {
    let plain = JpegOptions::default();
    let progressive = JpegOptions {
        progressive: true,
        ..JpegOptions::default()
    };
    let gray = DynamicImage::from(scene(1_800, 1_200, 14)).into_luma8();
    vec![
        processed("twelve-megapixels.jpg", jpeg(4_000, 3_000, 9)),
        processed("panorama.jpg", jpeg(5_000, 1_000, 10)),
        processed("small.jpg", jpeg(300, 200, 11)),
        processed(
            "progressive.jpg",
            files::jpeg(&scene(2_000, 1_333, 12), &progressive),
        ),
        processed(
            "display-p3.jpg",
            files::display_p3_jpeg(&scene(1_800, 1_200, 13)),
        ),
        processed("grayscale.jpg", files::gray_jpeg(&gray, &plain)),
        processed(
            "cmyk.jpg",
            files::cmyk_jpeg(&scene(1_600, 1_200, 15), &plain),
        ),
        processed(
            "ycck.jpg",
            files::ycck_jpeg(&scene(1_600, 1_200, 16), &plain),
        ),
    ]
}

fn pngs() -> Vec<Sample> {
    let window = files::with_round_alpha(&scene(1_200, 900, 17));
    vec![
        processed("alpha.png", files::png(&window.into())),
        processed(
            "sixteen-bit.png",
            files::sixteen_bit_png(&scene(1_000, 750, 18)),
        ),
        processed("palette.png", files::palette_png(&scene(1_000, 750, 19))),
        processed("animated.png", files::animated_png(&frames(20, 6))),
    ]
}

fn others() -> Vec<Sample> {
    let window = files::with_round_alpha(&scene(800, 600, 22));
    let camera = Camera {
        place: None,
        ..Camera::default()
    };
    vec![
        processed("lossy.webp", files::webp(&scene(1_600, 1_067, 21))),
        processed(
            "lossless.webp",
            files::lossless_webp(&window, Some(camera.exif())),
        ),
        processed("animated.webp", files::animated_webp(&frames(23, 8))),
        processed("animated.gif", files::animated_gif(&frames(24, 12))),
        processed("photo.tiff", files::tiff(&scene(1_400, 1_050, 25), &camera)),
        processed("photo.bmp", files::bmp(&scene(800, 600, 26))),
    ]
}

fn faults() -> Vec<Sample> {
    let note = "This was to be a photograph, but the wrong file was picked.\n";
    vec![
        rejected(
            "truncated.jpg",
            files::truncated(&jpeg(2_000, 1_500, 27), 60),
            "malformed",
        ),
        rejected(
            "text.jpg",
            note.repeat(40).into_bytes(),
            "unsupported_format",
        ),
        rejected("bomb.png", files::bomb_png(20_000), "too_many_pixels"),
    ]
}

/// A camera that pans: each frame is the scene a little further.
fn frames(seed: u32, count: u32) -> Vec<RgbImage> {
    let wide = scene(480, 240, seed);
    let view = |index| image::imageops::crop_imm(&wide, index * 12, 0, 320, 240).to_image();
    (0..count).map(view).collect()
}

fn processed(name: &str, bytes: Vec<u8>) -> Sample {
    sample(name, bytes, Expected::Processed)
}

fn rejected(name: &str, bytes: Vec<u8>, code: &'static str) -> Sample {
    sample(name, bytes, Expected::Rejected(code))
}

/// The sender goes by the file's name.
fn sample(name: &str, bytes: Vec<u8>, expected: Expected) -> Sample {
    let content_type = match name.rsplit('.').next() {
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        Some("gif") => "image/gif",
        Some("tiff") => "image/tiff",
        Some("bmp") => "image/bmp",
        _ => "image/jpeg",
    };
    Sample {
        name: name.to_owned(),
        content_type,
        bytes,
        expected,
    }
}
