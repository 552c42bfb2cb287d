//! Value noise: on the sphere for what spans positions, on the pixel lattice for fine texture.

/// Scrambles three lattice indices.
#[inline]
fn hash(seed: u32, x: i32, y: i32, z: i32) -> u32 {
    let mut h = seed
        ^ (x as u32).wrapping_mul(0x9e37_79b1)
        ^ (y as u32).wrapping_mul(0x85eb_ca77)
        ^ (z as u32).wrapping_mul(0xc2b2_ae3d);
    h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
    h ^ (h >> 15)
}

/// The top 24 bits as a number in `-1.0..1.0`.
#[inline]
fn signed(h: u32) -> f32 {
    (h >> 8) as f32 * (2.0 / 16_777_216.0) - 1.0
}

/// A smooth random field in space, -1 to 1, with features about one unit wide.
fn value(seed: u32, point: [f32; 3]) -> f32 {
    let floor = point.map(f32::floor);
    let cell = floor.map(|coordinate| coordinate as i32);
    let ease: [f32; 3] = std::array::from_fn(|axis| {
        let t = point[axis] - floor[axis];
        t * t * (3.0 - 2.0 * t)
    });
    let node = |dx, dy, dz| signed(hash(seed, cell[0] + dx, cell[1] + dy, cell[2] + dz));
    let lerp = |from: f32, to: f32, axis: usize| from + (to - from) * ease[axis];
    let edge = |dy, dz| lerp(node(0, dy, dz), node(1, dy, dz), 0);
    let face = |dz| lerp(edge(0, dz), edge(1, dz), 1);
    lerp(face(0), face(1), 2)
}

/// Fractal noise at a place on the unit sphere, about -1 to 1: `octaves` fields, the first with
/// features of `1 / frequency` radii, each next one half as wide and half as strong.
pub(super) fn fractal(seed: u32, place: [f32; 3], frequency: f32, octaves: u32) -> f32 {
    let (mut sum, mut weight, mut total, mut scale) = (0.0, 1.0, 0.0, frequency);
    for octave in 0..octaves {
        let seed = seed.wrapping_add(octave.wrapping_mul(0x6c07_8965));
        sum += weight * value(seed, place.map(|coordinate| coordinate * scale));
        total += weight;
        weight *= 0.5;
        scale *= 2.0;
    }
    // Averages of several fields bunch around zero; this widens them again.
    sum / total * 1.6
}

/// Adds to a row of pixels a random field that is linear between lattice nodes every `PITCH` pixels.
///
/// `column` and `row` count pixels over the whole sinusoidal grid, so that the field continues from
/// one position to the next; `column` and the row's length are multiples of `PITCH`.
pub(super) fn add_lattice_row<const PITCH: usize>(
    out: &mut [f32],
    seed: u32,
    column: u32,
    row: u32,
    amplitude: f32,
) {
    let pitch = PITCH as u32;
    let node_row = (row / pitch) as i32;
    let fraction = (row % pitch) as f32 / pitch as f32;
    let node = |index: u32| {
        let x = index as i32;
        let (above, below) = (hash(seed, x, node_row, 0), hash(seed, x, node_row + 1, 0));
        amplitude * (signed(above) + (signed(below) - signed(above)) * fraction)
    };
    let mut left = node(column / pitch);
    for (index, pixels) in out.chunks_exact_mut(PITCH).enumerate() {
        let right = node(column / pitch + index as u32 + 1);
        let step = (right - left) / PITCH as f32;
        for (offset, pixel) in pixels.iter_mut().enumerate() {
            *pixel += left + step * offset as f32;
        }
        left = right;
    }
}

/// 32 random bits for a pixel.
#[inline]
pub(super) fn pixel_bits(seed: u32, column: u32, row: u32) -> u32 {
    hash(seed, column as i32, row as i32, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractal_noise_is_continuous_and_fills_its_range() {
        let at = |t: f32| fractal(5, [t, 0.3, 0.7], 8.0, 4);
        let samples: Vec<f32> = (0..4000).map(|n| at(n as f32 * 0.001)).collect();
        assert!(samples.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 0.15));
        assert!(samples.iter().any(|&v| v > 0.5) && samples.iter().any(|&v| v < -0.5));
        assert!(samples.iter().all(|v| v.abs() <= 1.6));
    }

    #[test]
    fn texture_continues_across_positions() {
        let mut whole = [0.0; 32];
        add_lattice_row::<8>(&mut whole, 3, 64, 13, 2.0);
        let mut right = [0.0; 16];
        add_lattice_row::<8>(&mut right, 3, 80, 13, 2.0);
        assert_eq!(whole[16..], right);
        assert!(whole.iter().all(|v| v.abs() <= 2.0));
    }
}
