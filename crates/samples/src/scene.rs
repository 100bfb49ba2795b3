//! Landscapes, drawn from a number: a sky with a sun and clouds, ridges one behind the other, and
//! water or meadow in front.

use image::{Rgb, RgbImage};

type Color = [f32; 3];

/// What a landscape is drawn from.
#[derive(Debug, Clone, Copy)]
struct Scene {
    seed: u32,
    top: Color,
    horizon: Color,
    ground: Color,
    sun: (f32, f32),
    ridges: u32,
}

/// The landscape of `seed`, in sRGB. Neighbouring seeds look nothing alike.
#[must_use]
pub fn scene(width: u32, height: u32, seed: u32) -> RgbImage {
    let scene = Scene::new(seed);
    let (w, h) = (width as f32, height as f32);
    let ridges: Vec<Vec<f32>> = (0..scene.ridges)
        .map(|ridge| {
            (0..width)
                .map(|x| scene.ridge_height(ridge, x as f32 / w))
                .collect()
        })
        .collect();
    let noise = Texture::new(seed);
    RgbImage::from_fn(width, height, |x, y| {
        let (u, v) = (x as f32 / w, y as f32 / h);
        let color = match ridges.iter().rposition(|ridge| v > ridge[x as usize]) {
            Some(ridge) => scene.land(&noise, ridge as u32, (u, v)),
            None => scene.sky(&noise, (u * w / h, v), w / h),
        };
        let grain = (lattice(scene.seed ^ 77, x as i32, y as i32) - 0.5) * 0.03;
        Rgb(color.map(|n| ((n + grain).clamp(0.0, 1.0) * 255.0 + 0.5) as u8))
    })
}

const SKIES: [(Color, Color); 6] = [
    ([0.16, 0.38, 0.74], [0.78, 0.88, 0.96]),
    ([0.20, 0.14, 0.36], [0.98, 0.56, 0.30]),
    ([0.05, 0.08, 0.20], [0.32, 0.38, 0.55]),
    ([0.42, 0.58, 0.72], [0.96, 0.90, 0.78]),
    ([0.36, 0.20, 0.46], [0.98, 0.76, 0.78]),
    ([0.30, 0.52, 0.56], [0.86, 0.94, 0.84]),
];

const GROUNDS: [Color; 5] = [
    [0.18, 0.34, 0.14],
    [0.10, 0.26, 0.36],
    [0.46, 0.36, 0.20],
    [0.60, 0.62, 0.66],
    [0.34, 0.20, 0.16],
];

impl Scene {
    fn new(seed: u32) -> Self {
        let (top, horizon) = SKIES[seed as usize % SKIES.len()];
        Self {
            seed,
            top,
            horizon,
            ground: GROUNDS[(seed as usize / 2) % GROUNDS.len()],
            sun: (
                0.15 + 0.7 * lattice(seed, 1, 1),
                0.10 + 0.25 * lattice(seed, 2, 1),
            ),
            ridges: 3 + seed % 3,
        }
    }

    /// How far down, of 1, the crest of a ridge is.
    fn ridge_height(&self, ridge: u32, u: f32) -> f32 {
        let depth = (ridge + 1) as f32 / (self.ridges + 1) as f32;
        let seed = self.seed.wrapping_mul(31).wrapping_add(ridge);
        let rough = fractal(seed, u * (2.0 + 1.5 * depth), 0.5, 6);
        0.38 + 0.52 * depth - (rough - 0.3) * (0.45 - 0.25 * depth)
    }

    fn sky(&self, noise: &Texture, (u, v): (f32, f32), aspect: f32) -> Color {
        let base = mix(self.top, self.horizon, (v * 1.7).min(1.0));
        let clouds = noise.at(u * 0.9, v * 2.2);
        let clouded = mix(
            base,
            [0.97, 0.96, 0.95],
            ((clouds - 0.52) * 3.0).clamp(0.0, 0.7),
        );
        let (across, down) = (u - self.sun.0 * aspect, v - self.sun.1);
        let distance = (across * across + down * down).sqrt();
        let glow = (1.0 - distance / 0.45).max(0.0).powi(3);
        let disc = ((0.05 - distance) * 80.0).clamp(0.0, 1.0);
        mix(clouded, [1.0, 0.95, 0.80], (0.6 * glow).max(disc))
    }

    /// Ridges are the bluer the farther; the nearest is textured most.
    fn land(&self, noise: &Texture, ridge: u32, (u, v): (f32, f32)) -> Color {
        let near = (ridge + 1) as f32 / self.ridges as f32;
        let texture = noise.at(u * 5.0 + near, v * 5.0 / near);
        let lit = self.ground.map(|n| n * (0.35 + 1.3 * texture * near));
        mix(mix(self.horizon, self.top, 0.4), lit, 0.35 + 0.65 * near)
    }
}

/// A square of noise that can be laid side by side. Looking it up is much faster than computing it.
struct Texture(Vec<f32>);

impl Texture {
    const SIDE: usize = 256;

    fn new(seed: u32) -> Self {
        let point = |i: usize| {
            let (x, y) = ((i % Self::SIDE) as f32, (i / Self::SIDE) as f32);
            fractal(seed, x / 64.0, y / 64.0, 6)
        };
        Self((0..Self::SIDE * Self::SIDE).map(point).collect())
    }

    /// The noise at a point of the plane, right of and below its origin, on which the square has a
    /// side of 1.
    fn at(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (x * Self::SIDE as f32, y * Self::SIDE as f32);
        let (left, top) = (x as usize, y as usize);
        let texel = |dx: usize, dy: usize| {
            let column = (left + dx) % Self::SIDE;
            self.0[(top + dy) % Self::SIDE * Self::SIDE + column]
        };
        let (across, down) = (x - left as f32, y - top as f32);
        let upper = lerp(texel(0, 0), texel(1, 0), across);
        let lower = lerp(texel(0, 1), texel(1, 1), across);
        lerp(upper, lower, down)
    }
}

fn lerp(from: f32, to: f32, share: f32) -> f32 {
    from + (to - from) * share
}

fn mix(from: Color, to: Color, share: f32) -> Color {
    [0, 1, 2].map(|i| lerp(from[i], to[i], share))
}

/// Smooth noise of several scales, about 0 to 1. It repeats every 4 units.
fn fractal(seed: u32, x: f32, y: f32, octaves: u32) -> f32 {
    let octave = |n: u32| {
        let scale = (1_u32 << n) as f32;
        smooth(seed.wrapping_add(n * 101), (x * scale, y * scale), 4 << n) / scale
    };
    (0..octaves).map(octave).sum::<f32>() / 2.0
}

fn smooth(seed: u32, (x, y): (f32, f32), period: i32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let ease = |t: f32| t * t * (3.0 - 2.0 * t);
    let (across, down) = (ease(x - left), ease(y - top));
    let corner = |dx: i32, dy: i32| {
        lattice(
            seed,
            (left as i32 + dx) % period,
            (top as i32 + dy) % period,
        )
    };
    let upper = lerp(corner(0, 0), corner(1, 0), across);
    let lower = lerp(corner(0, 1), corner(1, 1), across);
    lerp(upper, lower, down)
}

/// A random number from 0 to 1 for a point of a grid.
fn lattice(seed: u32, x: i32, y: i32) -> f32 {
    let mut n = seed.wrapping_mul(0x9e37_79b1)
        ^ x.cast_unsigned().wrapping_mul(0x85eb_ca6b)
        ^ y.cast_unsigned().wrapping_mul(0xc2b2_ae35);
    n ^= n >> 15;
    n = n.wrapping_mul(0x2c1b_3c6d);
    n ^= n >> 12;
    n = n.wrapping_mul(0x297a_2d39);
    n ^= n >> 15;
    n as f32 / u32::MAX as f32
}
