use std::sync::LazyLock;

use darkroom_core::image::{Format, Limits, probe};
use darkroom_core::rejection::Rejection;
use darkroom_samples::{Expected, Sample};

use crate::{derivative, run};

static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(darkroom_samples::samples);

fn code_of(rejection: &Rejection) -> String {
    serde_json::to_value(rejection.code)
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn every_sample_ends_as_expected() {
    for sample in SAMPLES.iter() {
        let outcome = run(&sample.bytes);
        match sample.expected {
            Expected::Processed => assert_eq!(outcome.err(), None, "{}", sample.name),
            Expected::Rejected(code) => {
                let rejection = outcome.expect_err(&sample.name);
                assert_eq!(code_of(&rejection), code, "{}: {rejection}", sample.name);
            }
        }
    }
}

#[test]
fn derivatives_are_small_stripped_and_of_their_type() {
    for sample in SAMPLES.iter().filter(|s| s.expected == Expected::Processed) {
        let header = probe(&sample.bytes, &Limits::default()).unwrap();
        let processed = run(&sample.bytes).unwrap();
        for made in &processed.derivatives {
            let side = if made.content_type == "image/webp" {
                1_600
            } else {
                320
            };
            let side = side.min(header.width.max(header.height));
            assert_eq!(
                made.width.max(made.height),
                side,
                "{} {}",
                sample.name,
                made.name
            );
            let sniffed = Format::sniff(&made.bytes).map(Format::content_type);
            assert_eq!(sniffed, Some(made.content_type), "{}", sample.name);
            let decoded = derivative(&processed, &made.name.to_string());
            assert_eq!(
                (decoded.width(), decoded.height()),
                (made.width, made.height)
            );
            for mark in [b"Exif".as_slice(), b"EXIF", b"ICC", b"Darkroom"] {
                let found = made.bytes.windows(mark.len()).any(|window| window == mark);
                assert!(
                    !found,
                    "{} in {} of {}",
                    mark.escape_ascii(),
                    made.name,
                    sample.name
                );
            }
        }
    }
}

#[test]
fn the_same_file_gives_the_same_bytes() {
    for sample in SAMPLES.iter().filter(|s| s.bytes.len() < 700_000) {
        let [first, second] = [run(&sample.bytes), run(&sample.bytes)]
            .map(|outcome| outcome.map(|p| (p.derivatives, p.perceptual_hash, p.mean_color)));
        assert_eq!(first, second, "{}", sample.name);
    }
}

#[test]
fn headers_are_read_from_every_format() {
    let lines: Vec<String> = SAMPLES
        .iter()
        .map(|sample| match probe(&sample.bytes, &Limits::default()) {
            Ok(header) => format!(
                "{}: {} {}x{}, {} frames, {} bits{}",
                sample.name,
                header.format.name(),
                header.width,
                header.height,
                header.frames,
                header.bit_depth,
                if header.has_alpha { ", alpha" } else { "" }
            ),
            Err(rejection) => format!("{}: {rejection}", sample.name),
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_jpeg_thumbnail_is_baseline_with_halved_chroma() {
    let processed = run(&darkroom_samples::jpeg(800, 600, 1)).unwrap();
    let file = &processed.derivatives[1].bytes;
    let frame = file
        .windows(2)
        .position(|w| w == [0xff, 0xc0])
        .expect("a baseline frame");
    let samplings: Vec<u8> = (0..3)
        .map(|channel| file[frame + 11 + 3 * channel])
        .collect();
    assert_eq!(samplings, [0x22, 0x11, 0x11]);
}

#[test]
fn a_small_picture_is_not_enlarged() {
    let processed = run(&darkroom_samples::jpeg(100, 60, 1)).unwrap();
    let sizes: Vec<_> = processed
        .derivatives
        .iter()
        .map(|d| (d.width, d.height))
        .collect();
    assert_eq!(sizes, [(100, 60), (100, 60)]);
}
