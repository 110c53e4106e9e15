//! Random numbers: one live generator per tree, and our own maps to floats, which stay the same
//! for ever (the distributions of `rand` may change between releases).

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// 2⁻⁵³: the spacing of the floats made here.
const ULP: f64 = 1.0 / (1u64 << 53) as f64;

/// The generator of one tree.
#[derive(Debug, Clone)]
pub(crate) struct TreeRng(Xoshiro256PlusPlus);

impl TreeRng {
    /// The generators of `count` trees of a forest with this seed.
    pub(crate) fn family(seed: u64, count: usize) -> Vec<Self> {
        let mut master = Xoshiro256PlusPlus::seed_from_u64(seed);
        (0..count)
            .map(|_| Self(Xoshiro256PlusPlus::from_rng(&mut master)))
            .collect()
    }

    /// Uniform in `[0, 1)`.
    #[inline]
    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * ULP
    }

    /// Exponential with mean 1, always positive and finite: `-ln u`, `u` in the open `(0, 1)`.
    #[inline]
    pub(crate) fn exponential(&mut self) -> f64 {
        let u = ((self.0.next_u64() >> 12) as f64 + 0.5) * (2.0 * ULP);
        -libm::log(u)
    }

    /// The generator, to be saved.
    pub(crate) fn generator(&self) -> &Xoshiro256PlusPlus {
        &self.0
    }

    /// The generator in this state: four words, little-endian. (All zeros, a state that xoshiro
    /// could never leave, is replaced by another one.)
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Xoshiro256PlusPlus::from_seed(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unit_and_exponential_have_their_means() {
        let mut rng = TreeRng::family(1, 1).remove(0);
        let n = 100_000;
        let unit = (0..n).map(|_| rng.unit()).sum::<f64>() / f64::from(n);
        let exponential = (0..n).map(|_| rng.exponential()).sum::<f64>() / f64::from(n);
        // Five standard errors: 1/√12 and 1, over √n.
        assert!((unit - 0.5).abs() < 5.0 * 0.2887 / 316.2, "{unit}");
        assert!((exponential - 1.0).abs() < 5.0 / 316.2, "{exponential}");
    }
}
