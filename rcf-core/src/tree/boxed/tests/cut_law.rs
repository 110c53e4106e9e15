//! Cuts: the dimension goes by the side lengths of the box, the value is uniform within the side.

use super::Grown;
use crate::geometry::Corners;
use crate::rng::TreeRng;
use crate::testing::{Random, assert_kolmogorov_smirnov, assert_multinomial, depth_law};
use crate::tree::cut::separating_cut;

/// Fisher and Yates.
fn shuffle<T>(items: &mut [T], random: &mut Random) {
    for i in (1..items.len()).rev() {
        items.swap(i, random.below(i + 1));
    }
}

/// Law: P(dimension i) = side_i / Σ sides, and given i, uniform in [min_i, max_i). Whatever the
/// order of insertion. Statistics: χ²; Kolmogorov–Smirnov.
#[test]
fn the_root_cut_is_uniform_over_the_sides() {
    let sides = [1.0f32, 0.25, 3.0, 0.5];
    let mut random = Random::new(1);
    let mut points: Vec<Vec<f32>> = (0..10)
        .map(|_| {
            sides
                .iter()
                .map(|side| side * random.unit() as f32)
                .collect()
        })
        .collect();
    let extent = |points: &[Vec<f32>], i: usize| {
        let coordinates = points.iter().map(|point| f64::from(point[i]));
        (
            coordinates.clone().fold(f64::MAX, f64::min),
            coordinates.fold(f64::MIN, f64::max),
        )
    };
    let extents: Vec<(f64, f64)> = (0..4).map(|i| extent(&points, i)).collect();
    let lengths: Vec<f64> = extents.iter().map(|(low, high)| high - low).collect();
    let sum: f64 = lengths.iter().sum();

    let mut counts = [0; 4];
    let mut positions = Vec::new();
    for seed in 0..20_000 {
        shuffle(&mut points, &mut random);
        let cut = Grown::<u32>::of(&points, seed).tree.cuts()[0];
        counts[cut.dimension] += 1;
        let (low, _) = extents[cut.dimension];
        positions.push((f64::from(cut.value) - low) / lengths[cut.dimension]);
    }
    let probabilities: Vec<f64> = lengths.iter().map(|length| length / sum).collect();
    assert_multinomial("dimension of the root cut", &counts, &probabilities);
    assert_kolmogorov_smirnov("position of the root cut", &mut positions, |x| {
        x.clamp(0.0, 1.0)
    });
}

/// Law: uniform over the stretches between the box and the point, laid end to end.
#[test]
fn a_separating_cut_is_uniform_over_the_stretches_to_the_point() {
    // Above in dimension 0, inside in 1, below in 2, on the border in 3.
    let (low, high) = ([0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]);
    let x = [3.0, 0.5, -6.0, 1.0];
    let mut rng = TreeRng::family(5, 1).remove(0);
    let mut counts = [0; 4];
    let mut positions = Vec::new();
    for _ in 0..40_000 {
        let cut = separating_cut(
            Corners {
                low: &low,
                high: &high,
            },
            &x,
            &mut rng,
        );
        counts[cut.dimension] += 1;
        let (from, to) = if cut.dimension == 0 {
            (1.0, 3.0)
        } else {
            (-6.0, 0.0)
        };
        positions.push((f64::from(cut.value) - from) / (to - from));
    }
    assert_multinomial("dimension of the cut", &counts, &[0.25, 0.0, 0.75, 0.0]);
    assert_kolmogorov_smirnov("position of the cut", &mut positions, |x| x.clamp(0.0, 1.0));
}

/// Neighbouring floats leave one place for a cut, and the half-open rule names it.
#[test]
fn a_cut_between_neighbouring_floats_separates_them() {
    let mut rng = TreeRng::family(6, 1).remove(0);
    for low in [
        1.0f32,
        -1.0,
        0.0,
        1e30,
        -1e30,
        16_777_216.0,
        f32::MIN_POSITIVE,
        -f32::from_bits(1),
    ] {
        let high = low.next_up();
        for (a, b) in [(low, high), (high, low)] {
            for _ in 0..100 {
                let cut = separating_cut(
                    Corners {
                        low: &[a],
                        high: &[a],
                    },
                    &[b],
                    &mut rng,
                );
                assert!(
                    low <= cut.value && cut.value < high,
                    "{low:e} {high:e} {:e}",
                    cut.value
                );
            }
        }
    }
}

/// The ends of the unit interval, where rounding may leave something over when all stretches are
/// used up: the cut still lies in a stretch. Dimensions without one come first, between, and last.
#[test]
fn cuts_separate_at_the_ends_of_the_unit_interval() {
    // Xoshiro256++ gives rotl(s0 + s3, 23) + s0 first.
    let giving = |first: u64| {
        let mut bytes = [0; 32];
        for (bytes, word) in
            bytes
                .as_chunks_mut()
                .0
                .iter_mut()
                .zip([first, 1, 2, first.wrapping_neg()])
        {
            *bytes = word.to_le_bytes();
        }
        TreeRng::from_bytes(bytes)
    };
    assert_eq!(giving(0).unit(), 0.0);
    assert_eq!(giving(u64::MAX).unit(), 1.0 - f64::EPSILON / 2.0);
    let mut random = Random::new(12);
    for _ in 0..5_000 {
        let mut low = [0.0f32; 7];
        let mut high = [0.0f32; 7];
        let mut x = [0.0f32; 7];
        for i in 0..7 {
            // Of all sizes, so that their sum is rounded.
            let scale = 2f64.powi(random.below(100) as i32 - 50);
            low[i] = (scale * random.normal()) as f32;
            high[i] = low[i] + (scale * random.unit()) as f32;
            // Inside, on either side, or on a corner.
            x[i] = match [3, 0, 1, 3, 2, 1, 0][i] {
                0 => low[i],
                1 => high[i] + (scale * random.normal().abs()) as f32,
                2 => low[i] - (scale * random.normal().abs()) as f32,
                _ => 0.5 * (low[i] + high[i]),
            };
        }
        let corners = Corners {
            low: &low,
            high: &high,
        };
        for first in [0, u64::MAX] {
            let cut = separating_cut(corners, &x, &mut giving(first));
            let (i, value) = (cut.dimension, cut.value);
            let above = high[i] <= value && value < x[i];
            let below = x[i] <= value && value < low[i];
            assert!(above || below, "{low:?} {high:?} {x:?} {cut:?}");
        }
    }
}

/// Law: the exact law of depths in one dimension. Statistic: χ² for each of the points.
#[test]
fn depths_of_leaves_follow_the_exact_law() {
    let sorted = [-9.0f32, -4.0, -3.5, -1.0, 0.0, 0.25, 2.0, 7.0];
    let exact: Vec<f64> = sorted.iter().copied().map(f64::from).collect();
    let mut random = Random::new(2);
    let mut depths = [[0u64; 8]; 8];
    for seed in 0..20_000 {
        let mut points: Vec<Vec<f32>> = sorted.iter().map(|&x| vec![x]).collect();
        shuffle(&mut points, &mut random);
        let grown = Grown::<u32>::of(&points, seed);
        for (counts, &x) in depths.iter_mut().zip(&sorted) {
            counts[grown.depth(&[x])] += 1;
        }
    }
    for (index, counts) in depths.iter().enumerate() {
        assert_multinomial(
            &format!("depth of point {index}"),
            counts,
            &depth_law(&exact, index),
        );
    }
}
