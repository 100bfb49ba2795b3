//! What is to be made of an image.

use crate::image::Limits;
use crate::key::DerivativeName;

/// What is accepted, what is made of it and what is kept of its metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// Its name, as records carry it.
    pub name: String,
    /// What an image may ask for.
    pub limits: Limits,
    /// The images to make.
    pub derivatives: Vec<DerivativeSpec>,
    /// Whether records say where the picture was taken.
    pub keep_gps: bool,
}

/// An image to make from the original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivativeSpec {
    /// Its file name.
    pub name: DerivativeName,
    /// The side in pixels of the square it fits into. An image is never enlarged.
    pub fit: u32,
    /// How it is written.
    pub encoding: Encoding,
}

/// How a derivative is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Lossy WebP; keeps transparency.
    WebP {
        /// 0 (smallest) to 100 (best).
        quality: u8,
    },
    /// Baseline JPEG with 4:2:0 chroma; transparency becomes white.
    Jpeg {
        /// 1 (smallest) to 100 (best).
        quality: u8,
    },
}

impl Encoding {
    /// Its media type.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::WebP { .. } => "image/webp",
            Self::Jpeg { .. } => "image/jpeg",
        }
    }
}

impl Default for Recipe {
    /// A preview and a thumbnail for the web, without positions.
    fn default() -> Self {
        Self {
            name: "default".to_owned(),
            limits: Limits::default(),
            derivatives: vec![
                derivative("preview.webp", 1_600, Encoding::WebP { quality: 80 }),
                derivative("thumbnail.jpg", 320, Encoding::Jpeg { quality: 80 }),
            ],
            keep_gps: false,
        }
    }
}

fn derivative(name: &str, fit: u32, encoding: Encoding) -> DerivativeSpec {
    let name = name.parse().expect("the built-in names are well-formed");
    DerivativeSpec {
        name,
        fit,
        encoding,
    }
}
