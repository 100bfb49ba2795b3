use std::sync::LazyLock;

use darkroom_core::image::{Limits, Recipe, probe, process};
use darkroom_core::rejection::RejectionCode;
use darkroom_samples::{Camera, files, scene};
use image::DynamicImage;
use jpeg_encoder::SamplingFactor;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::{assert_alike, code, preview, run};

/// A small file of every kind.
static FILES: LazyLock<Vec<(&str, Vec<u8>)>> = LazyLock::new(|| {
    let picture = scene(48, 36, 3);
    let rgba = DynamicImage::from(files::with_round_alpha(&picture));
    let frames = [picture.clone(), scene(48, 36, 4)];
    let exif = Camera::default().exif();
    let plain = files::JpegOptions::default();
    let progressive = files::JpegOptions {
        progressive: true,
        ..plain.clone()
    };
    let with_exif = files::JpegOptions {
        exif: Some(exif.clone()),
        ..plain.clone()
    };
    vec![
        ("jpeg", files::jpeg(&picture, &with_exif)),
        ("progressive jpeg", files::jpeg(&picture, &progressive)),
        ("gray jpeg", files::gray_jpeg(&rgba.to_luma8(), &plain)),
        ("cmyk jpeg", files::cmyk_jpeg(&picture, &plain)),
        ("display p3 jpeg", files::display_p3_jpeg(&picture)),
        ("png", files::png_with(&picture, None, Some(&exif))),
        ("alpha png", files::png(&rgba)),
        ("palette png", files::palette_png(&picture)),
        ("animated png", files::animated_png(&frames)),
        ("webp", files::webp(&picture)),
        (
            "lossless webp",
            files::lossless_webp(&rgba.to_rgba8(), Some(exif)),
        ),
        ("animated webp", files::animated_webp(&frames)),
        ("gif", files::animated_gif(&frames)),
        ("tiff", files::tiff(&picture, &Camera::default())),
        ("bmp", files::bmp(&picture)),
    ]
});

#[test]
fn a_jpeg_cut_anywhere_is_rejected() {
    for (name, file) in FILES.iter().filter(|(name, _)| name.contains("jpeg")) {
        for length in 1..file.len() {
            let code = code(&file[..length]);
            let expected = if length < 3 {
                RejectionCode::UnsupportedFormat
            } else {
                RejectionCode::Malformed
            };
            assert_eq!(
                code,
                Some(expected),
                "{name} cut to {length} of {}",
                file.len()
            );
        }
        assert_eq!(code(file), None, "{name}");
    }
}

#[test]
fn any_file_cut_anywhere_ends_cleanly() {
    for (_, file) in FILES.iter() {
        for length in (0..file.len()).step_by(1 + file.len() / 200) {
            let _ = run(&file[..length]);
        }
    }
}

#[test]
fn what_follows_a_jpeg_does_no_harm() {
    let mut file = FILES[0].1.clone();
    file.extend(b"\xff\xd8 a second picture, or a note");
    assert_eq!(code(&file), None);
}

#[test]
fn a_cut_picture_still_tells_its_header() {
    let cut = files::truncated(&darkroom_samples::jpeg(640, 480, 1), 50);
    let header = probe(&cut, &Limits::default()).unwrap();
    assert_eq!((header.width, header.height), (640, 480));
    let rejection = process(&cut, &header, &Recipe::default()).unwrap_err();
    assert!(rejection.detail.contains("truncated"), "{rejection}");
}

#[test]
fn a_header_of_another_file_is_found_out() {
    let header = probe(&darkroom_samples::jpeg(640, 480, 1), &Limits::default()).unwrap();
    let other = darkroom_samples::jpeg(480, 640, 1);
    let rejection = process(&other, &header, &Recipe::default()).unwrap_err();
    assert_eq!(rejection.code, RejectionCode::Malformed);
}

/// The decoder makes rubbish of it, without an error.
#[test]
fn channels_one_after_the_other_are_right_or_refused() {
    let picture = scene(320, 240, 5);
    let layouts = [
        (SamplingFactor::R_4_4_4, None),
        (SamplingFactor::R_4_2_2, None),
        (
            SamplingFactor::R_4_2_0,
            Some(RejectionCode::UnsupportedFormat),
        ),
    ];
    for (sampling, expected) in layouts {
        let mut file = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut file, 90);
        encoder.set_sampling_factor(sampling);
        // This encoder writes a scan for each channel when it optimises their tables.
        encoder.set_optimized_huffman_tables(true);
        encoder
            .encode(&picture, 320, 240, jpeg_encoder::ColorType::Rgb)
            .unwrap();
        assert_eq!(code(&file), expected, "{sampling:?}");
        if expected.is_none() {
            assert_alike(&preview(&file), &picture.clone().into());
        }
    }
}

#[test]
fn progressive_pictures_of_any_sampling_are_right() {
    let picture = scene(322, 243, 5);
    for sampling in [
        SamplingFactor::R_4_4_4,
        SamplingFactor::R_4_2_2,
        SamplingFactor::R_4_2_0,
    ] {
        let mut file = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut file, 90);
        encoder.set_sampling_factor(sampling);
        encoder.set_progressive(true);
        encoder
            .encode(&picture, 322, 243, jpeg_encoder::ColorType::Rgb)
            .unwrap();
        assert_alike(&preview(&file), &picture.clone().into());
    }
}

#[test]
fn a_picture_of_one_pixel_is_a_picture() {
    let dot = scene(1, 1, 1);
    let file = files::jpeg(&dot, &files::JpegOptions::default());
    assert_eq!(run(&file).unwrap().derivatives[1].width, 1);
    assert_eq!(code(&files::png(&dot.into())), None);
}

#[test]
fn a_thread_of_a_picture_is_a_picture() {
    let thread = image::RgbImage::from_pixel(16_384, 1, image::Rgb([9, 99, 199]));
    let processed = run(&files::png(&thread.into())).unwrap();
    let sizes: Vec<_> = processed
        .derivatives
        .iter()
        .map(|d| (d.width, d.height))
        .collect();
    assert_eq!(sizes, [(1_600, 1), (320, 1)]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_end_cleanly(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        prop_assert!(run(&bytes).is_err());
    }

    #[test]
    fn random_bytes_after_a_signature_end_cleanly(
        file in any::<Index>(),
        keep in 2..64_usize,
        bytes in prop::collection::vec(any::<u8>(), 0..2_000),
    ) {
        let (_, file) = file.get(FILES.as_slice());
        let _ = run(&[&file[..keep.min(file.len())], &bytes].concat());
    }

    #[test]
    fn changed_files_end_cleanly(
        file in any::<Index>(),
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..12),
    ) {
        let (_, file) = file.get(FILES.as_slice());
        let mut file = file.clone();
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        if let Ok(processed) = run(&file) {
            prop_assert_eq!(processed.derivatives.len(), 2);
        }
    }

    #[test]
    fn changed_headers_end_cleanly(
        file in any::<Index>(),
        changes in prop::collection::vec((0..200_usize, any::<u8>()), 1..4),
    ) {
        let (_, file) = file.get(FILES.as_slice());
        let mut file = file.clone();
        for (at, byte) in changes {
            if let Some(old) = file.get_mut(at) {
                *old = byte;
            }
        }
        // Small enough that a changed size costs the test no time.
        let recipe = Recipe { limits: Limits { pixels: 4_000_000, ..Limits::default() }, ..Recipe::default() };
        let _ = crate::run_recipe(&file, &recipe);
    }
}
