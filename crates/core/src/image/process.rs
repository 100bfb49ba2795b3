//! All the work on one image, from its bytes to its derivatives.

use std::cmp::Reverse;
use std::panic::{self, AssertUnwindSafe};
use std::time::Instant;

use ::image::DynamicImage;
use ::image::metadata::Orientation;

use crate::image::decode::{ColorModel, Decoded, decode, malformed};
use crate::image::resize::{Fourth, fitted, resize};
use crate::image::{DerivativeSpec, Header, Recipe, color, encode, exif, summary};
use crate::key::DerivativeName;
use crate::record::{Exif, StageTiming};
use crate::rejection::Rejection;

/// What processing made and found.
#[derive(Debug, Clone, PartialEq)]
pub struct Processed {
    /// What the camera wrote, if it is readable.
    pub exif: Option<Exif>,
    /// 64-bit perceptual hash of the upright picture.
    pub perceptual_hash: i64,
    /// Mean colour in sRGB, as `#rrggbb`.
    pub mean_color: String,
    /// The images made, in the recipe's order.
    pub derivatives: Vec<EncodedDerivative>,
    /// How long each stage took.
    pub stages: Vec<StageTiming>,
}

/// An image made from the original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedDerivative {
    /// Its file name.
    pub name: DerivativeName,
    /// Its media type.
    pub content_type: &'static str,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The file.
    pub bytes: Vec<u8>,
}

/// The picture is summed up at no less than this side, whatever the recipe makes of it.
const LEAST_WORKING_SIDE: u32 = 320;

/// Makes what `recipe` asks for from the file that [`probe()`](super::probe()) found to be `header`.
///
/// The same bytes and recipe give the same derivatives, byte for byte.
///
/// # Errors
///
/// [`Malformed`](crate::rejection::RejectionCode::Malformed) when the file is truncated, corrupt or
/// not what its header says; [`UnsupportedFormat`](crate::rejection::RejectionCode::UnsupportedFormat)
/// when it is a rare variant of its format.
pub fn process(bytes: &[u8], header: &Header, recipe: &Recipe) -> Result<Processed, Rejection> {
    // The decoders are other people's and their input is hostile: a bug in one must cost this image
    // and no other. Nothing that they could leave half done outlives this call.
    panic::catch_unwind(AssertUnwindSafe(|| run(bytes, header, recipe)))
        .unwrap_or_else(|_| Err(malformed("the decoder gave up on it")))
}

fn run(bytes: &[u8], header: &Header, recipe: &Recipe) -> Result<Processed, Rejection> {
    let mut clock = StageClock::default();
    let exif = clock.time("exif", || exif::read(header.format, bytes, recipe.keep_gps));
    let decoded = clock.time("decode", || decode(bytes, header))?;
    let working = clock.time("shrink", || shrink(decoded, recipe))?;
    let mut picture = clock.time("color", || color::to_srgb(working));
    let orientation = orientation(exif.as_ref());
    clock.time("orient", || picture.apply_orientation(orientation));
    let (perceptual_hash, mean_color) = clock.time("summary", || summary::of(&picture))?;
    let derivatives = clock.time("derive", || {
        derive(picture, upright_size(header, orientation), recipe)
    })?;
    Ok(Processed {
        exif,
        perceptual_hash,
        mean_color,
        derivatives,
        stages: clock.stages,
    })
}

/// Times stages, in the order they end.
#[derive(Default)]
struct StageClock {
    stages: Vec<StageTiming>,
}

impl StageClock {
    fn time<T>(&mut self, stage: &str, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        let milliseconds = start.elapsed().as_secs_f64() * 1_000.0;
        self.stages.push(StageTiming {
            stage: stage.to_owned(),
            milliseconds,
        });
        result
    }
}

/// The working picture: as large as the largest derivative. All that follows is done on it, and not
/// on the many more pixels of the original.
fn shrink(decoded: Decoded, recipe: &Recipe) -> Result<Decoded, Rejection> {
    let largest = recipe
        .derivatives
        .iter()
        .map(|spec| spec.fit)
        .fold(LEAST_WORKING_SIDE, u32::max);
    let size = fitted((decoded.pixels.width(), decoded.pixels.height()), largest);
    let fourth = match decoded.model {
        ColorModel::Light => Fourth::Alpha,
        ColorModel::Ink => Fourth::Ink,
    };
    Ok(Decoded {
        pixels: resize(decoded.pixels, size, fourth)?,
        ..decoded
    })
}

fn orientation(exif: Option<&Exif>) -> Orientation {
    exif.and_then(|exif| u8::try_from(exif.orientation?).ok())
        .and_then(Orientation::from_exif)
        .unwrap_or(Orientation::NoTransforms)
}

/// The original's size when it is upright.
fn upright_size(header: &Header, orientation: Orientation) -> (u32, u32) {
    match orientation {
        Orientation::Rotate90
        | Orientation::Rotate270
        | Orientation::Rotate90FlipH
        | Orientation::Rotate270FlipH => (header.height, header.width),
        _ => (header.width, header.height),
    }
}

/// Makes the derivatives from the largest to the smallest, each from the one before it.
fn derive(
    mut picture: DynamicImage,
    original: (u32, u32),
    recipe: &Recipe,
) -> Result<Vec<EncodedDerivative>, Rejection> {
    let mut specs: Vec<_> = recipe.derivatives.iter().enumerate().collect();
    specs.sort_by_key(|(_, spec)| Reverse(spec.fit));
    let mut made = Vec::new();
    for (position, spec) in specs {
        picture = resize(picture, fitted(original, spec.fit), Fourth::Alpha)?;
        made.push((position, encoded(&picture, spec)?));
    }
    made.sort_by_key(|(position, _)| *position);
    Ok(made.into_iter().map(|(_, derivative)| derivative).collect())
}

fn encoded(picture: &DynamicImage, spec: &DerivativeSpec) -> Result<EncodedDerivative, Rejection> {
    Ok(EncodedDerivative {
        name: spec.name.clone(),
        content_type: spec.encoding.content_type(),
        width: picture.width(),
        height: picture.height(),
        bytes: encode::encode(picture, spec.encoding)?,
    })
}
