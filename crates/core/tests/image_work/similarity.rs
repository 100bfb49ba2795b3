use darkroom_samples::{files, scene};
use image::{DynamicImage, imageops::FilterType};

use crate::run;

fn hash(picture: &DynamicImage) -> i64 {
    run(&files::png(picture)).unwrap().perceptual_hash
}

fn distance(one: &DynamicImage, other: &DynamicImage) -> u32 {
    (hash(one) ^ hash(other)).count_ones()
}

#[test]
fn near_duplicates_differ_in_few_bits() {
    for seed in 1..=6 {
        let picture = DynamicImage::from(scene(800, 600, seed));
        let smaller = picture.resize_exact(300, 225, FilterType::Triangle);
        let brighter = picture.brighten(20);
        let flatter = picture.adjust_contrast(-15.0);
        let blurred = picture.fast_blur(2.0);
        for (name, copy) in [
            ("smaller", smaller),
            ("brighter", brighter),
            ("flatter", flatter),
            ("blurred", blurred),
        ] {
            let bits = distance(&picture, &copy);
            assert!(bits <= 6, "seed {seed}, {name}: {bits} bits");
        }
    }
}

#[test]
fn compression_hardly_changes_the_hash() {
    let picture = scene(800, 600, 3);
    let original = run(&files::png(&picture.clone().into()))
        .unwrap()
        .perceptual_hash;
    for file in [
        files::webp(&picture),
        files::jpeg(&picture, &files::JpegOptions::default()),
    ] {
        let bits = (run(&file).unwrap().perceptual_hash ^ original).count_ones();
        assert!(bits <= 2, "{bits} bits");
    }
}

#[test]
fn different_pictures_differ_in_many_bits() {
    let pictures: Vec<_> = (1..=8)
        .map(|seed| DynamicImage::from(scene(400, 300, seed)))
        .collect();
    for (index, one) in pictures.iter().enumerate() {
        for other in &pictures[index + 1..] {
            let bits = distance(one, other);
            assert!(bits >= 10, "{bits} bits");
        }
    }
}

#[test]
fn a_plain_picture_has_no_bits() {
    for color in [[0, 0, 0], [128, 128, 128], [255, 255, 255], [200, 30, 90]] {
        let plain = image::RgbImage::from_pixel(500, 300, image::Rgb(color));
        assert_eq!(hash(&plain.into()), 0, "{color:?}");
    }
}

#[test]
fn the_mean_color_is_of_what_can_be_seen() {
    let half = image::RgbaImage::from_fn(100, 100, |x, _| {
        image::Rgba(if x < 50 {
            [200, 100, 50, 255]
        } else {
            [0, 0, 255, 0]
        })
    });
    assert_eq!(
        run(&files::png(&half.into())).unwrap().mean_color,
        "#c86432"
    );
    let clear = image::RgbaImage::new(10, 10);
    assert_eq!(
        run(&files::png(&clear.into())).unwrap().mean_color,
        "#ffffff"
    );
}
