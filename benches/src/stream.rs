//! The data: a noisy sine per dimension, the same bytes for every engine and on every machine.

use std::f64::consts::TAU;

use ndarray::ArrayView2;
use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// One row, in both precisions. The values are equal: each is a single-precision number.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// For engines that accept f64.
    pub double: &'a [f64],
    /// For engines that accept f32.
    pub single: &'a [f32],
}

/// A stream of rows, generated beforehand so that no engine's time includes it.
#[derive(Debug, Clone)]
pub struct Stream {
    dimensions: usize,
    double: Vec<f64>,
    single: Vec<f32>,
}

impl Stream {
    /// Generates `rows` rows of `dimensions` values.
    ///
    /// Dimension `i` is a sine of amplitude 1 and period `50 + i` rows that starts at phase `i`,
    /// plus noise uniform in ±0.2.
    pub fn new(dimensions: usize, rows: usize) -> Self {
        let mut noise = SplitMix64::seed_from_u64(0x5EED);
        let single: Vec<f32> = (0..rows)
            .flat_map(|t| (0..dimensions).map(move |i| (t as f64, i as f64)))
            .map(|(t, i)| {
                // libm, because the sine of the platform may differ in the last bit.
                let wave = libm::sin(TAU * t / (50.0 + i) + i);
                (wave + 0.2 * signed(&mut noise)) as f32
            })
            .collect();
        let double = single.iter().copied().map(f64::from).collect();
        Self {
            dimensions,
            double,
            single,
        }
    }

    /// The row at `index`, from 0.
    ///
    /// # Panics
    /// Panics if the stream has no such row.
    pub fn row(&self, index: usize) -> Row<'_> {
        let range = index * self.dimensions..(index + 1) * self.dimensions;
        Row {
            double: &self.double[range.clone()],
            single: &self.single[range],
        }
    }

    /// The rows `range` as an array: rows × dimensions.
    ///
    /// # Panics
    /// Panics if the stream has no such rows.
    pub fn array(&self, range: std::ops::Range<usize>) -> ArrayView2<'_, f64> {
        let shape = (range.len(), self.dimensions);
        let values = &self.double[range.start * self.dimensions..range.end * self.dimensions];
        ArrayView2::from_shape(shape, values).expect("whole rows")
    }

    /// The rows `range`, in order.
    pub fn rows(&self, range: std::ops::Range<usize>) -> impl Iterator<Item = Row<'_>> {
        range.map(|index| self.row(index))
    }
}

/// Uniform in [-1, 1). Not by the distributions of `rand`, which may change between releases.
fn signed(noise: &mut SplitMix64) -> f64 {
    (noise.next_u64() >> 11) as f64 * 2f64.powi(-52) - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Results of today and of next year refer to the same stream.
    #[test]
    fn the_stream_stays_the_same() {
        let stream = Stream::new(2, 3);
        let bits: Vec<u32> = stream.single.iter().map(|value| value.to_bits()).collect();
        let expected = [
            3191661367, 1061571488, 1032967280, 1063302626, 1032450922, 1063605718,
        ];
        assert_eq!(bits, expected);
    }

    #[test]
    fn both_precisions_hold_the_same_values() {
        let stream = Stream::new(3, 100);
        for row in stream.rows(0..100) {
            assert!(
                row.single
                    .iter()
                    .zip(row.double)
                    .all(|(&s, &d)| f64::from(s) == d)
            );
        }
    }
}
