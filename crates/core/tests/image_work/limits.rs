use darkroom_core::image::{Limits, probe, sniffed_type};
use darkroom_core::rejection::RejectionCode;
use darkroom_samples::{files, jpeg, scene};

use crate::{code, probe_code};

fn limits() -> Limits {
    Limits::default()
}

#[test]
fn the_defaults_are_the_documented_ones() {
    let expected = Limits {
        bytes: 50_000_000,
        pixels: 100_000_000,
        side: 16_384,
        frames: 1_000,
    };
    assert_eq!(limits(), expected);
}

#[test]
fn each_limit_is_met_exactly_and_not_passed() {
    let file = jpeg(400, 300, 1);
    let size = file.len() as u64;
    let cases = [
        (
            Limits {
                bytes: size,
                ..limits()
            },
            None,
        ),
        (
            Limits {
                bytes: size - 1,
                ..limits()
            },
            Some(RejectionCode::TooManyBytes),
        ),
        (
            Limits {
                pixels: 120_000,
                ..limits()
            },
            None,
        ),
        (
            Limits {
                pixels: 119_999,
                ..limits()
            },
            Some(RejectionCode::TooManyPixels),
        ),
        (
            Limits {
                side: 400,
                ..limits()
            },
            None,
        ),
        (
            Limits {
                side: 399,
                ..limits()
            },
            Some(RejectionCode::SideTooLong),
        ),
    ];
    for (limits, expected) in cases {
        assert_eq!(probe_code(&file, &limits), expected, "{limits:?}");
    }
}

#[test]
fn frames_are_limited_in_every_container() {
    let frames: Vec<_> = (1..=4).map(|seed| scene(60, 40, seed)).collect();
    for file in [
        files::animated_gif(&frames),
        files::animated_webp(&frames),
        files::animated_png(&frames),
    ] {
        assert_eq!(
            probe_code(
                &file,
                &Limits {
                    frames: 4,
                    ..limits()
                }
            ),
            None
        );
        let few = Limits {
            frames: 3,
            ..limits()
        };
        assert_eq!(probe_code(&file, &few), Some(RejectionCode::TooManyFrames));
    }
}

#[test]
fn pages_of_a_tiff_are_limited() {
    // Directories of no entries, each followed by the next, after a real one.
    let mut file = files::tiff(&scene(20, 10, 1), &darkroom_samples::Camera::default());
    let first = u32::from_le_bytes(file[4..8].try_into().unwrap()) as usize;
    let entries = usize::from(u16::from_le_bytes(
        file[first..first + 2].try_into().unwrap(),
    ));
    let mut link = first + 2 + 12 * entries;
    for _ in 0..5_000 {
        let page = file.len();
        file[link..link + 4].copy_from_slice(&(page as u32).to_le_bytes());
        file.extend([0; 6]);
        link = page + 2;
    }
    assert_eq!(
        probe_code(&file, &limits()),
        Some(RejectionCode::TooManyFrames)
    );
}

#[test]
fn a_file_without_bytes_is_empty() {
    assert_eq!(probe_code(&[], &limits()), Some(RejectionCode::Empty));
}

#[test]
fn huge_claims_are_refused_by_the_header_alone() {
    let cases = [
        (100_000, 100_000, RejectionCode::TooManyPixels),
        (2_147_483_647, 2_147_483_647, RejectionCode::TooManyPixels),
        (16_385, 1, RejectionCode::SideTooLong),
        (0, 100, RejectionCode::Malformed),
    ];
    for (width, height, code) in cases {
        let file = files::png_claiming(width, height);
        assert_eq!(probe_code(&file, &limits()), Some(code), "{width}x{height}");
    }
}

#[test]
fn a_claim_within_the_limits_is_found_out_while_decoding() {
    let file = files::png_claiming(9_000, 9_000);
    assert_eq!(probe_code(&file, &limits()), None);
    assert_eq!(code(&file), Some(RejectionCode::Malformed));
}

#[test]
fn a_decompression_bomb_is_not_inflated() {
    let bomb = files::bomb_png(12_000);
    assert!(bomb.len() < 200_000, "{} bytes", bomb.len());
    assert_eq!(
        probe_code(&bomb, &limits()),
        Some(RejectionCode::TooManyPixels)
    );
}

#[test]
fn memory_is_announced_for_the_pixels_there_are() {
    let small = probe(&jpeg(100, 100, 1), &limits()).unwrap();
    let large = probe(&jpeg(2_000, 1_000, 1), &limits()).unwrap();
    assert!(large.decoded_bytes() - small.decoded_bytes() >= 3 * (2_000_000 - 10_000));
}

#[test]
fn what_is_no_image_is_rejected_by_what_it_is() {
    let cases: [(&[u8], &str); 7] = [
        (b"%PDF-1.7 and so on", "application/pdf"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "image/heic"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "image/avif"),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "image/svg+xml",
        ),
        (b"PK\x03\x04\x14\0", "application/zip"),
        (b"BM is how this text begins", "text/plain"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "application/x-riff"),
    ];
    for (bytes, content_type) in cases {
        assert_eq!(sniffed_type(bytes), Some(content_type));
        let rejection = probe(bytes, &limits()).unwrap_err();
        assert_eq!(rejection.code, RejectionCode::UnsupportedFormat);
        assert!(rejection.detail.contains(content_type), "{rejection}");
    }
}
