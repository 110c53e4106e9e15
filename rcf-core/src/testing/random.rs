//! Random inputs for tests: SplitMix64 (Steele, Lea, Flood, *Fast splittable pseudorandom number
//! generators*, 2014).

#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in the open interval `(0, 1)`.
    pub(crate) fn unit(&mut self) -> f64 {
        ((self.next() >> 12) as f64 + 0.5) / (1u64 << 52) as f64
    }

    /// Uniform in `0..bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.unit() * bound as f64) as usize
    }

    /// Normal with mean 0 and deviation 1 (Box and Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        let (radius, angle) = (-2.0 * self.unit().ln(), std::f64::consts::TAU * self.unit());
        radius.sqrt() * angle.cos()
    }

    /// A point of independent normal coordinates.
    pub(crate) fn normal_point(&mut self, dimensions: usize) -> Vec<f64> {
        (0..dimensions).map(|_| self.normal()).collect()
    }
}
