use darkroom_core::image::{Limits, probe};
use darkroom_samples::{files, scene};
use image::{DynamicImage, RgbImage};

use crate::{assert_alike, preview};

fn frames() -> Vec<RgbImage> {
    (1..=7).map(|seed| scene(160, 120, seed)).collect()
}

fn frame_count(file: &[u8]) -> u32 {
    probe(file, &Limits::default()).unwrap().frames
}

#[test]
fn frames_are_counted_in_every_animation() {
    let frames = frames();
    assert_eq!(frame_count(&files::animated_gif(&frames)), 7);
    assert_eq!(frame_count(&files::animated_webp(&frames)), 7);
    assert_eq!(frame_count(&files::animated_png(&frames)), 7);
}

#[test]
fn a_still_picture_has_one_frame() {
    let picture = scene(160, 120, 1);
    assert_eq!(
        frame_count(&files::jpeg(&picture, &files::JpegOptions::default())),
        1
    );
    assert_eq!(frame_count(&files::webp(&picture)), 1);
    assert_eq!(frame_count(&files::animated_gif(&[picture])), 1);
}

#[test]
fn the_first_frame_is_shown() {
    let frames = frames();
    let first = DynamicImage::from(frames[0].clone());
    assert_alike(&preview(&files::animated_webp(&frames)), &first);
    assert_alike(&preview(&files::animated_png(&frames)), &first);
    assert_alike(&preview(&files::animated_gif(&frames)), &first);
}

#[test]
fn frames_after_a_cut_are_not_missed() {
    let whole = files::animated_gif(&frames());
    let cut = files::truncated(&whole, 50);
    let count = frame_count(&cut);
    assert!((1..7).contains(&count), "{count}");
    assert_alike(&preview(&cut), &DynamicImage::from(frames()[0].clone()));
}

#[test]
fn pages_that_chase_each_other_are_counted_once() {
    // A directory of one entry at 8, whose next directory is itself.
    let mut file = files::tiff(&scene(20, 10, 1), &darkroom_samples::Camera::default());
    let first = u32::from_le_bytes(file[4..8].try_into().unwrap()) as usize;
    let entries = usize::from(u16::from_le_bytes(
        file[first..first + 2].try_into().unwrap(),
    ));
    let next = first + 2 + 12 * entries;
    assert_eq!(frame_count(&file), 1);
    file[next..next + 4].copy_from_slice(&(first as u32).to_le_bytes());
    assert_eq!(frame_count(&file), 1);
}
