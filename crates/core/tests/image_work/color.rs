use darkroom_samples::files::{self, JpegOptions};
use darkroom_samples::scene;
use image::{DynamicImage, GrayImage, ImageBuffer, Luma, Rgb, RgbImage, Rgba, RgbaImage};
use moxcms::ColorProfile;

use crate::{assert_alike, difference, preview, run, thumbnail};

const WIDTH: u32 = 320;
const HEIGHT: u32 = 240;

fn picture() -> RgbImage {
    scene(WIDTH, HEIGHT, 4)
}

fn plain(color: [u8; 3]) -> RgbImage {
    RgbImage::from_pixel(64, 64, Rgb(color))
}

/// The colour in the middle of the preview.
fn shown(file: &[u8]) -> [u8; 3] {
    let preview = preview(file).to_rgb8();
    preview
        .get_pixel(preview.width() / 2, preview.height() / 2)
        .0
}

#[track_caller]
fn assert_near(color: [u8; 3], expected: [u8; 3], tolerance: u8) {
    let near = color
        .iter()
        .zip(expected)
        .all(|(a, b)| a.abs_diff(b) <= tolerance);
    assert!(near, "{color:?} is not {expected:?}");
}

/// sRGB with red and green exchanged, which no viewer without colour management shows right.
fn swapped() -> Vec<u8> {
    let mut profile = ColorProfile::new_srgb();
    std::mem::swap(&mut profile.red_colorant, &mut profile.green_colorant);
    profile.cicp = None;
    profile.encode().unwrap()
}

#[test]
fn ink_is_shown_as_the_light_it_leaves() {
    let picture = picture();
    let expected = DynamicImage::from(picture.clone());
    assert_alike(
        &preview(&files::cmyk_jpeg(&picture, &JpegOptions::default())),
        &expected,
    );
    assert_alike(
        &preview(&files::ycck_jpeg(&picture, &JpegOptions::default())),
        &expected,
    );
    let progressive = JpegOptions {
        progressive: true,
        ..JpegOptions::default()
    };
    assert_alike(
        &preview(&files::cmyk_jpeg(&picture, &progressive)),
        &expected,
    );
}

#[test]
fn ink_keeps_its_colors_when_it_is_made_smaller() {
    let picture = scene(2_400, 1_600, 4);
    let small = image::imageops::resize(&picture, 320, 213, image::imageops::FilterType::Lanczos3);
    let file = files::cmyk_jpeg(&picture, &JpegOptions::default());
    assert_alike(&thumbnail(&file), &small.into());
}

#[test]
fn ink_without_adobes_marker_is_not_inverted() {
    let mut file = files::cmyk_jpeg(&plain([220, 40, 40]), &JpegOptions::default());
    assert_near(shown(&file), [220, 40, 40], 8);
    let marker = file.windows(5).position(|w| w == b"Adobe").unwrap();
    file[marker..marker + 5].copy_from_slice(b"Other");
    // The same samples, read as ink: all of the cyan, some magenta and yellow, and much black.
    assert_near(shown(&file), [0, 29, 29], 8);
}

#[test]
fn an_ink_profile_decides_what_ink_looks_like() {
    let plain_ink = files::cmyk_jpeg(&plain([0, 255, 255]), &JpegOptions::default());
    assert_near(shown(&plain_ink), [0, 255, 255], 8);
    let options = JpegOptions {
        icc: Some(press_with_red_cyan()),
        ..JpegOptions::default()
    };
    let red_ink = files::cmyk_jpeg(&plain([0, 255, 255]), &options);
    let [red, green, blue] = shown(&red_ink);
    assert!(red > 150 && green < 90 && blue < 90, "{red} {green} {blue}");
}

#[test]
fn a_wide_gamut_photograph_keeps_its_colors() {
    let picture = picture();
    let file = files::display_p3_jpeg(&picture);
    let stored = image::load_from_memory(&file).unwrap();
    let expected = DynamicImage::from(picture);
    let untouched = difference(&stored, &expected);
    let converted = difference(&preview(&file), &expected);
    assert!(
        converted < 4.0 && converted < untouched,
        "{converted} of {untouched}"
    );
}

#[test]
fn a_profile_is_applied_in_every_format_that_has_one() {
    let green = plain([20, 200, 30]);
    let options = JpegOptions {
        icc: Some(swapped()),
        ..JpegOptions::default()
    };
    assert_near(shown(&files::jpeg(&green, &options)), [200, 20, 30], 8);
    assert_near(
        shown(&files::png_with(&green, Some(&swapped()), None)),
        [200, 20, 30],
        8,
    );
}

#[test]
fn a_profile_is_applied_to_gray_and_to_deep_and_to_clear_pixels() {
    let gamma_one = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
    let gray = GrayImage::from_pixel(64, 64, Luma([55]));
    let options = JpegOptions {
        icc: Some(gamma_one),
        ..JpegOptions::default()
    };
    // A linear 55 of 255 is a perceptual 128.
    assert_near(shown(&files::gray_jpeg(&gray, &options)), [128; 3], 4);
    let rgb_profile = JpegOptions {
        icc: Some(swapped()),
        ..JpegOptions::default()
    };
    assert_near(shown(&files::gray_jpeg(&gray, &rgb_profile)), [55; 3], 4);
}

#[test]
fn a_broken_or_foreign_profile_is_ignored() {
    let color = [20, 200, 30];
    let mut cut = swapped();
    cut.truncate(200);
    let mut many_tags = swapped();
    many_tags[128..132].copy_from_slice(&u32::MAX.to_be_bytes());
    let mut far_tags = swapped();
    far_tags[136..140].copy_from_slice(&u32::MAX.to_be_bytes());
    let profiles = [
        ("empty", vec![]),
        ("noise", (0..2_000_u32).map(|n| (n * 7) as u8).collect()),
        ("cut", cut),
        ("many tags", many_tags),
        ("far tags", far_tags),
        ("for inks", press_with_red_cyan()),
        (
            "for gray",
            ColorProfile::new_gray_with_gamma(1.0).encode().unwrap(),
        ),
    ];
    for (name, icc) in profiles {
        let file = files::png_with(&plain(color), Some(&icc), None);
        let [red, green, blue] = shown(&file);
        // "far tags" loses a curve; what is left may still be used. The others are not.
        let kept = name == "far tags"
            || [red, green, blue]
                .iter()
                .zip(color)
                .all(|(a, b)| a.abs_diff(b) <= 8);
        assert!(kept, "{name}: {red} {green} {blue}");
    }
}

#[test]
fn a_profile_that_inflates_to_a_bomb_is_ignored() {
    let huge = vec![0; 80 << 20];
    let file = files::png_with(&plain([20, 200, 30]), Some(&huge), None);
    assert!(file.len() < 1 << 20, "{} bytes", file.len());
    assert_near(shown(&file), [20, 200, 30], 8);
}

#[test]
fn sixteen_bits_are_rounded_to_eight() {
    let deep = ImageBuffer::<Rgb<u16>, _>::from_pixel(64, 64, Rgb([0x80ff, 0x0000, 0xffff]));
    assert_near(shown(&files::png(&deep.into())), [0x81, 0, 255], 3);
    let picture = picture();
    assert_alike(&preview(&files::sixteen_bit_png(&picture)), &picture.into());
}

#[test]
fn transparency_is_kept_in_webp_and_white_in_jpeg() {
    let window = files::with_round_alpha(&picture());
    let file = files::png(&window.clone().into());
    let preview = preview(&file).to_rgba8();
    assert_eq!(preview.get_pixel(0, 0).0[3], 0);
    assert_eq!(preview.get_pixel(WIDTH / 2, HEIGHT / 2).0[3], 255);
    let thumbnail = thumbnail(&file).to_rgb8();
    assert_near(thumbnail.get_pixel(2, 2).0, [255; 3], 3);
}

#[test]
fn clear_pixels_do_not_bleed_into_their_neighbours() {
    // Stripes of opaque white and clear black: every mix of them is white, more or less clear.
    let stripes = RgbaImage::from_fn(3_200, 400, |x, _| {
        Rgba(if x % 2 == 0 { [255; 4] } else { [0, 0, 0, 0] })
    });
    let thumbnail = thumbnail(&files::png(&stripes.into())).to_rgb8();
    let darkest = thumbnail.iter().min().unwrap();
    assert!(*darkest > 245, "{darkest}");
}

#[test]
fn palettes_are_resolved() {
    let few = RgbImage::from_fn(64, 64, |x, _| {
        Rgb(if x < 32 { [255, 0, 51] } else { [0, 102, 0] })
    });
    let preview = preview(&files::palette_png(&few)).to_rgb8();
    assert_near(preview.get_pixel(10, 32).0, [255, 0, 51], 12);
    assert_near(preview.get_pixel(54, 32).0, [0, 102, 0], 12);
}

#[test]
fn the_mean_color_is_that_of_srgb() {
    let file = files::png_with(&plain([20, 200, 30]), Some(&swapped()), None);
    let mean = run(&file).unwrap().mean_color;
    let channel = |at: usize| u8::from_str_radix(&mean[at..at + 2], 16).unwrap();
    assert_near([channel(1), channel(3), channel(5)], [200, 20, 30], 2);
}

/// A press on which the first ink is red: an ICC profile with a table of two points for each of the
/// four inks (ICC.1:2001-04, section 6.5.9, lut8Type).
fn press_with_red_cyan() -> Vec<u8> {
    let mut table = b"mft1\0\0\0\0\x04\x03\x02\0".to_vec();
    for n in [1_i32, 0, 0, 0, 1, 0, 0, 0, 1] {
        table.extend((n << 16).to_be_bytes());
    }
    let straight = || 0..=255_u8;
    (0..4).for_each(|_| table.extend(straight()));
    for inks in 0..16 {
        // Lab: L of 255, a and b around 128. Full red ink is red, all else is grey by what covers it.
        let only_red = inks == 0b1000;
        let light = if only_red {
            128
        } else {
            255 - 60 * (inks as u32).count_ones() as u8
        };
        table.extend([
            light,
            if only_red { 208 } else { 128 },
            if only_red { 195 } else { 128 },
        ]);
    }
    (0..3).for_each(|_| table.extend(straight()));
    profile(*b"CMYK", *b"Lab ", &[(*b"A2B0", &table)])
}

fn profile(space: [u8; 4], connection: [u8; 4], tags: &[([u8; 4], &[u8])]) -> Vec<u8> {
    let mut header = vec![0; 128];
    header[8..12].copy_from_slice(&[2, 0x10, 0, 0]);
    header[12..16].copy_from_slice(b"prtr");
    header[16..20].copy_from_slice(&space);
    header[20..24].copy_from_slice(&connection);
    header[36..40].copy_from_slice(b"acsp");
    // The illuminant of the connection space: D50.
    header[68..80].copy_from_slice(&[0, 0, 0xf6, 0xd6, 0, 1, 0, 0, 0, 0, 0xd3, 0x2d]);
    let mut directory = (tags.len() as u32).to_be_bytes().to_vec();
    let mut data = Vec::new();
    let start = 128 + 4 + 12 * tags.len();
    for (name, tag) in tags {
        directory.extend(name);
        directory.extend(((start + data.len()) as u32).to_be_bytes());
        directory.extend((tag.len() as u32).to_be_bytes());
        data.extend_from_slice(tag);
    }
    let mut profile = [header, directory, data].concat();
    let size = profile.len() as u32;
    profile[..4].copy_from_slice(&size.to_be_bytes());
    profile
}
