//! Files of more than one frame.

use ::image::codecs::gif::{GifEncoder, Repeat};
use ::image::{DynamicImage, Frame, RgbImage};
use webp::{AnimEncoder, AnimFrame, WebPConfig};

/// An animated GIF of these frames.
#[must_use]
pub fn animated_gif(frames: &[RgbImage]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut file, 30);
    encoder
        .set_repeat(Repeat::Infinite)
        .expect("memory takes every block");
    let frames = frames
        .iter()
        .map(|f| Frame::new(DynamicImage::from(f.clone()).into_rgba8()));
    encoder
        .encode_frames(frames)
        .expect("memory takes every frame");
    drop(encoder);
    file
}

/// An animated, lossy WebP of these frames.
#[must_use]
pub fn animated_webp(frames: &[RgbImage]) -> Vec<u8> {
    let config = WebPConfig::new().expect("libwebp is the version it was built with");
    let (width, height) = frames[0].dimensions();
    let mut encoder = AnimEncoder::new(width, height, &config);
    for (index, frame) in frames.iter().enumerate() {
        encoder.add_frame(AnimFrame::from_rgb(
            frame,
            width,
            height,
            100 * index as i32,
        ));
    }
    encoder.encode().to_vec()
}

/// An animated PNG of these frames.
#[must_use]
pub fn animated_png(frames: &[RgbImage]) -> Vec<u8> {
    let mut file = Vec::new();
    let (width, height) = frames[0].dimensions();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder
        .set_animated(frames.len() as u32, 0)
        .and_then(|()| encoder.write_header())
        .and_then(|mut writer| {
            frames
                .iter()
                .try_for_each(|frame| writer.write_image_data(frame))
        })
        .expect("memory takes every frame");
    file
}
