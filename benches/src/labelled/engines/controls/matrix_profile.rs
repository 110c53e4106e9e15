//! Left matrix profile: the distance of the newest subsequence to its nearest neighbour in the
//! past (Yeh et al., *Matrix Profile I*, ICDM 2016; the products row by row as in its sequel II).
//!
//! Exact, in O(n²) for n rows: 0.2 s for 20,000 rows of one input.

use super::{Answers, input};
use crate::labelled::Stream;

/// Rows of a subsequence.
const LENGTH: usize = 100;
/// Minimum distance between compared subsequences: nearer ones match trivially.
const EXCLUSION: usize = LENGTH / 2;

/// With several inputs: the root of the mean squared distance over them.
pub(super) fn run(stream: &Stream, _: u64) -> anyhow::Result<Answers> {
    let inputs: Vec<Subsequences> = (0..stream.dimensions)
        .map(|i| Subsequences::new(&input(stream, i).collect::<Vec<_>>(), LENGTH))
        .collect();
    let scores = profile(inputs, stream.len(), LENGTH, EXCLUSION);
    Ok(Answers::by_own_quantile("matrix-profile", scores))
}

/// Distances by the row at which a subsequence ends; 0 if there is no past.
fn profile(
    mut inputs: Vec<Subsequences>,
    rows: usize,
    length: usize,
    exclusion: usize,
) -> Vec<f64> {
    let mut scores = vec![0.0; rows];
    let mut correlations = Vec::with_capacity(rows);
    for first in 0..(rows + 1).saturating_sub(length) {
        let past = (first + 1).saturating_sub(exclusion);
        correlations.clear();
        correlations.resize(past, 0.0);
        for input in &mut inputs {
            input.add_correlations(first, &mut correlations);
        }
        let highest = correlations
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max);
        if highest > f64::NEG_INFINITY {
            let correlation = highest / inputs.len() as f64;
            let squared = 2.0 * length as f64 * (1.0 - correlation);
            scores[first + length - 1] = squared.max(0.0).sqrt();
        }
    }
    scores
}

/// The subsequences of one input, and their products with the newest one.
struct Subsequences {
    length: usize,
    values: Vec<f64>,
    means: Vec<f64>,
    /// 1 / (deviation · √length); 0 for a constant one.
    weights: Vec<f64>,
    products: Vec<f64>,
}

impl Subsequences {
    fn new(values: &[f64], length: usize) -> Self {
        // Products of values around 0 cancel less; the first value is known from the start.
        let origin = values.first().copied().unwrap_or_default();
        let values: Vec<f64> = values.iter().map(|value| value - origin).collect();
        let (mut means, mut weights) = (Vec::new(), Vec::new());
        for window in values.windows(length) {
            let mean = window.iter().sum::<f64>() / length as f64;
            let squares: f64 = window.iter().map(|x| (x - mean) * (x - mean)).sum();
            let is_constant = squares <= 1e-20 * length as f64 * mean * mean;
            means.push(mean);
            weights.push(if is_constant {
                0.0
            } else {
                1.0 / squares.sqrt()
            });
        }
        Self {
            length,
            products: Vec::with_capacity(means.len()),
            values,
            means,
            weights,
        }
    }

    /// Adds the correlation of the subsequence that starts at `first` with each in the past. Two
    /// constant ones are equal; a constant and another one have correlation 0.
    fn add_correlations(&mut self, first: usize, correlations: &mut [f64]) {
        let (x, length) = (&self.values, self.length);
        // Products of `first` with the starts 0..=first follow from those of the previous start.
        self.products.push(0.0);
        if first > 0 {
            let (next, last) = (x[first + length - 1], x[first - 1]);
            for other in (1..=first).rev() {
                self.products[other] =
                    self.products[other - 1] + next * x[other + length - 1] - last * x[other - 1];
            }
        }
        let dot = x[..length].iter().zip(&x[first..first + length]);
        self.products[0] = dot.map(|(a, b)| a * b).sum();
        let (mean, weight) = (length as f64 * self.means[first], self.weights[first]);
        let others = self.products.iter().zip(&self.means).zip(&self.weights);
        for (sum, ((product, other_mean), other_weight)) in correlations.iter_mut().zip(others) {
            *sum += if weight == 0.0 && *other_weight == 0.0 {
                1.0
            } else {
                (product - mean * other_mean) * weight * other_weight
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accuracy::synthetic::Noise;

    #[test]
    fn distances_are_those_of_the_definition() {
        let mut noise = Noise::new(4);
        let values: Vec<f64> = (0..80)
            .map(|t| 1e3 + libm::sin(f64::from(t) / 3.0) + noise.gaussian())
            .collect();
        let (length, exclusion) = (8, 4);
        let normalised = |first: usize| -> Vec<f64> {
            let window = &values[first..first + length];
            let mean = window.iter().sum::<f64>() / length as f64;
            let squares: f64 = window.iter().map(|x| (x - mean).powi(2)).sum();
            let deviation = (squares / length as f64).sqrt();
            window.iter().map(|x| (x - mean) / deviation).collect()
        };
        let scores = profile(
            vec![Subsequences::new(&values, length)],
            80,
            length,
            exclusion,
        );
        for first in 0..=80 - length {
            let distance = |other: usize| -> f64 {
                let (a, b) = (normalised(first), normalised(other));
                let squared: f64 = a.iter().zip(&b).map(|(a, b)| (a - b).powi(2)).sum();
                squared.sqrt()
            };
            let past = (first + 1).saturating_sub(exclusion);
            let nearest = (0..past).map(distance).fold(f64::INFINITY, f64::min);
            let expected = if past > 0 { nearest } else { 0.0 };
            let score = scores[first + length - 1];
            assert!(
                (score - expected).abs() < 1e-4,
                "{first}: {score} {expected}"
            );
        }
    }

    #[test]
    fn constants_are_equal_to_each_other() {
        let mut values = vec![5.0; 60];
        values[40] = 6.0;
        let scores = profile(vec![Subsequences::new(&values, 8)], 60, 8, 4);
        assert_eq!(scores[39], 0.0);
        assert_eq!(scores[40], 4.0); // nothing in common: √(2 · 8)
    }
}
