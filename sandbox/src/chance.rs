//! Draws that depend on the seed and a name alone, so that a sandbox is the same on every run.

/// Scrambles 64 bits (the finaliser of `SplitMix64`).
pub(super) const fn mix(value: u64) -> u64 {
    let mut x = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// 64 bits for a name under a seed.
pub(super) fn draw(seed: u64, name: &str) -> u64 {
    name.as_bytes().chunks(8).fold(mix(seed ^ name.len() as u64), |state, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        mix(state ^ u64::from_le_bytes(word))
    })
}

/// A number in `0.0..1.0` for a name under a seed.
pub(super) fn share(seed: u64, name: &str) -> f64 {
    (draw(seed, name) >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_repeat_and_spread() {
        assert_eq!(draw(1, "a"), draw(1, "a"));
        assert_ne!(draw(1, "a"), draw(2, "a"));
        assert_ne!(draw(1, "a"), draw(1, "b"));
        assert_ne!(draw(1, "a"), draw(1, "a\0"));
        let low = (0..10_000).filter(|n| share(7, &n.to_string()) < 0.1).count();
        assert!((900..1100).contains(&low), "{low} of 10000 draws lie below 0.1");
    }
}
