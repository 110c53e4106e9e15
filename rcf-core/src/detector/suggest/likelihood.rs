//! The likelihood of held-back values, given a number of values before them.
//!
//! A shingle of `k` values knows the `k − 1` before the newest one. For each candidate, the newest
//! one is predicted online from those, by recursive least squares; a shingle of 1 has the mean
//! alone. What a candidate is worth is the mean log-likelihood of the second half, under a Laplace
//! distribution around the prediction whose scale is the mean absolute error so far: high where
//! calm values are predicted well and errors have a sharp tail. A single glitch costs little.

use crate::predictor::{Autoregression, Window};

/// Sizes that are tried.
pub(super) const CANDIDATES: [usize; 6] = [1, 2, 4, 8, 16, 32];
/// Parts of the second half, whose likelihoods are compared.
pub(super) const BLOCKS: usize = 12;
/// Weight of an observation relative to the next one.
const FORGETTING: f64 = 0.999;
/// Least share of the newest error in the scale.
const SHARE: f64 = 0.01;
/// Scales below this share of the deviation are rounding.
const RESOLUTION: f64 = 1e-9;

/// The mean log-likelihood of each block of the second half, in nats for a value, over all inputs
/// that vary; `None` if none does. Of any number if it may not continue.
pub(super) fn of(
    inputs: &[Vec<f64>],
    size: usize,
    may_continue: &dyn Fn() -> bool,
) -> Option<[f64; BLOCKS]> {
    let mut blocks = [0.0; BLOCKS];
    let mut varying = 0.0;
    for values in inputs.iter().take_while(|_| may_continue()) {
        let held_back = values.len() - values.len() / 2;
        let floor = RESOLUTION * deviation(values);
        if floor == 0.0 || held_back < BLOCKS {
            continue;
        }
        varying += 1.0;
        let per_block = held_back.div_ceil(BLOCKS);
        let mut sums = [(0.0, 0.0); BLOCKS];
        let (mut scale, mut count) = (0.0f64, 0.0f64);
        each_error(values, size, |t, error| {
            if let Some(t) = t.checked_sub(values.len() - held_back) {
                let scale = f64::max(scale, floor);
                let (sum, number) = &mut sums[t / per_block];
                *sum -= libm::log(2.0 * scale) + error.abs() / scale;
                *number += 1.0;
            }
            count += 1.0;
            scale += (1.0 / count).max(SHARE) * (error.abs() - scale);
        });
        for (block, (sum, number)) in blocks.iter_mut().zip(sums) {
            *block += sum / f64::max(number, 1.0);
        }
    }
    (varying > 0.0).then(|| blocks.map(|sum| sum / varying))
}

/// Calls with the position of each value but the first, and how far it lies above its prediction.
fn each_error(values: &[f64], size: usize, mut take: impl FnMut(usize, f64)) {
    if size == 1 {
        let mut window = Window::default();
        for (t, &value) in values.iter().enumerate() {
            if t > 0 {
                take(t, value - window.mean());
            }
            window.push(value);
        }
        return;
    }
    let mut predictor = Autoregression::new(size - 1, 0, FORGETTING);
    for (t, &value) in values.iter().enumerate() {
        if let Some(error) = predictor.push(value, [0; 2]) {
            take(t, error);
        }
    }
}

fn deviation(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let first = values.first().copied().unwrap_or(0.0);
    let mean = values.iter().map(|value| value - first).sum::<f64>() / count;
    let squares = values
        .iter()
        .map(|value| (value - first - mean) * (value - first - mean));
    (squares.sum::<f64>() / count).sqrt()
}

/// The mean of the blocks.
pub(super) fn mean(blocks: &[f64; BLOCKS]) -> f64 {
    blocks.iter().sum::<f64>() / BLOCKS as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    #[test]
    fn the_likelihood_of_noise_is_near_its_entropy() {
        let mut random = Random::new(1);
        let noise: Vec<f64> = (0..6_000).map(|_| 5.0 * random.normal()).collect();
        let blocks = of(&[noise], 1, &|| true).unwrap();
        let mean = mean(&blocks);
        // Under a Laplace distribution of scale E|x| = 5 √(2/π): −ln(2 · 3.99) − 1.
        assert!((mean + 3.077).abs() < 0.04, "{mean}");
        assert!(of(&[vec![3.0; 100]], 4, &|| true).is_none());
    }

    #[test]
    fn a_process_of_order_three_needs_a_shingle_of_four() {
        let mut random = Random::new(2);
        let mut last = [0.0f64; 3];
        let process: Vec<f64> = (0..4_000)
            .map(|_| {
                let next = 0.9 * last[2] + random.normal();
                last = [next, last[0], last[1]];
                next
            })
            .collect();
        let worth =
            CANDIDATES.map(|size| of(std::slice::from_ref(&process), size, &|| true).unwrap());
        let [one, two, four, eight, ..] = worth.each_ref().map(mean);
        assert!(four > one + 0.3 && four > two + 0.3, "{one} {two} {four}");
        assert!((eight - four).abs() < 0.02, "{four} {eight}");
    }
}
