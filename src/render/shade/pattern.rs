//! Procedural patterns, each faded where its features are smaller than a pixel.

use interface::{Image, Point, Texture, Vector};

use super::sampling::{mix, turn, unit};
use super::vector::floor;

/// The linear colour of a texture at a point of the mesh's frame.
///
/// `normal` is the mesh-frame normal there, `uv` the texture coordinates, `width` the size of a
/// pixel on the surface, metres.
pub fn color(
    texture: &Texture,
    base: Vector,
    at: &Point,
    normal: &Vector,
    uv: [f32; 2],
    width: f32,
) -> Vector {
    match texture {
        Texture::Checker { other, size } => {
            let share = checker(at, normal, size.abs().max(1e-5), width);
            base.lerp(&Vector::from(*other), share)
        }
        Texture::Wood { grain, scale, seed } => {
            base.lerp(&Vector::from(*grain), wood(at, scale.abs().max(1e-5), *seed, width))
        }
        Texture::Mottle { other, scale, seed } => {
            let scale = scale.abs().max(1e-5);
            let cloud = clouds(&(at.coords / scale), fold(*seed), width / scale);
            base.lerp(&Vector::from(*other), smooth_step(0.3, 0.7, cloud))
        }
        Texture::Picture(image) => picture(image, uv).component_mul(&base),
    }
}

fn fold(seed: u64) -> u32 {
    mix(seed as u32, (seed >> 32) as u32)
}

fn smooth_step(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Share of the other colour in a box of `width` metres: exact for squares along the two axes across
/// the normal.
fn checker(at: &Point, normal: &Vector, size: f32, width: f32) -> f32 {
    // The integral of a square wave of period 2 that is 1 and -1.
    let wave = |x: f32| {
        let phase = x - 2.0 * floor(x * 0.5);
        1.0 - (phase - 1.0).abs()
    };
    let half = (width / size).max(1e-4) * 0.5;
    let across = |axis: usize| {
        let x = at[axis] / size;
        (wave(x + half) - wave(x - half)) / (2.0 * half)
    };
    let main = normal.iamax();
    0.5 - 0.5 * across((main + 1) % 3) * across((main + 2) % 3)
}

/// Smooth noise from 0 to 1 with features of size 1.
fn noise(p: &Vector, seed: u32) -> f32 {
    let cell = p.map(floor);
    let f = (p - cell).map(|t| t * t * t * (t * (t * 6.0 - 15.0) + 10.0));
    let [x, y, z] = [cell.x as i32 as u32, cell.y as i32 as u32, cell.z as i32 as u32];
    let corner = |dx: u32, dy: u32, dz: u32| {
        let row = x.wrapping_add(dx).wrapping_mul(0x8da6_b343)
            ^ y.wrapping_add(dy).wrapping_mul(0xd816_3841)
            ^ z.wrapping_add(dz).wrapping_mul(0xcb1a_b31f);
        unit(mix(row, seed))
    };
    let lerp = |a: f32, b: f32, t: f32| a + (b - a) * t;
    let edge = |dy, dz| lerp(corner(0, dy, dz), corner(1, dy, dz), f.x);
    lerp(lerp(edge(0, 0), edge(1, 0), f.y), lerp(edge(0, 1), edge(1, 1), f.y), f.z)
}

/// Several sizes of noise laid over each other, 0 to 1; `width` is a pixel in the same unit as `p`.
fn clouds(p: &Vector, seed: u32, width: f32) -> f32 {
    let (mut sum, mut weight, mut size) = (0.0, 0.0, 1.0);
    for octave in 0..4_u32 {
        let seen = 1.0 - smooth_step(0.25, 1.0, width / size);
        let amount = 0.5_f32.powi(octave as i32);
        let here = if seen > 0.0 { noise(&(p / size), mix(seed, octave)) } else { 0.5 };
        sum += amount * (0.5 + (here - 0.5) * seen);
        weight += amount;
        size *= 0.5;
    }
    sum / weight
}

/// Share of dark grain in a board sawn along x.
fn wood(at: &Point, scale: f32, seed: u64, width: f32) -> f32 {
    let seed = fold(seed);
    // The heart of the tree lies beside the board, tilted a little, so that rings run out as arches.
    let heart =
        Vector::new(0.0, (unit(mix(seed, 1)) - 0.5) * 12.0, -6.0 - 4.0 * unit(mix(seed, 2)));
    let p = at.coords / scale;
    let along = p.x * 0.06;
    let wobble = noise(&Vector::new(along, p.y * 0.25, p.z * 0.25), seed) - 0.5;
    let (dy, dz) = (p.y - heart.y + wobble * 3.5, p.z - heart.z + p.x * 0.03 + wobble * 1.5);
    let radius = dy.hypot(dz);
    let seen = 1.0 - smooth_step(0.2, 0.8, width / scale);
    // Early wood brightens slowly, late wood ends in a sharp dark line.
    let (_, c) = turn(radius - floor(radius));
    let ring = radius - floor(radius);
    let late = smooth_step(0.35, 0.95, ring) * (1.0 - smooth_step(0.95, 1.0, ring));
    let soft = 0.5 - 0.5 * c;
    let rings = 0.5
        + (0.55 * late + 0.25 * soft - 0.28) * seen * (0.7 + 0.6 * noise(&(p * 0.3), mix(seed, 5)));
    let fibre = |fine: f32, salt: u32| {
        let visible = 1.0 - smooth_step(0.2, 0.8, width * fine / scale);
        if visible <= 0.0 {
            return 0.0;
        }
        (noise(&Vector::new(p.x * fine * 0.04, p.y * fine, p.z * fine), mix(seed, salt)) - 0.5)
            * visible
    };
    let fibres = 0.35 * fibre(3.0, 3) + 0.3 * fibre(9.0, 4);
    (rings - 0.12 + fibres).clamp(0.0, 1.0)
}

/// A picture at texture coordinates, repeated outside 0 to 1, linear colour.
fn picture(image: &Image, uv: [f32; 2]) -> Vector {
    let (w, h) = (image.width, image.height);
    if w == 0 || h == 0 || image.rgb.len() < w * h || !uv.iter().all(|x| x.is_finite()) {
        return Vector::repeat(1.0);
    }
    let (x, y) = (uv[0].rem_euclid(1.0) * w as f32 - 0.5, uv[1].rem_euclid(1.0) * h as f32 - 0.5);
    let (fx, fy) = (x - floor(x), y - floor(y));
    let texel = |dx: i64, dy: i64| {
        let column = (floor(x) as i64 + dx).rem_euclid(w as i64) as usize;
        let row = (floor(y) as i64 + dy).rem_euclid(h as i64) as usize;
        Vector::from(image.rgb[row * w + column].map(super::tone::linear))
    };
    let top = texel(0, 0).lerp(&texel(1, 0), fx);
    top.lerp(&texel(0, 1).lerp(&texel(1, 1), fx), fy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(texture: &Texture, at: [f32; 3], width: f32) -> Vector {
        let base = Vector::new(0.8, 0.6, 0.4);
        let color = color(texture, base, &Point::from(at), &Vector::z(), [0.3, 0.7], width);
        assert!(color.iter().all(|c| (0.0..=1.0).contains(c)), "{texture:?} at {at:?}: {color:?}");
        color
    }

    #[test]
    fn squares_alternate_and_blend_far_away() {
        let squares = Texture::Checker { other: [0.0; 3], size: 0.1 };
        assert!(check(&squares, [0.05, 0.05, 0.0], 0.001).x > 0.79);
        assert!(check(&squares, [0.15, 0.05, 0.0], 0.001).x < 0.01);
        assert!((check(&squares, [0.12, 0.03, 0.0], 20.0).x - 0.4).abs() < 0.01);
    }

    #[test]
    fn patterns_stay_between_their_colours_and_vary() {
        for texture in [
            Texture::Wood { grain: [0.2, 0.1, 0.05], scale: 0.01, seed: 3 },
            Texture::Mottle { other: [0.3; 3], scale: 0.02, seed: 9 },
        ] {
            let colors: Vec<f32> = (0..400)
                .map(|i| check(&texture, [i as f32 * 0.0037, (i % 20) as f32 * 0.011, 0.0], 5e-4).x)
                .collect();
            let (low, high) =
                colors.iter().fold((1.0_f32, 0.0_f32), |(l, h), c| (l.min(*c), h.max(*c)));
            assert!(high - low > 0.1, "{texture:?}: {low} to {high}");
        }
    }

    #[test]
    fn pictures_are_read_in_linear_light() {
        let image = Image { width: 1, height: 1, rgb: vec![[255, 188, 0]].into() };
        let color = check(&Texture::Picture(image), [0.0; 3], 0.01);
        assert!((color.x - 0.8).abs() < 1e-3 && (color.y - 0.3).abs() < 5e-3 && color.z == 0.0);
    }
}
