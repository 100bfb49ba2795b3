use darkroom_samples::{files, oriented_jpeg, scene};
use image::{DynamicImage, GenericImageView};

use crate::{assert_alike, difference, preview, run};

#[test]
fn all_eight_orientations_give_the_same_upright_picture() {
    let upright = DynamicImage::from(scene(640, 400, 5));
    for orientation in 1..=8 {
        let file = oriented_jpeg((640, 400), 5, orientation);
        let preview = preview(&file);
        assert_eq!(
            preview.dimensions(),
            (640, 400),
            "orientation {orientation}"
        );
        assert_alike(&preview, &upright);
    }
}

#[test]
fn a_picture_that_is_not_turned_is_another_one() {
    let upright = DynamicImage::from(scene(640, 400, 5));
    let flipped = upright.flipv();
    assert!(difference(&flipped, &upright) > 20.0);
}

#[test]
fn orientation_changes_neither_hash_nor_size() {
    let plain = run(&oriented_jpeg((2_000, 1_333), 6, 1)).unwrap();
    for orientation in 2..=8 {
        let turned = run(&oriented_jpeg((2_000, 1_333), 6, orientation)).unwrap();
        let bits = (plain.perceptual_hash ^ turned.perceptual_hash).count_ones();
        assert!(bits <= 2, "orientation {orientation}: {bits} bits");
        let sizes = |p: &darkroom_core::image::Processed| {
            p.derivatives
                .iter()
                .map(|d| (d.width, d.height))
                .collect::<Vec<_>>()
        };
        assert_eq!(sizes(&turned), sizes(&plain));
    }
}

#[test]
fn png_webp_and_tiff_are_turned_by_their_exif_too() {
    let upright = scene(300, 200, 7);
    let stored = files::stored_for(6, upright.clone());
    let camera = darkroom_samples::Camera {
        orientation: 6,
        ..Default::default()
    };
    let rgba = DynamicImage::from(stored.clone()).into_rgba8();
    let upright = DynamicImage::from(upright);
    for file in [
        files::png_with(&stored, None, Some(&camera.exif())),
        files::lossless_webp(&rgba, Some(camera.exif())),
        files::tiff(&stored, &camera),
    ] {
        assert_alike(&preview(&file), &upright);
    }
}

#[test]
fn an_orientation_out_of_range_is_ignored() {
    for orientation in [0, 9, 300, u16::MAX] {
        let camera = darkroom_samples::Camera {
            orientation,
            ..Default::default()
        };
        let options = files::JpegOptions {
            exif: Some(camera.exif()),
            ..files::JpegOptions::default()
        };
        let processed = run(&files::jpeg(&scene(300, 200, 7), &options)).unwrap();
        assert_eq!(processed.derivatives[0].width, 300);
        assert_eq!(processed.exif.unwrap().orientation, None);
    }
}
