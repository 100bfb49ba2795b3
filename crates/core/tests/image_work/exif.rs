use darkroom_core::image::Recipe;
use darkroom_core::record::{Exif, Gps};
use darkroom_samples::{Camera, Place, files, scene};
use image::RgbImage;

use crate::{run, run_recipe};

fn picture() -> RgbImage {
    scene(64, 48, 1)
}

fn jpeg_with(exif: Vec<u8>) -> Vec<u8> {
    files::jpeg(
        &picture(),
        &files::JpegOptions {
            exif: Some(exif),
            ..Default::default()
        },
    )
}

fn read(block: Vec<u8>) -> Option<Exif> {
    run(&jpeg_with(block)).unwrap().exif
}

fn expected() -> Exif {
    Exif {
        make: Some("Darkroom".to_owned()),
        model: Some("Sample One".to_owned()),
        lens: Some("35mm F1.8".to_owned()),
        taken_at: Some("2026-06-21T18:30:05".parse().unwrap()),
        orientation: Some(1),
        exposure_seconds: Some(0.004),
        f_number: Some(2.8),
        iso: Some(200),
        focal_length_mm: Some(35.0),
        gps: None,
    }
}

#[test]
fn the_camera_is_read_from_every_format_that_has_it() {
    let exif = Camera::default().exif();
    let rgba = image::DynamicImage::from(picture()).into_rgba8();
    for file in [
        jpeg_with(exif.clone()),
        files::png_with(&picture(), None, Some(&exif)),
        files::lossless_webp(&rgba, Some(exif)),
        files::tiff(&picture(), &Camera::default()),
    ] {
        assert_eq!(run(&file).unwrap().exif, Some(expected()));
    }
}

#[test]
fn a_file_without_exif_has_none() {
    assert_eq!(run(&darkroom_samples::jpeg(64, 48, 1)).unwrap().exif, None);
    assert_eq!(run(&files::bmp(&picture())).unwrap().exif, None);
}

#[test]
fn positions_are_kept_only_when_asked_for() {
    let south_west = Place {
        latitude: ([33, 51, 3_000], true),
        longitude: ([151, 12, 0], true),
    };
    let file = jpeg_with(
        Camera {
            place: Some(south_west),
            ..Camera::default()
        }
        .exif(),
    );
    assert_eq!(run(&file).unwrap().exif.unwrap().gps, None);
    let recipe = Recipe {
        keep_gps: true,
        ..Recipe::default()
    };
    let gps = run_recipe(&file, &recipe)
        .unwrap()
        .exif
        .unwrap()
        .gps
        .unwrap();
    let Gps {
        latitude,
        longitude,
    } = gps;
    assert!((latitude - -33.858_333).abs() < 1e-5, "{latitude}");
    assert!((longitude - -151.2).abs() < 1e-5, "{longitude}");
}

#[test]
fn a_position_off_the_globe_is_none() {
    let recipe = Recipe {
        keep_gps: true,
        ..Recipe::default()
    };
    for place in [
        Place {
            latitude: ([91, 0, 0], false),
            longitude: ([0, 0, 0], false),
        },
        Place {
            latitude: ([0, 0, 0], false),
            longitude: ([u32::MAX, 0, 0], false),
        },
    ] {
        let file = jpeg_with(
            Camera {
                place: Some(place),
                ..Camera::default()
            }
            .exif(),
        );
        assert_eq!(run_recipe(&file, &recipe).unwrap().exif.unwrap().gps, None);
    }
}

#[test]
fn texts_are_cleaned_and_cut() {
    let camera = Camera {
        make: "  Dark\u{7}\n\u{1b}[31mroom \t".to_owned(),
        model: "\u{1f4f7}".repeat(500),
        lens: " \t ".to_owned(),
        ..Camera::default()
    };
    let exif = read(camera.exif()).unwrap();
    assert_eq!(exif.make.as_deref(), Some("Dark[31mroom"));
    assert_eq!(exif.model.unwrap().chars().count(), 128);
    assert_eq!(exif.lens, None);
}

#[test]
fn nonsense_is_none() {
    let camera = Camera {
        taken_at: "0000:00:00 00:00:00".to_owned(),
        exposure: (1, 0),
        f_number: (0, 0),
        iso: 0,
        focal_length: (0, 10),
        ..Camera::default()
    };
    let exif = read(camera.exif()).unwrap();
    let unreadable = (
        exif.taken_at,
        exif.exposure_seconds,
        exif.f_number,
        exif.iso,
    );
    assert_eq!(unreadable, (None, None, None, None));
    assert_eq!(exif.focal_length_mm, None);
}

#[test]
fn dates_that_are_none_are_none() {
    for date in [
        "    :  :     :  :  ",
        "2026:13:01 00:00:00",
        "yesterday",
        "",
        "2026:02:30 10:00:00",
    ] {
        let camera = Camera {
            taken_at: date.to_owned(),
            ..Camera::default()
        };
        assert_eq!(read(camera.exif()).unwrap().taken_at, None, "{date:?}");
    }
}

/// A block of `entries`, each a tag, a type, a count and a value or offset, in one directory at 8.
fn block(entries: &[(u16, u16, u32, u32)]) -> Vec<u8> {
    let mut block = b"II\x2a\0\x08\0\0\0".to_vec();
    block.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        block.extend(tag.to_le_bytes());
        block.extend(kind.to_le_bytes());
        block.extend(count.to_le_bytes());
        block.extend(value.to_le_bytes());
    }
    block.extend([0; 4]);
    block
}

#[test]
fn hostile_blocks_are_read_as_far_as_they_go() {
    let orientation = (0x0112, 3, 1, 1);
    let cases = [
        ("a child that is its parent", (0x8769, 4, 1, 8)),
        ("positions in the parent", (0x8825, 4, 1, 8)),
        ("a child outside", (0x8769, 4, 1, u32::MAX)),
        ("a text outside", (0x010f, 2, u32::MAX, 8)),
        ("a text that ends outside", (0x010f, 2, 1_000, 8)),
        ("a count whose size overflows", (0x010f, 12, u32::MAX, 8)),
        ("an unknown type", (0x010f, 99, 1, 8)),
        ("no items", (0x010f, 2, 0, 8)),
    ];
    for (name, entry) in cases {
        let exif = read(block(&[entry, orientation])).expect(name);
        assert_eq!(
            exif,
            Exif {
                orientation: Some(1),
                ..Exif::default()
            },
            "{name}"
        );
    }
}

#[test]
fn a_block_cut_anywhere_is_harmless() {
    let whole = Camera::default().exif();
    for length in 0..whole.len() {
        let exif = read(whole[..length].to_vec());
        if let Some(make) = exif.and_then(|exif| exif.make) {
            assert_eq!(make, "Darkroom");
        }
    }
}

/// Directories nested in one another cost readers of every entry gigabytes.
#[test]
fn a_block_full_of_directories_is_searched_once() {
    let pointers: Vec<_> = (0..5_000)
        .map(|n| (0x8769, 4, 1, 8 + 12 * (n % 400)))
        .collect();
    assert_eq!(read(block(&pointers)), None);
}

/// An independent reader finds the same.
#[test]
fn another_reader_agrees() {
    let camera = Camera::default();
    let block = camera.exif();
    let other = kamadak(&block);
    let ours = read(block).unwrap();
    assert_eq!(ours.make, other(exif::Tag::Make));
    assert_eq!(ours.lens, other(exif::Tag::LensModel));
    assert_eq!(
        ours.iso.map(|n| n.to_string()),
        other(exif::Tag::PhotographicSensitivity)
    );
    assert_eq!(
        ours.f_number.map(|n| n.to_string()),
        other(exif::Tag::FNumber)
    );
}

fn kamadak(block: &[u8]) -> impl Fn(exif::Tag) -> Option<String> + use<> {
    let read = exif::Reader::new().read_raw(block.to_vec()).unwrap();
    move |tag| {
        let value = read
            .get_field(tag, exif::In::PRIMARY)?
            .display_value()
            .to_string();
        Some(value.trim_matches('"').to_owned())
    }
}
