//! The image work from outside: files in, derivatives or rejections out.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod animation;
mod color;
mod exif;
mod hostile;
mod limits;
mod orientation;
mod samples;
mod similarity;

use darkroom_core::image::{Limits, Processed, Recipe, probe, process};
use darkroom_core::rejection::{Rejection, RejectionCode};
use image::{DynamicImage, GenericImageView};

/// All the work with the default recipe.
fn run(bytes: &[u8]) -> Result<Processed, Rejection> {
    run_recipe(bytes, &Recipe::default())
}

fn run_recipe(bytes: &[u8], recipe: &Recipe) -> Result<Processed, Rejection> {
    let header = probe(bytes, &recipe.limits)?;
    process(bytes, &header, recipe)
}

fn code(bytes: &[u8]) -> Option<RejectionCode> {
    run(bytes).err().map(|rejection| rejection.code)
}

fn probe_code(bytes: &[u8], limits: &Limits) -> Option<RejectionCode> {
    probe(bytes, limits).err().map(|rejection| rejection.code)
}

/// A derivative, decoded.
fn derivative(processed: &Processed, name: &str) -> DynamicImage {
    let found = processed
        .derivatives
        .iter()
        .find(|d| d.name.to_string() == name);
    image::load_from_memory(&found.expect("it is in the recipe").bytes).unwrap()
}

fn preview(bytes: &[u8]) -> DynamicImage {
    derivative(&run(bytes).unwrap(), "preview.webp")
}

fn thumbnail(bytes: &[u8]) -> DynamicImage {
    derivative(&run(bytes).unwrap(), "thumbnail.jpg")
}

/// The mean difference of the channels of two pictures, of 255.
#[track_caller]
fn difference(one: &DynamicImage, other: &DynamicImage) -> f64 {
    assert_eq!(one.dimensions(), other.dimensions());
    let (one, other) = (one.to_rgb8(), other.to_rgb8());
    let total: u64 = one
        .iter()
        .zip(other.iter())
        .map(|(a, b)| u64::from(a.abs_diff(*b)))
        .sum();
    total as f64 / one.len() as f64
}

/// Asserts that two pictures look the same but for what lossy encoding does.
#[track_caller]
fn assert_alike(one: &DynamicImage, other: &DynamicImage) {
    let difference = difference(one, other);
    assert!(difference < 5.0, "they differ by {difference}");
}
