//! The seed of each key's model.

/// The seed of the forest of a key.
///
/// The empty key has the seed itself, so that a map without keys gives the scores of a bare
/// [`RandomCutForest`](crate::RandomCutForest) with that seed. For other keys it
/// is `mix(seed ^ fnv1a64(key))`, where `fnv1a64` is the 64-bit FNV-1a hash of the UTF-8 bytes and
/// `mix` is the finalizer of SplitMix64. This is a promise: a model that is created again must
/// draw the same random numbers.
///
/// ```
/// use rcf_core::keyed::seed_for_key;
/// assert_eq!(seed_for_key(42, ""), 42);
/// assert_ne!(seed_for_key(42, "a"), seed_for_key(42, "b"));
/// ```
#[must_use]
pub fn seed_for_key(seed: u64, key: &str) -> u64 {
    if key.is_empty() {
        return seed;
    }
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    mix(seed ^ hash)
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_of_keys_never_change() {
        // FNV-1a("a") is a published test vector; the rest pins our promise.
        assert_eq!(seed_for_key(0, "a"), mix(0xaf63_dc4c_8601_ec8c));
        assert_eq!(seed_for_key(7, "sensor-1"), PINNED);
    }

    const PINNED: u64 = 0x5142_9c94_4386_8a6a;
}
